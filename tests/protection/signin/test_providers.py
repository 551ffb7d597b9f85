"""The file of identity providers: what cannot be right stops the start, and no secret is in the message."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from callwarden.protection.signin.saml.documents import METADATA, POST, PROTOCOL, REDIRECT, SIGNATURE
from callwarden.site.outside import BadSetting
from callwarden.site.providers import identity_providers

SECRET = "very secret words"


@pytest.fixture
def write(tmp_path: Path):
    (tmp_path / "secret").write_text(SECRET + "\n")
    good = {"kind": "oidc", "issuer": "https://id.example.com", "client_id": "cw"}
    good |= {"secret_file": str(tmp_path / "secret")}

    def put(slug: str = "company", **changed: object) -> str:
        told = {name: value for name, value in (good | changed).items() if value is not None}
        (tmp_path / "providers.json").write_text(json.dumps({slug: told}))
        return str(tmp_path / "providers.json")

    return put


def test_a_provider_is_read_with_its_secret_from_a_file_of_its_own(write):
    found = identity_providers(write(label={"en": "Work", "zh": "工作"}, second_factor={"amr": ["mfa"]}))["company"]
    assert (found.secret, found.amr, found.email_domains) == (SECRET, ("mfa",), ())
    assert SECRET not in repr(found)
    assert identity_providers("") == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"slug": "Company One"},
        {"kind": "ldap"},
        {"issuer": None},
        {"issuer": "http://id.example.com"},
        {"issuer": "ftp://id.example.com"},
        {"client_id": None},
        {"secret_file": "/nowhere/secret"},
        {"secret": "in the open"},
        {"second_factor": ["mfa"]},
        {"second_factor": {"loa": ["2"]}},
        {"link_by_email": "example.com"},
        {"label": "Company"},
    ],
    ids=str,
)
def test_what_cannot_be_right_stops_the_start(write, changed):
    with pytest.raises(BadSetting) as told:
        identity_providers(write(**changed))
    assert SECRET not in str(told.value)
    assert "in the open" not in str(told.value)


# A provider that speaks SAML


def description(
    *, binding: str = REDIRECT, where: str = "https://id.example.com/sso", bits: int = 2048, **put: str
) -> str:
    """Metadata of a provider as it publishes them."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "id")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    held = b64encode(certificate.public_bytes(Encoding.DER)).decode()
    written = f"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{held}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    key_told = put.get("key", f'<md:KeyDescriptor use="signing">{written}</md:KeyDescriptor>')
    return (
        f'{put.get("head", "")}<md:EntityDescriptor xmlns:md="{METADATA}" xmlns:ds="{SIGNATURE}"'
        f' entityID="https://id.example.com/saml"><md:IDPSSODescriptor protocolSupportEnumeration="{PROTOCOL}">'
        f'{key_told}<md:SingleSignOnService Binding="{binding}" Location="{where}"/></md:IDPSSODescriptor>'
        "</md:EntityDescriptor>"
    )


@pytest.fixture
def write_saml(tmp_path: Path):
    def put(text: str | None = None, **changed: object) -> str:
        (tmp_path / "id.xml").write_text(description() if text is None else text)
        told = {"kind": "saml", "metadata_file": str(tmp_path / "id.xml")} | changed
        (tmp_path / "providers.json").write_text(json.dumps({"group": told}))
        return str(tmp_path / "providers.json")

    return put


def test_a_saml_provider_is_read_from_its_own_description(write_saml):
    found = identity_providers(
        write_saml(email_attribute="mail", link_by_email=["Example.com"], second_factor={"acr": ["mfa"]})
    )["group"]
    assert (found.authority, found.acr, found.email_domains) == (
        "https://id.example.com/saml",
        ("mfa",),
        ("example.com",),
    )
    assert found.saml is not None
    assert (found.saml.sign_in_url, found.saml.name_id, found.saml.email) == (
        "https://id.example.com/sso",
        "persistent",
        "mail",
    )
    assert len(found.saml.certificates) == 1
    assert not found.saml.encrypted_only
    strict = identity_providers(write_saml(encrypted_only=True))["group"]
    assert strict.saml is not None
    assert strict.saml.encrypted_only


@pytest.mark.parametrize(
    "changed",
    [
        {"metadata_file": "/nowhere/metadata"},
        {"issuer": "https://id.example.com"},
        {"scopes": ["openid"]},
        {"name_id": "transient"},
        {"encrypted_only": "yes"},
        {"single_logout": "no"},
        {"email_attribute": ["mail"]},
        {"link_by_email": ["example.com"]},
        {"second_factor": {"amr": ["mfa"]}},
    ],
    ids=str,
)
def test_a_saml_provider_that_cannot_be_right_stops_the_start(write_saml, changed):
    with pytest.raises(BadSetting):
        identity_providers(write_saml(**changed))


def test_a_description_that_cannot_be_trusted_stops_the_start(write_saml):
    for text in (
        "<a/>",
        "no xml",
        description(binding=POST),
        description(where="http://id.example.com/sso"),
        description(where="javascript:alert(1)"),
        description(bits=1024),
        description(key=""),
        description(key='<md:KeyDescriptor use="encryption"/>'),
        description(key="<ds:X509Certificate>AAAA</ds:X509Certificate>"),
        description(head='<!DOCTYPE a [<!ENTITY b "c">]>'),
        f'<md:EntitiesDescriptor xmlns:md="{METADATA}">{description()}{description()}</md:EntitiesDescriptor>',
    ):
        with pytest.raises(BadSetting, match="metadata_file of group"):
            identity_providers(write_saml(text))


@pytest.mark.parametrize("text", ["", "[]", "{", '{"company": 1}'])
def test_a_file_that_is_none_stops_the_start(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(BadSetting):
        identity_providers(str(tmp_path / "x.json"))
