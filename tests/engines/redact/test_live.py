"""Live: mask first, release when harmless, end where the whole call would end."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines.redact import LiveRedactor, Turn, redact

from .shown import Lines, call, redacted
from .speech import chinese, english, longest_leak, number, told_over_turns


def play(lines: Lines) -> tuple[list[str], list[list[str]]]:
    """The texts at the end, and what was visible after each turn."""
    live = LiveRedactor()
    shown: dict[int, str] = {}
    history: list[list[str]] = []
    for speaker, text in lines:
        shown |= {update.turn: update.text for update in live.feed(Turn(speaker, text))}
        history.append([shown[number] for number in sorted(shown)])
    shown |= {update.turn: update.text for update in live.close()}
    return [shown[number] for number in sorted(shown)], history


def test_a_fragment_is_masked_before_anyone_knows_what_it_is() -> None:
    final, history = play(
        [("customer", "幺三八"), ("agent", "嗯"), ("customer", "一二三四"), ("agent", "好"), ("customer", "五六七八")]
    )
    assert history[0] == ["****"]
    assert final == ["[PHONE]", "嗯", "[PHONE]", "好", "[PHONE]"]


def test_what_turns_out_harmless_is_released() -> None:
    talk = [("agent", "that is a nice room"), ("customer", "i like the view")] * 4
    final, history = play([("customer", "one two three"), *talk])
    assert history[0] == ["****"]
    assert history[-1][0] == "one two three"
    assert final[0] == "one two three"


def test_a_name_told_long_ago_is_still_removed() -> None:
    talk = [("agent", "let me see what i can do"), ("customer", "take your time")] * 15
    final, _ = play([("customer", "my name is sanjay mehta"), *talk, ("agent", "thanks for waiting sanjay")])
    assert final[-1] == "thanks for waiting [PERSON]"


def test_digits_told_long_ago_are_still_removed() -> None:
    talk = [("agent", "let me see what i can do"), ("customer", "take your time")] * 15
    final, _ = play([("customer", "my card is 4111 1111 1111 1234"), *talk, ("agent", "ending one two three four")])
    assert "two" not in final[-1]


def test_an_answer_stays_removed_after_its_question_is_out_of_sight() -> None:
    talk = [("agent", "let me see what i can do"), ("customer", "take your time")] * 15
    final, _ = play([("agent", "what is the verification code"), ("customer", "48 29"), *talk])
    assert final[1] == "[OTP]"


def test_every_turn_is_given_once_and_made_final_once() -> None:
    live = LiveRedactor()
    finals = [update.turn for n in range(40) for update in live.feed(Turn("a", f"line {n} of it")) if update.final]
    finals += [update.turn for update in live.close() if update.final]
    assert finals == list(range(40))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_at_no_moment_are_four_digits_of_a_finished_number_visible(data: st.DataObject) -> None:
    style, backs = data.draw(st.sampled_from([(english, ["uh huh", "okay"]), (chinese, ["嗯", "好的"])]))
    told = data.draw(told_over_turns(data.draw(style(data.draw(number(10, 16)))), backs))
    live = LiveRedactor()
    spans = {}
    for turn in told:
        for update in live.feed(Turn(turn.speaker, turn.text)):
            spans[update.turn] = update.spans
    assert longest_leak(told, tuple(span for found in spans.values() for span in found)) < 4


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_live_removes_at_least_what_the_whole_call_removes(data: st.DataObject) -> None:
    told = data.draw(told_over_turns(data.draw(english(data.draw(number(10, 16)))), ["okay"]))
    lines = [("agent", "what is your number"), *[(turn.speaker, turn.text) for turn in told], ("agent", "thanks")]
    live = LiveRedactor()
    for line in lines:
        live.feed(Turn(*line))
    shown = {update.turn: update for update in live.close()}
    for span in redact(call(lines)).spans:
        assert any(found.start <= span.start and found.end >= span.end for found in shown[span.turn].spans)


_TOLD_HARD: list[Lines] = [
    [("agent", "您的名字怎么写"), ("customer", "贺知远加贝贺知道的知远方的远"), ("agent", "贺知远对吧")],
    [("agent", "护照号念一下"), ("customer", "EB二零七七三幺九四"), ("agent", "EB20773194对吗"), ("customer", "对")],
    [("customer", "七九零"), ("agent", "嗯"), ("customer", "后面是二二六"), ("agent", "好的")],
    [
        ("agent", "你 的 家 庭 住 址"),
        ("customer", "绍 兴 市 越 城 区"),
        ("agent", "具 体 呢"),
        ("customer", "仓 桥 直 街"),
    ],
    [
        ("agent", "who am i speaking with"),
        ("customer", "lindqvist"),
        ("agent", "okay"),
        ("customer", "l i n d q v i s t"),
    ],
    [("agent", "邮箱报一下"), ("customer", "kestrel四四艾特"), ("agent", "好"), ("customer", "foxmail点com")],
    [
        ("agent", "what's your uh email um address"),
        ("customer", "heron at"),
        ("agent", "yes"),
        ("customer", "aol dot com"),
    ],
]


@pytest.mark.parametrize("lines", _TOLD_HARD, ids=[str(number) for number in range(len(_TOLD_HARD))])
def test_what_is_told_in_hard_ways_ends_live_as_it_does_in_the_whole_call(lines: Lines) -> None:
    final, _ = play(lines)
    assert final == redacted(lines)
    assert sum("[" in text for text in final) >= 2
