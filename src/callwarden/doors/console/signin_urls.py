"""Addresses of signing in. allauth brings more than this product offers; the rest answers "not found".

Closed are signing up, resetting passwords by mail, changing one's e-mail address, codes by mail: an account is opened,
and its password reset, by a security administrator. Their names stay known, because allauth asks for some of them.
"""

from __future__ import annotations

from allauth.account.urls import urlpatterns as account_patterns
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from callwarden.doors.console.sso import leaving
from callwarden.doors.console.sso import pages as sso

OPEN = frozenset(
    {
        "account_login",
        "account_inactive",
        "account_signup",  # a page that says who opens accounts
        "account_reauthenticate",
        "account_change_password",
    }
)


def closed(_request: HttpRequest, **_arguments: str) -> HttpResponse:
    raise Http404


def _offered(pattern: URLPattern) -> URLPattern:
    return pattern if pattern.name in OPEN else URLPattern(pattern.pattern, closed, name=pattern.name)


urlpatterns: list[URLPattern | URLResolver] = [
    path("logout/", leaving.SignOut.as_view(), name="account_logout"),
    *(_offered(pattern) for pattern in account_patterns if pattern.name != "account_logout"),
    path("2fa/", include("allauth.mfa.urls")),
    path("sso/<slug:slug>/", sso.start, name="sso_start"),
    path("sso/<slug:slug>/callback/", sso.callback, name="sso_callback"),
    path("sso/<slug:slug>/answer/", sso.assertion, name="sso_answer"),
    path("sso/<slug:slug>/metadata/", sso.metadata, name="sso_metadata"),
    path("sso/<slug:slug>/leave/", leaving.by_saml, name="sso_leave"),
    path("sso/<slug:slug>/signed-out/", leaving.signed_out, name="sso_signed_out"),
    path("sso/<slug:slug>/back-channel/", leaving.back_channel, name="sso_back_channel"),
]
