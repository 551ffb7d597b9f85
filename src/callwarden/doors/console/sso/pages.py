"""The addresses of single sign-on: off to the provider, and back."""

from __future__ import annotations

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from callwarden.doors.console.sso import oidc, saml
from callwarden.doors.console.sso.entering import refuse
from callwarden.kernel.errors import NotFound
from callwarden.protection.signin import identities
from callwarden.protection.signin.identities import Provider
from callwarden.protection.signin.providers import Saml


@login_not_required
@require_safe
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Send the person to the provider; `fresh` asks that they prove themselves anew there."""
    back, fresh = get_next_redirect_url(request), request.GET.get("fresh") == "1"
    provider = identities.find_provider(slug)
    if provider.saml is not None:
        return saml.ask(request, provider, provider.saml, back, fresh=fresh)
    try:
        answer: HttpResponse = oidc.Exchange(request, slug).get_provider().redirect(request, "login", back, fresh=fresh)
    except (RequestException, OAuth2Error, KeyError, ValueError):
        return refuse(request, "away", slug)
    return answer


@login_not_required
@require_safe
def callback(request: HttpRequest, slug: str) -> HttpResponse:
    """The answer of an OpenID provider."""
    if identities.find_provider(slug).saml is not None:
        raise _not_there()
    answer: HttpResponse = OAuth2CallbackView.adapter_view(oidc.Exchange(request, slug))(request)
    return answer


@csrf_exempt  # another site's page sends it; what it answers is bound to this browser's question instead
@login_not_required
@require_POST
def assertion(request: HttpRequest, slug: str) -> HttpResponse:
    """The answer of a SAML provider."""
    provider, how = _by_saml(slug)
    return saml.answer(request, provider, how)


@login_not_required
@require_safe
def metadata(request: HttpRequest, slug: str) -> HttpResponse:
    """What a SAML provider is told of this site."""
    provider, how = _by_saml(slug)
    return saml.metadata(request, provider, how)


def _by_saml(slug: str) -> tuple[Provider, Saml]:
    provider = identities.find_provider(slug)
    if provider.saml is None:
        raise _not_there()
    return provider, provider.saml


def _not_there() -> NotFound:
    return NotFound("no_such_provider", _("There is no such way to sign in here. Go back to sign-in."))
