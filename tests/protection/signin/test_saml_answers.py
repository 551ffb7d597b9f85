"""Answers that prove nothing, as attackers write them; no database, no network."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from lxml import etree

from callwarden.protection.signin.saml.answers import judge
from callwarden.protection.signin.saml.documents import LONGEST, Unacceptable
from tests.protection.signin.saml_answers import (
    AUDIENCE,
    MFA,
    NAMES,
    answer,
    assertion,
    expected,
    key_pair,
    response,
    signed,
)

OTHERS_CONDITION = (
    '<saml:Condition xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="saml:AudienceRestrictionType"/>'
)


def why(raw: bytes | etree._Element, **more: object) -> str:
    """Why an answer is refused."""
    raw = raw if isinstance(raw, bytes) else etree.tostring(raw)
    with pytest.raises(Unacceptable) as told:
        judge(raw, expected(**more))  # type: ignore[arg-type]
    return told.value.why


def evil() -> etree._Element:
    """What an attacker would like to be believed: another name, otherwise in order."""
    return assertion(name="administrator", id="_evil")


def test_an_honest_answer_says_who_how_and_when():
    said = judge(answer(attributes=ATTRIBUTES), expected())
    assert (said.name, said.context, said.answers, said.id) == ("alice-7", MFA, "_q", "_a")
    assert said.attributes == {"mail": ("alice@example.com",), "groups": ("a", "b")}


ATTRIBUTES = (
    '<saml:AttributeStatement><saml:Attribute Name="mail"><saml:AttributeValue>alice@example.com</saml:AttributeValue>'
    '</saml:Attribute><saml:Attribute Name="groups"><saml:AttributeValue>a</saml:AttributeValue>'
    "<saml:AttributeValue>b</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"
)


@pytest.mark.parametrize("algorithm", ["rsa-sha384", "rsa-sha512", "sha256-rsa-MGF1"])
def test_other_strong_signatures_count(algorithm):
    raw = etree.tostring(response(signed(assertion(), algorithm=algorithm, digest="sha512")))
    assert judge(raw, expected()).name == "alice-7"


def test_the_second_of_two_pinned_certificates_counts_while_keys_change():
    raw = etree.tostring(response(signed(assertion(), by="next")))
    both = replace(expected(), certificates=(key_pair("provider")[1], key_pair("next")[1]))
    assert judge(raw, both).name == "alice-7"
    assert why(raw) == "signature"


# Signatures


def test_without_a_signature_nothing_is_proved():
    assert why(response(assertion())) == "signature_missing"


def test_a_signature_of_a_stranger_who_brings_a_certificate_along_proves_nothing():
    assert why(response(signed(assertion(), by="stranger"))) == "signature"


@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [("rsa-sha1", "sha1"), ("rsa-sha256", "sha1"), ("rsa-sha1", "sha256"), ("rsa-sha224", "sha256")],
)
def test_a_downgraded_algorithm_proves_nothing(algorithm, digest):
    assert why(response(signed(assertion(), algorithm=algorithm, digest=digest))) == "signature"


def test_a_shared_secret_made_of_the_public_key_proves_nothing():
    proved = signed(assertion())
    method = next(proved.iter(f"{{{NAMES['ds']}}}SignatureMethod"))
    method.set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
    assert why(response(proved)) == "signature"


@pytest.mark.parametrize("place", ["NameID", "Audience", "AuthnContextClassRef", "Issuer"])
def test_a_changed_word_breaks_the_signature(place):
    proved = signed(assertion())
    next(proved.iter(f"{{{NAMES['saml']}}}{place}")).text = "administrator"
    assert why(response(proved)) == "signature"


def test_a_signature_around_the_whole_answer_replaces_none_of_the_assertion():
    whole = response(assertion())
    assert why(signed(whole)) == "signature_missing"


def test_an_added_transform_or_another_canonical_form_is_refused():
    for name, attribute, refused in (
        ("CanonicalizationMethod", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments", "canonical_form"),
        ("Transform", "http://www.w3.org/TR/1999/REC-xslt-19991116", "transforms"),
    ):
        proved = signed(assertion())
        next(proved.iter(f"{{{NAMES['ds']}}}{name}")).set("Algorithm", attribute)
        assert why(response(proved)) == refused
    proved = signed(assertion())
    steps = next(proved.iter(f"{{{NAMES['ds']}}}Transforms"))
    steps.append(
        etree.fromstring(
            f'<ds:Transform xmlns:ds="{NAMES["ds"]}" Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"/>'
        )
    )
    assert why(response(proved)) == "transforms"


# Signature wrapping: the honest assertion stays whole somewhere, and another stands where it would be read


def wrapped(number: int) -> etree._Element:
    """The eight ways of the literature, and four of their kin."""
    honest, lie = signed(assertion()), evil()
    signature = next(honest.iter(f"{{{NAMES['ds']}}}Signature"))
    bare = copy.deepcopy(honest)
    bare.remove(next(bare.iter(f"{{{NAMES['ds']}}}Signature")))
    match number:
        case 1:  # a new answer around the old one, which hides in its signature
            whole = signed(response(signed(assertion())))
            outside = response(lie, ID="_evil_r")
            held = copy.deepcopy(next(child for child in whole if child.tag.endswith("Signature")))
            outside.append(held)
            held.append(whole)
            return outside
        case 2:  # the old answer beside a detached signature of it
            outside = response(lie, ID="_evil_r")
            outside.append(copy.deepcopy(signature))
            outside.append(response(honest, ID="_r2"))
            return outside
        case 3:  # the lie before the honest one
            return response(lie, honest)
        case 4:  # the honest one inside the lie
            lie.append(honest)
            return response(lie)
        case 5:  # the signature moves into the lie, the honest one after it
            lie.append(copy.deepcopy(signature))
            return response(lie, bare)
        case 6:  # the honest one inside the signature inside the lie
            moved = copy.deepcopy(signature)
            moved.append(bare)
            lie.append(moved)
            return response(lie)
        case 7:  # the honest one in Extensions
            outside = response(lie)
            extensions = etree.SubElement(outside, f"{{{NAMES['samlp']}}}Extensions")
            extensions.append(honest)
            return outside
        case 8:  # the honest one in an Object of the signature
            moved = copy.deepcopy(signature)
            etree.SubElement(moved, f"{{{NAMES['ds']}}}Object").append(bare)
            lie.append(moved)
            return response(lie)
        case 9:  # the lie takes the name of the honest one
            lie.set("ID", "_a")
            lie.append(copy.deepcopy(signature))
            return response(lie)
        case 10:  # the lie after the honest one
            return response(honest, lie)
        case 11:  # an Object with the honest one under another name, the lie carrying its name
            lie.set("ID", "_a")
            moved = copy.deepcopy(signature)
            hidden = etree.SubElement(moved, f"{{{NAMES['ds']}}}Object")
            bare.set("ID", "_a")
            hidden.append(bare)
            lie.append(moved)
            return response(lie)
        case _:  # a second subject pushed into the honest one
            subject = copy.deepcopy(next(lie.iter(f"{{{NAMES['saml']}}}Subject")))
            honest.insert(0, subject)
            return response(honest)


@pytest.mark.parametrize("number", range(1, 13))
def test_signature_wrapping_is_refused(number):
    raw = etree.tostring(wrapped(number))
    assert b"administrator" in raw
    assert why(raw) in {
        "assertion_twice",
        "assertion_misplaced",
        "signature_missing",
        "signature",
        "signature_twice",
        "reference",
        "id_twice",
    }


def test_wherever_an_honest_assertion_is_put_only_its_own_words_are_read():
    """Whatever stands beside it, the answer is the honest name or none."""
    for foreign in ("<x/>", f'<saml:NameID xmlns:saml="{NAMES["saml"]}">administrator</saml:NameID>'):
        whole = response(signed(assertion()))
        for place in range(len(whole) + 1):
            changed = copy.deepcopy(whole)
            changed.insert(place, etree.fromstring(foreign))
            assert judge(etree.tostring(changed), expected()).name == "alice-7"


# What documents may not hold


@pytest.mark.parametrize(
    "head",
    [
        b"<!DOCTYPE samlp:Response>",
        b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        b'<!DOCTYPE r [<!ENTITY file SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE r SYSTEM "http://127.0.0.1:1/evil.dtd">',
    ],
)
def test_a_document_type_is_refused_and_nothing_in_it_is_looked_at(head):
    assert why(head + answer()) == "document_type"


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le"])
def test_a_document_type_in_another_coding_is_refused(coding):
    text = f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE r [<!ENTITY a "b">]>{answer().decode()}'
    assert why(text.encode(coding)) in {"document_type", "not_xml"}


@pytest.mark.parametrize("piece", [b"<!-- -->", b"<?x y?>"])
def test_a_comment_cannot_cut_a_name_short(piece):
    """Signed is "alice-7.evil.example"; a comment put in afterwards leaves the signature whole."""
    raw = answer(name="alice-7.evil.example")
    assert judge(raw, expected()).name == "alice-7.evil.example"
    assert why(raw.replace(b"alice-7.evil", b"alice-7" + piece + b".evil")) == "comment"
    assert why(piece + raw) == "comment"
    assert why(raw + piece) == "comment"


def test_what_is_no_answer_is_refused():
    assert why(b"") == "not_xml"
    assert why(b"\xff\xfe") == "not_xml"
    assert why(b"<a/>") == "not_a_response"
    assert why(b"<a>" * 1000 + b"</a>" * 1000) == "not_xml"
    assert why(b" " * (LONGEST + 1)) == "too_long"
    assert why(etree.tostring(signed(assertion()))) == "not_a_response"
    assert why(response()) == "assertion_missing"
    encrypted = response()
    etree.SubElement(encrypted, f"{{{NAMES['saml']}}}EncryptedAssertion")
    assert why(encrypted) == "encrypteddata_missing"
    assert why(response(signed(assertion()), Version="1.1")) == "not_a_response"


# What the provider says, signed, and not to us, not now, or not of this


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"audience": "https://another.example/"}, "audience"),
        ({"audience": AUDIENCE.upper()}, "audience"),
        ({"recipient": "https://another.example/"}, "recipient"),
        ({"recipient": "http://testserver/accounts/sso/other/answer/"}, "recipient"),
        ({"issuer": "https://another.example/"}, "issuer"),
        ({"ends": -61}, "out_of_time"),
        ({"begins": 61}, "out_of_time"),
        ({"confirmed_until": -61}, "out_of_time"),
        ({"issued": -361}, "not_recent"),
        ({"issued": 61}, "not_recent"),
        ({"authenticated": 61}, "out_of_time"),
        ({"method": "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"}, "confirmation"),
        ({"method": "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"}, "confirmation"),
        ({"conditions": OTHERS_CONDITION}, "condition"),
        ({"qualifiers": ' NameQualifier="https://another.example/"'}, "name_of_others"),
        ({"qualifiers": ' SPNameQualifier="https://another.example/"'}, "name_of_others"),
        ({"name": ""}, "text"),
        ({"name": "a" * 2000}, "text"),
        ({"name": "<saml:NameID>alice-7</saml:NameID>"}, "text"),
        ({"attributes": ATTRIBUTES * 2}, "attribute_twice"),
    ],
    ids=str,
)
def test_what_is_signed_for_others_of_others_or_out_of_its_time_is_refused(changed, refused):
    assert why(answer(**changed)) == refused


@pytest.mark.parametrize("changed", [{"ends": -59}, {"begins": 59}, {"confirmed_until": -59}, {"issued": 59}], ids=str)
def test_a_minute_of_skew_between_clocks_is_borne(changed):
    assert judge(answer(**changed), expected()).name == "alice-7"


def test_an_answer_to_another_question_or_to_none_is_refused():
    assert why(answer(), asked="_other") == "not_asked"
    assert why(answer(asked="_other")) == "not_asked"
    assert why(response(signed(assertion()), InResponseTo="")) == "not_asked"
    assert why(response(signed(assertion(asked="_other")))) == "not_asked"
    assert why(response(signed(assertion()), Destination="https://another.example/")) == "destination"


def test_a_refusal_of_the_provider_opens_nothing():
    refused = response(signed(assertion()))
    next(refused.iter(f"{{{NAMES['samlp']}}}StatusCode")).set("Value", "urn:oasis:names:tc:SAML:2.0:status:Responder")
    assert why(refused) == "no_success"
