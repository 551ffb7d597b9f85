"""Requests as people work on them: the most urgent first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from callwarden.lawful.requests.models import SubjectRequest

State = SubjectRequest.State
OPEN: Final = frozenset(
    {State.RECEIVED, State.VERIFYING, State.ACCEPTED, State.PLANNED, State.EXECUTING, State.RESTRICTED}
)
SOON: Final = timedelta(days=5)


def open_requests() -> QuerySet[SubjectRequest]:
    """What still has to be answered. Call it inside `client_scope`."""
    return SubjectRequest.objects.filter(state__in=OPEN).order_by("due_at")


def due_soon(now: datetime) -> QuerySet[SubjectRequest]:
    """Overdue, or due within days."""
    return open_requests().filter(due_at__lte=now + SOON)


def provisional() -> QuerySet[SubjectRequest]:
    """Whose date was computed before the working days of a year in it were announced. Call it inside `client_scope`."""
    return open_requests().filter(provisional=True)


def to_take_up() -> QuerySet[SubjectRequest]:
    """What a program carries out, or looks at again because something of it has to wait."""
    return SubjectRequest.objects.filter(state__in=[State.EXECUTING, State.RESTRICTED]).order_by("due_at")
