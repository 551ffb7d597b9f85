"""The list of calls, and one call."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from callwarden.custody.categories import Category
from callwarden.custody.models import Call
from callwarden.doors.console import purposes
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.calls import listed, opened
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Crumb
from callwarden.doors.console.labels import purpose_label
from callwarden.doors.console.listing import render_list
from callwarden.doors.console.navigation import CHECK, CORRECTS, SEE_CALLS
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.calls import find_call, open_call
from callwarden.flows.identify import take_apart

SEARCHED = (Category.TRANSCRIPT_REDACTED,)


@for_roles(SEE_CALLS)
@require_http_methods(["GET", "POST"])
def calls(request: ConsoleRequest) -> HttpResponse:
    """Calls on the viewer's lines. Words to search for come by POST alone, so that they stand in no address."""
    searchable = purposes.open_to(request.actor, "search", SEARCHED)
    purpose = purposes.chosen(request, searchable)
    page = listed.page_of(request, client_of(request), purpose)
    context = {
        "searched_for": purpose_label(purpose) if purpose else "",
        "turned_away": page.turned_away,
        "may_import": listed.may_import(request),
    }
    return render_list(request, "console/calls/list.html", page.table, context)


@for_roles(SEE_CALLS)
@require_GET
def call(request: ConsoleRequest, call: UUID) -> HttpResponse:
    """One call, as far as the chosen purpose goes."""
    found = find_call(request.actor, client_of(request).id, call)
    allowed = opened.purposes_of(request.actor, found)
    view = open_call(request.actor, found, purpose=purposes.chosen(request, allowed))
    context = opened.context_of(request, view, purposes.options(allowed))
    context["may_correct"] = holds(request, CORRECTS)
    context["may_check"] = holds(request, CHECK) and found.redaction == Call.Redaction.DONE
    context["crumbs"] = (Crumb(_("Calls"), reverse("console:calls")), Crumb(context["title"]))
    return render(request, "console/calls/call.html", context)


@for_roles(CORRECTS)
@require_POST
def not_this_customer(request: ConsoleRequest, call: UUID) -> HttpResponse:
    """Take back that a call was with the customer it was taken to be with."""
    found = find_call(request.actor, client_of(request).id, call)
    return do(
        request,
        lambda: take_apart(request.actor, found, reason=request.POST.get("reason", "")),
        said=_("The customer does not belong to this call any more. The correction is on record."),
        then=reverse("console:call", args=[call]),
    )
