"""From a provider's verified word to a session here."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.internal.flows.login import clear_authentication_records, record_authentication
from allauth.account.utils import perform_login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib.auth import logout
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from callwarden.protection.signin import arrivals, identities
from callwarden.protection.signin.arrivals import Arrived
from callwarden.protection.signin.identities import Provider, Told

log = logging.getLogger("callwarden.sign_in")
PATIENCE = 10
# What the web session carries until the second factor is shown: whose session at the provider it was, sealed.
ARRIVED = "sso_arrived"
FACTOR = "identity_provider"


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """How allauth meets identity providers here: set by the site alone, and nobody is registered by one."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[Any]:
        return []

    def get_requests_session(self) -> Any:
        """Calls to providers end in time and follow no redirect: a provider's addresses are what it says they are."""
        session = super().get_requests_session()
        plain = session.request

        def ask(method: str, url: str, **more: Any) -> Any:
            return plain(method, url, **{"allow_redirects": False, **more, "timeout": PATIENCE})

        session.request = ask
        return session

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """The last step of every answer: the person is found, or nobody enters. allauth's own steps never run."""
        raise ImmediateHttpResponse(enter(request, sociallogin))

    def on_authentication_error(self, request: HttpRequest, provider: Any, **_more: Any) -> None:
        raise ImmediateHttpResponse(refuse(request, "answer", provider.sub_id))


def enter(request: HttpRequest, answer: Any) -> HttpResponse:
    """Sign in whoever an OpenID provider named, as allauth hands it over."""
    provider = identities.find_provider(answer.provider.sub_id)
    told = answer.provider.told(answer)
    if told is None:
        return refuse(request, "answer", provider.slug)
    return admit(request, provider, told, answer.provider.arrived(answer), answer.state.get("next"))


def admit(request: HttpRequest, provider: Provider, told: Told, arrived: Arrived, then: str | None) -> HttpResponse:
    """Sign in whoever a provider named, verified, if they are registered here; then go on to `then`."""
    user = identities.recognise(provider, told)
    if user is None:
        return refuse(request, "unknown", provider.slug)
    if not user.is_active:
        user_login_failed.send(sender=__name__, credentials={"username": user.username}, request=request)
    if request.user.is_authenticated and request.user.pk != user.pk:
        logout(request)
    clear_authentication_records(request)
    record_authentication(request, user, "socialaccount", provider=provider.slug)
    if told.factor:
        record_authentication(request, user, "mfa", type=FACTOR, provider=provider.slug)
    request.session[ARRIVED] = [str(user.pk), arrivals.packed(arrived)]
    entered: HttpResponse = perform_login(request, user, email_verification="none", redirect_url=then)
    return entered


def refuse(request: HttpRequest, why: str, slug: str, *, detail: str = "") -> HttpResponse:
    """Say that nobody entered, and what to do; the reason stands in the log of this site, without the person."""
    log.warning(
        "sign_out_refused" if why == "leaving" else "sign_in_refused",
        extra={"provider": slug, "why": why, "detail": detail},
    )
    texts = {
        "answer": (
            _("That did not work"),
            _("The answer of the identity provider could not be accepted. Start again from the sign-in page."),
        ),
        "unknown": (
            _("You are not registered here"),
            _("The identity provider knows you, this site does not. Ask your security administrator to link you."),
        ),
        "leaving": (
            _("That did not work"),
            _("What the identity provider sent to sign you out could not be accepted. Sign out here yourself."),
        ),
        "away": (
            _("The identity provider does not answer"),
            _("Try again shortly, or sign in with your password or passkey."),
        ),
    }
    heading, text = texts[why]
    context = {"heading": heading, "text": text}
    return render(request, "account/sso_refused.html", context, status={"away": 503}.get(why, 403))


def accepted_factor(request: HttpRequest, user: Any) -> bool:
    """Whether this sign-in brought a second factor of a provider that counts here."""
    if request.session.get("account_authentication_methods_user") != str(user.pk):
        return False
    methods = request.session.get("account_authentication_methods", [])
    return any(one.get("method") == "mfa" and one.get("type") == FACTOR for one in methods)


def provider_of(request: HttpRequest, user: Any) -> str:
    """By which provider this sign-in came; empty: by none."""
    if request.session.get("account_authentication_methods_user") != str(user.pk):
        return ""
    methods = request.session.get("account_authentication_methods", [])
    return next((one.get("provider", "") for one in reversed(methods) if one.get("method") == "socialaccount"), "")


def app_of(provider: Provider, settings: dict[str, Any]) -> Any:
    """The provider as allauth wants it: never stored."""
    from allauth.socialaccount.models import SocialApp

    return SocialApp(
        provider="openid_connect",
        provider_id=provider.slug,
        name=provider.slug,
        client_id=provider.client_id,
        secret=provider.secret,
        settings=settings,
    )
