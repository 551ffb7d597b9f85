"""The calendar of retention."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from callwarden.doors.console.access import for_roles, holds
from callwarden.doors.console.chapters.asking import CHANGE
from callwarden.doors.console.components import Action, Crumb
from callwarden.doors.console.navigation import OVERSEE
from callwarden.doors.console.retention import tables
from callwarden.lawful.retention.calendar import calendar as read_calendar


@for_roles(OVERSEE)
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """What goes when, what waits for what, which periods laws set."""
    told = read_calendar()
    change = Action(_("Change a rule"), reverse("console:retention"), "pencil", "primary")
    context = {
        "told": told,
        "next": f"{timezone.localtime(told.next_due):%Y-%m-%d}" if told.next_due else "",
        "open": sum(told.open.values()),
        "restricted": sum(told.restricted.values()),
        "chart": tables.chart(told),
        "months": tables.months_table(told),
        "waiting": tables.waiting_table(told),
        "statutes": tables.statutes_table(),
        "runs": tables.shown_runs(),
        "actions": (change,) if holds(request, CHANGE) else (),
        "crumbs": (Crumb(_("Lawful handling"), reverse("console:lawful")), Crumb(_("Retention calendar"))),
    }
    return render(request, "console/retention/calendar.html", context)


@for_roles(OVERSEE)
@require_safe
def live_runs(request: HttpRequest) -> HttpResponse:
    """The runs as they stand now."""
    return render(request, "console/retention/runs.html", {"runs": tables.shown_runs()})
