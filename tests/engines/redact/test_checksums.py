"""The check digits of public schemes, against published numbers and an independent library."""

from __future__ import annotations

import random

import pytest
import stdnum.ca.sin
import stdnum.cn.ric
import stdnum.cn.uscc
import stdnum.gb.nhs
import stdnum.iban
import stdnum.in_.aadhaar
import stdnum.luhn

from callwarden.engines.redact import _checksums as check


@pytest.mark.parametrize(
    ("rule", "real"),
    [
        (check.card, "4111111111111111"),
        (check.card, "378282246310005"),
        (check.card, "6222021234567890128"),
        (check.resident_id, "11010519491231002X"),
        (check.social_credit_code, "91110000600037341L"),
        (check.hong_kong_id, "A1234563"),
        (check.taiwan_id, "A123456789"),
        (check.iban, "GB82WEST12345698765432"),
        (check.nhs_number, "9434765919"),
        (check.aadhaar, "234123412346"),
        (check.vehicle_number, "1M8GDM9AXKP042788"),
        (check.social_insurance_number, "123456782"),
    ],
)
def test_a_published_number_passes_and_one_wrong_sign_does_not(rule, real: str) -> None:  # type: ignore[no-untyped-def]
    assert rule(real)
    place = next(place for place in range(len(real) - 2, 0, -1) if real[place].isdigit())
    wrong = real[:place] + str((int(real[place]) + 1) % 10) + real[place + 1 :]
    assert not rule(wrong)


@pytest.mark.parametrize(
    ("rule", "oracle", "signs", "length"),
    [
        (check.luhn, stdnum.luhn.is_valid, "0123456789", 16),
        (check.nhs_number, stdnum.gb.nhs.is_valid, "0123456789", 10),
        (check.social_insurance_number, stdnum.ca.sin.is_valid, "0123456789", 9),
        (check.social_credit_code, stdnum.cn.uscc.is_valid, "0123456789ABCDEFGHJKLMNPQRTUWXY", 18),
    ],
)
def test_random_numbers_are_judged_as_the_oracle_judges(rule, oracle, signs: str, length: int) -> None:  # type: ignore[no-untyped-def]
    dice = random.Random(7)
    for _ in range(3000):
        value = "".join(dice.choice(signs) for _ in range(length))
        if rule is check.social_insurance_number and value[0] in "08":
            continue  # the oracle also takes numbers that are not issued
        assert rule(value) == oracle(value), value


def test_aadhaar_agrees_with_the_oracle_but_for_its_extra_rule_on_palindromes() -> None:
    dice = random.Random(7)
    for _ in range(3000):
        value = str(dice.randrange(2, 10)) + "".join(dice.choice("0123456789") for _ in range(11))
        assert check.aadhaar(value) == stdnum.in_.aadhaar.is_valid(value), value


def test_a_resident_id_needs_a_province_and_a_real_date() -> None:
    assert not check.looks_like_resident_id("991105194912310021")
    assert not check.looks_like_resident_id("110105194913310021")
    assert check.resident_id("110105491231002")
