"""The last look finds what was planted, and its failure releases nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines.redact import (
    KnownValues,
    Policy,
    Redaction,
    ResidualFound,
    Transcript,
    Turn,
    Word,
    redact,
    residual_scan,
)
from callwarden.engines.redact import _redact as machinery

from .shown import call
from .speech import chinese, english, number, written

ORIGINAL = call([("agent", "your number please"), ("customer", "it is 415 885 2987 and i am mary jones")])


def planted(redaction: Redaction, **changes: object) -> Redaction:
    first = replace(redaction.transcript.turns[0], **changes)  # type: ignore[arg-type]
    turns = (first, *redaction.transcript.turns[1:])
    return replace(redaction, transcript=Transcript("c", turns))


def test_a_clean_output_passes() -> None:
    residual_scan(ORIGINAL, redact(ORIGINAL))


@pytest.mark.parametrize(
    "leak",
    [
        {"text": "so 2987"},
        {"text": "so two nine eight seven"},
        {"text": "二九八七"},
        {"text": "twenty nine eighty seven"},
        {"text": "2, 9, uh 8 7"},
        {"text": "２９８７"},
        {"nbest": ("fine", "eight eight five two")},
        {"forms": {"itn": "4158852987"}},
        {"words": (Word("eight"), Word("five"), Word("two"), Word("nine"))},
    ],
)
def test_four_removed_digits_in_any_form_are_found(leak: dict[str, object]) -> None:
    with pytest.raises(ResidualFound) as caught:
        residual_scan(ORIGINAL, planted(redact(ORIGINAL), **leak))
    assert caught.value.data == {"digits": 1, "values": 0} or caught.value.data["digits"] > 1  # type: ignore[operator]
    assert "2987" not in str(caught.value)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_planted_rendering_of_the_number_is_always_found(data: st.DataObject) -> None:
    digits = data.draw(number(11, 13))
    original = call([("agent", "ok"), ("customer", digits)])
    style = data.draw(st.sampled_from([english, chinese, written]))
    leak = "".join(text for text, _ in data.draw(style(digits)))
    with pytest.raises(ResidualFound):
        residual_scan(original, planted(redact(original), text=leak))


def test_what_stands_on_both_sides_of_a_placeholder_is_not_one_number() -> None:
    residual_scan(ORIGINAL, planted(redact(ORIGINAL), text="41 [PHONE] 58, 88****52"))


def test_three_digits_are_no_residual() -> None:
    residual_scan(ORIGINAL, planted(redact(ORIGINAL), text="room 298"))


def test_a_known_value_left_in_the_output_is_found() -> None:
    known = KnownValues(names=("张伟明",))
    with pytest.raises(ResidualFound) as caught:
        residual_scan(ORIGINAL, planted(redact(ORIGINAL), text="找张 伟明"), known)
    assert caught.value.data["values"]


def test_what_a_repeat_takes_with_it_may_stand_elsewhere() -> None:
    """The order number ends in 5202; a date that reads so goes whole, and its year stands in another date."""
    lines = [
        ("customer", "i had an accident on 08/09/2021 and want to report it"),
        ("customer", "the rear end was slammed by the other vehicle on august 25, 2021"),
        ("customer", "my order number is 88715202 if you need it"),
    ]
    result = redact(call(lines))
    assert [any(span.turn == turn for span in result.spans) for turn in range(3)] == [False, True, True]
    assert "08/09/2021" in result.transcript.turns[0].text
    with pytest.raises(ResidualFound):
        residual_scan(call(lines), planted(result, text="on 5/20/2 as said"))


def test_a_failing_scan_gives_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    bound = machinery.decide
    monkeypatch.setattr(machinery, "decide", lambda *given: _half(bound(*given)))
    with pytest.raises(ResidualFound):
        redact(call([("customer", "it is 415 885 2987"), ("agent", "so 415 885 2987")]))


def _half(decided: list[list[machinery.Form]]) -> list[list[machinery.Form]]:
    decided[1][0].found = []
    return decided


def test_dropping_never_joins_what_is_left_into_the_removed_number() -> None:
    policy = Policy(default="drop")  # type: ignore[arg-type]
    lines = [("customer", "my card number is 4111 1111 1111 1111"), ("agent", "41 4111 1111 1111 1111 11")]
    result = redact(call(lines), policy=policy)
    assert "1111" not in result.transcript.turns[1].text.replace(" ", "")


def test_placeholders_are_not_taken_for_digits() -> None:
    policy = Policy(default="hash", key=b"k" * 16)  # type: ignore[arg-type]
    lines = [("customer", f"my card is 4111 1111 1111 {place:04d}") for place in range(0, 9999, 501)]
    residual_scan(call(lines), redact(call(lines), policy=policy))


def test_kept_kinds_are_no_residual() -> None:
    lines = Transcript("c", (Turn("customer", "call 13812345678"), Turn("agent", "13812345678")))
    result = redact(lines, KnownValues(phones=("13812345678",)), Policy.profile("pci"))
    assert result.transcript == lines
