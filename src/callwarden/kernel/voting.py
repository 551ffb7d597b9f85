"""Who may decide for whom: capacity, conflicts of interest, rotation of pairs, and approvals from different roles.

Everything here reads the rows that `approvals` has locked, so what it finds cannot change before the decision commits.

Source: ISO/IEC 27002:2022 5.3 (segregation of duties); GB/T 22239-2019 8.1.7.2 (administrators check each other).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import clock, journal
from callwarden.kernel.errors import CallwardenError, InvalidInput, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import Approval, ApprovalTerms, Delegation, RoleHeld, User, Vote
from callwarden.kernel.roles import check_roles


@dataclass(frozen=True)
class Capacity:
    """By which of the roles asked for somebody votes, and in whose name when the roles are another's."""

    roles: frozenset[str]
    in_name_of: User | None = None


def principals_of(deputy: UUID) -> list[UUID]:
    """In whose names this person may vote now, the longest entrusted first."""
    now = clock.now()
    running = Delegation.objects.filter(deputy=deputy, ended_at=None, starts_at__lte=now, ends_at__gt=now)
    return list(running.order_by("starts_at", "pk").values_list("principal", flat=True))


def capacity(voter: User, allowed: Collection[str], people: Mapping[UUID, User]) -> Capacity | None:
    """In which capacity `voter` may vote; their own before another's. None: in none."""
    if not voter.is_active:
        return None
    if own := frozenset(voter.roles) & set(allowed):
        return Capacity(own)
    for pk in principals_of(voter.pk):
        principal = people.get(pk)
        if principal is not None and (lent := _lent(principal, voter) & set(allowed)):
            return Capacity(lent, principal)
    return None


def _lent(principal: User, deputy: User) -> frozenset[str]:
    """The roles a deputy may vote by; none where both sets of duties in one hand are forbidden."""
    try:
        check_roles([*principal.roles, *deputy.roles])
    except InvalidInput:
        return frozenset()
    return frozenset(principal.roles) if principal.is_active else frozenset()


def still_counts(vote: Vote, allowed: Collection[str], people: Mapping[UUID, User]) -> frozenset[str]:
    """The roles by which a vote counts now; none when its voter, or whose name it was given in, lost them.

    A vote in another's name outlives the time of the delegation, but not its being taken back.
    """
    voter = people[vote.voter_id]
    if not voter.is_active:
        return frozenset()
    if vote.in_name_of_id is None:
        return frozenset(voter.roles) & set(allowed)
    principal = people[vote.in_name_of_id]
    return _lent(principal, voter) & set(allowed) if _entrusted_at(vote) else frozenset()


def _entrusted_at(vote: Vote) -> bool:
    given = Delegation.objects.filter(principal=vote.in_name_of_id, deputy=vote.voter_id, ended_at=None)
    return given.filter(starts_at__lte=vote.at, ends_at__gt=vote.at).exists()


def conflict(asked: Approval, voter: UUID, in_name_of: UUID | None) -> CallwardenError | None:
    """Why these two are too close for one to decide on the other's request; None when they are not."""
    if asked.requester_id in (voter, in_name_of):
        return Refused("own_request", _("Nobody decides on their own request. Somebody else has to."))
    if _was_deputy(asked, voter):
        return Refused(
            "deputy_of_requester", _("You decide in the name of the person who asked. Somebody else has to decide.")
        )
    if any(_gave_a_role(one, asked) for one in (voter, in_name_of) if one is not None):
        return Refused(
            "role_given_lately",
            _("You and the person who asked gave one the other a role within the last %(hours)s hours. Somebody else"
              " has to decide."),
            data={"hours": round(settings.ROLE_GIVER_HOURS)},
        )  # fmt: skip
    return None


