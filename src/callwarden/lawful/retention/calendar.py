"""What goes when: stored records by the month they are due, and what waits for something else."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMonth

from callwarden.custody.models import Client, Record
from callwarden.custody.moving import OPEN_UNTIL
from callwarden.custody.scope import client_scope


@dataclass
class Calendar:
    """Counts of stored records over all clients.

    Attributes:
        months: first day of the month (UTC) -> kind of data -> records due in it.
        open: kind of data -> records that wait for the event their period counts from.
        held: records on hold, which go with the last release at the earliest.
        restricted: records whose erasure waits for a floor, by the day they go.
        next_due: when the next record goes.
    """

    months: dict[date, Counter[str]] = field(default_factory=dict)
    open: Counter[str] = field(default_factory=Counter)
    held: int = 0
    restricted: Counter[date] = field(default_factory=Counter)
    next_due: datetime | None = None

    @property
    def records(self) -> int:
        due = sum(sum(kinds.values()) for kinds in self.months.values())
        return due + sum(self.open.values()) + self.held + sum(self.restricted.values())


def calendar() -> Calendar:
    """Read it for every client. Call it outside of a client's scope."""
    told = Calendar()
    for client in Client.objects.order_by("slug").values_list("pk", flat=True):
        with client_scope(client):
            _add(told, Record.objects.filter(client_id=client).exclude(state=Record.State.DESTROYED))
    return told


def _add(told: Calendar, live: QuerySet[Record]) -> None:
    told.held += live.filter(bucket__hold=True).count()
    free = live.filter(bucket__hold=False)
    for until, count in free.filter(erase_at__isnull=False).values_list("erase_at").annotate(n=Count("id")):
        told.restricted[until.date()] += count
    free = free.filter(erase_at__isnull=True)
    waiting = Q(due_at__gte=OPEN_UNTIL)
    for kind, count in free.filter(waiting).values_list("category").annotate(n=Count("id")):
        told.open[kind] += count
    dated = free.exclude(waiting)
    months = dated.annotate(month=TruncMonth("due_at")).values_list("month", "category").annotate(n=Count("id"))
    for month, kind, count in months.order_by("month"):
        told.months.setdefault(month.date(), Counter())[kind] += count
    first = dated.order_by("due_at").values_list("due_at", flat=True).first()
    told.next_due = min(filter(None, (told.next_due, first)), default=None)
