"""Any text is survived, in time that grows with its length; both gates agree; nothing depends on extras."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines.redact import KnownValues, Transcript, Turn, Word, redact
from callwarden.engines.redact._fold import fold
from callwarden.engines.redact._gate import Re2Gate, ReGate, Sign

from .shown import said

SAID = (
    "四 一 二 三 八 零 幺 个 十 百 千 万 点 的 嗯 不对 我叫 张 伟 先生 地址 号 路 室 京 a 艾特 电话 卡号 验证码"
    " one two oh double"
    " hundred thousand and to for sorry my name is john at gmail dot com card number phone 4 15 885-2987 4111 , ."
    " - ( ) @ $"
)
WORDS = SAID.split()
spoken = st.lists(st.sampled_from(WORDS), max_size=25).flatmap(
    lambda words: st.sampled_from([" ", ""]).map(lambda gap: gap.join(words))
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["agent", "customer", ""]), st.text(max_size=60) | spoken), max_size=6))
def test_any_call_is_redacted_without_a_crash_and_spans_lie_in_their_turns(lines: list[tuple[str, str]]) -> None:
    turns = tuple(
        Turn(speaker, text, words=tuple(Word(word) for word in text.split()), nbest=(text[::-1],))
        for speaker, text in lines
    )
    result = redact(Transcript("c", turns), KnownValues(names=("张伟", "john"), phones=("4158852987",)))
    last = (-1, 0)
    for span in result.spans:
        assert 0 <= span.start < span.end <= len(turns[span.turn].text)
        assert (span.turn, span.start) >= last
        last = (span.turn, span.end)


@given(st.text(max_size=80))
def test_folding_keeps_every_offset(text: str) -> None:
    assert len(fold(text)) == len(text)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40) | spoken)
def test_both_gates_see_the_same_signs(text: str) -> None:
    pytest.importorskip("re2")
    folded = fold(text)
    assert _gates()[0].signs(folded) == _gates()[1].signs(folded)


def _gates(made: list[ReGate | Re2Gate] = []) -> list[ReGate | Re2Gate]:  # noqa: B006 - built once on purpose
    if not made:
        made += [ReGate(), Re2Gate()]
    return made


def test_ordinary_talk_shows_no_sign() -> None:
    assert ReGate().signs(fold("sure what kind of food do you like")) == 0
    assert ReGate().signs(fold("好的，这就帮您看看有没有合适的")) & ~Sign.NUMERAL == 0


@pytest.mark.parametrize(
    "unit",
    [
        "one ",
        "四",
        "4 ",
        "no wait ",
        "uh ",
        "我叫张",
        "a ",
        "12 main ",
        "dot com at ",
        "1.",
        "省市区路号",
        "john smith ",
        "三个",
        "2019-",
        "((((",
        "京a",
    ],
)
def test_time_grows_no_faster_than_the_text(unit: str) -> None:
    def seconds(times: int) -> float:
        text = unit * times
        begin = time.process_time()
        said(text)
        return time.process_time() - begin

    said(unit * 50)
    small = max(seconds(800) for _ in range(3))
    assert min(seconds(6400) for _ in range(2)) < 30 * small  # eight times the text; a square would take 64 times
