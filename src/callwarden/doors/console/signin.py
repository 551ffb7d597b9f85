"""What follows from signing in and out: our sessions open, end, move and learn of second factors with Django's."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, password_set
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.http import HttpRequest

from callwarden.doors.addresses import address_of
from callwarden.doors.console import guard, lockout, passkeys
from callwarden.doors.console.sso.entering import ARRIVED, provider_of
from callwarden.kernel import journal, sessions
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import User
from callwarden.protection.signin import arrivals, devices, passwords, places


def _opened(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    if request.session.session_key is None:
        request.session.save()
    route = request.resolver_match
    demo = settings.DEMO and route is not None and route.view_name == "console:demo_enter"
    earlier = guard.request_login(request)
    if earlier is not None and earlier.user_id == user.pk:
        sessions.revoke(earlier, actor=user.actor, reason="renewed")
    session = sessions.open(
        user,
        str(request.session.session_key),
        mfa=not demo and _proved_factor(request, user),
        demo=demo,
        place=places.place_of(address_of(request)),
    )
    request.session[guard.AGENT] = guard.agent_of(request)
    request.session[guard.PROVIDER] = slug = "" if demo else provider_of(request, user)
    whose, carried = request.session.pop(ARRIVED, ("", ""))
    if slug and whose == str(user.pk):
        arrivals.begin(session, carried, provider=slug)
    if not demo:
        _remember(request, user)


def _remember(request: HttpRequest, user: User) -> None:
    """The browser is known from now on; and what is wrong with the password is known at once."""
    value = request.COOKIES.get(lockout.DEVICE_COOKIE, "") or devices.fresh()
    devices.remember(user, value)
    request.device_cookie = value  # type: ignore[attr-defined]
    if why := passwords.due(user):
        request.session[guard.PASSWORD_DUE] = why


def _proved_factor(request: HttpRequest, user: User) -> bool:
    """Whether this very sign-in, of this person, showed a second factor or a passkey that verified its holder."""
    if request.session.get("account_authentication_methods_user") != str(user.pk):
        return False
    methods = request.session.get("account_authentication_methods", [])
    return any(method.get("method") == "mfa" for method in methods)


def _closed(sender: Any, request: HttpRequest, user: User | None, **_: Any) -> None:
    login = sessions.find(request.session.session_key)
    if login is not None and user is not None:
        sessions.revoke(login, actor=user.actor, reason="sign_out")


def _factor_used(
    sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, reauthenticated: bool, **_: Any
) -> None:
    """The step-up: a second factor shown in the middle of a session. (At sign-in there is no session yet.)"""
    passkeys.check(request, user, authenticator)
    login = guard.request_login(request)
    if reauthenticated and login is not None:
        sessions.prove_mfa(login)


def _factor_added(sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Setting up a factor proves it: the person just entered a code of it."""
    login = guard.request_login(request)
    if login is not None and authenticator.type != Authenticator.Type.RECOVERY_CODES:
        sessions.prove_mfa(login)
    _note(user, authenticator, "added")


def _factor_removed(sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Without any factor left nothing counts as proved any more, in no session of this person."""
    if not guard.has_factor(user):
        sessions.forget_mfa(user)
    _note(user, authenticator, "removed")


def _codes_renewed(sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    _note(user, authenticator, "renewed")


def _note(user: User, authenticator: Authenticator, change: str) -> None:
    facts = {"person": user.actor, "kind": str(authenticator.type), "change": change}
    with transaction.atomic():
        journal.record(Entry(event=Event.MFA_CHANGED, actor=user.actor, data=facts))


def _password_changed(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    """Whoever knew the old password is out; the one who changed it stays, under the new key of the web session."""
    mine = guard.request_login(request)
    request.session.pop(guard.PASSWORD_DUE, None)
    with transaction.atomic():
        sessions.revoke_all(user, actor=user.actor, reason="password_changed", keep=mine)
        if mine is not None:
            sessions.follow(mine, str(request.session.session_key))


def connect() -> None:
    """Follow Django's and allauth's signals; called once when the application starts."""
    lockout.connect()
    for signal, follower in (
        (user_logged_in, _opened),
        (user_logged_out, _closed),
        (password_changed, _password_changed),
        (password_set, _password_changed),
        (authenticator_used, _factor_used),
        (authenticator_added, _factor_added),
        (authenticator_removed, _factor_removed),
        (authenticator_reset, _codes_renewed),
        (authentication_failed, lockout.wrong_code),
    ):
        signal.connect(follower, dispatch_uid=f"callwarden.{follower.__name__}")
