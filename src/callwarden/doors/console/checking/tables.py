"""The tables and the chart of what corrections say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.checking.laid import EVIDENCE
from callwarden.doors.console.components import Empty, Row, Text
from callwarden.doors.console.labels import kind_label, language_label
from callwarden.engines.redact import evidence_of
from callwarden.flows.cases import Counted, Summary

COLUMN, GAP, HEIGHT, MONTHS = 8, 4, 100, 12


@dataclass(frozen=True)
class Bar:
    """One month: what was missed below, what was hidden without need on top."""

    x: int
    month: str
    missed: int
    over: int
    missed_y: float
    missed_height: float
    over_y: float
    over_height: float


@dataclass(frozen=True)
class Months:
    template: ClassVar[str] = "console/checking/months.html"
    bars: Sequence[Bar]
    most: int
    missed: int
    over: int

    @property
    def width(self) -> int:
        return max(MONTHS, len(self.bars)) * (COLUMN + GAP) - GAP


def chart(found: Summary) -> Months:
    """The last twelve months in which something was corrected."""
    months = sorted(found.months.items())[-MONTHS:]
    most = max([one.missed + one.over for _month, one in months] or [0])
    scale = (HEIGHT - 4) / max(1, most)
    bars = [_bar(number, month, one, scale) for number, (month, one) in enumerate(months)]
    return Months(bars, most, found.missed, found.over)


def _bar(number: int, month: str, one: Counted, scale: float) -> Bar:
    low, high = one.missed * scale, one.over * scale
    return Bar(
        number * (COLUMN + GAP),
        month,
        one.missed,
        one.over,
        round(HEIGHT - low, 2),
        round(low, 2),
        round(HEIGHT - low - high, 2),
        round(high, 2),
    )


EMPTY = Empty(
    _("Nothing was corrected yet"),
    _("Open a call and check its redaction. What is corrected there is counted here, without its value."),
    "shield-check",
)


def by_rule(found: Summary) -> PlainTable:
    rows = [
        Row((rule, EVIDENCE[evidence_of(rule)], one.missed, one.over))
        for rule, one in sorted(found.rules.items(), key=lambda row: (-row[1].over - row[1].missed, row[0]))
    ]
    headings: tuple[Text, ...] = (_("Rule"), _("What it goes by"), _("Missed"), _("Hidden without need"))
    return PlainTable(_("By rule"), headings, rows, EMPTY)


def by_type(found: Summary) -> PlainTable:
    rows = [
        Row((kind_label(kind), language_label(language), one.missed, one.over))
        for (kind, language), one in sorted(found.types.items(), key=lambda row: (-row[1].missed - row[1].over, row[0]))
    ]
    headings: tuple[Text, ...] = (_("Kind of data"), _("Language"), _("Missed"), _("Hidden without need"))
    return PlainTable(_("By kind of data and language"), headings, rows, EMPTY)
