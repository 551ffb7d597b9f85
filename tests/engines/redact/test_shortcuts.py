"""What spares work changes nothing: every shortcut gives what the long way gives."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from callwarden.engines.redact import Transcript, redact
from callwarden.engines.redact import _harmless as harmless
from callwarden.engines.redact import _numerals as numerals
from callwarden.engines.redact._echo import merge
from callwarden.engines.redact._fold import fold
from callwarden.engines.redact._found import Found
from callwarden.engines.redact._gate import Gate, Re2Gate, ReGate, Sign
from callwarden.engines.redact._harmless import Meaning, weigh
from callwarden.engines.redact._known_match import GRAM, grams_of
from callwarden.engines.redact._numerals import Element, Kind, read
from callwarden.engines.redact._spans import EntityType
from callwarden.engines.redact.evaluation import LANGUAGES, generate

_OF_NUMERALS = int(Sign.NUMERAL | Sign.LONG | Sign.EDGE | Sign.SPOKEN)
# Numerals beside all that measures them, leads up to them, or only sounds like them.
_SAID = (
    "one two five oh ten twenty double thirty-five hundred thousand million 4 38 2019 1,200 4.5 12:30 零 一 二 三十"
    " 八百 万 三个八 是 要 洞 元 块 岁 年 月 点 人均 百分之 第 大约 下午 $ rmb k dollars years-old to for a x tv EA"
    " people at page route about percent 号 , . -"
)
_PIECES = _SAID.split()
_TOLD = st.lists(st.sampled_from([*_PIECES, " ", " "]), max_size=14).map("".join)
_SPACED = st.lists(st.sampled_from(_PIECES), max_size=14).map(" ".join)
_TEXTS = _TOLD | _SPACED | st.text(max_size=30)


@pytest.fixture(scope="module", params=["re", "re2"])
def gate(request: pytest.FixtureRequest) -> Gate:
    if request.param == "re2":
        pytest.importorskip("re2")
        return Re2Gate()
    return ReGate()


@settings(max_examples=200, deadline=None)
@given(text=_TEXTS)
def test_a_look_for_numerals_alone_sees_what_the_whole_look_sees_of_them(gate: Gate, text: str) -> None:
    folded = fold(text)
    assert gate.numerals(folded) == gate.signs(folded) & _OF_NUMERALS


@settings(max_examples=400, deadline=None)
@given(text=_TEXTS)
@example(text="one two dollars")
@example(text="五 五块")
@example(text="at 5 30")
def test_a_numeral_behind_another_means_what_it_means_looked_at_alone(text: str) -> None:
    folded = fold(text)
    elements = [element for element in read(folded) if element.kind is not Kind.LETTER]
    assert weigh(folded, elements) == _weighed_the_long_way(folded, elements)


def _weighed_the_long_way(folded: str, elements: list[Element]) -> list[Meaning | None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(harmless, "_is_joined", lambda *_: False)
        return weigh(folded, elements)


class _AnySign:
    """Takes every sign for one that may stand beside a code."""

    def __contains__(self, sign: object) -> bool:
        return bool(sign)


@settings(max_examples=400, deadline=None)
@given(text=_TEXTS)
@example(text="tv七幺")
@example(text="a_1 b")
def test_letters_of_codes_are_read_whatever_stands_beside_them(text: str) -> None:
    folded = fold(text)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(numerals, "_TOUCHING", _AnySign())
        expected = read(folded)
    assert read(folded) == expected


@given(st.lists(st.tuples(st.from_regex(r"[0-9]{1,5}", fullmatch=True), st.sampled_from(Kind)), max_size=8))
def test_numbers_with_one_reading_have_the_same_stretches_as_with_it_twice(parts: list[tuple[str, Kind]]) -> None:
    once = [Element(place, place + 1, (digits,), kind) for place, (digits, kind) in enumerate(parts)]
    twice = [Element(item.start, item.end, item.readings * 2, item.kind) for item in once]
    assert grams_of(once) == grams_of(twice)
    assert all(len(gram) == GRAM for gram in grams_of(once))


def test_an_empty_find_is_dropped_even_alone() -> None:
    assert merge([Found(0, 4, 4, EntityType.PHONE, "cue", 0.9)]) == []
    kept = Found(0, 4, 5, EntityType.PHONE, "cue", 0.9)
    assert merge(iter([kept])) == [kept]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_call_is_redacted_alike_with_every_shortcut_barred(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = [call.transcript() for call in generate(29, 25, language, scenes="wide", noise="heavy")]
    with_shortcuts = [_told(call) for call in calls]
    monkeypatch.setattr(harmless, "_is_joined", lambda *_: False)
    monkeypatch.setattr(numerals, "_TOUCHING", _AnySign())
    monkeypatch.setattr("callwarden.engines.redact._echo._is_within", lambda *_: False)
    assert any(spans for spans, _ in with_shortcuts)
    assert [_told(call) for call in calls] == with_shortcuts


def _told(call: Transcript) -> tuple[object, object]:
    redaction = redact(call)
    return redaction.spans, redaction.transcript
