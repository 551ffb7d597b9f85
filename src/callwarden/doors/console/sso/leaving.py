"""Signing out at both ends: here and at the identity provider, whoever begins.

Whatever the provider does or fails to do, the session here has ended first. What it asks for counts only signed; what
it answers changes nothing here and is on record.

Source: OASIS SAML V2.0 Profiles section 4.4; OpenID Connect RP-Initiated Logout 1.0; OpenID Connect Back-Channel Logout
1.0.
"""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta
from typing import cast
from urllib.parse import urlencode

from allauth.account.views import LogoutView
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from requests import RequestException

from callwarden.doors.console.sso import oidc, saml
from callwarden.doors.console.sso.entering import refuse
from callwarden.kernel import clock
from callwarden.kernel.errors import NotFound
from callwarden.kernel.models import Session
from callwarden.protection.signin import arrivals, identities, replays, saml_keys
from callwarden.protection.signin.identities import Provider
from callwarden.protection.signin.models import Arrival
from callwarden.protection.signin.providers import Saml, providers
from callwarden.protection.signin.saml import leaving
from callwarden.protection.signin.saml.answers import FRESH, SKEW
from callwarden.protection.signin.saml.descriptions import over_tls
from callwarden.protection.signin.saml.documents import LONGEST, Unacceptable
from callwarden.protection.signin.saml.signatures import in_address, signed, signed_address

log = logging.getLogger("callwarden.sign_in")
# A message is accepted for so long after it was written, and remembered for as long.
_REMEMBERED = FRESH + 2 * SKEW + timedelta(minutes=1)
_LONGEST_STATE = 1024


class SignOut(LogoutView):  # type: ignore[misc]
    """Ends the session here; then its person is led to the provider it began at, to end that one too."""

    def post(self, *args: object, **kwargs: object) -> HttpResponse:
        way = _way_out(self.request)
        answer = cast(HttpResponse, super().post(*args, **kwargs))
        if way is None:
            return answer
        label, address = way
        return render(self.request, "account/sso_leaving.html", {"name": label, "address": address})


def _way_out(request: HttpRequest) -> tuple[str, str] | None:
    """(name of the provider, address at which its session ends too). None: there is no such session, or no such way."""
    login = getattr(request, "login", None)
    arrival = arrivals.of(login) if isinstance(login, Session) else None
    provider = providers().get(arrival.provider) if arrival is not None else None
    if arrival is None or provider is None or not provider.single_logout:
        return None
    how = provider.saml
    found = _by_token(request, provider, arrival) if how is None else _by_message(request, provider, how, arrival)
    if found is None:
        return None
    name, address = found
    arrivals.asked(arrival, provider, name)
    return provider.label, address


def _by_message(request: HttpRequest, provider: Provider, how: Saml, arrival: Arrival) -> tuple[str, str] | None:
    """(id, address) of a signed LogoutRequest."""
    told, key = arrivals.told(arrival), saml_keys.signing()
    if not how.sign_out_url or key is None or "format" not in told:
        return None
    who = leaving.Named(told["name"], told["format"], told["qualifier"], told["site_qualifier"])
    name, document = leaving.wish(_parties(request, provider), who, told["index"], where=how.sign_out_url)
    return name, signed_address(how.sign_out_url, leaving.REQUEST, document, key=key.private)


def _by_token(request: HttpRequest, provider: Provider, arrival: Arrival) -> tuple[str, str] | None:
    """(state, address) of RP-initiated logout, where the provider has it."""
    told = arrivals.told(arrival)
    where = told.get("end_session_endpoint", "")
    if not over_tls(where):
        return None
    state = secrets.token_urlsafe(24)
    back = request.build_absolute_uri(reverse("sso_signed_out", args=[provider.slug]))
    asked = {"client_id": provider.client_id, "post_logout_redirect_uri": back, "state": state}
    if hint := told.get("id_token", ""):
        asked["id_token_hint"] = hint
    return state, f"{where}{'&' if '?' in where else '?'}{urlencode(asked)}"


@csrf_exempt  # a provider's page sends it; a signature of the provider stands for the token
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def by_saml(request: HttpRequest, slug: str) -> HttpResponse:
    """What a SAML provider says of signing out: it wants sessions ended, or it answers our wish."""
    provider = identities.find_provider(slug)
    if provider.saml is None:
        raise NotFound("no_such_provider", _("There is no such way to sign in here. Go back to sign-in."))
    given = request.POST if request.method == "POST" else request.GET
    try:
        if leaving.REQUEST in given:
            return _end(request, provider, provider.saml)
        return _note(request, provider, provider.saml)
    except Unacceptable as error:
        return refuse(request, "leaving", slug, detail=error.why)


