"""`callwarden redact --jsonl`: one call a line in, one answer a line out, in the same order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO

from callwarden.doors.cli._redact_document import (
    identity,
    known_of,
    read_json,
    text_spans,
    transcript_of,
    turns_of,
    write_json,
)
from callwarden.doors.cli._redact_reasons import Refused, explain
from callwarden.engines.redact import Policy, RedactError, redact

MAX_LINE = 32 << 20


def run(source: BinaryIO, sink: BinaryIO, *, policy: Policy, known: Mapping[str, Any]) -> bool:
    """Answer every line, flushing each.

    Args:
        source: lines of JSON.
        sink: receives a line for each line that is not blank.
        policy: what to remove.
        known: known values by call id, besides those in the line itself.

    Returns:
        Whether every line was a call that could be redacted.
    """
    fine = True
    while line := source.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE and not line.endswith(b"\n"):
            _skip_line(source)
            answer: dict[str, Any] = _error(None, "words_too_large", {})
        elif not line.strip():
            continue
        else:
            answer = _answer(line, policy, known)
        fine = fine and "error" not in answer
        sink.write(write_json(answer))
        sink.flush()
    return fine


def _skip_line(source: BinaryIO) -> None:
    while (rest := source.readline(1 << 20)) and not rest.endswith(b"\n"):
        pass


def _answer(line: bytes, policy: Policy, known: Mapping[str, Any]) -> dict[str, Any]:
    """The redacted call, or an error without any text. Whatever fails, fails closed."""
    name: int | str | None = None
    try:
        document = read_json(line)
        name = identity(document)
        transcript = transcript_of(document)
        if name is None:
            raise Refused("not_a_call")
        values = known_of(document.get("known"), known.get(str(name)))
        redaction = redact(transcript, values, policy)
        return {"id": name, "turns": turns_of(document, redaction, times=False), "spans": text_spans(redaction)}
    except (Refused, RedactError) as error:
        return _error(name, error.code, error.data)
    except Exception as error:
        return _error(name, "internal", {"kind": type(error).__name__})


def _error(name: int | str | None, code: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": name, "error": {"code": code, "message": " ".join(explain(code, data))}}
