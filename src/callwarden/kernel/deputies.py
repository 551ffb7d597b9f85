"""Deputies: a person who is away names one who votes in their name for a time.

    deputies.appoint(officer, colleague, until=..., by=officer)
    deputies.end(delegation, by=officer)

A deputy votes by the principal's roles where their own do not decide, never on what the principal asked for, and never
beside the principal (`kernel.voting`). Nothing else is lent: no page, no record, no key.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import clock, endings, journal
from callwarden.kernel.directory import holding
from callwarden.kernel.errors import Conflict, InvalidInput, NotFound, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import Delegation, User
from callwarden.kernel.roles import Role, check_roles

# Who sees the inbox of approvals at all.
MAY_DEPUTISE: Final = frozenset(Role.values) - {Role.AGENT.value, Role.QUALITY_REVIEWER.value}


def appoint(
    principal: User,
    deputy: User,
    *,
    until: datetime,
    by: User,
    starts: datetime | None = None,
    session: UUID | None = None,
) -> Delegation:
    """Have `deputy` vote in `principal`'s name from now, or from `starts`, until then.

    Raises:
        Refused: somebody else appoints, an account is closed, or the two hold duties that no one person may join.
        InvalidInput: a time that lies behind or too far ahead, or a deputy who sees no approvals.
        Conflict: there is a deputy for this time already.
    """
    if by.pk != principal.pk:
        raise Refused("not_own_deputy", _("Everybody names their own deputy."))
    now = clock.now()
    starts = max(starts or now, now)
    if not starts < until <= starts + timedelta(days=settings.DEPUTY_DAYS):
        raise InvalidInput(
            "deputy_time",
            _("A deputy stands in for at most %(days)s days, from now on. Choose another day."),
            data={"days": round(settings.DEPUTY_DAYS)},
        )
    with transaction.atomic():
        locked = User.objects.select_for_update(no_key=True).filter(pk__in=(principal.pk, deputy.pk)).order_by("pk")
        people = {person.pk: person for person in locked}
        one, other = people[principal.pk], people[deputy.pk]
        if one.pk == other.pk:
            raise InvalidInput("own_deputy", _("Choose somebody else as your deputy."))
        if not one.is_active or not other.is_active:
            raise Refused("account_closed", _("This account is closed. Ask a security administrator."))
        if not other.has_role(*MAY_DEPUTISE):
            raise InvalidInput("deputy_cannot_vote", _("This person sees no approvals. Choose somebody who does."))
        check_roles([*one.roles, *other.roles])
        if _overlapping(one, starts, until).exists():
            raise Conflict("deputy_named", _("You have a deputy for this time already. End that first."))
        entry = journal.record(
            Entry(
                event=Event.DELEGATION_GIVEN,
                actor=one.actor,
                session=session,
                data={
                    "deputy": other.actor,
                    "from": starts.isoformat(timespec="seconds"),
                    "until": until.isoformat(timespec="seconds"),
                },
            )
        )
        return Delegation.objects.create(principal=one, deputy=other, starts_at=starts, ends_at=until, entry=entry)


def end(delegation: UUID, *, by: User, session: UUID | None = None) -> Delegation:
    """Take it back, as its principal or its deputy; votes given by it stop counting.

    Raises:
        NotFound: there is none of this person's.
        Conflict: it is over.
    """
    with transaction.atomic():
        found = Delegation.objects.select_for_update().filter(pk=delegation).first()
        if found is None or by.pk not in (found.principal_id, found.deputy_id):
            raise NotFound("no_such_delegation", _("There is no such deputy of yours."))
        if found.ended_at is not None or found.ends_at <= clock.now():
            raise Conflict("delegation_over", _("This is over already."))
        _end(found, actor=by.actor, session=session, reason="taken_back")
        return found


def _end_of(person: User, actor: str, reason: str) -> int:
    """End whatever this person lends or was lent, in the caller's transaction; how many."""
    theirs = running().filter(principal=person) | running().filter(deputy=person)
    ended = list(theirs.select_for_update(of=("self",)))
    for one in ended:
        _end(one, actor=actor, session=None, reason=reason)
    return len(ended)


def _end(found: Delegation, *, actor: str, session: UUID | None, reason: str) -> None:
    found.ended_at = clock.now()
    found.save(update_fields=["ended_at"])
    data = {"deputy": found.deputy.actor, "principal": found.principal.actor, "reason": reason}
    journal.record(Entry(event=Event.DELEGATION_ENDED, actor=actor, session=session, data=data))


def running() -> QuerySet[Delegation]:
    """Delegations that count now or will."""
    return Delegation.objects.filter(ended_at=None, ends_at__gt=clock.now()).select_related("principal", "deputy")


def candidates(principal: User) -> list[User]:
    """Who could stand in for this person, by name."""
    found = []
    for person in holding(MAY_DEPUTISE).exclude(pk=principal.pk):
        try:
            check_roles([*principal.roles, *person.roles])
        except InvalidInput:
            continue
        found.append(person)
    return found


def _overlapping(principal: User, starts: datetime, until: datetime) -> QuerySet[Delegation]:
    return Delegation.objects.filter(principal=principal, ended_at=None, starts_at__lt=until, ends_at__gt=starts)


endings.register("delegations", _end_of)
