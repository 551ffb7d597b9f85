"""The facts that tickets, campaigns, shifts and ties make. Call inside `client_scope`: it is one client's work."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q

from callwarden.control.work.models import Shift, Task, Tie
from callwarden.custody.models import PersonLink
from callwarden.kernel import clock
from callwarden.kernel.models import User

# Before and after a shift people prepare and finish.
GRACE: Final = timedelta(minutes=15)


def same_person(subjects: Iterable[UUID]) -> set[UUID]:
    """These data subjects and all that are known to be the same people."""
    found = set(subjects)
    standing = PersonLink.objects.filter(revoked_at__isnull=True)
    people = standing.filter(subject__in=found).values("person")
    return found | set(standing.filter(person__in=people).values_list("subject", flat=True))


def explaining(user: User, subjects: Iterable[UUID], *, purpose: str) -> frozenset[str]:
    """Of what kinds the open tasks are that have this person work with one of these data subjects, now.

    A campaign counts for its own purpose alone.
    """
    now = clock.now()
    tasks = Task.objects.filter(
        Q(ended_at__isnull=True) & Q(until__gt=now) & Q(opened_at__lte=now),
        ~Q(kind=Task.Kind.CAMPAIGN) | Q(purpose=purpose),
        agents__user=user,
        subjects__subject__in=list(subjects),
    )
    return frozenset(tasks.order_by().values_list("kind", flat=True).distinct())


def shift_of(user: User) -> str:
    """ "on" or "off" by the roster; "not_measured" for whoever was never named in it."""
    now = clock.now()
    at_work = Q(starts__lte=now + GRACE, ends__gte=now - GRACE)
    # The one that is on comes first, where there is one: a question instead of two at every decision.
    rostered = Shift.objects.filter(user=user).annotate(on=ExpressionWrapper(at_work, output_field=BooleanField()))
    on = rostered.order_by("-on").values_list("on", flat=True).first()
    return "not_measured" if on is None else "on" if on else "off"


def tied_to(user: User) -> set[UUID]:
    """Data subjects that this person is, or is close to, as declared and not ended."""
    declared = set(Tie.objects.filter(user=user).exclude(state=Tie.State.ENDED).values_list("subject", flat=True))
    return same_person(declared) if declared else declared
