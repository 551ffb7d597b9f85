"""Accounts and their roles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID
from zoneinfo import available_timezones

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import approvals, clock, endings, journal, sessions
from callwarden.kernel.directory import holding as holding
from callwarden.kernel.errors import Conflict, InvalidInput, Refused, supported_language
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import RoleHeld, User
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
    external_id: str = "",
) -> User:
    """Register a person. Without a password the account can only be entered by single sign-on or a demo link.

    Raises:
        InvalidInput: roles that do not go together, a weak password, an unknown time zone, a malformed name or address.
        Conflict: the account name, or the directory's own id, is taken.
    """
    user = User(
        username=username,
        display_name=display_name,
        email=email,
        roles=check_roles(roles),
        language=supported_language(language),
        time_zone=_time_zone(time_zone),
        lines=list(lines) if lines is not None else None,
        external_id=external_id,
    )
    _check_name(username)
    _check_email(email)
    _set_password(user, password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            _hold(user, user.roles, actor, None)
            _record(Event.ACCOUNT_OPENED, user, actor, roles=list(user.roles))
    except IntegrityError:
        raise Conflict("account_exists", _("This account name is taken. Choose another.")) from None
    return user


def set_roles(user: User, roles: Iterable[str], *, actor: str, approval: UUID | None = None) -> User:
    """Give a person exactly these roles. What rests on a role that is taken away ends in the same transaction.

    Args:
        approval: what two people decided, where a role needs that.

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
            lost = set(before) - set(wanted)
            RoleHeld.objects.filter(user=locked, role__in=lost, until=None).update(until=clock.now())
            _hold(locked, sorted(set(wanted) - set(before)), actor, approval)
            _record(Event.ROLES_CHANGED, locked, actor, approval=approval, before=before, after=wanted)
            if lost:
                endings.end_what_rights_gave(locked, actor=actor, reason="roles_changed")
    user.roles = wanted
    return user


def set_lines(user: User, lines: Sequence[UUID] | None, *, actor: str) -> User:
    """Say for which lines a person works; None means no limit by line. Losing a line ends what rests on it."""
    wanted = None if lines is None else sorted(set(lines))
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        before = None if locked.lines is None else sorted(locked.lines)
        if before != wanted:
            locked.lines = wanted
            locked.save(update_fields=["lines"])
            _record(Event.LINES_CHANGED, locked, actor, before=_lines_told(before), after=_lines_told(wanted))
            if wanted is not None and (before is None or not set(before) <= set(wanted)):
                endings.end_what_rights_gave(locked, actor=actor, reason="lines_changed")
    user.lines = wanted
    return user


def set_profile(user: User, *, actor: str, **changes: str) -> User:
    """Change how a person is known: any of `username`, `display_name`, `email`, `external_id`.

    Raises:
        InvalidInput: a malformed name or address.
        Conflict: the account name, or the directory's own id, is taken.
    """
    assert set(changes) <= {"username", "display_name", "email", "external_id"}
    if "username" in changes:
        _check_name(changes["username"])
    if "display_name" in changes:
        changes["display_name"] = changes["display_name"].strip()[:100]
    _check_email(changes.get("email", ""))
    try:
        with transaction.atomic():
            locked = User.objects.select_for_update().get(pk=user.pk)
            changed = sorted(name for name, value in changes.items() if getattr(locked, name) != value)
            for name in changed:
                setattr(locked, name, changes[name])
            if changed:
                locked.save(update_fields=changed)
                # Names and addresses are the directory's; the ledger only knows that they changed.
                _record(Event.ACCOUNT_CHANGED, locked, actor, fields=changed)
    except IntegrityError:
        raise Conflict("account_exists", _("This account name is taken. Choose another.")) from None
    for name in changed:
        setattr(user, name, changes[name])
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
    """Close an account: nobody signs in, and all that the person was handed is taken back in the same transaction.

    Sessions, permits, service keys they answer for, requests they made and votes they gave on what is not carried out,
    and whatever else registered with `kernel.endings`. A frozen account stays frozen; it is closed once two people
    unfreeze it.

    Raises:
        Conflict: they are deciding on so much at this moment that it cannot be held still; try again.
    """
    with transaction.atomic():
        locked = approvals.lock_with_requests(user.pk)
        if locked.is_active or locked.opens_unfrozen:
            locked.is_active = locked.opens_unfrozen = False
            locked.save(update_fields=["is_active", "opens_unfrozen"])
            ended = endings.end_all(locked, actor=actor, reason=reason)
            _record(Event.ACCOUNT_CLOSED, locked, actor, reason=reason, ended=ended)
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
        endings.end_what_rights_gave(locked, actor=actor, reason="incident")
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


def lock_active(person: UUID) -> User:
    """A person whose account is open, locked against its closing until the transaction ends: so is handed out to them.

    Raises:
        Refused: it is closed.
    """
    found = User.objects.select_for_update(no_key=True).filter(pk=person, is_active=True).first()
    if found is None:
        raise Refused("account_closed", _("This account is closed. Ask a security administrator."))
    return found


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


def _set_password(user: User, password: str | None) -> None:
    if password is None:
        user.set_unusable_password()
        return
    try:
        validate_password(password, user)
    except ValidationError:
        raise InvalidInput("password_weak", _("This password is too weak. Choose a longer, less common one.")) from None
    user.set_password(password)


def _check_name(name: str) -> None:
    try:
        User._meta.get_field("username").run_validators(name)
    except ValidationError:
        name = ""
    if not name:
        raise InvalidInput(
            "name_malformed", _("An account name has up to 150 letters, digits and @ . + - _ only. Correct it.")
        )


def _check_email(email: str) -> None:
    try:
        if email:
            validate_email(email)
    except ValidationError:
        raise InvalidInput("email_malformed", _("This is not an e-mail address. Correct it.")) from None


def _hold(user: User, roles: Iterable[str], actor: str, approval: UUID | None) -> None:
    now = clock.now()
    RoleHeld.objects.bulk_create(
        [RoleHeld(user=user, role=role, since=now, given_by=actor, approval=approval) for role in roles]
    )


def _lines_told(lines: Sequence[UUID] | None) -> list[str]:
    return ["all"] if lines is None else [str(line) for line in lines]


def _time_zone(name: str) -> str:
    if name not in available_timezones():
        raise InvalidInput("time_zone_unknown", _("There is no such time zone. Use a name like Asia/Shanghai."))
    return name


def _end_sessions(person: User, actor: str, reason: str) -> int:
    return sessions.revoke_all(person, actor=actor, reason=reason)


endings.register("sessions", _end_sessions)


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
