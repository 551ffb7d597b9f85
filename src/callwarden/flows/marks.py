"""The marks of a redaction as they are kept beside its transcript: places and reasons, never values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from callwarden.engines import redact as text
from callwarden.engines.redact import audio as sound


@dataclass(frozen=True)
class Mark:
    """One mark.

    Attributes:
        span: the place in the original text as it is kept.
        at: the place of what stands for it in the redacted text, in code points; where it was dropped, an empty one.
    """

    span: text.Span
    at: tuple[int, int]

    @property
    def is_gone(self) -> bool:
        """Whether it was dropped from the original too, so that nobody can bring it back."""
        return self.span.type in text.CARD_AUTHENTICATION

    def to_json(self) -> dict[str, Any]:
        span = self.span
        return {
            "turn": span.turn,
            "start": span.start,
            "end": span.end,
            "at": list(self.at),
            "type": span.type.value,
            "rule": span.rule,
            "evidence": span.evidence.value,
            "confidence": span.confidence,
            "group": span.group,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Mark:
        span = text.Span(
            row["turn"],
            row["start"],
            row["end"],
            text.EntityType(row["type"]),
            row["rule"],
            row["confidence"],
            row["group"],
        )
        first, last = row["at"]
        return cls(span, (first, last))


def of_redaction(redaction: text.Redaction, kept: text.Redaction | None = None) -> list[Mark]:
    """The marks of a redaction; `kept` is the original without what may never be kept, where there is one."""
    spans: Sequence[text.Span] = redaction.spans
    if kept is not None:
        spans = text.carried(spans, text.Moves(kept.spans, kept.places))
    return [Mark(span, at) for span, at in zip(spans, redaction.places, strict=True)]


def can_read(document: Mapping[str, Any]) -> bool:
    """Whether every mark says where it stands in the redacted text and which ones are of its value; versions before
    this one kept neither, and their places are of the original as it came.
    """
    return all("at" in row and "group" in row for row in document.get("spans", []))


def read(document: Mapping[str, Any]) -> list[Mark]:
    """The marks a document holds, in its order: the number of a mark is its place there."""
    return [Mark.from_json(row) for row in document.get("spans", [])]


def moves_of(marks: Iterable[Mark]) -> text.Moves:
    """Between the original text and the redacted one."""
    rows = list(marks)
    return text.Moves([mark.span for mark in rows], [mark.at for mark in rows])


def with_more(marks: Sequence[Mark], more: text.Redaction) -> list[Mark]:
    """The marks once more of the redacted text has been redacted."""
    before, after = moves_of(marks), text.Moves(more.spans, more.places)
    stay = [
        replace(mark, at=(after.at(mark.span.turn, mark.at[0]), after.at(mark.span.turn, mark.at[1], end=True)))
        for mark in marks
    ]
    stay = [replace(mark, at=(mark.at[0], max(mark.at))) for mark in stay]
    first = 1 + max((mark.span.group for mark in marks), default=-1)
    new = [
        Mark(
            replace(
                span,
                start=before.back(span.turn, span.start),
                end=before.back(span.turn, span.end, end=True),
                group=first + span.group,
            ),
            at,
        )
        for span, at in zip(more.spans, more.places, strict=True)
    ]
    return sorted([*stay, *new], key=lambda mark: (mark.span.turn, mark.at, mark.span.start))


def heard(plans: Iterable[sound.MutePlan], channel: int, rate: int) -> list[dict[str, Any]]:
    """Where a leg is silent, for the wave."""
    return [
        {
            "channel": channel,
            "start_ms": round(plan.start * 1000 / rate),
            "end_ms": round(plan.end * 1000 / rate),
            "types": list(plan.reasons),
        }
        for plan in plans
    ]
