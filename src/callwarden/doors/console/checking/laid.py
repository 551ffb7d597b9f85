"""A call to be checked, laid out: words that can be chosen, marks that can be opened, and what each mark rests on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.components import Option, Text
from callwarden.doors.console.labels import SPEAKERS, kind_label
from callwarden.engines.redact import EntityType, Evidence
from callwarden.flows.checked import Checked
from callwarden.flows.marks import Mark

# One word of a language with spaces, or one character of another.
_PIECE = re.compile(r"[A-Za-z0-9\u00c0-\u024f]+(?:['’][A-Za-z]+)*|\s+|.", re.DOTALL)
_SPEAKER = {"caller": "customer"}

EVIDENCE: dict[Evidence, Text] = {
    Evidence.KNOWN: _("It stands in the customer's own record."),
    Evidence.CUE: _("Words beside it say what it is."),
    Evidence.QUESTION: _("The other party had asked for it."),
    Evidence.CHECKSUM: _("Its check digits are right."),
    Evidence.SHAPE: _("It is written or said like one."),
    Evidence.SPELLED: _("It is spelled letter by letter."),
    Evidence.REPEATED: _("The same is hidden elsewhere in this call."),
    Evidence.PARTS: _("It is told in parts, over several turns."),
    Evidence.NEIGHBOUR: _("It stands beside something that is hidden."),
    Evidence.OTHER_FORM: _("Another hypothesis of the speech recogniser shows it."),
    Evidence.LENGTH: _("Many digits that nothing explains."),
    Evidence.REVIEWER: _("A reviewer hid it."),
}


@dataclass(frozen=True)
class Piece:
    """Readable text; `start` and `end` in code points of the redacted turn where it can be chosen."""

    text: str
    start: int
    end: int
    can_choose: bool


@dataclass(frozen=True)
class MarkShown:
    number: int
    label: Text


@dataclass(frozen=True)
class TurnShown:
    number: int
    who: Text
    tone: str
    parts: tuple[Piece | MarkShown, ...]
    is_doubtful: bool


@dataclass(frozen=True)
class Panel:
    """What one mark rests on."""

    number: int
    title: Text
    rule: str
    evidence: Text
    confidence: Text
    percent: int
    also: int
    is_gone: bool
    can_ask: bool


def turns_of(seen: Checked) -> list[TurnShown]:
    marks: dict[int, list[tuple[int, Mark]]] = {}
    for number, mark in enumerate(seen.marks):
        marks.setdefault(mark.span.turn, []).append((number, mark))
    shown = []
    for number, turn in enumerate(seen.transcript.turns):
        tone = _SPEAKER.get(turn.speaker, turn.speaker)
        parts = tuple(_parts(turn.text, sorted(marks.get(number, []), key=lambda one: one[1].at)))
        shown.append(TurnShown(number, SPEAKERS.get(tone, turn.speaker), tone, parts, bool(turn.doubts)))
    return shown


def _parts(text: str, marks: list[tuple[int, Mark]]) -> Iterator[Piece | MarkShown]:
    at = 0
    for number, mark in marks:
        start, end = mark.at
        yield from _pieces(text, at, start)
        yield MarkShown(number, kind_label(mark.span.type.value))
        at = max(at, end)
    yield from _pieces(text, at, len(text))


def _pieces(text: str, first: int, last: int) -> Iterator[Piece]:
    for found in _PIECE.finditer(text, first, last):
        yield Piece(found.group(), found.start(), found.end(), any(map(str.isalnum, found.group())))


def panels_of(seen: Checked) -> list[Panel]:
    groups: dict[int, int] = {}
    for mark in seen.marks:
        groups[mark.span.group] = groups.get(mark.span.group, 0) + 1
    return [
        Panel(
            number,
            kind_label(mark.span.type.value),
            mark.span.rule,
            EVIDENCE[mark.span.evidence],
            confidence_words(mark.span.confidence),
            round(mark.span.confidence * 100),
            groups[mark.span.group] - 1,
            mark.is_gone,
            seen.original_kept and not mark.is_gone and not seen.waiting,
        )
        for number, mark in enumerate(seen.marks)
    ]


def confidence_words(confidence: float) -> Text:
    if confidence >= 0.95:
        return _("almost certain")
    if confidence >= 0.8:
        return _("likely")
    return _("uncertain, and hidden to be on the safe side")


def kinds() -> list[Option]:
    """Kinds of data a reviewer can name, by their names in the viewer's language."""
    found = [Option(kind.value, str(kind_label(kind.value))) for kind in EntityType]
    return sorted(found, key=lambda option: str(option.label))
