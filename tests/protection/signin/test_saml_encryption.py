"""Assertions encrypted for this site: opened by its keys and strong methods alone, believed no more than others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from callwarden.protection.signin.saml.answers import Said, judge
from callwarden.protection.signin.saml.descriptions import describe
from callwarden.protection.signin.saml.documents import Unacceptable
from tests.protection.signin.saml_answers import AUDIENCE, RECIPIENT, assertion, expected, key_pair, response, signed
from tests.protection.signin.saml_encryption import (
    CBC256,
    GCM256,
    OAEP,
    OAEP11,
    RSA15,
    SHA1,
    SHA256,
    XENC,
    XENC11,
    encrypted,
    reader,
)

OAEP_SHA256 = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
TOLD_SHA256 = f'<ds:DigestMethod Algorithm="{SHA256}"/><xenc11:MGF Algorithm="{XENC11}mgf1sha256"/>'
MIXED = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA256(), None)


def said(*inside: etree._Element, keys: tuple[str, ...] = ("site",), only: bool = True) -> Said:
    wanted = replace(expected(), keys=lambda: tuple(map(reader, keys)), encrypted_only=only)
    return judge(etree.tostring(response(*inside)), wanted)


def why(*inside: etree._Element, **more: object) -> str:
    with pytest.raises(Unacceptable) as told:
        said(*inside, **more)  # type: ignore[arg-type]
    return told.value.why


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"method": f"{XENC11}aes128-gcm", "bits": 128},
        {"method": CBC256},
        {"method": f"{XENC}aes128-cbc", "bits": 128},
        {"beside": True},
        {"copies": 2},
        {"wrapped_by": OAEP, "told": f'<ds:DigestMethod Algorithm="{SHA1}"/>'},
        {"wrapped_by": OAEP, "told": f'<ds:DigestMethod Algorithm="{SHA256}"/>', "wrap": MIXED},
        {"wrapped_by": OAEP11, "told": TOLD_SHA256, "wrap": OAEP_SHA256},
    ],
    ids=[
        *("aes256-gcm", "aes128-gcm", "aes256-cbc", "aes128-cbc", "key-beside", "two-copies"),
        *("oaep-sha1", "oaep-sha256-mgf1-sha1", "oaep-sha256"),
    ],
)
def test_what_was_encrypted_for_this_site_is_read(how):
    assert said(encrypted(signed(assertion()), **how)).name == "alice-7"


def test_names_of_spaces_that_stand_outside_still_hold_inside():
    whole = etree.tostring(signed(assertion()))
    bare = whole.replace(b' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"', b"", 1)
    assert bare != whole
    assert said(encrypted(bare)).name == "alice-7"


def test_where_encryption_is_demanded_nothing_else_counts():
    assert why(signed(assertion())) == "not_encrypted"
    assert said(signed(assertion()), only=False).name == "alice-7"
    assert said(encrypted(signed(assertion())), only=False).name == "alice-7"


def test_encryption_proves_nothing_of_who_wrote_it():
    """Anybody can encrypt to a published key; only a signature says whose word it is."""
    assert why(encrypted(assertion())) == "signature_missing"
    assert why(encrypted(signed(assertion(), by="mallory"))) == "signature"
    assert why(encrypted(signed(assertion(audience="https://other.example/")))) == "audience"
    broken = etree.tostring(signed(assertion())).replace(b"alice-7", b"alice-8")
    assert why(encrypted(broken)) == "signature"


def test_methods_that_give_keys_or_texts_away_are_refused_before_a_key_is_used():
    weak = {"wrap": padding.PKCS1v15()}
    assert why(encrypted(signed(assertion()), wrapped_by=RSA15, **weak)) == "encryption_method"
    for method in (f"{XENC}tripledes-cbc", f"{XENC}aes256-ctr", "", f"{XENC}kw-aes256"):
        assert why(encrypted(signed(assertion()), method=method)) == "encryption_method"
    for told in ('<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#md5"/>',):
        assert why(encrypted(signed(assertion()), told=told)) == "encryption_method"

    both = encrypted(signed(assertion()))
    other = encrypted(signed(assertion()), wrapped_by=RSA15, **weak).find(".//{*}EncryptedKey")
    both.append(other)

    def never() -> tuple[()]:
        return ()

    with pytest.raises(Unacceptable, match="encryption_method"):
        judge(etree.tostring(response(both)), replace(expected(), keys=never))


def test_a_key_of_rsa_15_dressed_as_oaep_opens_nothing():
    assert why(encrypted(signed(assertion()), wrap=padding.PKCS1v15())) == "undecipherable"


@pytest.mark.parametrize("method", [GCM256, CBC256])
@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-1],
        lambda text: b"",
        lambda text: text[:16],
        lambda text: text[:-1] + bytes([text[-1] ^ 1]),
        lambda text: bytes([text[0] ^ 1]) + text[1:],
        lambda text: text[:40] + bytes([text[40] ^ 255]) + text[41:],
    ],
    ids=["cut", "empty", "only the beginning", "last byte", "first byte", "middle"],
)
def test_a_damaged_text_says_one_word_whatever_broke(method, damage):
    """Which step failed is what an attacker on CBC asks for. What the damage leaves readable, the signature refuses."""
    assert why(encrypted(signed(assertion()), method=method, damage=damage)) in {"undecipherable", "signature"}


def test_every_single_bit_of_a_text_in_gcm_counts():
    sealed = encrypted(signed(assertion()))
    value = sealed.findall(".//{*}CipherValue")[-1]
    from base64 import b64decode, b64encode

    whole = b64decode(value.text)
    for place in range(0, len(whole), 97):
        value.text = b64encode(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :]).decode()
        assert why(sealed) == "undecipherable"


def test_a_former_key_still_opens_during_the_overlap_and_a_strangers_never():
    sealed = encrypted(signed(assertion()), to=reader("former").public_key())
    assert said(sealed, keys=("site", "former")).name == "alice-7"
    assert why(sealed) == "undecipherable"
    assert why(sealed, keys=()) == "undecipherable"


def test_only_one_assertion_counts_wherever_others_hide():
    whole = signed(assertion())
    assert why(encrypted(whole), signed(assertion())) == "assertion_twice"
    assert why(encrypted(whole), encrypted(whole)) == "assertion_twice"
    inner = encrypted(etree.tostring(whole) * 2)
    assert why(inner) == "undecipherable"
    assert why(encrypted(etree.tostring(response(whole)))) == "undecipherable"
    assert why(encrypted(encrypted(whole))) == "undecipherable"
    outer = etree.fromstring(f'<x xmlns="{AUDIENCE}"/>')
    outer.append(encrypted(whole))
    assert why(outer) == "assertion_misplaced"


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"<a/>",
        b"no xml",
        b"</around><evil/><around>",
        b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
        b"\xff\xfe",
    ],
)
def test_what_is_no_assertion_inside_is_refused(plain):
    assert why(encrypted(plain)) == "undecipherable"


def test_a_comment_inside_cannot_cut_a_name_short():
    whole = etree.tostring(signed(assertion(name="alice-7.evil.example")))
    assert why(encrypted(whole.replace(b"alice-7.evil", b"alice-7<!-- -->.evil"))) == "undecipherable"


def test_what_is_not_the_element_itself_or_lies_elsewhere_is_not_fetched():
    assert why(encrypted(signed(assertion()), kind=f"{XENC}Content")) == "undecipherable"
    sealed = encrypted(signed(assertion()))
    data = sealed.findall(".//{*}CipherData")[-1]
    for value in list(data):
        data.remove(value)
    etree.SubElement(data, f"{{{XENC}}}CipherReference", URI="https://evil.example/")
    assert why(sealed) == "ciphervalue_missing"
    assert why(encrypted(signed(assertion()), copies=5)) == "undecipherable"


def test_the_metadata_publish_the_keys_and_only_methods_that_bind_the_text():
    signing, opening = key_pair("signing")[1], key_pair("opening")[1]
    root = etree.fromstring(
        describe(entity_id=AUDIENCE, answers_at=RECIPIENT, name_id="x", signing=(signing, opening), opening=(opening,))
    )
    found = root.findall("{*}SPSSODescriptor/{*}KeyDescriptor")
    assert [one.get("use") for one in found] == ["signing", "signing", "encryption"]
    offered = {one.get("Algorithm") for one in found[-1].findall("{*}EncryptionMethod")}
    assert GCM256 in offered
    assert not [name for name in offered if "cbc" in name or name.endswith("rsa-1_5")]
    assert "PRIVATE" not in etree.tostring(root).decode()
