"""The list of customers, and one customer."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from callwarden.custody.models import Customer
from callwarden.doors.console import purposes
from callwarden.doors.console.access import do, for_roles
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Crumb
from callwarden.doors.console.customers import listed, opened
from callwarden.doors.console.listing import render_list
from callwarden.doors.console.navigation import AGENT, CORRECTS, DPO, LEADER, SECURITY
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.identify import join, part
from callwarden.flows.people import find_by_number, find_customer, open_customer

VIEWERS = frozenset({AGENT, LEADER, DPO, SECURITY})
# What looking for the other record is written down for.
PURPOSE = "service"


@for_roles(VIEWERS)
@require_http_methods(["GET", "POST"])
def customers(request: ConsoleRequest) -> HttpResponse:
    """Masked profiles, and the look-up by exactly what a customer is known by, which comes by POST alone."""
    allowed = purposes.open_to(request.actor, "view_masked", opened.PROFILE)
    purpose = purposes.chosen(request, allowed)
    page = listed.page_of(request, client_of(request), purpose)
    context = {"purpose": purpose, "purposes": purposes.options(allowed), "lookup": page}
    return render_list(request, "console/customers/list.html", page.table, context)


@for_roles(VIEWERS)
@require_GET
def customer(request: ConsoleRequest, customer: UUID) -> HttpResponse:
    """One customer, as far as the chosen purpose goes."""
    found = find_customer(request.actor, client_of(request).id, customer)
    allowed = purposes.open_to(request.actor, "view_masked", opened.OPENED)
    view = open_customer(request.actor, found, purpose=purposes.chosen(request, allowed))
    context = opened.context_of(request, view, purposes.options(allowed))
    context["crumbs"] = (Crumb(_("Customers"), reverse("console:customers")), Crumb(context["title"]))
    context["same"] = opened.same_person(request, found)
    return render(request, "console/customers/customer.html", context)


@for_roles(CORRECTS)
@require_POST
def same_person(request: ConsoleRequest, customer: UUID) -> HttpResponse:
    """Say that another customer record is of the same person. Its number comes by POST alone."""
    found = find_customer(request.actor, client_of(request).id, customer)
    return do(
        request,
        lambda: join(request.actor, found, _other(request), reason=request.POST.get("reason", "")),
        said=_("The two records are of one person now. It is on record, and can be taken back."),
        then=reverse("console:customer", args=[customer]),
    )


def _other(request: ConsoleRequest) -> Customer:
    """The record that was proposed and chosen, or the one with the number that was typed."""
    client = client_of(request).id
    try:
        chosen = UUID(request.POST.get("other", ""))
    except ValueError:
        return find_by_number(request.actor, client, request.POST.get("number", ""), purpose=PURPOSE)
    return find_customer(request.actor, client, chosen)


@for_roles(CORRECTS)
@require_POST
def somebody_else(request: ConsoleRequest, customer: UUID) -> HttpResponse:
    """Take back that this record is of the same person as others."""
    found = find_customer(request.actor, client_of(request).id, customer)
    return do(
        request,
        lambda: part(request.actor, found, reason=request.POST.get("reason", "")),
        said=_("This record stands for itself again. The correction is on record."),
        then=reverse("console:customer", args=[customer]),
    )
