"""The day view: due soon, blocked, waiting for a second person, to confirm. It refreshes itself."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from callwarden.doors.console.access import for_roles
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Crumb
from callwarden.doors.console.day.lines import parts
from callwarden.doors.console.navigation import TODAY
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel import clock


@for_roles(TODAY)
@require_safe
def day(request: ConsoleRequest) -> HttpResponse:
    """Everything of the chosen client that needs somebody, the most urgent first in each part."""
    now = clock.now()
    context = {
        "parts": parts(client_of(request), request.user, now),
        "at": now,
        "crumbs": (Crumb(_("Lawful handling"), reverse("console:lawful")), Crumb(_("Today"))),
    }
    fragment = request.headers.get("HX-Target") == "day-live"
    response = render(request, "console/day/live.html" if fragment else "console/day/page.html", context)
    response["Vary"] = "HX-Target, Cookie"
    return response
