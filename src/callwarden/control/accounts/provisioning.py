"""Accounts as a directory provisions them (SCIM): opened without rights, kept up to date, closed when people leave.

A directory may close every account, because leaving must never wait. It may not do what would let it in elsewhere:
change the name or address of an account with a sensitive role, nor give one, unless the site says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.control.accounts import actions
from callwarden.kernel import people
from callwarden.kernel.errors import Conflict, InvalidInput, NotFound, Refused
from callwarden.kernel.models import User
from callwarden.kernel.roles import SENSITIVE, Role, check_roles, own_roles

# What an account is linked by that came without an id of the directory; never told to anybody.
OURS: Final = "callwarden:"


@dataclass(frozen=True)
class Wanted:
    """An account as the directory wants it."""

    username: str
    display_name: str = ""
    email: str = ""
    external_id: str = ""
    active: bool = True
    language: str = "en"


def groups() -> dict[str, str]:
    """Role -> name of the group of the directory that gives it. Without a setting each role is a group of its name."""
    configured: Mapping[str, str] = settings.SCIM_GROUPS
    if not configured:
        return {role: role for role in (*Role.values, *(own.slug for own in own_roles()))}
    return {role: name for name, role in configured.items()}


def visible() -> QuerySet[User]:
    """Accounts the directory sees: open ones, and closed ones it has not deleted."""
    return User.objects.filter(Q(is_active=True) | ~Q(external_id="") | Q(frozen_at__isnull=False))


def find(pk: str) -> User:
    """One account the directory sees.

    Raises:
        NotFound: there is none.
    """
    try:
        found = visible().filter(pk=UUID(pk)).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound("no_such_account", _("There is no such account. Go back to the list."))
    return found


@transaction.atomic
def create(wanted: Wanted, *, actor: str) -> User:
    """Open an account without roles, lines or a password: groups give roles, people say which lines.

    Somebody who comes back gets their former account, without any right they had.

    Raises:
        Conflict: the account name or the directory's id is taken.
        InvalidInput: a malformed name or address.
    """
    external = wanted.external_id or f"{OURS}{uuid4()}"
    former = User.objects.select_for_update().filter(username=wanted.username).exclude(pk__in=visible()).first()
    if former is None:
        made = people.open_account(
            wanted.username,
            roles=(),
            actor=actor,
            display_name=wanted.display_name[:100],
            email=wanted.email,
            language=wanted.language,
            lines=(),
            external_id=external,
        )
    else:
        made = people.set_roles(former, (), actor=actor)
        people.set_lines(made, (), actor=actor)
        people.set_profile(
            made, actor=actor, display_name=wanted.display_name, email=wanted.email, external_id=external
        )
        people.reopen_account(made, actor=actor)
    if not wanted.active:
        people.close_account(made, actor=actor, reason="provisioned")
    return made


@transaction.atomic
def replace(person: User, wanted: Wanted, *, actor: str) -> User:
    """Make an account what the directory says. Closing takes everything back in the same transaction.

    Raises:
        Refused: it would change how somebody with a sensitive role is known, or close the last administrator.
        Conflict, InvalidInput: as for `create`.
    """
    found = User.objects.get(pk=person.pk)
    # Leaving comes first and waits for nothing.
    if found.is_active and not wanted.active:
        actions.close(found, actor=actor, reason="provisioned")
    changes = {"username": wanted.username, "display_name": wanted.display_name[:100], "email": wanted.email}
    if wanted.external_id != told_external(found):
        changes["external_id"] = wanted.external_id or f"{OURS}{uuid4()}"
    elif not found.external_id:
        changes["external_id"] = f"{OURS}{uuid4()}"
    changed = {name: value for name, value in changes.items() if getattr(found, name) != value}
    if set(found.roles) & SENSITIVE and not settings.SCIM_SENSITIVE and changed.keys() - {"display_name"}:
        linked = changed.keys() == {"external_id"} and changed["external_id"].startswith(OURS)
        if not linked:
            raise Refused(
                "account_protected",
                _("How somebody with a sensitive role signs in is changed in the console, not by the directory."),
            )
    if changed:
        people.set_profile(found, actor=actor, **changed)
    if not found.is_active and wanted.active:
        actions.reopen(found, actor=actor)
    found.refresh_from_db()
    return found


@transaction.atomic
def delete(person: User, *, actor: str) -> None:
    """Close an account and let the directory forget it. The account stays: what somebody did keeps their name.

    Raises:
        Refused: the last security administrator.
    """
    actions.close(person, actor=actor, reason="provisioned")
    people.set_profile(person, actor=actor, external_id="")


@transaction.atomic
def set_members(role: str, members: Iterable[UUID], *, actor: str) -> None:
    """Let exactly these people hold the role of a group, or nobody's role changes.

    Raises:
        NotFound: somebody the directory does not see.
        InvalidInput: a role that does not go together with one they hold.
        Refused: a sensitive role, which people give; or the last security administrator would lose the role.
    """
    wanted = set(members)
    known = visible().filter(is_active=True)
    if known.filter(pk__in=wanted).count() != len(wanted):
        raise InvalidInput("no_such_member", _("A member of the group is no open account here. Provision it first."))
    for person in known.filter(roles__contains=[role]).exclude(pk__in=wanted).order_by("pk"):
        _change(person, set(person.roles) - {role}, actor)
    for person in known.filter(pk__in=wanted).exclude(roles__contains=[role]).order_by("pk"):
        _change(person, {*person.roles, role}, actor)


def _change(person: User, roles: set[str], actor: str) -> None:
    actions.change_roles(person, check_roles(roles), actor=actor, alone=settings.SCIM_SENSITIVE)


def told_external(person: User) -> str:
    """The directory's own id of an account, as it was given."""
    return "" if person.external_id.startswith(OURS) else person.external_id


def no_new_groups() -> Conflict:
    return Conflict("groups_fixed", _("Groups stand for the roles here. They are neither made nor removed."))
