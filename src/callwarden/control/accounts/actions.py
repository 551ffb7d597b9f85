"""Changing who may do what. Whoever does it is never whom it is about, and sensitive roles take two people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from callwarden.control.accounts import acts, rules
from callwarden.control.training import queries as training
from callwarden.kernel import approvals, people
from callwarden.kernel.errors import InvalidInput, Refused
from callwarden.kernel.models import Approval, User
from callwarden.kernel.roles import SENSITIVE, Role, check_roles

# One change of rights at a time, or two administrators could close each other and nobody would be left.
_LOCK = 0x6361_6C6C_7065


@transaction.atomic
def change_roles(
    person: User,
    wanted: Iterable[str],
    *,
    actor: str,
    requester: User | None = None,
    reason: str = "",
    session: UUID | None = None,
    alone: bool = False,
) -> Approval | None:
    """Give a person exactly these roles, or ask for it where a sensitive one is among those gained.

    Args:
        requester: who asks, where two people decide; None for programs, which cannot ask.
        alone: the site lets this program give sensitive roles by itself.

    Returns:
        The request that waits for somebody else; None when the roles are changed already.

    Raises:
        InvalidInput: roles that do not go together.
        Refused: one's own roles, the last security administrator, or a sensitive role given by a program, or to
            somebody whose training is not current.
    """
    roles = check_roles(wanted)
    found = _alone_with(person, actor)
    gained = rules.sensitive_gain(found.roles, roles)
    rules.refuse_last(loses=set(found.roles) - set(roles), others=_other_administrators(found))
    if gained and requester is None and not alone:
        raise Refused(
            "role_needs_two",
            _("This role is given by two people in the console, not by a program alone."),
            data={"roles": gained},
        )
    training.refuse_untrained(found, gained)
    if not gained or alone:
        people.set_roles(person, roles, actor=actor)
        return None
    assert requester is not None
    act = acts.giving(found, roles)
    if approvals.under_way(act) is not None:
        raise InvalidInput("asked_already", _("This has been asked for already. Look into the approvals."))
    return approvals.request(act, requester=requester, reason=reason, session=session)


@transaction.atomic
def change_lines(person: User, lines: Sequence[UUID] | None, *, actor: str) -> User:
    """Say for which lines a person works.

    Raises:
        Refused: one's own lines.
    """
    rules.refuse_own(actor=actor, person=person.actor)
    return people.set_lines(person, lines, actor=actor)


@transaction.atomic
def close(person: User, *, actor: str, reason: str = "leaver") -> User:
    """Close an account; all that the person was handed is taken back at once.

    Raises:
        Refused: one's own account, or the last security administrator's.
    """
    found = _alone_with(person, actor)
    rules.refuse_last(loses=found.roles, others=_other_administrators(found))
    return people.close_account(person, actor=actor, reason=reason)


@transaction.atomic
def reopen(person: User, *, actor: str) -> list[str]:
    """Open a closed account again, without its sensitive roles: these are given anew, by two people.

    Returns:
        The roles that did not come back.

    Raises:
        Refused: one's own account.
        Conflict: it is frozen.
    """
    found = _alone_with(person, actor)
    dropped = sorted(set(found.roles) & SENSITIVE)
    if not found.is_active and found.frozen_at is None:
        people.set_roles(person, set(found.roles) - SENSITIVE, actor=actor)
    people.reopen_account(person, actor=actor)
    return dropped


def hold_still() -> None:
    """Until the transaction ends nobody else changes anybody's rights."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _alone_with(person: User, actor: str) -> User:
    """The person as they are now, while nobody else changes anybody's rights."""
    rules.refuse_own(actor=actor, person=person.actor)
    hold_still()
    return User.objects.get(pk=person.pk)


def _other_administrators(person: User) -> int:
    holders = User.objects.filter(is_active=True, roles__contains=[Role.SECURITY_ADMIN])
    return holders.exclude(pk=person.pk).count()
