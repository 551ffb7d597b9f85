"""Messages of signing out that prove nothing, as attackers write them; no database, no network."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, quote, quote_plus, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree

from callwarden.protection.signin.saml import leaving
from callwarden.protection.signin.saml.answers import FORMATS
from callwarden.protection.signin.saml.documents import LONGEST, Unacceptable
from callwarden.protection.signin.saml.signatures import in_address, signed_address
from callwarden.protection.signin.saml.signatures import signed as verified
from tests.protection.signin.saml_answers import AUDIENCE, ISSUER, NAMES, NOW, key_pair, signed
from tests.protection.signin.saml_encryption import encrypted, reader
from tests.protection.signin.saml_leaving import HERE, RSA_SHA256, SUCCESS, outcome, query, wish

PINNED = (key_pair("provider")[1],)
PARTIES = leaving.Parties(ISSUER, AUDIENCE, HERE, NOW)


def by_address(written: str, name: str = "SAMLRequest") -> etree._Element:
    return leaving.parsed(in_address(written, name, PINNED).document)


def why(act: Callable[[], object]) -> str:
    with pytest.raises(Unacceptable) as told:
        act()
    return told.value.why


def test_an_honest_wish_names_whom_and_which_session():
    said = leaving.read_wish(by_address(query(wish(indexes=("_s1", "_s2")))), PARTIES)
    assert (said.id, said.who.name, said.indexes) == ("_w", "alice-7", ("_s1", "_s2"))
    posted = leaving.read_wish(verified(signed(wish(indexes=())), PINNED), PARTIES)
    assert posted.indexes == ()


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"issuer": "https://another.example/"}, "issuer"),
        ({"destination": "https://another.example/"}, "destination"),
        ({"destination": ""}, "destination"),
        ({"issued": -3600}, "not_recent"),
        ({"issued": 600}, "not_recent"),
        ({"ends": -120}, "out_of_time"),
        ({"version": "1.1"}, "not_a_message"),
        ({"id": ""}, "not_a_message"),
        ({"named": " "}, "nameid_missing"),
        ({"named": "<saml:NameID>a</saml:NameID><saml:NameID>b</saml:NameID>"}, "nameid_twice"),
        ({"named": "<saml:BaseID/>"}, "nameid_missing"),
        ({"indexes": ("",)}, "text"),
        ({"indexes": tuple(map(str, range(60)))}, "too_many"),
    ],
    ids=str,
)
def test_a_wish_of_others_for_others_or_out_of_its_time_is_none(changed, refused):
    assert why(lambda: leaving.read_wish(by_address(query(wish(**changed))), PARTIES)) == refused


def test_one_kind_of_message_is_not_taken_for_another():
    assert why(lambda: leaving.read_wish(by_address(query(outcome())), PARTIES)) == "not_a_message"
    assert why(lambda: leaving.read_outcome(by_address(query(wish())), PARTIES)) == "not_a_message"
    assert why(lambda: by_address(query(wish()), "SAMLResponse")) == "signature"


def test_an_address_without_the_providers_signature_carries_nothing():
    whole = query(wish(), relay_state="r")
    unsigned = whole.split("&SigAlg=")[0]
    assert why(lambda: by_address(unsigned)) == "signature_missing"
    assert why(lambda: by_address(whole.split("&Signature=")[0])) == "signature_missing"
    assert why(lambda: by_address(f"{unsigned}&SigAlg={quote_plus(RSA_SHA256)}&Signature=")) == "signature_missing"
    assert why(lambda: by_address(query(wish(), by="mallory"))) == "signature"
    assert why(lambda: in_address(whole, "SAMLRequest", ())) == "signature"


def test_every_signed_character_counts():
    """What was signed are the characters as they came, in their order, and all that stands there."""
    whole = query(wish(), relay_state="there")
    assert in_address(whole, "SAMLRequest", PINNED).relay_state == "there"
    assert why(lambda: by_address(whole.replace("RelayState=there", "RelayState=elsewhere"))) == "signature"
    assert why(lambda: by_address(whole.replace("RelayState=there&", ""))) == "signature"
    assert why(lambda: by_address(f"{query(wish())}&RelayState=put+in")) == "signature"
    assert why(lambda: by_address(f"{whole}&SAMLRequest=AAAA")) == "parameter_twice"
    assert why(lambda: by_address(f"SAMLRequest=AAAA&{whole}")) == "parameter_twice"
    other = query(wish(name="bob-8")).split("&")[0]
    assert why(lambda: by_address("&".join([other, *whole.split("&")[1:]]))) == "signature"


def test_other_ways_to_write_the_same_address_count_as_they_were_signed():
    assert by_address(query(wish(), quote=lambda text: quote(text, safe=""))) is not None
    assert by_address(query(wish(), quote=lambda text: quote_plus(text).replace("%2B", "%2b"))) is not None
    shuffled = "&".join(reversed(query(wish(), relay_state="r").split("&")))
    assert by_address(shuffled) is not None


@pytest.mark.parametrize(
    ("method", "hashed"),
    [
        ("http://www.w3.org/2000/09/xmldsig#rsa-sha1", hashes.SHA1()),
        ("http://www.w3.org/2001/04/xmldsig-more#rsa-md5", hashes.MD5()),
        ("http://www.w3.org/2000/09/xmldsig#hmac-sha1", hashes.SHA256()),
        ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", hashes.SHA256()),
        ("", hashes.SHA256()),
    ],
)
def test_methods_that_prove_little_prove_nothing(method, hashed):
    assert why(lambda: by_address(query(wish(), method=method, hashed=hashed))) in {"signature", "signature_missing"}


@pytest.mark.parametrize(("digest", "hashed"), [("sha384", hashes.SHA384()), ("sha512", hashes.SHA512())])
def test_longer_digests_count(digest, hashed):
    method = f"http://www.w3.org/2001/04/xmldsig-more#rsa-{digest}"
    assert by_address(query(wish(), method=method, hashed=hashed)) is not None


def test_a_provider_may_sign_with_a_curve():
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "id")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
        .decode()
    )
    method = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
    covered = query(wish()).split("&SigAlg=")[0] + f"&SigAlg={quote_plus(method)}"
    pair = utils.decode_dss_signature(key.sign(covered.encode(), ec.ECDSA(hashes.SHA256())))
    raw = b"".join(number.to_bytes(32, "big") for number in pair)
    for proof, holds in ((raw, True), (raw[::-1], False), (raw[:-1], False), (b"", False)):
        address = f"{covered}&Signature={quote_plus(b64encode(proof).decode())}"
        if holds:
            assert in_address(address, "SAMLRequest", (certificate,)).document
        else:
            assert why(lambda given=address: in_address(given, "SAMLRequest", (certificate,))).startswith("signature")


def test_a_message_that_grows_without_end_when_unpacked_is_none():
    assert why(lambda: by_address(query(b"<a>" + b" " * (LONGEST * 4) + b"</a>"))) == "too_long"


def test_a_posted_message_counts_signed_as_a_whole_alone():
    assert why(lambda: verified(wish(), PINNED)) == "signature_missing"
    assert why(lambda: verified(signed(wish(), by="mallory"), PINNED)) == "signature"
    changed = etree.tostring(signed(wish())).replace(b"alice-7", b"bobby-8")
    assert why(lambda: verified(leaving.parsed(changed), PINNED)) == "signature"
    around = wish(name="bob-8", id="_evil")
    around.append(signed(wish()))
    assert why(lambda: verified(leaving.parsed(etree.tostring(around)), PINNED)) == "signature_missing"
    moved = wish(name="bob-8", id="_evil")
    moved.append(signed(wish())[-1])
    assert why(lambda: verified(leaving.parsed(etree.tostring(moved)), PINNED)) in {"reference", "signature"}


def test_a_name_may_be_encrypted_for_this_site_and_is_opened_by_its_keys_alone():
    name = etree.fromstring(f'<saml:NameID xmlns:saml="{NAMES["saml"]}">alice-7</saml:NameID>')
    sealed = etree.tostring(encrypted(name)).replace(b"EncryptedAssertion", b"EncryptedID").decode()
    written = by_address(query(wish(named=sealed)))
    ours = replace(PARTIES, keys=lambda: (reader("site"),))
    assert leaving.read_wish(written, ours).who.name == "alice-7"
    assert why(lambda: leaving.read_wish(written, PARTIES)) == "undecipherable"
    both = by_address(query(wish(named=f"{sealed}<saml:NameID>bob-8</saml:NameID>")))
    assert leaving.read_wish(both, PARTIES).who.name == "bob-8"


def test_what_the_provider_answers_is_read_as_it_means_it():
    def said(**changed: object) -> leaving.Outcome:
        return leaving.read_outcome(by_address(query(outcome(**changed), name="SAMLResponse"), "SAMLResponse"), PARTIES)

    assert said() == leaving.Outcome("_ours", True)
    status = "urn:oasis:names:tc:SAML:2.0:status"
    partly = (
        f'<samlp:StatusCode Value="{SUCCESS}"><samlp:StatusCode Value="{status}:PartialLogout"/></samlp:StatusCode>'
    )
    assert not said(status=partly).ended
    assert not said(status=f'<samlp:StatusCode Value="{status}:Responder"/>').ended
    assert why(lambda: said(answers="")) == "not_asked"
    assert why(lambda: said(issued=-3600)) == "not_recent"


def test_our_own_messages_are_signed_and_say_what_they_must():
    key, certificate = key_pair("site")
    who = leaving.Named("alice-7", FORMATS["persistent"], ISSUER, AUDIENCE)
    name, document = leaving.wish(PARTIES, who, "_s1", where="https://id.example.com/slo?a=b")
    address = signed_address("https://id.example.com/slo?a=b", leaving.REQUEST, document, key=key, relay_state="r&s")
    assert address.startswith("https://id.example.com/slo?a=b&SAMLRequest=")
    covered, _joint, proof = urlsplit(address).query.removeprefix("a=b&").partition("&Signature=")
    told = parse_qs(f"Signature={proof}")["Signature"][0]
    from base64 import b64decode

    public = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    public.verify(b64decode(told), covered.encode(), padding.PKCS1v15(), hashes.SHA256())  # type: ignore[union-attr,call-arg]
    root = leaving.parsed(
        in_address(urlsplit(address).query.removeprefix("a=b&"), "SAMLRequest", (certificate,)).document
    )
    assert (root.get("ID"), root.get("Destination")) == (name, "https://id.example.com/slo?a=b")
    assert root.findtext("{*}Issuer") == AUDIENCE
    called = root.find("{*}NameID")
    assert called is not None
    assert (called.text, called.get("Format"), called.get("NameQualifier")) == (
        "alice-7",
        FORMATS["persistent"],
        ISSUER,
    )
    assert root.findtext("{*}SessionIndex") == "_s1"


@pytest.mark.parametrize(("begins", "ends"), [(-400, -1), (1, 400)], ids=["ended", "not begun"])
def test_a_pinned_certificate_out_of_its_time_proves_nothing_in_an_address_either(begins, ends):
    key, now = key_pair("provider")[0], datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "id")])
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now + timedelta(begins), now + timedelta(ends)
    ).sign(key, hashes.SHA256())
    pinned = (made.public_bytes(Encoding.PEM).decode(),)
    assert why(lambda: in_address(query(wish()), "SAMLRequest", pinned)) == "signature"
    assert why(lambda: verified(signed(wish()), pinned)) == "signature"
