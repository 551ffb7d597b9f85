"""Emergency access on the alert board: each as it is taken, and each that nobody reviewed in time.

No detector weighs these: however seldom, each is for somebody to look at. That it becomes a habit is what D9 tells of.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final

from callwarden.control.alerts.rules import ALWAYS, REVIEW_MISSED, TAKEN
from callwarden.control.emergency.models import EmergencyAccess
from callwarden.custody.models import LedgerEntry
from callwarden.engines.watch import Alert
from callwarden.kernel.events import Event

_KINDS: Final = {str(Event.EMERGENCY_BEGUN): TAKEN, str(Event.EMERGENCY_OVERDUE): REVIEW_MISSED}


def alerts_of(rows: Iterable[LedgerEntry]) -> Iterator[tuple[Alert, LedgerEntry]]:
    """What these entries of the log say of emergency access, about whoever took it, with its entries as evidence."""
    for row in rows:
        if row.event in _KINDS:
            key = json.loads(bytes(row.body))["data"]["id"]
            access = EmergencyAccess.objects.select_related("person").filter(pk=key).first()
            if access is not None:
                yield _alert(row, access), row


def _alert(row: LedgerEntry, access: EmergencyAccess) -> Alert:
    kind = _KINDS[row.event]
    begun = LedgerEntry.objects.filter(entry=access.entry).values_list("index", flat=True).first()
    length = access.ends_at if kind == TAKEN else access.review_due
    name, unit = ("minutes", 60.0) if kind == TAKEN else ("hours", 3600.0)
    return Alert(
        detector=ALWAYS[kind],
        kind=kind,
        actor=access.person.actor,
        at=row.at.timestamp(),
        since=access.starts_at.timestamp(),
        evidence=tuple(sorted({row.index} | ({begun} if begun is not None else set()))),
        facts=((name, (length - access.starts_at).total_seconds() / unit), ("rows", float(access.rows))),
    )
