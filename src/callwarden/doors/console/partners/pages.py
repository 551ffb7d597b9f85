"""The register, one partner, registering one and correcting what is on record. Called by people of one client."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from callwarden.custody.models import LedgerEntry
from callwarden.custody.scope import client_scope
from callwarden.doors.console.access import for_roles, holds
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Action
from callwarden.doors.console.deeds import latest
from callwarden.doors.console.listing import ListQuery, Table, render_list
from callwarden.doors.console.partners import tables
from callwarden.doors.console.partners.finding import KEEP, SEE, STOP, back, crumbs, find, form_page
from callwarden.doors.console.partners.forms import LeftForm, PartnerForm, ReasonForm
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.names import named
from callwarden.flows.partners import risk_of
from callwarden.kernel.errors import CallwardenError
from callwarden.partners.register import actions, queries
from callwarden.partners.register.models import Partner
from callwarden.partners.register.terms import State


@for_roles(SEE)
@require_safe
def listing(request: ConsoleRequest) -> HttpResponse:
    """Everybody on record, by name, state, role or risk tier."""
    query = ListQuery.read(request, tables.COLUMNS, tables.FILTERS, sort="name")
    with client_scope(client_of(request).pk):
        found = [(one, risk_of(one)) for one in _matching(query)]
        if wanted := query.values["tier"]:
            # The tier is computed, never stored, so that it cannot be out of date.
            found = [(one, rated) for one, rated in found if rated is not None and str(rated.tier.value) == wanted]
        rows = [tables.row(one, rated) for one, rated in found[query.start : query.start + query.size]]
    table = Table(
        "partners",
        _("Register of partners"),
        tables.COLUMNS,
        rows,
        query,
        len(found),
        tables.EMPTY,
        filters=tables.FILTERS,
    )
    new_one = Action(_("Register a partner"), reverse("console:partner_new"), "plus", "primary")
    context = {"crumbs": crumbs(), "actions": (new_one,) if holds(request, KEEP) else ()}
    return render_list(request, "console/partners/list.html", table, context)


def _matching(query: ListQuery) -> list[Partner]:
    found = queries.partners().order_by(query.sort, "pk")
    if text := query.values["text"]:
        found = found.filter(queries.matching(text))
    state = query.values["state"]
    if state == tables.HERE:
        found = found.exclude(state__in=queries.GONE)
    elif state:
        found = found.filter(state=state)
    if role := query.values["role"]:
        found = found.filter(role=role)
    return list(found)


@for_roles(KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: ConsoleRequest) -> HttpResponse:
    """Put somebody on record, as a prospect."""
    form = PartnerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        client = client_of(request).pk
        try:
            with client_scope(client):
                made = actions.register(client, form.wish(), by=request.user, session=request.actor.session)
        except CallwardenError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, str(_("Registered. Say next what it does for us.")))
            return back(made.pk)
    title = _("Register a partner")
    lead = _("The legal entity as a public register knows it. Persons there are named later, and sealed.")
    away = reverse("console:partner_register")
    return form_page(request, {"form": form, "title": title, "lead": lead, "crumbs": crumbs(title), "away": away})


@for_roles(KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Correct what is on record."""
    with client_scope(client_of(request).pk):
        one = find(request, pk)
        form = PartnerForm(request.POST or None, partner=one)
    if request.method == "POST" and form.is_valid():
        try:
            with client_scope(one.client_id):
                actions.change(one, form.wish(), by=request.user, session=request.actor.session)
        except CallwardenError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, str(_("Changed.")))
            return back(pk)
    title = _("Change what is on record")
    context = {"form": form, "title": title, "lead": "", "crumbs": crumbs(named(one), title, pk), "away": back(pk).url}
    return form_page(request, context)


@for_roles(SEE)
@require_safe
def partner(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One partner: what it gets and how much depends on it, what comes next, what stands against that."""
    with client_scope(client_of(request).pk):
        one = find(request, pk)
        known = queries.facts_of(one)
        may_keep = holds(request, KEEP) and one.state != State.EXITED
        rated = risk_of(one)
        context = {
            "partner": one,
            "title": named(one),
            "badge": tables.badge(one),
            "facts": tables.facts(one),
            "tier": tables.tier(rated),
            "rated": rated,
            "unvetted": known.holds_data and not known.vetted,
            "steps": list(tables.offered(one, known)),
            "services": tables.services(one, may_keep=may_keep),
            "subs": tables.sub_processors(one, may_keep=may_keep),
            "contacts": tables.contacts(one, may_keep=may_keep, may_open=holds(request, STOP)),
            "may_keep": may_keep,
        }
    context |= {
        "left": LeftForm() if may_keep and one.state == State.EXITING and known.holds_data else None,
        "suspend": ReasonForm() if holds(request, STOP) and _can_stop(one) else None,
        "resume": ReasonForm() if holds(request, STOP) and one.state == State.SUSPENDED else None,
        "trail": latest(LedgerEntry.objects.filter(index__in=tables.entries_of(one)).order_by("-index"), request.user),
        "crumbs": crumbs(named(one)),
    }
    return render(request, "console/partners/partner.html", context)


def _can_stop(one: Partner) -> bool:
    return State.SUSPENDED in Partner.machine.next_states(one.state)
