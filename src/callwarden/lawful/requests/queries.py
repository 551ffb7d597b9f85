"""Requests as people work on them: the most urgent first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet

from callwarden.lawful.requests.models import RequestTask, SubjectRequest

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


def to_take_up(now: datetime) -> QuerySet[SubjectRequest]:
    """What a program carries out, or looks at again because something of it has to wait; what failed, in its turn."""
    failed = RequestTask.objects.filter(request=OuterRef("pk"), state=RequestTask.State.FAILED, not_before__gt=now)
    under_way = SubjectRequest.objects.filter(state__in=[State.EXECUTING, State.RESTRICTED])
    return under_way.exclude(Exists(failed)).order_by("due_at")
