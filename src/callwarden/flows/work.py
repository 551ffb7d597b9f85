"""What the customer system, the dialler and the roster report, matched to our people and data subjects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.control.work import actions
from callwarden.control.work.actions import Hours
from callwarden.control.work.models import Task, Tie
from callwarden.custody import indexes
from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import AgentLogin, Customer
from callwarden.custody.scope import client_scope
from callwarden.flows.customers import normal_number
from callwarden.kernel.errors import NotFound
from callwarden.kernel.models import User


class Matched(NamedTuple):
    """How many of those named are known here."""

    agents: int
    unknown_agents: int
    customers: int
    unknown_customers: int


class Rostered(NamedTuple):
    """A shift as it was reported: the login at the telephone system and the hours."""

    agent: str
    starts: datetime
    ends: datetime
    cancelled: bool = False


def report(
    client: UUID,
    kind: Task.Kind,
    number: str,
    *,
    agents: Sequence[str],
    customers: Sequence[str],
    until: datetime | None,
    actor: str,
    purpose: str = "",
) -> Matched:
    """Open a ticket or campaign, or say anew who works on it and whom it concerns.

    Raises:
        NotFound: a ticket names a customer who is not known here.
        InvalidInput: it would last too long, or a number cannot be one.
    """
    with client_scope(client):
        users = _users(client, agents)
        subjects = _subjects(client, customers)
        if kind == Task.Kind.TICKET and not subjects:
            raise NotFound("customer_not_found", _("There is no customer with this number."))
        actions.report_task(
            client,
            kind,
            number,
            agents=set(users.values()),
            subjects=set(subjects),
            until=until,
            actor=actor,
            purpose=purpose,
        )
    unknown = len(set(agents)) - len(users)
    return Matched(len(users), unknown, len(subjects), len(set(customers)) - len(subjects))


def end(client: UUID, kind: Task.Kind, number: str, *, actor: str) -> bool:
    """A ticket was closed or a campaign is over. False: it was not open."""
    with client_scope(client):
        return actions.end_task(client, kind, number, actor=actor)


def roster(client: UUID, shifts: Sequence[Rostered], *, actor: str) -> Matched:
    """Take shifts in; those of logins that are nobody's are left out and counted.

    Raises:
        InvalidInput: a shift cannot be one.
    """
    with client_scope(client):
        users = _users(client, [one.agent for one in shifts])
        known = [Hours(users[one.agent], one.starts, one.ends, one.cancelled) for one in shifts if one.agent in users]
        actions.feed_shifts(client, known, actor=actor)
    unknown = len({one.agent for one in shifts}) - len(users)
    return Matched(len(users), unknown, 0, 0)


def declare_tie(
    client: UUID, customer_no: str, *, user: User, kind: str, actor: str, session: UUID | None = None
) -> Tie:
    """Say that somebody of the staff is, or is close to, the customer with this number.

    Raises:
        NotFound: there is none.
        Conflict: it is declared already.
    """
    with client_scope(client):
        subjects = _subjects(client, [customer_no])
        if not subjects:
            raise NotFound("customer_not_found", _("There is no customer with this number."))
        return actions.declare_tie(client, user=user, subject=subjects[0], kind=kind, actor=actor, session=session)


def _users(client: UUID, logins: Sequence[str]) -> dict[str, UUID]:
    """Login at the telephone system -> whose it is, for those that are somebody's."""
    named = sorted(set(logins))
    if not named:
        return {}
    tokens = keeper.tokens(client, "agent", [one.casefold() for one in named])
    known = {
        bytes(login): user for login, user in AgentLogin.objects.filter(login__in=tokens).values_list("login", "user")
    }
    return {login: known[token] for login, token in zip(named, tokens, strict=True) if token in known}


def _subjects(client: UUID, numbers: Sequence[str]) -> list[UUID]:
    """The data subjects of the customers with these numbers."""
    normal = sorted({normal_number(one) for one in numbers})
    if not normal:
        return []
    tokens = {token for version in indexes.ask_many(client, indexes.NUMBER, normal) for token in version}
    return list(Customer.objects.filter(number__in=list(tokens)).values_list("subject", flat=True))
