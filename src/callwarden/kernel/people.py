"""Accounts and their roles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID
from zoneinfo import available_timezones

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import clock, journal, sessions
from callwarden.kernel.errors import Conflict, InvalidInput, supported_language
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import RoleGiven, User
from callwarden.kernel.roles import check_roles


def open_account(
    username: str,
    *,
    roles: Iterable[str],
    actor: str,
    display_name: str = "",
    email: str = "",
    password: str | None = None,
    language: str = "en",
    time_zone: str = "UTC",
    lines: Sequence[UUID] | None = None,
) -> User:
    """Register a person. Without a password the account can only be entered by single sign-on or a demo link.

    Raises:
        InvalidInput: roles that do not go together, a weak password, an unknown time zone or a malformed address.
        Conflict: the account name is taken.
    """
    user = User(
        username=username,
        display_name=display_name,
        email=email,
        roles=check_roles(roles),
        language=supported_language(language),
        time_zone=_time_zone(time_zone),
        lines=list(lines) if lines is not None else None,
    )
    if email:
        try:
            validate_email(email)
        except ValidationError:
            raise InvalidInput("email_malformed", _("This is not an e-mail address. Correct it.")) from None
    _set_password(user, password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            _given(user, user.roles, actor)
            _record(Event.ACCOUNT_OPENED, user, actor, roles=list(user.roles))
    except IntegrityError:
        raise Conflict("account_exists", _("This account name is taken. Choose another.")) from None
    return user


def set_roles(user: User, roles: Iterable[str], *, actor: str) -> User:
    """Give a person exactly these roles.

    Raises:
        InvalidInput: see `check_roles`.
    """
    wanted = check_roles(roles)
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        before = list(locked.roles)
        if before != wanted:
            locked.roles = wanted
            locked.save(update_fields=["roles"])
            _given(locked, set(wanted) - set(before), actor)
            _record(Event.ROLES_CHANGED, locked, actor, before=before, after=wanted)
    user.roles = wanted
    return user


def set_preferences(user: User, *, language: str, time_zone: str) -> User:
    """How a person wants to be shown things: by themselves, for themselves.

    Raises:
        InvalidInput: an unknown time zone.
    """
    wanted = (supported_language(language), _time_zone(time_zone))
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if (locked.language, locked.time_zone) != wanted:
            locked.language, locked.time_zone = wanted
            locked.save(update_fields=["language", "time_zone"])
            _record(Event.ACCOUNT_CHANGED, locked, user.actor, language=wanted[0], time_zone=wanted[1])
    user.language, user.time_zone = wanted
    return user


def close_account(user: User, *, actor: str, reason: str = "leaver") -> User:
    """Close an account: nobody signs in, and every session ends in the same transaction."""
    from callwarden.kernel import deputies  # which looks for people here

    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if locked.is_active:
            locked.is_active = False
            locked.save(update_fields=["is_active"])
            sessions.revoke_all(locked, actor=actor, reason=reason)
            deputies.end_of(locked, actor=actor, reason=reason)
            _record(Event.ACCOUNT_CLOSED, locked, actor, reason=reason)
    user.is_active = False
    return user


def reopen_account(user: User, *, actor: str) -> User:
    """Open a closed account again; it has the roles it had."""
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if not locked.is_active:
            locked.is_active = True
            locked.save(update_fields=["is_active"])
            _record(Event.ACCOUNT_REOPENED, locked, actor, roles=list(locked.roles))
    user.is_active = True
    return user


def holding(roles: Iterable[str]) -> QuerySet[User]:
    """Active people with at least one of the roles, by name."""
    return User.objects.filter(is_active=True, roles__overlap=list(roles)).order_by("username")


def _given(user: User, roles: Iterable[str], actor: str) -> None:
    """Remember which person gave these roles: for a day neither approves what the other asks for."""
    try:
        by = UUID(actor)
    except ValueError:
        return  # a program
    now = clock.now()
    RoleGiven.objects.bulk_create([RoleGiven(person=user, role=role, by=by, at=now) for role in sorted(roles)])


def _set_password(user: User, password: str | None) -> None:
    if password is None:
        user.set_unusable_password()
        return
    try:
        validate_password(password, user)
    except ValidationError:
        raise InvalidInput("password_weak", _("This password is too weak. Choose a longer, less common one.")) from None
    user.set_password(password)


def _time_zone(name: str) -> str:
    if name not in available_timezones():
        raise InvalidInput("time_zone_unknown", _("There is no such time zone. Use a name like Asia/Shanghai."))
    return name


def _record(event: Event, user: User, actor: str, **data: str | list[str]) -> None:
    journal.record(Entry(event=event, actor=actor, data={"person": str(user.pseudonym), **data}))
