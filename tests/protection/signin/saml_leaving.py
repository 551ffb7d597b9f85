"""Messages of signing out as a provider writes them, and as an attacker would like to, by code of its own."""

from __future__ import annotations

import zlib
from base64 import b64encode
from datetime import datetime
from urllib.parse import quote_plus

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from tests.protection.signin.saml_answers import ISSUER, NAMES, NOW, at, key_pair

HERE = "http://testserver/accounts/sso/group/leave/"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
PLAIN: dict[str, object] = {
    "id": "_w",
    "version": "2.0",
    "issuer": ISSUER,
    "destination": HERE,
    "issued": 0,
    "ends": "",
    "name": "alice-7",
    "named": "",
    "indexes": ("_s1",),
    "answers": "_ours",
    "status": f'<samlp:StatusCode Value="{SUCCESS}"/>',
}


def message(kind: str, inside: str, now: datetime, told: dict[str, object], more: str = "") -> etree._Element:
    return etree.fromstring(
        f'<samlp:{kind} xmlns:samlp="{NAMES["samlp"]}" xmlns:saml="{NAMES["saml"]}" ID="{told["id"]}"'
        f' Version="{told["version"]}" IssueInstant="{at(now, told["issued"])}"'  # type: ignore[arg-type]
        f' Destination="{told["destination"]}"{more}><saml:Issuer>{told["issuer"]}</saml:Issuer>{inside}</samlp:{kind}>'
    )


def wish(now: datetime = NOW, **changed: object) -> etree._Element:
    """A LogoutRequest, unsigned. What is changed is named as in PLAIN; times are in seconds from now."""
    told = PLAIN | changed
    ends = told["ends"]
    until = f' NotOnOrAfter="{at(now, float(str(ends)))}"' if ends != "" else ""
    name = told["named"] or f"<saml:NameID>{told['name']}</saml:NameID>"
    indexes = "".join(f"<samlp:SessionIndex>{one}</samlp:SessionIndex>" for one in told["indexes"])  # type: ignore[attr-defined]
    return message("LogoutRequest", f"{name}{indexes}", now, told, until)


def outcome(now: datetime = NOW, **changed: object) -> etree._Element:
    """A LogoutResponse, unsigned."""
    told = PLAIN | changed
    return message(
        "LogoutResponse",
        f"<samlp:Status>{told['status']}</samlp:Status>",
        now,
        told,
        f' InResponseTo="{told["answers"]}"' if told["answers"] else "",
    )


def query(
    document: etree._Element | bytes,
    *,
    name: str = "SAMLRequest",
    by: str = "provider",
    relay_state: str = "",
    method: str = RSA_SHA256,
    hashed: hashes.HashAlgorithm | None = None,
    quote: object = quote_plus,
) -> str:
    """A message in an address, signed as the HTTP-Redirect binding wants it."""
    raw = document if isinstance(document, bytes) else etree.tostring(document)
    packer = zlib.compressobj(wbits=-15)
    packed = b64encode(packer.compress(raw) + packer.flush()).decode()
    given = [(name, packed), *([("RelayState", relay_state)] if relay_state else []), ("SigAlg", method)]
    covered = "&".join(f"{key}={quote(value)}" for key, value in given)  # type: ignore[operator]
    proof = key_pair(by)[0].sign(covered.encode(), padding.PKCS1v15(), hashed or hashes.SHA256())
    return f"{covered}&Signature={quote_plus(b64encode(proof).decode())}"
