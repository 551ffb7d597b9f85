"""Between the browser's session and ours: every page has a live, revocable session, and a second factor behind it.

Middleware after authentication. A session that was revoked ends at the next request; permits bound to it end with it.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import Any

from allauth.mfa.signals import authenticator_added
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils import timezone

from callwarden.flows.actors import Actor
from callwarden.kernel import sessions
from callwarden.kernel.models import User

# Where somebody without a second factor may go: to set one up, or away.
_WITHOUT_FACTOR = ("/accounts/", "/static/", "/preferences/")


class SessionGuard:
    """Sets `request.login` (our session), `request.actor` and `request.session_ends_at` for signed-in people."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self._get_response(request)
        login = sessions.find(request.session.session_key)
        if login is None or login.user_id != request.user.pk or not request.user.is_active:
            logout(request)
            return HttpResponseRedirect(resolve_url(settings.LOGIN_URL))
        sessions.touch(login)
        request.login = login  # type: ignore[attr-defined]
        request.actor = Actor.person(login.user, login)  # type: ignore[attr-defined]
        request.session_ends_at = login.expires_at  # type: ignore[attr-defined]
        if login.mfa_at is None and not login.demo and not request.path.startswith(_WITHOUT_FACTOR):
            return HttpResponseRedirect(resolve_url("mfa_activate_totp"))
        with timezone.override(_zone(login.user)):
            return self._get_response(request)


def _zone(user: User) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(user.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")


def _opened(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    if request.session.session_key is None:
        request.session.save()
    route = request.resolver_match
    demo = settings.DEMO and route is not None and route.url_name == "demo_enter"
    methods = request.session.get("account_authentication_methods", [])
    mfa = any(method.get("method") == "mfa" for method in methods)
    sessions.open(user, str(request.session.session_key), mfa=mfa, demo=demo)


def _closed(sender: Any, request: HttpRequest, user: User | None, **_: Any) -> None:
    login = sessions.find(request.session.session_key)
    if login is not None and user is not None:
        sessions.revoke(login, actor=user.actor, reason="sign_out")


def _factor_added(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    """Setting up a factor proves it: the person just entered a code of it."""
    login = sessions.find(request.session.session_key)
    if login is not None:
        sessions.prove_mfa(login)


def connect() -> None:
    """Follow Django's and allauth's signals; called once when the application starts."""
    user_logged_in.connect(_opened, dispatch_uid="callwarden.session_opened")
    user_logged_out.connect(_closed, dispatch_uid="callwarden.session_closed")
    authenticator_added.connect(_factor_added, dispatch_uid="callwarden.factor_added")
