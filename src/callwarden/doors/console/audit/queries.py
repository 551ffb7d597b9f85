"""Entries of the ledger, narrowed and paged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from callwarden.control.neighbours.models import NeighbourEntry
from callwarden.custody.models import LedgerEntry
from callwarden.doors.console.audit import beside
from callwarden.engines import mark
from callwarden.flows import trail
from callwarden.flows.whose import permits

# Counting millions of entries for one line of a page costs more than it tells.
COUNTED = 10_000


def entries(values: Mapping[str, str]) -> QuerySet[LedgerEntry]:
    """Entries that fit every filter, the latest first."""
    found = LedgerEntry.objects.order_by("-index")
    if family := values.get("family"):
        found = found.filter(event__startswith=f"{family}:")
    for name in ("event", "actor", "purpose", "decision"):
        if value := values.get(name):
            found = found.filter(**{name: value})
    if call := values.get("call"):
        wanted = _id(call)
        about = Q(call=wanted) | Q(entry__in=trail.opening(call=wanted)) if wanted else Q(pk__in=[])
        found = found.filter(about)
    if subject := values.get("subject"):
        wanted = _id(subject)
        about = Q(subject=wanted) | Q(entry__in=trail.opening(subject=wanted)) if wanted else Q(pk__in=[])
        found = found.filter(about)
    if copy := values.get("copy"):
        identity = mark.from_written(copy)
        found = found.filter(entry__in=permits(identity).values("entry")) if identity else found.none()
    if since := values.get("since"):
        found = found.filter(at__gte=_start(since))
    if until := values.get("until"):
        found = found.filter(at__lt=_start(until) + timedelta(days=1))
    return found


def page(values: Mapping[str, str], start: int, size: int) -> tuple[list[LedgerEntry | NeighbourEntry], int | None]:
    """Ours and those of neighbours in one order by time, and how many there are."""
    found = entries(values) if beside.ours_wanted(values) else LedgerEntry.objects.none()
    total = total_of(found)
    if not beside.wanted(values) or start > beside.DEEPEST:
        return list(found[start : start + size]), total
    theirs = beside.latest(values, start + size)
    if not theirs:
        return list(found[start : start + size]), total
    ours = list(found[: start + size])
    both = None if total is None else total + beside.count(values)
    return beside.in_order(ours, theirs, start, size), both


def total_of(found: QuerySet[LedgerEntry]) -> int | None:
    """How many there are; None when there are more than is worth counting."""
    counted = found.order_by()[: COUNTED + 1].count()
    return counted if counted <= COUNTED else None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _start(day: str) -> datetime:
    """Midnight of that day in the viewer's zone."""
    return timezone.make_aware(datetime.combine(date.fromisoformat(day), time()))
