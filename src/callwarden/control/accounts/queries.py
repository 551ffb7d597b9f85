"""Accounts as they stand: posts and their time, who has not been seen for long."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest

from callwarden.control.accounts import rules
from callwarden.control.accounts.rules import Tenure
from callwarden.kernel import clock
from callwarden.kernel.models import RoleHeld, User
from callwarden.kernel.roles import SENSITIVE


def accounts() -> QuerySet[User]:
    """Every account, with `seen_at`: when somebody was last signed in by it (None: never)."""
    return User.objects.annotate(seen_at=Greatest(Max("sessions__last_seen_at"), "last_login"))


def dormant(at: datetime | None = None) -> QuerySet[User]:
    """Open accounts nobody has signed in by for 45 days."""
    since = (at or clock.now()) - rules.DORMANT
    seen = accounts().filter(is_active=True).annotate(counted=Coalesce("seen_at", "date_joined"))
    return seen.filter(counted__lt=since, date_joined__lt=since)


def tenures(people: Iterable[UUID] | None = None) -> dict[UUID, list[Tenure]]:
    """Person -> the sensitive roles they hold now, with when the time of each is over."""
    held = RoleHeld.objects.filter(Q(until=None), role__in=SENSITIVE, user__is_active=True)
    if people is not None:
        held = held.filter(user__in=list(people))
    found: dict[UUID, list[Tenure]] = {}
    for one in held.order_by("role"):
        judged = rules.tenure(one.role, one.since, months=settings.TENURE_MONTHS)
        if judged is not None:
            found.setdefault(one.user_id, []).append(judged)
    return found


def history(person: User) -> list[RoleHeld]:
    """Every role the person holds or held, the latest first."""
    return list(RoleHeld.objects.filter(user=person).order_by("-since", "role"))
