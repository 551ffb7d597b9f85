"""Operators and profiles; card authentication data can never be brought back."""

from __future__ import annotations

import hmac
import re

import pytest

from callwarden.engines.redact import (
    CARD_AUTHENTICATION,
    EntityType,
    HashAlgorithm,
    InvalidPolicy,
    Operator,
    Policy,
    redact,
)

from .shown import call

LINES = [
    ("customer", "my name is john smith and my card is 4111 1111 1111 1111"),
    ("agent", "thank you mr smith, the security code"),
    ("customer", "one two three"),
    ("agent", "and who is your wife"),
    ("customer", "her name is alice jones, john smith told her"),
]


def texts(policy: Policy) -> list[str]:
    return [turn.text for turn in redact(call(LINES), policy=policy).transcript.turns]


def test_pseudonyms_are_the_same_for_the_same_person_within_a_call() -> None:
    shown = texts(Policy.profile("pipl"))
    assert shown[0].startswith("my name is [PERSON_1] and")
    assert shown[1].startswith("thank you mr [PERSON_1]")
    assert shown[4] == "her name is [PERSON_2], [PERSON_1] told her"


def test_a_keyed_hash_is_stable_under_one_key_and_differs_under_another() -> None:
    one, same, other = (texts(Policy(default=Operator.HASH, key=key * 16)) for key in (b"a", b"a", b"b"))
    assert one == same != other
    assert one[0].count("[PERSON:") == 1
    assert one[2] == ""


def test_the_hash_of_china_is_another_and_is_the_standards() -> None:
    key = b"k" * 16
    ours = texts(Policy(default=Operator.HASH, key=key, algorithm=HashAlgorithm.SM3))
    assert ours != texts(Policy(default=Operator.HASH, key=key))
    expected = hmac.new(key, b"PERSON\0alice jones", "sm3").hexdigest()[:16]
    told = re.findall(r"\[PERSON:([a-p]{16})\]", ours[4])[0]
    assert told == expected.translate(str.maketrans("0123456789abcdef", "abcdefghijklmnop"))


def test_masks_tell_nothing_about_length() -> None:
    assert texts(Policy(default=Operator.MASK))[0] == "my name is **** and my card is ****"


def test_the_card_profile_keeps_names_and_drops_the_code() -> None:
    shown = texts(Policy.profile("pci"))
    assert "john smith" in shown[0]
    assert "[CARD_PAN]" in shown[0]
    assert shown[2] == ""


@pytest.mark.parametrize("kind", sorted(CARD_AUTHENTICATION))
@pytest.mark.parametrize("operator", sorted(set(Operator) - {Operator.DROP}))
def test_card_authentication_data_can_only_be_dropped(kind: EntityType, operator: Operator) -> None:
    with pytest.raises(InvalidPolicy):
        Policy({kind: operator}, key=b"k" * 16)
    assert Policy(default=operator, key=b"k" * 16).operator(kind) is Operator.DROP


def test_a_hash_without_a_key_and_an_unknown_profile_are_refused() -> None:
    with pytest.raises(InvalidPolicy):
        Policy(default=Operator.HASH)
    with pytest.raises(InvalidPolicy):
        Policy.profile("hipaa")
    with pytest.raises(InvalidPolicy):
        Policy({"SHOE_SIZE": "tag"})  # type: ignore[dict-item]


def test_the_key_is_never_shown() -> None:
    assert "kkkk" not in repr(Policy(default=Operator.HASH, key=b"k" * 16))
