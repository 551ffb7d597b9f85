"""Sign-ins: opened after authentication, kept alive by use, ended by anyone entitled, at once.

    session = sessions.open(user, request.session.session_key, mfa=True)
    ...
    session = sessions.find(request.session.session_key)      # None: not signed in any more
    sessions.touch(session)

Limits, in seconds: `CALLWARDEN_SESSION_IDLE` (900) and `CALLWARDEN_SESSION_LIFE` (43200).
Source: PCI DSS 4.0.1 requirement 8.2.8 (idle 15 minutes); NIST SP 800-63B-4 section 2.2.3 (reauthentication).
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Refused
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import Session, User
from callwarden.kernel.roles import SEPARATED
from callwarden.kernel.tokens import keyed

# A sliding limit is written at most this often, or every page view would be a write.
_TOUCH_EVERY = timedelta(seconds=30)


def open(user: User, web_key: str, *, mfa: bool, demo: bool = False, place: str = "") -> Session:
    """Begin a session for an authenticated person; an earlier one under the same web session ends.

    System, security and audit administrators have one at a time: a new one ends their others.

    Args:
        web_key: the key of the web session; only its keyed token is kept.
        mfa: a second factor was proved just now.
        demo: signed in by a demonstration link; only where the site runs as a demonstration.
        place: slug of where it is opened from; "" when the site names no place for it.

    Raises:
        Refused: the account is closed, or demonstration links are not for this site.
    """
    if demo and not _is_demonstration():
        raise Refused("no_demo", _("Demonstration links work only on a demonstration site. Sign in normally."))
    now, life = clock.now(), _seconds("CALLWARDEN_SESSION_LIFE", 12 * 3600)
    with transaction.atomic():
        # Closing an account ends its sessions under this lock, so none opens behind its back.
        if not User.objects.select_for_update().filter(pk=user.pk, is_active=True).exists():
            raise Refused("account_closed", _("This account is closed. Ask a security administrator."))
        for earlier in Session.objects.filter(key=_token(web_key), revoked_at=None):
            revoke(earlier, actor=user.actor, reason="renewed")
        session = Session.objects.create(
            user=user,
            key=_token(web_key),
            created_at=now,
            last_seen_at=now,
            expires_at=min(now + _idle(), now + life),
            ends_at=now + life,
            mfa_at=now if mfa else None,
            demo=demo,
            place=place,
        )
        told = {"region": place} if place else {}
        _record(Event.SESSION_OPENED, session, actor=user.actor, mfa=mfa, demo=demo, **told)
        if not demo and SEPARATED.intersection(user.roles):
            revoke_all(user, actor=user.actor, reason="elsewhere", keep=session)
    return session


def find(web_key: str | None) -> Session | None:
    """The live session behind a web session key, its person loaded; None when there is none any more."""
    if not web_key:
        return None
    session = Session.objects.select_related("user").filter(key=_token(web_key), revoked_at=None).first()
    if session is None or not session.is_live(clock.now()):
        return None
    # What a demonstration link opened ends with the demonstration.
    return None if session.demo and not _is_demonstration() else session


def touch(session: Session) -> None:
    """Note use: the idle limit starts anew, the absolute limit stays. Never revives an ended session."""
    now = clock.now()
    if now - session.last_seen_at < _TOUCH_EVERY or not session.is_live(now):
        return
    expires = min(now + _idle(), session.ends_at)
    if Session.objects.filter(pk=session.pk, revoked_at=None, expires_at__gt=now).update(
        last_seen_at=now, expires_at=expires
    ):
        session.last_seen_at, session.expires_at = now, expires


def prove_mfa(session: Session) -> Session:
    """Note that a second factor was proved just now (step-up).

    Raises:
        Refused: the session has ended.
    """
    with transaction.atomic():
        locked = Session.objects.select_for_update(of=("self",)).select_related("user").get(pk=session.pk)
        if not locked.is_live(clock.now()):
            raise Refused("session_ended", _("Your session has ended. Sign in again."))
        locked.mfa_at = clock.now()
        locked.save(update_fields=["mfa_at"])
        _record(Event.MFA_PROVED, locked, actor=locked.user.actor)
    session.mfa_at = locked.mfa_at
    return session


def forget_mfa(user: User) -> None:
    """No second factor is left, so none counts as proved in any session of this person."""
    Session.objects.filter(user=user, revoked_at=None).update(mfa_at=None)


def follow(session: Session, web_key: str) -> None:
    """Go on under a new key of the web session (its person changed the password), with the limits as they were."""
    session.key = _token(web_key)
    Session.objects.filter(pk=session.pk, revoked_at=None).update(key=session.key)


def revoke(session: Session | UUID, *, actor: str, reason: str = "sign_out") -> bool:
    """End a session at once, and with it every permit bound to it. False: it had ended already.

    Args:
        reason: slug (`sign_out`, `lost_device`, `leaver`, `incident`).
    """
    pk = session.pk if isinstance(session, Session) else session
    with transaction.atomic():
        locked = Session.objects.select_for_update(of=("self",)).select_related("user").filter(pk=pk).first()
        if locked is None or locked.revoked_at is not None:
            return False
        locked.revoked_at = clock.now()
        locked.save(update_fields=["revoked_at"])
        _record(Event.SESSION_REVOKED, locked, actor=actor, reason=reason)
    if isinstance(session, Session):
        session.revoked_at = locked.revoked_at
    return True


def revoke_all(user: User, *, actor: str, reason: str, keep: Session | None = None) -> int:
    """End every session of a person, perhaps but the present one; how many were ended."""
    with transaction.atomic():
        mine = Session.objects.filter(user=user, revoked_at=None).values_list("pk", flat=True)
        return sum(revoke(pk, actor=actor, reason=reason) for pk in list(mine) if keep is None or pk != keep.pk)


def live(user: User) -> QuerySet[Session]:
    """The person's sessions that count now, latest first."""
    now = clock.now()
    return user.sessions.filter(revoked_at=None, expires_at__gt=now, created_at__lte=now).order_by("-last_seen_at")


def _is_demonstration() -> bool:
    return bool(getattr(settings, "DEMO", False))


def _token(web_key: str) -> bytes:
    return keyed("session", web_key)


def _seconds(setting: str, default: int) -> timedelta:
    return timedelta(seconds=getattr(settings, setting, default))


def _idle() -> timedelta:
    return _seconds("CALLWARDEN_SESSION_IDLE", 900)


def _record(event: Event, session: Session, *, actor: str, **data: str | bool) -> None:
    whose = str(session.user.pseudonym)
    journal.record(Entry(event=event, actor=actor, session=session.pk, data={"person": whose, **data}))
