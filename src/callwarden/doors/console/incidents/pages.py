"""Reporting what may have harmed personal data, and the list of what was reported.

Anybody who is signed in may report; they see their own reports, those who oversee see all. What was noticed stays
sealed beside the log and is read there. Working an incident to its end belongs to the chapter on internal control.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from callwarden.custody.models import LedgerEntry
from callwarden.doors.console.access import for_roles, holds
from callwarden.doors.console.components import Badge, Crumb, Empty, Fact, Facts, Link, Row
from callwarden.doors.console.findings.words import severity_badge
from callwarden.doors.console.incidents.forms import KINDS, ReportForm
from callwarden.doors.console.listing import Column, ListQuery, Table, render_list
from callwarden.doors.console.navigation import EVERYBODY, OVERSEE, PROVE
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel import incidents
from callwarden.kernel.errors import CallwardenError, NotFound
from callwarden.kernel.models import Incident, Severity

State = Incident.State
COLUMNS = (
    Column("kind", _("What happened")),
    Column("severity", _("Severity")),
    Column("discovered_at", _("Discovered"), sortable=True),
    Column("opened_at", _("Reported"), sortable=True),
    Column("state", _("State")),
)
EMPTY = Empty(
    _("No incident"), _("Whoever notices that data may have been harmed reports it here, at once."), "alert-octagon"
)
_LOOKS = {
    State.SUSPECTED: ("warn", "flag"),
    State.CONFIRMED: ("fail", "alert-octagon"),
    State.CONTAINED: ("warn", "lock"),
    State.ERADICATED: ("info", "check"),
    State.NOTIFIED: ("info", "mail"),
    State.CLOSED: ("pass", "check"),
}


@for_roles(EVERYBODY)
@require_safe
def listing(request: ConsoleRequest) -> HttpResponse:
    """What was reported, the newest first."""
    query = ListQuery.read(request, COLUMNS, (), sort="-opened_at")
    found = _seen_by(request).order_by(query.sort, "pk")
    rows = [_row(one) for one in found[query.start : query.start + query.size]]
    table = Table("incidents", _("Incidents"), COLUMNS, rows, query, found.count(), EMPTY)
    return render_list(request, "console/incidents/page.html", table)


@for_roles(EVERYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: ConsoleRequest) -> HttpResponse:
    """Report one. Those who have to know are told at once, in a message without a word of what was noticed."""
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            opened = incidents.open(
                told["kind"],
                severity=Severity(told["severity"]),
                actor=request.actor.name,
                session=request.actor.session,
                summary=told["summary"],
                discovered_at=told["discovered_at"],
            )
        except CallwardenError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, str(_("Reported. Those who have to know have been told.")))
            return HttpResponseRedirect(reverse("console:incident", args=[opened.pk]))
    crumbs = (Crumb(_("Incidents"), reverse("console:incidents")), Crumb(_("Report an incident")))
    return render(request, "console/incidents/report.html", {"form": form, "crumbs": crumbs})


@for_roles(EVERYBODY)
@require_safe
def incident(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One report: what is known, and where what was noticed can be read."""
    one = _seen_by(request).filter(pk=pk).first()
    if one is None:
        raise NotFound("no_such_incident", _("There is no such incident, or it is not yours to see."))
    tone, icon = _LOOKS[State(one.state)]
    facts = [
        Fact(_("Severity"), severity_badge(one.severity)),
        Fact(_("Discovered"), one.discovered_at),
        Fact(_("Reported"), one.opened_at),
    ]
    context = {
        "title": KINDS.get(one.kind, one.kind),
        "badge": Badge(State(one.state).label, tone, icon),
        "facts": Facts(facts),
        "link": _where_it_is_told(request, one),
        "crumbs": (Crumb(_("Incidents"), reverse("console:incidents")), Crumb(KINDS.get(one.kind, one.kind))),
    }
    return render(request, "console/incidents/incident.html", context)


def _seen_by(request: ConsoleRequest) -> QuerySet[Incident]:
    if holds(request, OVERSEE):
        return Incident.objects.all()
    return Incident.objects.filter(opened_by=request.actor.name)


def _where_it_is_told(request: ConsoleRequest, one: Incident) -> Link | None:
    """The entry of the opening, for those who may prove; it is in the tree a moment after the report."""
    if not holds(request, PROVE):
        return None
    index = LedgerEntry.objects.filter(entry=one.entry).values_list("index", flat=True).first()
    return None if index is None else Link(_("Read what was noticed"), reverse("console:entry", args=[index]))


def _row(one: Incident) -> Row:
    tone, icon = _LOOKS[State(one.state)]
    return Row(
        (
            Link(KINDS.get(one.kind, one.kind), reverse("console:incident", args=[one.pk])),
            severity_badge(one.severity),
            one.discovered_at,
            one.opened_at,
            Badge(State(one.state).label, tone, icon),
        )
    )
