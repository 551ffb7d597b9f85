"""Signing out at both ends: what is told a provider, what a provider tells, and whether it counts.

Every message is signed, both ways; one that is not, or that is old, for others or of others, ends nothing.

Source: OASIS SAML V2.0 Core section 3.7; Profiles section 4.4; Bindings section 3.4.5.2 (a signed message says where
it goes).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from lxml import etree

from callwarden.protection.signin.saml import encryption
from callwarden.protection.signin.saml.answers import FORMATS, FRESH, SKEW
from callwarden.protection.signin.saml.documents import (
    ASSERTION,
    PROTOCOL,
    Unacceptable,
    only,
    read,
    tag,
    text_of,
    time_in,
    time_of,
)

Element = etree._Element
REQUEST, RESPONSE = "SAMLRequest", "SAMLResponse"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
# One person has some sessions at a provider, not hundreds.
_MOST_INDEXES = 50


@dataclass(frozen=True)
class Parties:
    """Between whom a message goes.

    Attributes:
        provider: entity id.
        site: this one, as the provider knows it.
        here: where its messages of signing out arrive.
        keys: those of this site that open a name that was encrypted for it; asked only if one was.
    """

    provider: str
    site: str
    here: str
    now: datetime
    keys: Callable[[], Sequence[RSAPrivateKey]] = tuple


@dataclass(frozen=True)
class Named:
    """A person as a provider names them; the qualifiers are given back as they came."""

    name: str
    format: str
    qualifier: str = ""
    site_qualifier: str = ""


@dataclass(frozen=True)
class Wish:
    """A provider wants sessions ended: of this person, those of these indexes, or without any all of them."""

    id: str
    who: Named
    indexes: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What a provider says of a wish of ours."""

    answers: str
    ended: bool


def wish(parties: Parties, who: Named, index: str, *, where: str) -> tuple[str, bytes]:
    """(id, document) of our wish that the provider ends its session too."""
    made = "_" + secrets.token_hex(20)
    root = _message("LogoutRequest", made, parties, where)
    name = etree.SubElement(root, tag(ASSERTION, "NameID"), Format=who.format)
    if who.qualifier:
        name.set("NameQualifier", who.qualifier)
    if who.site_qualifier:
        name.set("SPNameQualifier", who.site_qualifier)
    name.text = who.name
    if index:
        etree.SubElement(root, tag(PROTOCOL, "SessionIndex")).text = index
    return made, _written(root)


def outcome(parties: Parties, answers: str, *, where: str) -> bytes:
    """Our word that what the provider wanted ended has ended."""
    root = _message("LogoutResponse", "_" + secrets.token_hex(20), parties, where)
    root.set("InResponseTo", answers)
    etree.SubElement(etree.SubElement(root, tag(PROTOCOL, "Status")), tag(PROTOCOL, "StatusCode"), Value=SUCCESS)
    return _written(root)


def _written(root: etree._Element) -> bytes:
    document: bytes = etree.tostring(root)
    return document


def _message(kind: str, name: str, parties: Parties, where: str) -> etree._Element:
    root = etree.Element(
        tag(PROTOCOL, kind),
        nsmap={"samlp": PROTOCOL, "saml": ASSERTION},
        ID=name,
        Version="2.0",
        IssueInstant=parties.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        Destination=where,
    )
    etree.SubElement(root, tag(ASSERTION, "Issuer")).text = parties.site
    return root


def read_wish(root: etree._Element, parties: Parties) -> Wish:
    """What the provider wants ended, of a document whose signature was verified.

    Raises:
        Unacceptable: it is for others, of others, old, or names nobody.
    """
    _ours(root, "LogoutRequest", parties)
    ends = time_of(root, "NotOnOrAfter")
    if ends is not None and parties.now - SKEW >= ends:
        raise Unacceptable("out_of_time")
    indexes = tuple(text_of(one) for one in root.findall(tag(PROTOCOL, "SessionIndex")))
    if len(indexes) > _MOST_INDEXES:
        raise Unacceptable("too_many")
    return Wish(str(root.get("ID")), _named(root, parties), indexes)


def read_outcome(root: etree._Element, parties: Parties) -> Outcome:
    """What became of our wish, of a document whose signature was verified.

    Raises:
        Unacceptable: it is for others, of others, old, or answers nothing.
    """
    _ours(root, "LogoutResponse", parties)
    code = only(only(root, PROTOCOL, "Status"), PROTOCOL, "StatusCode")
    inner = code.find(tag(PROTOCOL, "StatusCode"))
    whole = code.get("Value") == SUCCESS and (inner is None or inner.get("Value") == SUCCESS)
    answers = root.get("InResponseTo") or ""
    if not answers:
        raise Unacceptable("not_asked")
    return Outcome(answers, whole)


def _ours(root: etree._Element, kind: str, parties: Parties) -> None:
    if root.tag != tag(PROTOCOL, kind) or root.get("Version") != "2.0" or not root.get("ID"):
        raise Unacceptable("not_a_message")
    if text_of(only(root, ASSERTION, "Issuer")) != parties.provider:
        raise Unacceptable("issuer")
    if root.get("Destination") != parties.here:
        raise Unacceptable("destination")
    if not -SKEW <= parties.now - time_in(root, "IssueInstant") <= FRESH + SKEW:
        raise Unacceptable("not_recent")


def _named(root: etree._Element, parties: Parties) -> Named:
    sealed = root.findall(tag(ASSERTION, "EncryptedID"))
    if len(sealed) == 1 and root.find(tag(ASSERTION, "NameID")) is None:
        name = encryption.opened(sealed[0], parties.keys(), tag(ASSERTION, "NameID"))
    else:
        name = only(root, ASSERTION, "NameID")
    return Named(text_of(name), name.get("Format") or FORMATS["unspecified"])


def parsed(document: bytes) -> etree._Element:
    """A message that was signed from outside, in its address. Raises Unacceptable: it is not XML, or not plainly."""
    return read(document)
