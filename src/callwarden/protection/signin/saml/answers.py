"""Whether an answer proves who somebody is. Only what a signature covers is ever read.

The assertion must be signed itself; a signature around the whole answer replaces none. It is cut out, verified as a
document of its own against certificates that the site pinned, and everything that counts is read from what the
verifier says was signed. An attacker may move elements of the answer about as they like: nothing else is looked at.

Source: OASIS SAML V2.0 Core sections 2.5, 2.7 and 5.4; Profiles section 4.1.4.3 (what a service provider checks).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from lxml import etree

from callwarden.protection.signin.saml import encryption
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
from callwarden.protection.signin.saml.signatures import signed

SKEW = timedelta(seconds=60)
# An answer is given just now. So the memory that refuses a second showing need not reach far back.
FRESH = timedelta(minutes=5)
FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "persistent": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
        "email": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        "unspecified": "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
    }
)
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_KNOWN_CONDITIONS = {tag(ASSERTION, name) for name in ("AudienceRestriction", "OneTimeUse", "ProxyRestriction")}


@dataclass(frozen=True)
class Expected:
    """What an answer must say to be one to our question.

    Attributes:
        entity_id, certificates: of the provider, as the site pinned them.
        audience, recipient: this site as the provider knows it, and where its answers go.
        asked: ids of the questions that this browser put and nobody answered yet.
        keys: those of this site that open what was encrypted for it; asked only if something was.
        encrypted_only: an assertion that anybody on the way could read counts for nothing.
    """

    entity_id: str
    certificates: tuple[str, ...]
    audience: str
    recipient: str
    asked: frozenset[str]
    now: datetime
    keys: Callable[[], Sequence[RSAPrivateKey]] = tuple
    encrypted_only: bool = False


@dataclass(frozen=True)
class Said:
    """What the provider said of somebody, proved.

    Attributes:
        id: of the assertion; it counts once.
        answers: id of the question.
        name, name_format: what the provider calls the person, and in which form.
        qualifiers: within which provider and for which site the name holds, as it was said.
        index: of the session the person has there; "" where it names none.
        context: how they signed in there.
        at: when they did.
        attributes: what else is said of them, by name.
    """

    id: str
    answers: str
    name: str
    name_format: str
    context: str
    at: datetime
    attributes: Mapping[str, tuple[str, ...]]
    qualifiers: tuple[str, str] = ("", "")
    index: str = ""


def judge(raw: bytes, expected: Expected) -> Said:
    """What an answer says, if it is one to our question.

    Raises:
        Unacceptable: it is not, or proves nothing.
    """
    response = read(raw)
    if response.tag != tag(PROTOCOL, "Response") or response.get("Version") != "2.0":
        raise Unacceptable("not_a_response")
    _ids_once(response)
    if only(only(response, PROTOCOL, "Status"), PROTOCOL, "StatusCode").get("Value") != _SUCCESS:
        raise Unacceptable("no_success")
    if response.get("Destination") not in {None, expected.recipient}:
        raise Unacceptable("destination")
    if response.get("InResponseTo") not in expected.asked:
        raise Unacceptable("not_asked")
    if response.find(tag(ASSERTION, "Issuer")) is not None:
        _issued(response, expected)
    assertion = signed(_only_assertion(response, expected), expected.certificates)
    if assertion.get("Version") != "2.0":
        raise Unacceptable("version")
    _issued(assertion, expected)
    _recent(time_in(assertion, "IssueInstant"), expected.now)
    _conditions(assertion, expected)
    subject = only(assertion, ASSERTION, "Subject")
    _confirmed(subject, expected, str(response.get("InResponseTo")))
    name = only(subject, ASSERTION, "NameID")
    _qualified(name, expected)
    at, context, index = _authenticated(assertion, expected.now)
    return Said(
        id=str(assertion.get("ID")),
        answers=str(response.get("InResponseTo")),
        name=text_of(name),
        name_format=name.get("Format") or FORMATS["unspecified"],
        context=context,
        at=at,
        attributes=MappingProxyType(_attributes(assertion)),
        qualifiers=(name.get("NameQualifier") or "", name.get("SPNameQualifier") or ""),
        index=index,
    )


def _ids_once(root: etree._Element) -> None:
    """No two elements of one name: a reference must mean one thing to everybody."""
    named = Counter(node.get(name) for node in root.iter() for name in ("ID", "Id", "id") if node.get(name) is not None)
    if any(count > 1 for count in named.values()):
        raise Unacceptable("id_twice")


def _only_assertion(response: etree._Element, expected: Expected) -> etree._Element:
    """The one assertion of the answer, right below its root and nowhere else, in clear or encrypted."""
    sealed = list(response.iter(tag(ASSERTION, "EncryptedAssertion")))
    everywhere = [*sealed, *response.iter(tag(ASSERTION, "Assertion"))]
    if len(everywhere) != 1:
        raise Unacceptable("assertion_missing" if not everywhere else "assertion_twice")
    if everywhere[0].getparent() is not response:
        raise Unacceptable("assertion_misplaced")
    if not sealed and expected.encrypted_only:
        raise Unacceptable("not_encrypted")
    if not sealed:
        return everywhere[0]
    found = encryption.opened(sealed[0], expected.keys())
    _ids_once(found)
    return found


def _issued(element: etree._Element, expected: Expected) -> None:
    if text_of(only(element, ASSERTION, "Issuer")) != expected.entity_id:
        raise Unacceptable("issuer")


def _recent(issued: datetime, now: datetime) -> None:
    if not -SKEW <= now - issued <= FRESH + SKEW:
        raise Unacceptable("not_recent")


def _conditions(assertion: etree._Element, expected: Expected) -> None:
    """Within its time, for us, and nothing that we do not understand."""
    found = only(assertion, ASSERTION, "Conditions")
    _in_time(found, expected.now)
    if any(condition.tag not in _KNOWN_CONDITIONS for condition in found):
        raise Unacceptable("condition")
    meant = found.findall(tag(ASSERTION, "AudienceRestriction"))
    for one in meant:
        if expected.audience not in [text_of(named) for named in one.findall(tag(ASSERTION, "Audience"))]:
            raise Unacceptable("audience")
    if not meant:
        raise Unacceptable("audience")


def _in_time(element: etree._Element, now: datetime) -> None:
    begins, ends = time_of(element, "NotBefore"), time_of(element, "NotOnOrAfter")
    if (begins is not None and now + SKEW < begins) or (ends is not None and now - SKEW >= ends):
        raise Unacceptable("out_of_time")


def _confirmed(subject: etree._Element, expected: Expected, asked: str) -> None:
    """Whoever carries it is the person, here, now, and as an answer to this question."""
    ways = [one for one in subject.findall(tag(ASSERTION, "SubjectConfirmation")) if one.get("Method") == _BEARER]
    if len(ways) != 1:
        raise Unacceptable("confirmation")
    data = only(ways[0], ASSERTION, "SubjectConfirmationData")
    time_in(data, "NotOnOrAfter")
    _in_time(data, expected.now)
    if data.get("Recipient") != expected.recipient:
        raise Unacceptable("recipient")
    if data.get("InResponseTo") != asked:
        raise Unacceptable("not_asked")


def _qualified(name: etree._Element, expected: Expected) -> None:
    """The name is one of this provider, for us."""
    if name.get("NameQualifier") not in {None, "", expected.entity_id}:
        raise Unacceptable("name_of_others")
    if name.get("SPNameQualifier") not in {None, "", expected.audience}:
        raise Unacceptable("name_of_others")


def _authenticated(assertion: etree._Element, now: datetime) -> tuple[datetime, str, str]:
    """(when the person signed in there, how, by which name the provider knows that session)."""
    statement = only(assertion, ASSERTION, "AuthnStatement")
    at, ends = time_in(statement, "AuthnInstant"), time_of(statement, "SessionNotOnOrAfter")
    if at > now + SKEW or (ends is not None and now - SKEW >= ends):
        raise Unacceptable("out_of_time")
    how = only(statement, ASSERTION, "AuthnContext").find(tag(ASSERTION, "AuthnContextClassRef"))
    return at, "" if how is None else text_of(how), statement.get("SessionIndex") or ""


def _attributes(assertion: etree._Element) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for attribute in assertion.iterfind(f"{tag(ASSERTION, 'AttributeStatement')}/{tag(ASSERTION, 'Attribute')}"):
        name = attribute.get("Name") or ""
        if name in found:
            raise Unacceptable("attribute_twice")
        values = attribute.findall(tag(ASSERTION, "AttributeValue"))
        found[name] = tuple(text_of(value) for value in values if not len(value) and (value.text or "").strip())
    return found
