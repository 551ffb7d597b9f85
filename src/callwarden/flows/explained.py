"""What explains an access besides a call in hand: requests of data subjects, tickets and campaigns; rosters and ties.

Each is asked inside the client's scope, and as of the time of the access, not of now.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from callwarden.control.alerts import links
from callwarden.control.alerts.links import Question
from callwarden.control.work.models import Shift, Task
from callwarden.control.work.queries import GRACE, tied_to
from callwarden.engines.watch import Link
from callwarden.kernel.models import User
from callwarden.lawful.requests.models import SubjectRequest


@links.explain_by
def by_request(asked: Question) -> Link:
    """A request of this very person that this colleague answers for."""
    if asked.person is None:
        return ""
    open_then = Q(received_at__lte=asked.at) & (Q(closed_at=None) | Q(closed_at__gte=asked.at))
    theirs = SubjectRequest.objects.filter(open_then, person=asked.person, owner=asked.user)
    return "request" if theirs.exists() else ""


@links.explain_by
def by_task(asked: Question) -> Link:
    """A ticket or campaign that had this colleague work with one of these data subjects."""
    running = Q(opened_at__lte=asked.at, until__gt=asked.at) & (Q(ended_at=None) | Q(ended_at__gte=asked.at))
    tasks = Task.objects.filter(running, agents__user=asked.user, subjects__subject__in=asked.subjects)
    kinds = set(tasks.values_list("kind", flat=True))
    if Task.Kind.TICKET in kinds:
        return "ticket"
    return "campaign" if kinds else ""


@links.shifts_from
def on_shift(user: User, at: datetime) -> bool | None:
    """By the roster; None for whoever was never named in one."""
    shifts = Shift.objects.filter(user=user)
    if shifts.filter(starts__lte=at + GRACE, ends__gte=at - GRACE).exists():
        return True
    return False if shifts.exists() else None


@links.close_from
def tied(_client: UUID, user: User) -> Iterable[UUID]:
    """Themselves, family and colleagues, as declared."""
    return tied_to(user)
