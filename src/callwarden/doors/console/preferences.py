"""What a viewer sets for the look of their own console; kept in a cookie, never in an account or address."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from callwarden.doors.console.shell import THEME_COOKIE, THEMES

ONE_YEAR = 365 * 24 * 3600


@login_not_required
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or the system's choice."""
    chosen = request.POST.get("theme", "")
    if chosen not in {name for name, _label, _icon in THEMES}:
        return HttpResponseBadRequest()
    response = HttpResponseRedirect(back(request))
    response.set_cookie(THEME_COOKIE, chosen, max_age=ONE_YEAR, secure=settings.TLS, samesite="Lax")
    return response


def back(request: HttpRequest) -> str:
    """The page the form came from, when it is one of ours."""
    asked = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if safe and asked.startswith("/") else "/"
