"""One spelling for each identifier."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.engines.seal import InvalidInput
from callwarden.engines.seal.normalise import (
    normalise_card,
    normalise_customer_no,
    normalise_email,
    normalise_id,
    normalise_phone,
)


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("13800138000", "+8613800138000"),
        ("138-0013-8000", "+8613800138000"),
        ("１３８ ００１３ ８０００", "+8613800138000"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("008613800138000", "+8613800138000"),
        ("8613800138000", "+8613800138000"),
        ("(010) 6234-5678", "+861062345678"),
        ("+86 (0)10 6234 5678", "+861062345678"),
        ("400-800-1234", "+864008001234"),
        ("+1 (415) 555-0100", "+14155550100"),
        ("\u202a+86 138 0013 8000\u202c", "+8613800138000"),
        ("138\u200b0013\u200b8000", "+8613800138000"),
        ("＋８６－１３８００１３８０００", "+8613800138000"),
        ("0086 (0)10 6234 5678", "+861062345678"),
        ("10086", "10086"),
        ("110", "110"),
    ],
)
def test_a_telephone_number_has_one_spelling(written: str, normalised: str) -> None:
    assert normalise_phone(written) == normalised
    assert normalise_phone(normalised) == normalised


def test_another_country_may_be_home() -> None:
    assert normalise_phone("020 7946 0000", country="44") == "+442079460000"
    assert normalise_phone("+86 13800138000", country="44") == "+8613800138000"


@pytest.mark.parametrize(
    ("normalise", "written", "normalised"),
    [
        (normalise_id, "11010519491231002x", "11010519491231002X"),
        (normalise_id, "１１０１０５ 19491231 002X", "11010519491231002X"),
        (normalise_id, "e 1234-5678", "E12345678"),
        (normalise_card, "6222 0212-3456 7890", "6222021234567890"),
        (normalise_email, " Ann.Smith@Example.COM ", "ann.smith@example.com"),
        (normalise_email, "ann＠例子.cn", "ann@xn--fsqu00a.cn"),
        (normalise_id, "\ufeff11010519491231002ｘ", "11010519491231002X"),
        (normalise_card, "６２２２ ０２１２ ３４５６ ７８９０", "6222021234567890"),
        (normalise_email, "ANN@EXAMPLE.COM\u200b", "ann@example.com"),
        (normalise_email, "Ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        (normalise_email, "张三@例子.中国", "张三@xn--fsqu00a.xn--fiqs8s"),
        (normalise_customer_no, "kh-00 12", "KH0012"),
        (normalise_customer_no, "客户007", "客户007"),
    ],
)
def test_an_identifier_has_one_spelling(normalise: Callable[[str], str], written: str, normalised: str) -> None:
    assert normalise(written) == normalised
    assert normalise(normalised) == normalised


@pytest.mark.parametrize(
    ("normalise", "rubbish"),
    [
        *[
            (normalise_phone, text)
            for text in ("", "abc", "12", "+", "+0123456789", "1" * 20, "138x0013800", "00", "01")
        ],
        *[(normalise_id, text) for text in ("", "张三", "123", "1" * 33)],
        *[(normalise_card, text) for text in ("", "6222", "6222 0212 3456 789X", "1" * 20)],
        *[(normalise_email, text) for text in ("", "ann", "ann@", "@example.com", "a b@example.com", "a@b", "a@b..c")],
        *[(normalise_customer_no, text) for text in ("", "- -", "A#1", "1" * 65)],
    ],
)
def test_what_cannot_be_one_is_refused_without_showing_it(normalise: Callable[[str], str], rubbish: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        normalise(rubbish)
    assert len(rubbish) < 3 or rubbish not in str(refusal.value)


@given(st.text("0123456789 +-()（）０１２x", max_size=20))
def test_normalising_twice_is_normalising_once(text: str) -> None:
    for normalise in (normalise_phone, normalise_id, normalise_card, normalise_customer_no):
        try:
            once = normalise(text)
        except InvalidInput:
            continue
        assert normalise(once) == once
