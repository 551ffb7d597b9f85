"""Requests as people work on them: the most urgent first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from callwarden.lawful.requests.models import SubjectRequest, Task

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


def to_take_up(now: datetime) -> QuerySet[SubjectRequest]:
    """What the job has something to do for: it is being carried out, or what it waited for may have ended."""
    ready = Task.objects.filter(state__in=[Task.State.PENDING, Task.State.FAILED, Task.State.HELD])
    ready = ready.filter(Q(not_before__isnull=True) | Q(not_before__lte=now))
    return SubjectRequest.objects.filter(
        Q(state=State.EXECUTING) | Q(state=State.RESTRICTED, id__in=ready.values("request"))
    ).order_by("due_at")
