"""JSON in and out: strict reading, and the redacted call in the shape it came in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from callwarden.doors.cli._redact_reasons import Refused
from callwarden.engines.redact import KnownValues, Redaction, Transcript

_TEXT_KEYS = ("text", "word", "w")
_NUMBER_KEYS = ("confidence", "conf", "score")
_LONG_NUMBER = re.compile(r"\d{4}")
_SEPARATORS = re.compile(r"[\s().+_-]+")
_KINDS = ("names", "phones", "ids", "cards", "emails", "addresses", "plates", "other")


def read_json(raw: bytes) -> Any:
    """Parse UTF-8 JSON.

    Raises:
        Refused: ``not_utf8``, ``not_json`` (also NaN, Infinity and absurd numbers), ``too_deep``.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("not_utf8") from None
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise Refused("too_deep") from None
    except ValueError:
        # The parser's own message quotes nothing, but its exception holds the document: cut the chain.
        raise Refused("not_json") from None


def _no_constant(name: str) -> Any:
    raise ValueError


def write_json(document: Any) -> bytes:
    """One line of UTF-8 JSON, no NaN."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def identity(document: Any) -> int | str | None:
    """The call's id as it was given, if it is a number or a text of sensible length."""
    value = document.get("id") if isinstance(document, Mapping) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= 1_000 and value.isprintable():
        return value
    return None


def transcript_of(document: Any, fallback_id: str | None = None) -> Transcript:
    """The call as the engine reads it.

    Raises:
        Refused: ``not_a_call``.
        InvalidTranscript: with the place of the fault.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("turns"), list):
        raise Refused("not_a_call")
    if fallback_id is not None and document.get("id") is None:
        document = {**document, "id": fallback_id}
    return Transcript.from_json(document)


def known_of(*sources: Any) -> KnownValues:
    """Everything known of one call, from the call itself and from the file of known values.

    Raises:
        InvalidTranscript: a value is not text.
    """
    found = [KnownValues.from_json(source) for source in sources]
    return KnownValues(**{kind: tuple(v for known in found for v in getattr(known, kind)) for kind in _KINDS})


def turns_of(document: Mapping[str, Any], redaction: Redaction, *, times: bool) -> list[dict[str, Any]]:
    """The redacted turns with the parts and keys that the call came with.

    Args:
        document: the call as it was read.
        redaction: the engine's answer; every text comes from it.
        times: also pass channel and times of the turns on.
    """
    given = document["turns"]
    labels = _labels([turn.speaker for turn in redaction.transcript.turns])
    turns = []
    for item, turn, whole in zip(
        given, redaction.transcript.turns, redaction.transcript.to_json()["turns"], strict=True
    ):
        out: dict[str, Any] = {"speaker": labels[turn.speaker], "text": turn.text}
        if item.get("words") is not None:
            out["words"] = _words_like(item["words"], whole.get("words", []))
        if item.get("nbest") is not None:
            out["nbest"] = [_hypothesis_like(*pair) for pair in zip(item["nbest"], turn.nbest, strict=True)]
        if turn.forms:
            out["forms"] = dict(turn.forms)
        if turn.doubts:
            out["doubts"] = list(turn.doubts)
        if times:
            out |= {key: whole[key] for key in ("channel", "start_ms", "end_ms") if key in whole}
        turns.append(out)
    return turns


def _labels(speakers: list[str]) -> dict[str, str]:
    """What the parties are called: as they were, unless a label holds a number such as a caller's telephone."""
    numbered = (label for label in dict.fromkeys(speakers) if _LONG_NUMBER.search(_SEPARATORS.sub("", label)))
    return {s: s for s in speakers} | {s: f"speaker-{n}" for n, s in enumerate(numbered, 1)}


def _words_like(given: list[Mapping[str, Any]], redacted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The redacted words under the keys and in the unit of time that the first word was given with.

    Neighbouring removed words are one word in the redacted call, so the two lists may differ in length.
    """
    if not given:
        return []
    style = given[0]
    text = next((key for key in _TEXT_KEYS if key in style), "text")
    confidence = "conf" if "confidence" not in style and "conf" in style else "confidence"
    seconds = style.get("start_ms") is None and style.get("start") is not None
    words = []
    for word in redacted:
        out: dict[str, Any] = {text: word["text"]}
        for end in ("start", "end"):
            if (time := word.get(f"{end}_ms")) is not None:
                out |= {end: round(time / 1000, 6)} if seconds else {f"{end}_ms": time}
        if "confidence" in word:
            out[confidence] = word["confidence"]
        words.append(out)
    return words


def _hypothesis_like(given: Any, text: str) -> Any:
    """A hypothesis as a text or as an object, as it was given; of an object only numbers are carried over."""
    if not isinstance(given, Mapping):
        return text
    return {"text": text, **{name: given[name] for name in _NUMBER_KEYS if _is_small_number(given.get(name))}}


def _is_small_number(value: Any) -> bool:
    """A confidence or score; what is larger could be a number that somebody said."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1000


def text_spans(redaction: Redaction) -> list[dict[str, Any]]:
    """Where something was removed: turn, offsets in code points of the input text, type."""
    return [{"turn": s.turn, "start": s.start, "end": s.end, "type": str(s.type)} for s in redaction.spans]
