"""Words files: what a recogniser heard, with times. Several vendors' shapes become one `WordsFile`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from .errors import Redacted, WordsError, WordsMisfit

MAX_BYTES = 32 * 1024 * 1024
MAX_TURNS = 20_000
MAX_WORDS = 500_000
MAX_TEXT = 20_000
MAX_HYPOTHESES = 20
MAX_FORMS = 8

TOLERANCE_MS = 1_000  # recognisers round up to their block, and codecs pad the last frame
_FASTEST_WORDS = 40  # words in one second that no speaker reaches, in either language
_CROWD = 20  # words looked at together


@dataclass(frozen=True, slots=True, repr=False)
class Word(Redacted):
    """One recognised word; times in milliseconds from the start of the recording, confidence 0..1 or None."""

    text: str
    start_ms: float | None = None
    end_ms: float | None = None
    confidence: float | None = None

    _shown = ("start_ms", "end_ms")


@dataclass(frozen=True, slots=True, repr=False)
class Turn(Redacted):
    """What one party said in a row.

    Args:
        speaker: ``caller``, ``agent``, or the recogniser's own label where it knows no better.
        channel: 0-based channel of the recording, None when unknown.
        text: the form that all offsets refer to.
        words: may spell the text differently, and may be empty.
        nbest: other hypotheses of the same speech.
        forms: other spellings of the same speech by name (``lexical``, ``itn``, ``display``).
        doubts: why this may not be what was said: some of `doubts.DOUBTS`.
    """

    speaker: str
    channel: int | None
    start_ms: float | None
    end_ms: float | None
    text: str
    words: tuple[Word, ...] = ()
    nbest: tuple[str, ...] = ()
    forms: Mapping[str, str] | None = None
    doubts: tuple[str, ...] = ()

    _shown = ("channel", "start_ms", "end_ms")


@dataclass(frozen=True, slots=True, repr=False)
class WordsFile(Redacted):
    """The words of one call. ``call_id`` and ``language`` are empty where the file does not say."""

    call_id: str
    language: str
    turns: tuple[Turn, ...]
    shape: str = "callwarden"

    _shown = ("shape", "language")

    @property
    def last_ms(self) -> float:
        """The latest time that is told anywhere, 0 when there is none."""
        times = [time for turn in self.turns for time in (turn.start_ms, turn.end_ms)]
        times += [time for turn in self.turns for word in turn.words for time in (word.start_ms, word.end_ms)]
        return max((time for time in times if time is not None), default=0.0)

    def with_layout(self, layout: str) -> WordsFile:
        """Name the speakers by their channels: ``stereo:caller,agent`` makes channel 0 the caller.

        A mono leg names every turn. Turns that already say caller or agent are left as they are.
        """
        kind, _, parties = layout.partition(":")
        names = parties.split(",") if parties != "mixed" else []

        def named(turn: Turn) -> Turn:
            if turn.speaker in ("caller", "agent") or not names:
                return turn
            channel = 0 if kind == "mono" else turn.channel
            return replace(turn, speaker=names[channel]) if channel is not None and channel < len(names) else turn

        return replace(self, turns=tuple(named(turn) for turn in self.turns))

    def to_json(self) -> dict[str, Any]:
        """Our own shape, which `read_words` and the redaction engine read."""
        document: dict[str, Any] = {"id": self.call_id}
        if self.language:
            document["language"] = self.language
        return document | {"turns": [_turn_json(turn) for turn in self.turns]}


def _turn_json(turn: Turn) -> dict[str, Any]:
    item: dict[str, Any] = {"speaker": turn.speaker, "channel": turn.channel, "text": turn.text}
    item |= {"start_ms": turn.start_ms, "end_ms": turn.end_ms}
    if turn.words:
        item["words"] = [
            {"text": w.text, "start_ms": w.start_ms, "end_ms": w.end_ms, "confidence": w.confidence} for w in turn.words
        ]
        for word in item["words"]:
            if word["confidence"] is None:
                del word["confidence"]
    if turn.nbest:
        item["nbest"] = list(turn.nbest)
    if turn.forms:
        item["forms"] = dict(turn.forms)
    if turn.doubts:
        item["doubts"] = list(turn.doubts)
    return {key: value for key, value in item.items() if value is not None}


def read_words(data: bytes, *, file: str = "") -> WordsFile:
    """Read a words file in any of the shapes of the guide on spool formats.

    Only what the result names is carried over; anything else in the file is dropped and goes no further.

    Args:
        data: UTF-8 JSON, at most `MAX_BYTES`; Vosk may also write one JSON object a line.
        file: its name as an operator may see it, for the message.

    Raises:
        WordsError: not JSON, none of the shapes, a value of the wrong type, or past a limit.
    """
    from ._shapes import turns_of  # the shapes need the types above
    from .doubts import with_doubts

    if len(data) > MAX_BYTES:
        raise WordsError("too_large", file=file, limit=MAX_BYTES)
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        raise WordsError("empty_file", file=file)
    try:
        call_id, language, shape, turns = turns_of(_document(data))
    except WordsError as error:
        raise type(error)(error.code, file=file, **error.data) from None
    except RecursionError:
        raise WordsError("too_deep", file=file) from None
    if not turns:
        raise WordsError("no_words", file=file)
    return WordsFile(call_id, language, with_doubts(turns), shape)


def _document(data: bytes) -> object:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WordsError("not_utf8") from None
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        lines = text.splitlines()
        if error.msg == "Extra data" and 1 < len(lines) <= MAX_TURNS:
            try:
                return [json.loads(line, parse_constant=_no_constant) for line in lines if line.strip()]
            except ValueError:
                pass
        raise WordsError("not_json", at=len(text[: error.pos].encode("utf-8", "replace"))) from None
    except ValueError:  # a number with more digits than Python converts
        raise WordsError("not_json", at=0) from None


def _no_constant(name: str) -> NoReturn:
    raise WordsError("wrong_type", at="the file", expected="a finite number")


def check_fit(words: WordsFile, duration_ms: float, *, file: str = "") -> None:
    """Refuse words that cannot belong to a recording of this length.

    Silence at the end of a recording is normal, so words may stop early; times that look like another unit may not.

    Args:
        duration_ms: length of the decoded recording.
        file: name of the words file as an operator may see it, for the message.

    Raises:
        WordsMisfit: ``words_after_the_end``, ``words_too_fast`` or ``words_stop_early``.
    """
    if not math.isfinite(duration_ms) or duration_ms < 0:
        raise ValueError("duration_ms is a length of time")
    excess = words.last_ms - duration_ms
    if excess > TOLERANCE_MS:
        raise WordsMisfit("words_after_the_end", file=file, excess_ms=round(excess))
    timed = 0
    for number, turn in enumerate(words.turns):
        starts = [word.start_ms for word in turn.words if word.start_ms is not None]
        timed += len(starts)
        for first, last in zip(starts, starts[_CROWD:], strict=False):
            if last - first < 1000 * _CROWD / _FASTEST_WORDS:
                raise WordsMisfit("words_too_fast", file=file, at=f"turns[{number}]")
    # Seconds taken for milliseconds shrink a whole call to a blink, however few its words.
    if timed >= 5 and duration_ms >= 5_000 and words.last_ms < duration_ms / 200:
        share = f"{100 * words.last_ms / duration_ms:.1f}"
        raise WordsMisfit("words_stop_early", file=file, share=share)