def _end(request: HttpRequest, provider: Provider, how: Saml) -> HttpResponse:
    document, relay_state = _proved(request, how, leaving.REQUEST)
    parties = _parties(request, provider)
    wish = leaving.read_wish(document, parties)
    with transaction.atomic():
        if not replays.spend(provider.authority, f"leave:{wish.id}", until=clock.now() + _REMEMBERED):
            raise Unacceptable("replayed")
        arrivals.end(provider, name=wish.who.name, indexes=wish.indexes)
    key = saml_keys.signing()
    if not how.sign_out_answers_at or key is None:
        return _back_here(request)
    answer = leaving.outcome(parties, wish.id, where=how.sign_out_answers_at)
    return HttpResponseRedirect(
        signed_address(how.sign_out_answers_at, leaving.RESPONSE, answer, key=key.private, relay_state=relay_state)
    )


def _note(request: HttpRequest, provider: Provider, how: Saml) -> HttpResponse:
    document, _state = _proved(request, how, leaving.RESPONSE)
    outcome = leaving.read_outcome(document, _parties(request, provider))
    if not arrivals.answered(provider, outcome.answers, ended=outcome.ended):
        raise Unacceptable("not_asked")
    if outcome.ended:
        return _back_here(request)
    log.warning("sign_out_not_ended", extra={"provider": provider.slug})
    return _still_there(request, provider)


def _proved(request: HttpRequest, how: Saml, name: str) -> tuple[leaving.Element, str]:
    """(the message as the provider signed it, what it wants back with the answer)."""
    if request.method == "POST":
        written = request.POST.get(name, "")
        if len(written) > LONGEST * 2:
            raise Unacceptable("too_long")
        document = signed(leaving.parsed(saml.decoded(written)), how.certificates)
        relay_state = request.POST.get("RelayState", "")
    else:
        carried = in_address(request.META.get("QUERY_STRING", ""), name, how.certificates)
        document, relay_state = leaving.parsed(carried.document), carried.relay_state
    if len(relay_state) > _LONGEST_STATE:
        raise Unacceptable("too_long")
    return document, relay_state


def _parties(request: HttpRequest, provider: Provider) -> leaving.Parties:
    return leaving.Parties(
        provider=provider.authority,
        site=saml.our_name(request, provider.slug),
        here=saml.leaves_at(request, provider.slug),
        now=clock.now(),
        keys=saml_keys.opening,
    )


@login_not_required
@never_cache
@require_safe
def signed_out(request: HttpRequest, slug: str) -> HttpResponse:
    """Where an OpenID provider sends the browser after its session ended."""
    provider = identities.find_provider(slug)
    state = request.GET.get("state", "")
    if provider.saml is None and state:
        arrivals.answered(provider, state, ended=True)
    return _back_here(request)


@csrf_exempt  # the provider itself asks; its signature stands for the token
@login_not_required
@never_cache
@require_POST
def back_channel(request: HttpRequest, slug: str) -> HttpResponse:
    """An OpenID provider wants sessions ended, and says so without a browser in between."""
    provider = identities.find_provider(slug)
    if provider.saml is not None:
        raise NotFound("no_such_provider", _("There is no such way to sign in here. Go back to sign-in."))
    try:
        said = oidc.Exchange(request, slug).judge_logout(request.POST.get("logout_token", ""))
        with transaction.atomic():
            if not replays.spend(provider.authority, f"leave:{said.id}", until=clock.now() + _REMEMBERED):
                raise OAuth2Error("The token was used before.")
            arrivals.end(provider, name=said.subject, indexes=[said.session] if said.session else [])
    except (OAuth2Error, RequestException, KeyError, TypeError, ValueError) as error:
        log.warning("sign_out_refused", extra={"provider": slug, "detail": type(error).__name__})
        return JsonResponse({"error": "invalid_request"}, status=400)
    return HttpResponse(status=200)


def _back_here(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(resolve_url("account_login"))


def _still_there(request: HttpRequest, provider: Provider) -> HttpResponse:
    messages.warning(
        request,
        _("You are signed out here. %(provider)s says that you are still signed in there; sign out there as well.")
        % {"provider": provider.label},
    )
    return _back_here(request)
