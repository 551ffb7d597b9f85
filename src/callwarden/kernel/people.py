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
from callwarden.kernel.errors import Conflict, InvalidInput, Refused, supported_language
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import User
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
    """Close an account: nobody signs in, and every session ends in the same transaction.

    A frozen account stays frozen; it is closed once two people unfreeze it.
    """
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if locked.is_active or locked.opens_unfrozen:
            locked.is_active = locked.opens_unfrozen = False
            locked.save(update_fields=["is_active", "opens_unfrozen"])
            sessions.revoke_all(locked, actor=actor, reason=reason)
            _record(Event.ACCOUNT_CLOSED, locked, actor, reason=reason)
    user.is_active = user.opens_unfrozen = False
    return user


def freeze_account(user: User, *, actor: str, reason: str, detail: str = "", session: UUID | None = None) -> User:
    """Freeze an account at once, because something is suspected: nobody signs in by it, no key of it opens anything,
    and every session ends in the same transaction. One person, or a job, is enough; two unfreeze it (`kernel.frozen`).

    Args:
        reason: slug (`alert`, `emergency_unreviewed`, `incident`).
        detail: why, in a person's words; kept sealed beside the ledger.

    Raises:
        Conflict: it is frozen already.
        Refused: people do not freeze themselves: whoever wants to leave signs out.
    """
    if user.actor == actor:
        raise Refused(
            "own_account", _("Nobody freezes their own account. Sign out, and tell a security administrator.")
        )
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if locked.frozen_at is not None:
            raise Conflict("account_frozen", _("This account is frozen already. Two people can unfreeze it."))
        locked.frozen_at, locked.opens_unfrozen, locked.is_active = clock.now(), locked.is_active, False
        locked.save(update_fields=["frozen_at", "opens_unfrozen", "is_active"])
        sessions.revoke_all(locked, actor=actor, reason="incident")
        _record(Event.ACCOUNT_FROZEN, locked, actor, session=session, detail=detail, reason=reason)
    user.frozen_at, user.opens_unfrozen, user.is_active = locked.frozen_at, locked.opens_unfrozen, False
    return user


def unfreeze_account(user: User, *, actor: str, approval: UUID) -> User:
    """Let a frozen account be what it was before: open, or closed where it was closed meanwhile.

    Only the approved act of `kernel.frozen` calls this.

    Raises:
        Conflict: it is not frozen.
    """
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if locked.frozen_at is None:
            raise Conflict("account_not_frozen", _("This account is not frozen any more. Look at it again."))
        locked.frozen_at, locked.is_active, locked.opens_unfrozen = None, locked.opens_unfrozen, False
        locked.save(update_fields=["frozen_at", "is_active", "opens_unfrozen"])
        _record(Event.ACCOUNT_UNFROZEN, locked, actor, approval=approval, roles=list(locked.roles))
    user.frozen_at, user.is_active, user.opens_unfrozen = None, locked.is_active, False
    return user


def reopen_account(user: User, *, actor: str) -> User:
    """Open a closed account again; it has the roles it had.

    Raises:
        Conflict: it is frozen, which one person cannot undo.
    """
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if locked.frozen_at is not None:
            raise Conflict("account_frozen", _("This account is frozen. Two people have to unfreeze it."))
        if not locked.is_active:
            locked.is_active = True
            locked.save(update_fields=["is_active"])
            _record(Event.ACCOUNT_REOPENED, locked, actor, roles=list(locked.roles))
    user.is_active = True
    return user


def holding(roles: Iterable[str]) -> QuerySet[User]:
    """Active people with at least one of the roles, by name."""
    return User.objects.filter(is_active=True, roles__overlap=list(roles)).order_by("username")


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


def _record(
    event: Event,
    user: User,
    actor: str,
    *,
    session: UUID | None = None,
    approval: UUID | None = None,
    detail: str = "",
    **data: str | list[str],
) -> None:
    journal.record(
        Entry(
            event=event,
            actor=actor,
            session=session,
            approval=approval,
            data={"person": str(user.pseudonym), **data},
            detail={"reason": detail.strip()} if detail.strip() else None,
        )
    )
