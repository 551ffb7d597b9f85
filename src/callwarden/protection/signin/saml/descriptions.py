"""Metadata: what a provider says of itself, read from a file of the site, and what this site says of itself.

Source: OASIS Metadata for SAML V2.0, sections 2.3 and 2.4.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from callwarden.protection.signin.saml import encryption
from callwarden.protection.signin.saml.documents import (
    METADATA,
    POST,
    PROTOCOL,
    REDIRECT,
    SIGNATURE,
    Unacceptable,
    only,
    read,
    tag,
)

_SHORTEST_RSA, _SHORTEST_EC = 2048, 256


@dataclass(frozen=True)
class Described:
    """An identity provider by its own words.

    Attributes:
        entity_id: its name; subjects are unique within it.
        sign_in_url: where people are sent (HTTP-Redirect binding).
        certificates: PEM of every key it may sign with; during a change of keys there are two.
        sign_out_url, sign_out_answers_at: where wishes to sign out go, and answers to its own (HTTP-Redirect
            binding); "" where it has no such address.
    """

    entity_id: str
    sign_in_url: str
    certificates: tuple[str, ...]
    sign_out_url: str = ""
    sign_out_answers_at: str = ""


def read_description(raw: bytes) -> Described:
    """What the metadata of one provider say.

    Raises:
        Unacceptable: no metadata of one provider that signs people in by SAML 2.0.
    """
    root = read(raw)
    if root.tag != tag(METADATA, "EntityDescriptor") or not root.get("entityID"):
        raise Unacceptable("not_one_entity")
    role = only(root, METADATA, "IDPSSODescriptor")
    if PROTOCOL not in (role.get("protocolSupportEnumeration") or "").split():
        raise Unacceptable("not_saml2")
    return Described(str(root.get("entityID")), _sign_in_url(role), _certificates(role), *_sign_out_urls(role))


def _sign_in_url(role: etree._Element) -> str:
    for place in role.findall(tag(METADATA, "SingleSignOnService")):
        where = place.get("Location") or ""
        if place.get("Binding") == REDIRECT and over_tls(where):
            return where
    raise Unacceptable("no_redirect_over_https")


def _sign_out_urls(role: etree._Element) -> tuple[str, str]:
    """(where wishes go, where answers go): the same unless it says otherwise."""
    for place in role.findall(tag(METADATA, "SingleLogoutService")):
        where = place.get("Location") or ""
        answers = place.get("ResponseLocation") or where
        if place.get("Binding") == REDIRECT and over_tls(where) and over_tls(answers):
            return where, answers
    return "", ""


def over_tls(address: str) -> bool:
    """Whether an address is of TLS, or of this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"})


def _certificates(role: etree._Element) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for key in role.findall(tag(METADATA, "KeyDescriptor")):
        if key.get("use") in {None, "signing"}:
            for held in key.iter(tag(SIGNATURE, "X509Certificate")):
                found[_certificate("".join((held.text or "").split()))] = None
    if not found:
        raise Unacceptable("no_certificate")
    return tuple(found)


def _certificate(written: str) -> str:
    try:
        certificate = x509.load_der_x509_certificate(b64decode(written, validate=True))
        key = certificate.public_key()
    except (ValueError, TypeError):
        raise Unacceptable("certificate") from None
    strong = (isinstance(key, rsa.RSAPublicKey) and key.key_size >= _SHORTEST_RSA) or (
        isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size >= _SHORTEST_EC
    )
    if not strong:
        raise Unacceptable("weak_key")
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def ends(certificates: Iterable[str]) -> datetime:
    """When the last of these certificates ends; after that nobody comes in by it."""
    return max(x509.load_pem_x509_certificate(one.encode()).not_valid_after_utc for one in certificates)


def describe(
    *,
    entity_id: str,
    answers_at: str,
    name_id: str,
    leaves_at: str = "",
    signing: Iterable[str] = (),
    opening: Iterable[str] = (),
) -> bytes:
    """Metadata of this site for one provider: whom it is, where answers go, and that assertions must be signed.

    Args:
        leaves_at: where messages of signing out arrive; "" for nowhere.
        signing, opening: PEM of certificates of the keys that sign here, and that open what is encrypted for this site.
    """
    root = etree.Element(tag(METADATA, "EntityDescriptor"), nsmap={"md": METADATA, "ds": SIGNATURE}, entityID=entity_id)
    role = etree.SubElement(
        root,
        tag(METADATA, "SPSSODescriptor"),
        AuthnRequestsSigned="false",
        WantAssertionsSigned="true",
        protocolSupportEnumeration=PROTOCOL,
    )
    for use, certificates in (("signing", signing), ("encryption", opening)):
        for certificate in certificates:
            _key_descriptor(role, use, certificate)
    for binding in (REDIRECT, POST) if leaves_at else ():
        etree.SubElement(role, tag(METADATA, "SingleLogoutService"), Binding=binding, Location=leaves_at)
    etree.SubElement(role, tag(METADATA, "NameIDFormat")).text = name_id
    etree.SubElement(
        role,
        tag(METADATA, "AssertionConsumerService"),
        Binding=POST,
        Location=answers_at,
        index="0",
        isDefault="true",
    )
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _key_descriptor(role: etree._Element, use: str, certificate: str) -> None:
    key = etree.SubElement(role, tag(METADATA, "KeyDescriptor"), use=use)
    data = etree.SubElement(etree.SubElement(key, tag(SIGNATURE, "KeyInfo")), tag(SIGNATURE, "X509Data"))
    der = x509.load_pem_x509_certificate(certificate.encode()).public_bytes(Encoding.DER)
    etree.SubElement(data, tag(SIGNATURE, "X509Certificate")).text = b64encode(der).decode("ascii")
    if use == "encryption":
        for method in encryption.OFFERED:
            etree.SubElement(key, tag(METADATA, "EncryptionMethod"), Algorithm=method)
