"""Between the browser's session and ours: every page has a live, revocable session, and a second factor behind it.

Middleware after authentication. Nothing is reachable without a session but what is marked `login_not_required`, and
nothing without a second factor but setting one up and leaving. A session that was revoked ends at the next request,
each range of a recording that plays included; permits bound to it end with it.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _

from callwarden.doors.console import stepup
from callwarden.doors.console.lockout import DEVICE_COOKIE
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.doors.console.stepup import PROVIDER
from callwarden.flows.actors import Actor
from callwarden.kernel import sessions
from callwarden.kernel.models import Session, User
from callwarden.kernel.tokens import keyed
from callwarden.protection.signin.devices import LASTS
from callwarden.protection.signin.passwords import has_factor

__all__ = ["PROVIDER", "SessionGuard", "agent_of", "has_factor", "request_login"]

# Programs have doors of their own, which look at keys and addresses, never at a browser's session.
_MACHINES = ("/api/", "/scim/", "/healthz", "/readyz", "/metrics")
# Published to everybody: nobody's session is looked at, so that caches may keep these pages.
_PUBLISHED = ("/privacy/",)
_ALWAYS = frozenset({"account_logout", "sso_leave", "sso_signed_out", "console:set_language", "console:set_theme"})
# allauth leaves these to look after themselves.
_ANYONE = frozenset({"account_inactive", "mfa_login_webauthn"})
_WITHOUT_FACTOR = _ALWAYS | {"mfa_activate_totp", "mfa_add_webauthn", "account_reauthenticate"}
# A factor that was set up in another session is shown in this one.
_STEPS = {
    "mfa_activate_totp": frozenset[str](),
    "mfa_reauthenticate": frozenset({"mfa_reauthenticate", "mfa_reauthenticate_webauthn"}),
}
_STALE_PASSWORD = _ALWAYS | {
    "account_change_password",
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_view_recovery_codes",
    "mfa_download_recovery_codes",
}
# What the web session remembers of its sign-in: which browser it was, and why the password has to be changed.
AGENT, PASSWORD_DUE = "sign_in_agent", "password_due"


class SessionGuard:
    """Sets `request.login` (our session), `request.actor` and `request.session_ends_at` for signed-in people."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_MACHINES + _PUBLISHED):
            return self._get_response(request)
        if not request.user.is_authenticated:
            return _with_device(request, self._get_response(request))
        login = sessions.find(request.session.session_key)
        if login is None or login.user_id != request.user.pk or not request.user.is_active:
            logout(request)
            return _to_sign_in(request, ended=True)
        if request.session.get(AGENT, agent_of(request)) != agent_of(request):
            # The cookie has left the browser it was given to. Nobody goes on with it, its owner included.
            sessions.revoke(login, actor="door:console", reason="other_device")
            logout(request)
            return _to_sign_in(request, ended=True)
        sessions.touch(login)
        seen = cast(ConsoleRequest, request)  # by what is set here it becomes one
        seen.login, seen.actor, seen.session_ends_at = login, Actor.person(login.user, login), login.expires_at
        with timezone.override(_zone(login.user)):
            return _with_device(request, self._get_response(request))

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: object, kwargs: object
    ) -> HttpResponse | None:
        if request.path.startswith(_MACHINES + _PUBLISHED):
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        login = request_login(request)
        if login is None:
            open_to_all = name in _ANYONE or not getattr(view, "login_required", True)
            return None if open_to_all else _to_sign_in(request)
        if login.demo:
            return None if name in _ALWAYS or not request.path.startswith("/accounts/") else _away(request, "/")
        if login.mfa_at is None:
            # First the factor, then the password: whoever lacks both would otherwise be sent to and fro.
            step = _missing_step(login.user)
            return None if name in _WITHOUT_FACTOR | _STEPS[step] else _away(request, resolve_url(step))
        if PASSWORD_DUE in request.session and name not in _STALE_PASSWORD:
            return _away(request, resolve_url("account_change_password"))
        if request.method == "POST" and stepup.demands(name, _named(kwargs)) and stepup.is_stale(login):
            messages.warning(request, _("Confirm that it is you. Nothing has been done yet; then do it once more."))
            return _away(request, stepup.way(request, login))
        return None


def _named(arguments: object) -> Mapping[str, object]:
    return arguments if isinstance(arguments, dict) else {}


def agent_of(request: HttpRequest) -> str:
    """Which browser speaks, as a keyed token: what a stolen cookie does not bring along by itself."""
    return keyed("session-agent", request.headers.get("User-Agent", "")).hex()


def _with_device(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Let the browser keep the name by which it is known from the next sign-in on."""
    if value := getattr(request, "device_cookie", ""):
        response.set_cookie(
            DEVICE_COOKIE,
            value,
            max_age=LASTS,
            path=resolve_url(settings.LOGIN_URL).rsplit("login/", 1)[0],
            secure=settings.TLS,
            httponly=True,
            samesite="Lax",
        )
    return response


def _missing_step(user: User) -> str:
    """Where somebody goes whose second factor is not proved: to set one up, or to show the one they have."""
    return "mfa_reauthenticate" if has_factor(user) else "mfa_activate_totp"


def _to_sign_in(request: HttpRequest, *, ended: bool = False) -> HttpResponse:
    query = {"ended": "1"} if ended else {}
    if request.method == "GET" and _is_page(request) and request.path != "/":
        query["next"] = request.get_full_path()
    address = resolve_url(settings.LOGIN_URL)
    return _away(request, f"{address}?{urlencode(query)}" if query else address)


def _away(request: HttpRequest, address: str) -> HttpResponse:
    """Send the whole window there. What is not a page (a recording's range, a fragment) is told no instead."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": address})
    if not _is_page(request):
        return HttpResponse(status=401)
    return HttpResponseRedirect(address)


def _is_page(request: HttpRequest) -> bool:
    """Whether a browser asked for this to show it in the window; older browsers do not say."""
    if request.headers.get("HX-Request") == "true" or "Range" in request.headers:
        return False
    return request.headers.get("Sec-Fetch-Dest", "document") == "document"


def _zone(user: User) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(user.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")


def request_login(request: HttpRequest) -> Session | None:
    """The live session behind a request, if somebody is signed in."""
    found: Any = getattr(request, "login", None)
    return found if isinstance(found, Session) else None
