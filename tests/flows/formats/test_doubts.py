"""Where a recogniser lost the thread its figures or its words say so; ordinary speech and numbers raise no doubt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.engines.redact.evaluation import generate
from callwarden.flows.formats import WordsError, WordsFile, read_words


def read(document: object) -> WordsFile:
    return read_words(json.dumps(document).encode())


def segment(text: str = "please hold the line", **figures: float) -> dict[str, Any]:
    return {"start": 1.0, "end": 3.0, "text": text, "words": None, **figures}


def doubts(*segments: dict[str, Any]) -> list[tuple[str, ...]]:
    return [turn.doubts for turn in read({"segments": list(segments)}).turns]


@pytest.mark.parametrize(
    ("name", "fine", "bad", "doubt"),
    [
        ("avg_logprob", -1.0, -1.01, "unsure"),
        ("compression_ratio", 2.4, 2.41, "repeats"),
        ("no_speech_prob", 0.6, 0.61, "no_speech"),
    ],
)
def test_the_figures_of_a_segment_are_held_against_the_limits_of_the_decoder(
    name: str, fine: float, bad: float, doubt: str
) -> None:
    assert doubts(segment(**{name: fine}), segment(**{name: bad})) == [(), (doubt,)]


def test_words_that_were_hardly_heard_make_a_turn_doubtful() -> None:
    def said(*levels: float) -> dict[str, Any]:
        words = [{"word": "ah", "start": n, "end": n + 0.5, "probability": level} for n, level in enumerate(levels, 1)]
        return {"start": 1.0, "end": 9.0, "text": "ah ah", "words": words}

    assert doubts(said(0.9, 0.1), said(0.3, 0.45), said()) == [(), ("unsure",), ()]


@pytest.mark.parametrize(
    "text",
    [
        "thank you so much " * 4,
        "no " * 10,
        "and then " + "I will be right back " * 5,
        "请不吝点赞订阅" * 4,
        "谢谢" * 6,
        "Bye. " * 12,
    ],
)
def test_words_that_go_round_in_circles_are_found(text: str) -> None:
    assert doubts(segment(text)) == [("repeats",)]


@pytest.mark.parametrize(
    "text",
    [
        "no no no no, that is fine",
        "zero zero zero zero one one one one",
        "八个零, 零零零零零零零零",
        "it is four one one one, double one, two one two one two one",
        "yes. yes. yes. okay",
        "对对对对对对",
        "ha ha ha ha ha",
    ],
)
def test_people_who_repeat_themselves_and_numbers_are_no_loop(text: str) -> None:
    assert doubts(segment(text)) == [()]


def test_the_same_sentence_again_and_again_is_a_loop_over_segments() -> None:
    again = segment("Thanks for watching!")
    assert doubts(*[again] * 4, segment()) == [("repeats",)] * 4 + [()]
    assert doubts(*[again] * 3, segment()) == [()] * 4
    assert doubts(*[segment("okay")] * 9) == [()] * 9


def test_doubts_survive_our_own_shape_and_no_other_word_does() -> None:
    turn = {"speaker": "a", "text": "x", "doubts": ["no_speech", "+8613800138000", "unsure"]}
    once = read({"turns": [turn]})
    assert once.turns[0].doubts == ("unsure", "no_speech")
    assert read(once.to_json()).turns[0].doubts == ("unsure", "no_speech")


@pytest.mark.parametrize("wrong", ["unsure", {"a": 1}, 7])
def test_doubts_that_are_no_list_are_refused(wrong: object) -> None:
    with pytest.raises(WordsError) as refused:
        read({"turns": [{"speaker": "a", "text": "x", "doubts": wrong}]})
    assert refused.value.data["at"] == "turns[0].doubts"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_calls_as_people_talk_raise_no_doubt(language: str) -> None:
    for call in generate(5, 60, language, scenes="wide", noise="heavy"):
        found = read(call.transcript().to_json())
        assert not any(turn.doubts for turn in found.turns)


WORDS = ("lead", "on", "the", "way", "home", "to", "our", "mill", "and", "back")
loops = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8)


@given(loops, st.integers(4, 9), st.lists(st.sampled_from(["well", "so", "then"]), max_size=5))
def test_any_words_said_four_times_over_and_long_enough_are_found(
    loop: Sequence[str], times: int, before: Sequence[str]
) -> None:
    times = max(times, -(-10 // len(loop)))
    assert doubts(segment(" ".join([*before, *loop * times]))) == [("repeats",)]
