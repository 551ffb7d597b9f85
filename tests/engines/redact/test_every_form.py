"""What goes from the text goes from words, hypotheses, named forms and sound, whatever their wording."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines.redact import EntityType, SoundSpan, Transcript, Turn, Word, redact
from callwarden.engines.redact._project import Projection

from .speech import chinese, english, number

CARD = "four one one one " * 4


def words(text: str, start: float = 0.0) -> tuple[Word, ...]:
    return tuple(Word(word, start + 500 * n, start + 500 * n + 400) for n, word in enumerate(text.split()))


def one(turn: Turn) -> Turn:
    return redact(Transcript("c", (turn,))).transcript.turns[0]


def test_every_form_of_a_turn_loses_the_number() -> None:
    lexical = f"my card is {CARD.strip()} okay"
    turn = Turn(
        "customer",
        "My card is 4111 4111 4111 4111, okay.",
        words=words(lexical),
        nbest=(
            "my card is for one one one four one one one four won one one four one one one okay",
            "my car is 4111411141114111 ok",
        ),
        forms={"lexical": lexical, "itn": "my card is 4111-4111-4111-4111 okay"},
    )
    left = one(turn)
    for text in (left.text, *left.nbest, *left.forms.values(), " ".join(word.text for word in left.words)):
        assert "[CARD_PAN]" in text
        assert "111" not in text
        assert "one" not in text


def test_the_words_keep_their_times_and_the_removed_ones_become_one() -> None:
    left = one(Turn("customer", "call 415 885 2987 today", words=words("call 415 885 2987 today")))
    assert [(word.text, word.start_ms, word.end_ms) for word in left.words] == [
        ("call", 0, 400),
        ("[PHONE]", 500, 1900),
        ("today", 2000, 2400),
    ]


def test_a_word_that_holds_more_than_the_value_keeps_the_rest() -> None:
    left = one(Turn("customer", "我的电话是13812345678谢谢", words=(Word("我的"), Word("电话是13812345678谢谢"))))
    assert [word.text for word in left.words] == ["我的", "电话是[PHONE]谢谢"]


def test_a_name_only_a_hypothesis_has_goes_from_the_hypothesis() -> None:
    left = one(Turn("customer", "my name is", nbest=("my name is robert paulson",)))
    assert left.nbest == ("my name is [PERSON]",)


def test_a_number_only_another_form_shows_whole_goes_from_the_text_too() -> None:
    turn = Turn("customer", "it is four one five hate five two", nbest=("it is four one five eight five two nine",))
    left = one(turn)
    assert "four one five" not in left.text
    assert "nine" not in left.nbest[0]


@pytest.mark.parametrize("wording", ["words", "no words", "no times", "some times", "nothing"])
def test_sound_is_muted_where_the_value_is_said_or_everywhere(wording: str) -> None:
    text = "call 415 885 2987 today"
    timed = words(text, 10_000)
    turn = {
        "words": Turn("c", text, 1, timed),
        "no words": Turn("c", text, 1, start_ms=9_000, end_ms=20_000),
        "no times": Turn("c", text, 1, tuple(Word(word.text) for word in timed), start_ms=9_000, end_ms=20_000),
        "some times": Turn("c", text, 1, (*timed[:2], Word("885"), *timed[3:]), start_ms=9_000, end_ms=20_000),
        "nothing": Turn("c", text, 1),
    }[wording]
    sound = redact(Transcript("c", (turn,))).sound
    expected = {
        "words": SoundSpan(1, 10_500, 11_900, EntityType.PHONE, "words"),
        "nothing": SoundSpan(1, 0, math.inf, EntityType.PHONE, "unplaced", True),
    }.get(wording, SoundSpan(1, 9_000, 20_000, EntityType.PHONE, "turn"))
    assert sound == (expected,)


def test_words_that_do_not_hold_the_value_silence_the_turn() -> None:
    turn = Turn("c", "my name is mary jones", 0, words("hello there"), start_ms=1_000, end_ms=5_000)
    assert SoundSpan(0, 1_000, 5_000, EntityType.PERSON, "turn") in redact(Transcript("c", (turn,))).sound


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_digit_of_a_number_is_left_in_any_form_however_each_says_it(data: st.DataObject) -> None:
    digits = data.draw(number(11, 16))
    forms = ["".join(text for text, _ in data.draw(style(digits))) for style in (english, chinese, english, chinese)]
    turn = Turn("c", forms[0], words=words(forms[1]) or (Word("-"),), nbest=(forms[2],), forms={"other": forms[3]})
    left = one(turn)
    for text in (left.text, " ".join(word.text for word in left.words), *left.nbest, *left.forms.values()):
        assert text.count("[") <= 4
        assert sum(sign.isdigit() for sign in text) < 4
        assert not any(word in text for word in ("double", "triple", "hundred", "teen", "nine", "三", "八个"))


@given(st.text(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_a_form_that_differs_only_in_spaces_is_mapped_exactly(text: str, one_end: int, other_end: int) -> None:
    start, end = sorted((min(one_end, len(text)), min(other_end, len(text))))
    spaced = " ".join(text)
    place = Projection(text, spaced).map(start, end)
    wanted = [sign for sign in text[start:end] if sign.isalnum()]
    if place is None:
        assert not wanted
    else:
        assert [sign for sign in spaced[place[0] : place[1]] if sign.isalnum()] == wanted


@given(st.text(max_size=60), st.text(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_a_projected_place_lies_inside_the_other_form(source: str, target: str, a: int, b: int) -> None:
    start, end = sorted((min(a, len(source)), min(b, len(source))))
    place = Projection(source, target).map(start, end)
    assert place is None or 0 <= place[0] <= place[1] <= len(target)
