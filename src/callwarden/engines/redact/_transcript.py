"""The transcript model: a call is turns, a turn has one text and any number of other forms of the same speech.

Every constructor validates. Times are milliseconds from the start of the recording; in JSON ``start`` and ``end`` are
seconds while ``start_ms`` and ``end_ms`` are milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ._errors import InvalidTranscript

# Why a text may not be what was said. No other word gets through: it would stand in the output as it came.
DOUBTS = frozenset({"unsure", "repeats", "no_speech"})


def _text(value: object, at: str) -> str:
    if not isinstance(value, str):
        raise InvalidTranscript("not_text", {"at": at})
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidTranscript("invalid_unicode", {"at": at}) from None
    return value


def _time(value: object, at: str, scale: float = 1.0) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidTranscript("not_a_time", {"at": at})
    try:
        time = float(value) * scale
    except OverflowError:
        raise InvalidTranscript("not_a_time", {"at": at}) from None
    if not math.isfinite(time) or time < 0:
        raise InvalidTranscript("not_a_time", {"at": at})
    return time


def _span_of_time(start: object, end: object, at: str) -> tuple[float | None, float | None]:
    first, last = _time(start, f"{at}.start_ms"), _time(end, f"{at}.end_ms")
    if first is not None and last is not None and last < first:
        raise InvalidTranscript("ends_before_it_starts", {"at": at})
    return first, last


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word with its place in the sound.

    Args:
        text: the word as the recogniser wrote it; may hold several characters of Chinese or a whole number.
        start_ms, end_ms: milliseconds from the start of the recording, or None when unknown.
        confidence: 0..1, or None.

    Raises:
        InvalidTranscript: a value has the wrong type or lies out of range.
    """

    text: str = field(repr=False)
    start_ms: float | None = None
    end_ms: float | None = None
    confidence: float | None = None

    def __post_init__(self) -> None:
        _text(self.text, "word.text")
        start, end = _span_of_time(self.start_ms, self.end_ms, "word")
        object.__setattr__(self, "start_ms", start)
        object.__setattr__(self, "end_ms", end)
        if self.confidence is not None:
            level = _time(self.confidence, "word.confidence")
            if level is None or level > 1:
                raise InvalidTranscript("not_a_confidence", {"at": "word.confidence"})
            object.__setattr__(self, "confidence", level)

    @property
    def is_timed(self) -> bool:
        return self.start_ms is not None and self.end_ms is not None


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker said without being followed by the other.

    Args:
        speaker: label of the party ("agent", "customer", "坐席", "A" ...); words for a role are understood.
        text: the form that spans refer to, offsets in code points.
        channel: 0-based audio channel, None when the parties are mixed or the channel is unknown.
        words: recognised words in order; they need not spell exactly ``text``.
        nbest: other hypotheses of the same speech.
        forms: named forms of the same speech, e.g. ``lexical``, ``itn``, ``display``.
        start_ms, end_ms: milliseconds from the start of the recording, or None.
        doubts: why the text may not be what was said: ``unsure``, ``repeats``, ``no_speech``; see `doubtful`.

    Raises:
        InvalidTranscript: a value has the wrong type or lies out of range.
    """

    speaker: str
    text: str = field(repr=False)
    channel: int | None = None
    words: tuple[Word, ...] = field(default=(), repr=False)
    nbest: tuple[str, ...] = field(default=(), repr=False)
    forms: Mapping[str, str] = field(default_factory=dict, repr=False)
    start_ms: float | None = None
    end_ms: float | None = None
    doubts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _text(self.speaker, "turn.speaker")
        _text(self.text, "turn.text")
        if self.channel is not None and (
            isinstance(self.channel, bool) or not isinstance(self.channel, int) or self.channel < 0
        ):
            raise InvalidTranscript("not_a_channel", {"at": "turn.channel"})
        words, nbest = tuple(self.words), tuple(self.nbest)
        for number, word in enumerate(words):
            if not isinstance(word, Word):
                raise InvalidTranscript("not_a_word", {"at": f"turn.words[{number}]"})
        for number, hypothesis in enumerate(nbest):
            _text(hypothesis, f"turn.nbest[{number}]")
        for name, form in self.forms.items():
            _text(name, "turn.forms")
            _text(form, "turn.forms")
        start, end = _span_of_time(self.start_ms, self.end_ms, "turn")
        if not DOUBTS.issuperset(self.doubts):
            raise InvalidTranscript("not_a_doubt", {"at": "turn.doubts"})
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "doubts", tuple(self.doubts))
        object.__setattr__(self, "nbest", nbest)
        object.__setattr__(self, "forms", MappingProxyType(dict(self.forms)))
        object.__setattr__(self, "start_ms", start)
        object.__setattr__(self, "end_ms", end)


@dataclass(frozen=True, slots=True)
class Transcript:
    """One call. ``language`` ("zh", "en", "zh-CN" ...) is a hint only: both languages are always searched."""

    id: str
    turns: tuple[Turn, ...] = field(repr=False)
    language: str | None = None

    def __post_init__(self) -> None:
        _text(self.id, "id")
        if self.language is not None:
            _text(self.language, "language")
        turns = tuple(self.turns)
        for number, turn in enumerate(turns):
            if not isinstance(turn, Turn):
                raise InvalidTranscript("not_a_turn", {"at": f"turns[{number}]"})
        object.__setattr__(self, "turns", turns)

    @classmethod
    def from_json(cls, data: object) -> Transcript:
        """Build from the shape of the JSONL door; keys that are not listed here are ignored and never passed on.

        ``{"id": str|int, "language"?, "turns": [{"speaker", "text", "channel"?, "words"?, "nbest"?, "forms"?,
        "start"?|"start_ms"?, "end"?|"end_ms"?, "doubts"?}]}``. A word is ``{"text"|"word"|"w", "start"?|"start_ms"?,
        "end"?|"end_ms"?, "confidence"?|"conf"?}``; a hypothesis is a string or ``{"text"}``. ``start`` and ``end`` are
        seconds, ``start_ms`` and ``end_ms`` milliseconds. A turn without ``text`` takes it from ``forms`` (display,
        itn, lexical) or from its words.

        Raises:
            InvalidTranscript: ``data["at"]`` names the place; the content is never repeated.
        """
        document = _object(data, "transcript")
        identity = document.get("id")
        if isinstance(identity, int) and not isinstance(identity, bool):
            identity = str(identity)
        turns = [
            _turn_from_json(item, f"turns[{number}]")
            for number, item in enumerate(_array(document.get("turns"), "turns"))
        ]
        language = document.get("language")
        return cls(_text(identity, "id"), tuple(turns), None if language is None else _text(language, "language"))

    def to_json(self) -> dict[str, Any]:
        """The shape that `from_json` reads, times in milliseconds, absent parts left out."""
        document: dict[str, Any] = {"id": self.id, "turns": [_turn_to_json(turn) for turn in self.turns]}
        if self.language is not None:
            document["language"] = self.language
        return document


def _object(value: object, at: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidTranscript("not_an_object", {"at": at})
    return value


def _array(value: object, at: str) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise InvalidTranscript("not_an_array", {"at": at})
    return value


def _listed(value: object) -> Sequence[object]:
    """A list, or nothing where a document means something else by this name."""
    return value if isinstance(value, list | tuple) else ()


def _times_from_json(item: Mapping[str, Any], at: str) -> tuple[float | None, float | None]:
    found: list[float | None] = []
    for name in ("start", "end"):
        if item.get(f"{name}_ms") is not None:
            found.append(_time(item[f"{name}_ms"], f"{at}.{name}_ms"))
        else:
            found.append(_time(item.get(name), f"{at}.{name}", 1000.0))
    return _span_of_time(found[0], found[1], at)


def _word_from_json(value: object, at: str) -> Word:
    item = _object(value, at)
    key = next((name for name in ("text", "word", "w") if name in item), "text")
    start, end = _times_from_json(item, at)
    level = _time(item.get("confidence", item.get("conf")), f"{at}.confidence")
    if level is not None and level > 1:
        raise InvalidTranscript("not_a_confidence", {"at": f"{at}.confidence"})
    return Word(_text(item.get(key), f"{at}.{key}"), start, end, level)


def _turn_from_json(value: object, at: str) -> Turn:
    item = _object(value, at)
    words = tuple(
        _word_from_json(word, f"{at}.words[{number}]")
        for number, word in enumerate(_array(item.get("words") or (), f"{at}.words"))
    )
    nbest = tuple(
        _text(entry.get("text") if isinstance(entry, Mapping) else entry, f"{at}.nbest[{number}]")
        for number, entry in enumerate(_array(item.get("nbest") or (), f"{at}.nbest"))
    )
    forms = {
        _text(name, f"{at}.forms"): _text(form, f"{at}.forms")
        for name, form in _object(item.get("forms") or {}, f"{at}.forms").items()
    }
    text = item.get("text")
    if text is None:
        text = next((forms[name] for name in ("display", "itn", "lexical") if name in forms), None)
    if text is None and words:
        text = join_words([word.text for word in words])
    channel = item.get("channel")
    if channel is not None and (isinstance(channel, bool) or not isinstance(channel, int) or channel < 0):
        raise InvalidTranscript("not_a_channel", {"at": f"{at}.channel"})
    speaker = item.get("speaker", "")
    if isinstance(speaker, int) and not isinstance(speaker, bool):
        speaker = str(speaker)
    start, end = _times_from_json(item, at)
    doubts = tuple(one for one in _listed(item.get("doubts")) if isinstance(one, str) and one in DOUBTS)
    who, said = _text(speaker, f"{at}.speaker"), _text(text, f"{at}.text")
    return Turn(who, said, channel, words, nbest, forms, start, end, doubts)


def _turn_to_json(turn: Turn) -> dict[str, Any]:
    item: dict[str, Any] = {"speaker": turn.speaker, "text": turn.text}
    if turn.channel is not None:
        item["channel"] = turn.channel
    if turn.words:
        item["words"] = [
            _without_nothing(
                {"text": word.text, "start_ms": word.start_ms, "end_ms": word.end_ms, "confidence": word.confidence}
            )
            for word in turn.words
        ]
    if turn.nbest:
        item["nbest"] = list(turn.nbest)
    if turn.forms:
        item["forms"] = dict(turn.forms)
    if turn.doubts:
        item["doubts"] = list(turn.doubts)
    return item | _without_nothing({"start_ms": turn.start_ms, "end_ms": turn.end_ms})


def _without_nothing(item: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if value is not None}


def is_wide(character: str) -> bool:
    """Whether a character belongs to a script written without spaces (Han, kana, full-width forms)."""
    return "\u2e80" <= character <= "\u9fff" or "\uf900" <= character <= "\uffef" or character >= "\U00020000"


def join_words(words: Sequence[str]) -> str:
    """Words as one line of text: a space between Latin words, none between two Chinese characters."""
    line: list[str] = []
    for word in words:
        if not word:
            continue
        if line and not (is_wide(line[-1][-1]) and is_wide(word[0])):
            line.append(" ")
        line.append(word)
    return "".join(line)
