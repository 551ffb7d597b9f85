"""Labelled calls as files: one call a line, its labels beside it or in another file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from callwarden.doors.cli._redact_document import identity, known_of, read_json, transcript_of
from callwarden.doors.cli._redact_reasons import Refused
from callwarden.engines.redact import RedactError, Transcript
from callwarden.engines.redact.evaluation import Case, Gold, read_labels

MAX_LINE = 32 << 20


class Unusable(Exception):
    """A line that cannot be used: which file, which line, and the code of the fault. Nothing of its content."""

    def __init__(self, name: str, line: int, code: str, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(code)
        self.name, self.line, self.code, self.data = name, line, code, dict(data or {})


Document = Mapping[str, Any]


def _lines(file: Path) -> Iterator[tuple[int, str, Document]]:
    """Line number, id and content of every call.

    Raises:
        Unusable: the file cannot be read, or a line is no call.
    """
    seen: set[str] = set()
    try:
        with file.open("rb") as source:
            number = 0
            while raw := source.readline(MAX_LINE + 1):
                number += 1
                if not raw.strip():
                    continue
                if len(raw) > MAX_LINE:
                    raise Unusable(file.name, number, "words_too_large")
                try:
                    document = read_json(raw)
                except Refused as error:
                    raise Unusable(file.name, number, error.code) from None
                name = identity(document)
                if name is None:
                    raise Unusable(file.name, number, "no_id")
                if str(name) in seen:
                    raise Unusable(file.name, number, "id_twice")
                seen.add(str(name))
                yield number, str(name), document
    except OSError:
        raise Unusable(file.name, 0, "unreadable") from None


def cases(calls: Path, gold: Path | None, known: Mapping[str, Any]) -> Iterator[tuple[int, Case]]:
    """Every call of a file with its labels, and the line it stands in.

    Args:
        calls: calls, one a line.
        gold: their labels by id; None when they stand in the calls themselves.
        known: known values by call id, besides those in the calls.

    Raises:
        Unusable: the first line that cannot be used.
    """
    beside = {name: (line, document) for line, name, document in _lines(gold)} if gold is not None else {}
    for line, name, document in _lines(calls):
        transcript = _transcript(calls, line, document)
        place, labelled = beside.get(name, (line, document))
        if gold is not None and name not in beside:
            raise Unusable(calls.name, line, "no_gold")
        labels = _labels(gold or calls, place, labelled, transcript)
        yield line, Case(transcript, labels, _known(calls, line, document, known.get(name)), transcript.language or "")


Answer = tuple[int, Case, list[Gold], Transcript | None]


def answers(given: Path, gold: Path) -> Iterator[Answer | tuple[int, str]]:
    """Every answer of another run with the call it answers; of a refused call, its line and the code of the refusal.

    Args:
        given: answers as `redact --jsonl` writes them: id, spans, and the redacted turns if they are to be searched.
        gold: the calls as they were, with their labels.

    Raises:
        Unusable: the first line that cannot be used.
    """
    originals = {name: (line, document) for line, name, document in _lines(gold)}
    for line, name, document in _lines(given):
        if name not in originals:
            raise Unusable(given.name, line, "no_gold")
        place, original = originals[name]
        if isinstance(document.get("error"), Mapping):
            yield line, "refused"
            continue
        transcript = _transcript(gold, place, original)
        labels = _labels(gold, place, {"labels": original.get("labels")}, transcript)
        spans = _labels(given, line, {"spans": document.get("spans")}, transcript)
        redacted = _transcript(given, line, document) if "turns" in document else None
        if redacted is not None and not _fits(transcript, redacted):
            raise Unusable(given.name, line, "other_turns")
        yield line, Case(transcript, labels, None, transcript.language or ""), spans, redacted


def _fits(one: Transcript, other: Transcript) -> bool:
    """Whether an answer has the turns and forms of its call."""
    return len(one.turns) == len(other.turns) and all(
        len(before.nbest) == len(after.nbest) and before.forms.keys() == after.forms.keys()
        for before, after in zip(one.turns, other.turns, strict=True)
    )


def _transcript(file: Path, line: int, document: Document) -> Transcript:
    try:
        return transcript_of(document)
    except (Refused, RedactError) as error:
        raise Unusable(file.name, line, error.code, error.data) from None


def _labels(file: Path, line: int, document: Document, transcript: Transcript) -> list[Gold]:
    try:
        return read_labels(document, transcript)
    except RedactError as error:
        raise Unusable(file.name, line, error.code, error.data) from None


def _known(file: Path, line: int, document: Document, beside: Any) -> Any:
    try:
        return known_of(document.get("known"), beside)
    except RedactError as error:
        raise Unusable(file.name, line, error.code, error.data) from None
