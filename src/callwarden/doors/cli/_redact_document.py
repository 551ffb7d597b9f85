"""JSON in and out: strict reading, and the redacted call in the shape it came in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from callwarden.doors.cli._redact_reasons import Refused
from callwarden.engines.redact import KnownValues, Redaction, Transcript

_TEXT_KEYS = ("text", "word", "w")
_NUMBER_KEYS = ("start", "end", "start_ms", "end_ms", "confidence", "conf")
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
    turns = []
    for item, turn, whole in zip(
        given, redaction.transcript.turns, redaction.transcript.to_json()["turns"], strict=True
    ):
        out: dict[str, Any] = {"speaker": turn.speaker, "text": turn.text}
        if item.get("words") is not None:
            out["words"] = _like(item["words"], whole.get("words", []))
        if item.get("nbest") is not None:
            out["nbest"] = _like(item["nbest"], whole.get("nbest", []))
        if turn.forms:
            out["forms"] = dict(turn.forms)
        if times:
            out |= {key: whole[key] for key in ("channel", "start_ms", "end_ms") if key in whole}
        turns.append(out)
    return turns


def _like(given: list[Any], redacted: list[Any]) -> list[Any]:
    """The redacted words or hypotheses under the keys they were given with; only numbers are carried over."""
    if len(given) != len(redacted):
        return redacted
    return [_renamed(one, other) for one, other in zip(given, redacted, strict=True)]


def _renamed(given: Any, redacted: Any) -> Any:
    text = redacted if isinstance(redacted, str) else redacted["text"]
    if not isinstance(given, Mapping):
        return text
    key = next((name for name in _TEXT_KEYS if name in given), "text")
    return {key: text, **{name: given[name] for name in _NUMBER_KEYS if _is_small_number(given.get(name))}}


def _is_small_number(value: Any) -> bool:
    """Times and confidences; what is larger is no time of a call and could be a number that somebody said."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def text_spans(redaction: Redaction) -> list[dict[str, Any]]:
    """Where something was removed: turn, offsets in code points of the input text, type."""
    return [{"turn": s.turn, "start": s.start, "end": s.end, "type": str(s.type)} for s in redaction.spans]
