"""What recognisers give to a program, without the recognisers: the same words at the same times, or a plain refusal."""

from __future__ import annotations

import json
from collections import namedtuple
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.flows.formats import WordsError, read_words, words_of

SECRET = "4111111111111111"
OldWord = namedtuple("OldWord", "start end word probability")


@dataclass
class Word:
    start: float
    end: float
    word: str
    probability: float


@dataclass
class Segment:
    """As faster-whisper gives it since version 1.1; before, a named tuple."""

    start: float
    end: float
    text: str
    words: list[Any] | None = None
    tokens: list[int] = field(default_factory=lambda: [50364, 440])
    avg_logprob: float = -0.2
    compression_ratio: float = 1.1
    no_speech_prob: float = 0.01


def heard(result: object) -> list[tuple[str, float | None, float | None]]:
    return [
        (word.text, word.start_ms, word.end_ms) for turn in read_words(words_of(result)).turns for word in turn.words
    ]


@pytest.mark.parametrize("kind", [Word, OldWord])
def test_segments_of_faster_whisper_are_taken_as_they_come(kind: Any) -> None:
    words = [kind(np.float32(1.0), 1.5, " oh", 0.9), kind(1.5, 2.0, " seven", 0.8)]
    found = words_of(one for one in [Segment(1.0, 2.0, " oh seven", words), Segment(3, 4, " x", avg_logprob=-2)])
    file = read_words(found)
    assert [(word.text, word.start_ms, word.end_ms, word.confidence) for word in file.turns[0].words] == [
        ("oh", 1000, 1500, 0.9),
        ("seven", 1500, 2000, 0.8),
    ]
    assert [turn.doubts for turn in file.turns] == [(), ("unsure",)]


@pytest.mark.parametrize("as_list", [True, False])
def test_funasr_gives_one_time_a_character(as_list: bool) -> None:
    result = {"key": "a", "text": "号码，a1", "timestamp": [[0, 200], [200, 400], [400, 900]]}
    assert heard([result] if as_list else result) == [("号", 0, 200), ("码", 200, 400), ("a1", 400, 900)]


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (["\u2581oh", "\u2581se", "ven"], ["oh", "seven"]),
        ([" oh", " se", "ven"], ["oh", "seven"]),
        (["oh@@", "se", "ven"], ["ohse", "ven"]),
        (["号", "码", "\u2581se"], ["号", "码", "se"]),
        (["\u2581", "号", "se"], ["号", "se"]),
    ],
)
def test_pieces_of_sherpa_onnx_become_words(tokens: list[str], words: list[str]) -> None:
    result = SimpleNamespace(text="", tokens=tokens, timestamps=np.arange(len(tokens)) / 4, lang="", emotion="")
    assert [text for text, _start, _end in heard(result)] == words


def test_a_word_of_sherpa_onnx_lasts_until_the_next_and_moves_with_its_piece() -> None:
    piece = {"text": "a b", "tokens": [" a", " b", " c"], "timestamps": [0.0, 0.5, 7.0], "start": 60}
    assert heard([piece]) == [("a", 60_000, 60_500), ("b", 60_500, 62_500), ("c", 67_000, 67_600)]


@pytest.mark.parametrize(
    "result",
    [
        {"text": SECRET, "tokens": [SECRET], "timestamps": []},
        {"text": SECRET, "tokens": [7], "timestamps": [0.1]},
        {"text": SECRET, "tokens": SECRET, "timestamps": [0.1]},
        {"text": SECRET, "tokens": ["a"], "timestamps": ["x" + SECRET]},
        {"text": SECRET, "tokens": ["a"], "timestamps": [-1]},
        {"text": SECRET, "timestamp": [[1]]},
        {"text": SECRET},
        SimpleNamespace(secret=SECRET),
        float("nan"),
        SECRET,
        object(),
    ],
    ids=range(11),
)
def test_another_shape_is_refused_without_its_content(result: object) -> None:
    with pytest.raises(WordsError) as refused:
        words_of(result)
    assert SECRET not in f"{refused.value!r} {refused.value} {refused.value.data}"
    assert refused.value.__cause__ is None


texts = st.lists(st.sampled_from([" ab", "c", "\u2581d", "号", "码", "e@@", " ", ""]), max_size=12)


@given(texts, st.lists(st.floats(0, 900), max_size=12))
def test_sherpa_onnx_never_places_a_word_before_the_one_before_nor_loses_a_letter(
    tokens: list[str], times: list[float]
) -> None:
    times = sorted(times)[: len(tokens)]
    tokens = tokens[: len(times)]
    result = {"text": "", "tokens": tokens, "timestamps": times}
    letters = "".join(tokens).replace("\u2581", "").replace("@@", "").replace(" ", "")
    if not letters:
        with pytest.raises(WordsError):
            words_of(result)
        return
    found = heard(result)
    assert "".join(text for text, _start, _end in found) == letters
    assert all(start is not None and end is not None and start <= end for _text, start, end in found)
    assert [start for _text, start, _end in found] == sorted(start for _text, start, _end in found)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(SECRET),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["text", "tokens", "timestamps", "timestamp", "segments", "words", "start", "doubts"]),
            inner,
        )
    ),
    max_leaves=15,
)


@given(anything)
def test_whatever_is_given_is_words_or_a_refusal(result: object) -> None:
    try:
        content = words_of(result)
    except WordsError as error:
        content = json.dumps({"turns": [SECRET in f"{error!r}{error}{error.data}"]}).encode()
    assert json.loads(content)["turns"] != [True]