def _was_deputy(asked: Approval, voter: UUID) -> bool:
    """Whether the voter stood in for the requester at any time since the request: ending it now changes nothing, nor
    does ending it in the very moment of the request."""
    theirs = Delegation.objects.filter(principal=asked.requester_id, deputy=voter, starts_at__lte=clock.now())
    since = asked.requested_at
    return theirs.filter(Q(ended_at=None) | Q(ended_at__gte=since), ends_at__gt=since).exists()


def _gave_a_role(voter: UUID, asked: Approval) -> bool:
    two = dict(User.objects.filter(pk__in=(voter, asked.requester_id)).values_list("pk", "pseudonym"))
    if len(two) < 2:
        return False
    lately = RoleHeld.objects.filter(since__gt=clock.now() - timedelta(hours=settings.ROLE_GIVER_HOURS))
    return lately.filter(
        Q(user=voter, given_by=str(two[asked.requester_id]), role__in=asked.roles)
        | Q(user=asked.requester_id, given_by=str(two[voter]))
    ).exists()


def pair_spent(one: UUID, other: UUID) -> bool:
    """Whether these two have approved for each other as often this calendar month as is allowed (rotation of duties).

    Counted over what was carried out, in both directions.
    """
    yes = Vote.objects.filter(choice=Vote.Choice.APPROVE, approval__executed_at__gte=_month_begins())
    both = yes.filter(Q(requester=one, voter=other) | Q(requester=other, voter=one))
    return both.count() >= settings.APPROVALS_PER_PAIR


def too_often() -> Refused:
    return Refused(
        "pair_limit",
        _("You and the person who asked have approved for each other %(times)s times this month, and more is not"
          " allowed. Somebody else has to decide."),
        data={"times": settings.APPROVALS_PER_PAIR},
    )  # fmt: skip


def _month_begins() -> datetime:
    here = clock.now().astimezone(timezone.get_default_timezone())
    return here.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def roles_covered(votes: Sequence[frozenset[str]], needed: int) -> bool:
    """Whether `needed` of the voters can each stand for a role of their own (a matching in a tiny graph)."""
    stands: dict[str, int] = {}

    def place(at: int, tried: set[str]) -> bool:
        for role in votes[at] - tried:
            tried.add(role)
            if role not in stands or place(stands[role], tried):
                stands[role] = at
                return True
        return False

    return sum(place(at, set()) for at in range(len(votes))) >= needed


def standing(asked: Approval, people: Mapping[UUID, User]) -> list[tuple[UUID, frozenset[str]]]:
    """Those who approved exactly this act and may still do so, each with the roles by which they do."""
    found = []
    votes = asked.votes.filter(choice=Vote.Choice.APPROVE, digest=asked.digest, void_at=None)
    for vote in votes.exclude(voter=asked.requester_id):
        roles = still_counts(vote, asked.roles, people)
        if roles and conflict(asked, vote.voter_id, vote.in_name_of_id) is None:
            found.append((vote.voter_id, roles))
    return found


def enough(asked: Approval, votes: Sequence[tuple[UUID, frozenset[str]]]) -> bool:
    """Whether those who stand are as many, and from as many roles, as it needs."""
    roles = [roles for _who, roles in votes]
    return len(roles) >= asked.quorum and roles_covered(roles, asked.distinct_roles)


def needed(kind: str, quorum: int, distinct_roles: int) -> tuple[int, int]:
    """How many people must approve an act of a kind at this site, and from how many roles: never less than built in."""
    terms = ApprovalTerms.objects.filter(kind=kind).first()
    if terms is None:
        return quorum, distinct_roles
    return max(quorum, terms.quorum), max(distinct_roles, terms.distinct_roles)


def note(refused: Refused, approval: UUID, by: User, session: UUID | None) -> None:
    """That somebody tried to approve their own request is written down, though nothing came of it."""
    if refused.code == "own_request":
        with transaction.atomic():
            tried = Entry(event=Event.APPROVAL_OWN_TRIED, actor=by.actor, session=session, approval=approval)
            journal.record(tried)
