"""The transcript model reads the shapes recognisers write, refuses what is no transcript, and never repeats content."""

from __future__ import annotations

import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.engines.redact import InvalidTranscript, KnownValues, Transcript, Turn, Word

SECRET = "4111111111111111"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def test_words_are_read_in_every_spelling_of_their_keys() -> None:
    turn = {
        "speaker": "a",
        "text": "one two three",
        "words": [
            {"text": "one", "start": 0.5, "end": 0.9, "confidence": 0.8},
            {"word": "two", "start_ms": 900, "end_ms": 1200, "conf": 1},
            {"w": "three"},
        ],
    }
    words = Transcript.from_json({"id": 7, "turns": [turn]}).turns[0].words
    assert [(word.text, word.start_ms, word.end_ms, word.confidence) for word in words] == [
        ("one", 500.0, 900.0, 0.8),
        ("two", 900.0, 1200.0, 1.0),
        ("three", None, None, None),
    ]


def test_a_turn_without_text_takes_it_from_its_forms_or_words() -> None:
    turns = [
        {"speaker": "a", "forms": {"lexical": "four one", "display": "41"}},
        {"speaker": "a", "words": [{"w": "你"}, {"w": "好"}, {"w": "mary"}, {"w": "smith"}]},
    ]
    assert [turn.text for turn in Transcript.from_json({"id": "x", "turns": turns}).turns] == ["41", "你好 mary smith"]


def test_what_is_written_is_what_was_read() -> None:
    transcript = Transcript(
        "c",
        (Turn("a", "x", 1, (Word("x", 1, 2, 0.5),), ("y",), {"itn": "z"}, 0, 5), Turn("b", "")),
        "zh",
    )
    assert Transcript.from_json(json.loads(json.dumps(transcript.to_json()))) == transcript


@pytest.mark.parametrize(
    ("turn", "at"),
    [
        ({"speaker": "a"}, "turns[0].text"),
        ({"speaker": "a", "text": 5}, "turns[0].text"),
        ({"speaker": "a", "text": SECRET, "channel": "left"}, "turns[0].channel"),
        ({"speaker": "a", "text": SECRET, "channel": -1}, "turns[0].channel"),
        ({"speaker": "a", "text": SECRET, "words": [{"w": 4}]}, "turns[0].words[0].w"),
        ({"speaker": "a", "text": SECRET, "words": [{"w": SECRET, "start": "now"}]}, "turns[0].words[0].start"),
        ({"speaker": "a", "text": SECRET, "words": [{"w": SECRET, "start": 2, "end": 1}]}, "turns[0].words[0]"),
        ({"speaker": "a", "text": SECRET, "words": [{"w": SECRET, "conf": 1.5}]}, "turns[0].words[0].confidence"),
        ({"speaker": "a", "text": SECRET, "start_ms": math.nan}, "turns[0].start_ms"),
        ({"speaker": "a", "text": SECRET, "start": 1e308}, "turns[0].start"),
        ({"speaker": "a", "text": "\ud800" + SECRET}, "turns[0].text"),
        ({"speaker": "a", "text": SECRET, "nbest": [4]}, "turns[0].nbest[0]"),
        ({"speaker": "a", "text": SECRET, "forms": ["x"]}, "turns[0].forms"),
        ([SECRET], "turns[0]"),
    ],
)
def test_bad_input_is_refused_at_its_place_without_its_content(turn: object, at: str) -> None:
    with pytest.raises(InvalidTranscript) as caught:
        Transcript.from_json({"id": "x", "turns": [turn]})
    assert caught.value.data["at"] == at
    assert SECRET not in str(caught.value) + repr(caught.value.data)


@given(json_values)
def test_any_json_is_read_or_refused(value: object) -> None:
    for shape in (
        value,
        {"id": "x", "turns": value},
        {"id": "x", "turns": [value]},
        {"id": "x", "turns": [{"words": value}]},
    ):
        with contextlib.suppress(InvalidTranscript):
            Transcript.from_json(shape)


@given(json_values)
def test_any_known_values_are_read_or_refused(value: object) -> None:
    with contextlib.suppress(InvalidTranscript):
        KnownValues.from_json(value)


def test_known_values_come_as_a_record_as_a_list_or_not_at_all() -> None:
    known = KnownValues.from_json({"name": "Li Lei", "phones": ["1", 2], "nickname": "雷子"})
    assert (known.names, known.phones, known.other) == (("Li Lei",), ("1", "2"), ("雷子",))
    assert KnownValues.from_json(["a", " "]).other == ("a",)
    assert not KnownValues.from_json(None)


def test_nothing_shows_a_value_by_its_repr() -> None:
    shown = repr(Turn("a", SECRET, words=(Word(SECRET),), nbest=(SECRET,), forms={"x": SECRET}))
    shown += repr(Transcript("c", (Turn("a", SECRET),))) + repr(KnownValues(names=(SECRET,)))
    assert SECRET not in shown


def test_no_word_but_a_known_doubt_gets_through() -> None:
    told = [["unsure", "john_smith", 4, None], "Low confidence", {"unsure": 1}, None]
    turns = [{"speaker": "a", "text": "hello", "doubts": one} for one in told]
    read = Transcript.from_json({"id": "c", "turns": turns})
    assert [turn.doubts for turn in read.turns] == [("unsure",), (), (), ()]
    with pytest.raises(InvalidTranscript):
        Turn("a", "hello", doubts=("john_smith",))
