"""The addresses of single sign-on: off to the provider, and back."""

from __future__ import annotations

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from requests import RequestException

from callwarden.doors.console.sso import oidc
from callwarden.doors.console.sso.entering import refuse
from callwarden.protection.signin import identities


@login_not_required
@require_safe
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Send the person to the provider; `fresh` asks that they prove themselves anew there."""
    provider = oidc.Exchange(request, slug).get_provider()
    back, fresh = get_next_redirect_url(request), request.GET.get("fresh") == "1"
    try:
        answer: HttpResponse = provider.redirect(request, "login", back, fresh=fresh)
    except (RequestException, OAuth2Error, KeyError, ValueError):
        return refuse(request, "away", slug)
    return answer


@login_not_required
@require_safe
def callback(request: HttpRequest, slug: str) -> HttpResponse:
    """The answer of an OpenID provider."""
    identities.find_provider(slug)
    answer: HttpResponse = OAuth2CallbackView.adapter_view(oidc.Exchange(request, slug))(request)
    return answer
