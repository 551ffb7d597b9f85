"""Answers of a SAML provider, written by hand and signed by a library that is not the provider's."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import XMLSigner, methods

from callwarden.protection.signin.saml.answers import FORMATS, Expected

NAMES = {
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
ISSUER, AUDIENCE = "https://id.example.com/saml", "http://testserver/accounts/sso/group/metadata/"
RECIPIENT = "http://testserver/accounts/sso/group/answer/"
MFA = "https://refeds.org/profile/mfa"
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@functools.cache
def key_pair(name: str) -> tuple[rsa.RSAPrivateKey, str]:
    """A key and the PEM of a certificate it signed itself."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return key, certificate.public_bytes(Encoding.PEM).decode()


def expected(asked: str = "_q", now: datetime = NOW) -> Expected:
    return Expected(ISSUER, (key_pair("provider")[1],), AUDIENCE, RECIPIENT, frozenset({asked}), now)


def at(now: datetime, seconds: float) -> str:
    return (now + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


PLAIN: dict[str, object] = {
    "id": "_a",
    "asked": "_q",
    "issuer": ISSUER,
    "audience": AUDIENCE,
    "recipient": RECIPIENT,
    "name": "alice-7",
    "format": FORMATS["persistent"],
    "qualifiers": "",
    "context": MFA,
    "issued": 0,
    "begins": -10,
    "ends": 300,
    "confirmed_until": 300,
    "authenticated": -5,
    "method": "urn:oasis:names:tc:SAML:2.0:cm:bearer",
    "conditions": "",
    "attributes": "",
    "index": "",
}


def assertion(now: datetime = NOW, **changed: object) -> etree._Element:
    """One assertion, unsigned. What is changed is named as in PLAIN; times are in seconds from now."""
    told = PLAIN | changed
    spaces = f'xmlns:saml="{NAMES["saml"]}"'
    return etree.fromstring(
        f'<saml:Assertion {spaces} ID="{told["id"]}" Version="2.0" IssueInstant="{at(now, told["issued"])}">'
        f"<saml:Issuer>{told['issuer']}</saml:Issuer>"
        f'<saml:Subject><saml:NameID Format="{told["format"]}"{told["qualifiers"]}>{told["name"]}</saml:NameID>'
        f'<saml:SubjectConfirmation Method="{told["method"]}"><saml:SubjectConfirmationData'
        f' InResponseTo="{told["asked"]}" Recipient="{told["recipient"]}"'
        f' NotOnOrAfter="{at(now, told["confirmed_until"])}"/></saml:SubjectConfirmation></saml:Subject>'
        f'<saml:Conditions NotBefore="{at(now, told["begins"])}" NotOnOrAfter="{at(now, told["ends"])}">'
        f"<saml:AudienceRestriction><saml:Audience>{told['audience']}</saml:Audience></saml:AudienceRestriction>"
        f"{told['conditions']}</saml:Conditions>"
        f'<saml:AuthnStatement AuthnInstant="{at(now, told["authenticated"])}" SessionIndex="{told["index"]}">'
        "<saml:AuthnContext>"
        f"<saml:AuthnContextClassRef>{told['context']}</saml:AuthnContextClassRef></saml:AuthnContext>"
        f"</saml:AuthnStatement>{told['attributes']}</saml:Assertion>"
    )


def signed(
    plain: etree._Element, *, by: str = "provider", algorithm: str = "rsa-sha256", digest: str = "sha256"
) -> etree._Element:
    """The same, signed as a whole."""
    key, certificate = key_pair(by)
    signer = Weak(
        method=methods.enveloped,
        signature_algorithm=algorithm,
        digest_algorithm=digest,
        c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#",
    )
    return signer.sign(plain, key=key, cert=certificate, reference_uri=f"#{plain.get('ID')}", id_attribute="ID")


class Weak(XMLSigner):
    """Signs with whatever it is told to; the library itself refuses what is broken."""

    def check_deprecated_methods(self) -> None:
        pass


def response(*inside: etree._Element, now: datetime = NOW, **changed: str) -> etree._Element:
    """An answer around assertions."""
    told = {"ID": "_r", "InResponseTo": "_q", "Destination": RECIPIENT, "Version": "2.0"} | changed
    whole = etree.fromstring(
        f'<samlp:Response xmlns:samlp="{NAMES["samlp"]}" xmlns:saml="{NAMES["saml"]}" IssueInstant="{at(now, 0)}">'
        f"<saml:Issuer>{ISSUER}</saml:Issuer><samlp:Status>"
        '<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status></samlp:Response>'
    )
    for name, value in told.items():
        if value:
            whole.set(name, value)
    for one in inside:
        whole.append(one)
    return whole


def answer(now: datetime = NOW, **changed: object) -> bytes:
    """A whole answer with one signed assertion."""
    return etree.tostring(
        response(signed(assertion(now, **changed)), now=now, InResponseTo=str((PLAIN | changed)["asked"]))
    )
