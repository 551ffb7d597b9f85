"""What would become of stored records if a rule changed: counted in the database, nothing is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from callwarden.custody.models import Line
from callwarden.custody.scope import client_scope
from callwarden.kernel import clock
from callwarden.lawful.retention import dates, queries
from callwarden.lawful.retention.dates import LineRule, Shift, Terms
from callwarden.lawful.retention.models import RetentionRule
from callwarden.lawful.retention.rules import Change


@dataclass(frozen=True)
class Preview:
    """What a change would do.

    Attributes:
        category: kind of data it concerns.
        shifts: records by the month they go now and the month they would go.
    """

    category: str
    shifts: Sequence[Shift]

    @property
    def records(self) -> int:
        return sum(shift.count for shift in self.shifts)

    @property
    def changed(self) -> int:
        return sum(shift.changed for shift in self.shifts)

    @property
    def at_once(self) -> int:
        """Records that would be destroyed at once and are not yet."""
        return sum(shift.now for shift in self.shifts)


def preview_of(change: Change) -> Preview:
    """What the stored records would become. Call it outside of a client's scope."""
    lines = _lines(change)
    found: list[Shift] = []
    for client in sorted({line.client_id for line in lines}):
        mine = [line for line in lines if line.client_id == client]
        rules = _with(change, mine)
        with client_scope(client):
            found += dates.preview(
                client, rules, lines=[line.pk for line in mine], category=change.category, now=clock.now()
            )
    return Preview(change.category, _together(found))


def _lines(change: Change) -> list[Line]:
    if change.line:
        return [Line.objects.get(pk=change.line)]
    own = RetentionRule.objects.filter(category=change.category, purpose=change.purpose, line__isnull=False)
    return list(Line.objects.filter(jurisdiction=change.jurisdiction).exclude(pk__in=own.values("line")))


def _with(change: Change, lines: Sequence[Line]) -> Terms:
    """The lines' rules as they would be."""
    rules: list[LineRule] = []
    for line in lines:
        refusing = dates.refusable(line)
        rules += [
            dates.of(line, rule, refusing)
            for rule in queries.rules_of(line)
            if (rule.category, rule.purpose_id) != (change.category, change.purpose)
        ]
        # The rule as it would be stored, though it is not.
        asked = RetentionRule(
            category=change.category,
            purpose_id=change.purpose,
            trigger=change.trigger,
            ceiling_days=change.ceiling_days,
            floor_days=change.floor_days,
        )
        rules.append(dates.of(line, asked, refusing))
    return Terms(tuple(rules), tuple(law for line in lines for law in dates.laws_of(line)))


def _together(found: Sequence[Shift]) -> list[Shift]:
    """The shifts of several clients as one."""
    counts: dict[tuple[datetime | None, datetime | None], Counter[str]] = {}
    for shift in found:
        counts.setdefault((shift.was, shift.due), Counter()).update(
            count=shift.count, now=shift.now, changed=shift.changed
        )
    far = datetime.max
    keys = sorted(counts, key=lambda pair: (pair[0] or far, pair[1] or far))
    return [Shift(*key, counts[key]["count"], counts[key]["now"], counts[key]["changed"]) for key in keys]
