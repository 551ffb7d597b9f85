"""The periodic usage review: who opened how much, why, compared with those who do the same work."""

from __future__ import annotations

import csv
import io
from calendar import monthrange
from collections import defaultdict
from dataclasses import asdict
from datetime import date, timedelta

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.control.alerts import queries, reports
from callwarden.control.alerts.models import UsageReport
from callwarden.control.alerts.queries import Use
from callwarden.custody.models import Line
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.alerts.charts import Share, Spread
from callwarden.doors.console.alerts.forms import LookForm, MonthForm, months
from callwarden.doors.console.alerts.pages import crumbs
from callwarden.doors.console.audit import enquiry
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Chips, Crumb, Empty, Fact, Facts, Row, Text
from callwarden.doors.console.deeds import named_actor
from callwarden.doors.console.labels import purpose_label
from callwarden.doors.console.navigation import PROVE, WATCH
from callwarden.doors.console.shell import role_name
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import reviewing
from callwarden.flows.names import named
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import NotFound
from callwarden.kernel.events import Event
from callwarden.kernel.models import User
from callwarden.kernel.spreadsheets import inert

_TAKEN: tuple[str, ...] = (
    *("actor", "peers", "days", "accesses", "per_day", "peers_per_day", "unexplained", "peers_unexplained"),
    *("reveals", "originals", "exports", "searches", "refused", "alerts"),
)
HEADINGS: tuple[Text, ...] = (
    _("Who"),
    _("Alerts"),
    pgettext_lazy("usage review", "Opened"),
    _("A day, and peers"),
    _("Without a reason, and peers"),
    _("Revealed, originals, exports"),
    _("Refused"),
    _("For"),
)


@for_roles(WATCH)
@require_safe
def usage(request: ConsoleRequest) -> HttpResponse:
    """One month of everybody, whoever differs most from their peers first."""
    first, last = _month(request.GET.get("month", ""))
    used = queries.usage(first, last)
    enquiry.enter(request, "usage", {"month": f"{first:%Y-%m}"}, rows=len(used))
    names = {user.actor: user.get_full_name() for user in User.objects.all()}
    rows = [_row(one, names) for one in used[:500]]
    empty = Empty(
        _("Nobody opened anything in this month"),
        _("Choose another month. Counting begins when the watch begins."),
        "report-search",
    )
    signed = UsageReport.objects.select_related("looked_by").filter(month=first).first()
    context = {
        "month": first,
        "report": signed,
        "reported": _reported(signed),
        "own_use": signed is not None and reports.own_use(signed, request.user),
        "late": [one.month for one in reports.waiting(clock.now())],
        "look_form": LookForm() if signed is not None and signed.looked_at is None else None,
        "may_prove": holds(request, PROVE),
        "form": MonthForm(initial={"month": first.strftime("%Y-%m")}),
        "table": PlainTable(_("Who opened what"), HEADINGS, rows, empty),
        "spreads": _spreads(used, names),
        "covered": queries.coverage(first, until=last + timedelta(days=1)),
        "crumbs": crumbs(Crumb(_("Usage review"))),
    }
    return render(request, "console/alerts/usage.html", context)


def _reported(report: UsageReport | None) -> Facts | None:
    if report is None:
        return None
    facts = [Fact(_("Signed"), report.made_at), Fact(_("People in it"), report.people)]
    if report.looked_by is not None:
        facts += [Fact(_("Looked at by"), report.looked_by.get_full_name()), Fact(_("Looked at"), report.looked_at)]
    return Facts(facts)


@for_roles(WATCH)
@require_POST
def look(request: ConsoleRequest) -> HttpResponse:
    """Say what one saw in the review of a month."""
    first, _last = _month(request.POST.get("month", ""))
    form = LookForm(request.POST)
    saw = form.cleaned_data["saw"] if form.is_valid() else ""
    return do(
        request,
        lambda: reports.look(first, by=request.user, saw=saw, session=request.actor.session),
        said=_("It is on record that you looked, and what you saw is sealed beside the log."),
        then=reverse("console:usage") + f"?month={first:%Y-%m}",
    )


@for_roles(PROVE)
@require_safe
def report(request: ConsoleRequest, month: str) -> HttpResponse:
    """The review of a month as a file that is checked without this system."""
    first, _last = _month(month)
    found = UsageReport.objects.filter(month=first).first()
    if found is None or f"{first:%Y-%m}" != month:
        raise NotFound("no_usage_report", _("This month has no report. It is made when the month is over."))
    enquiry.enter(request, "usage_report", {"month": month}, rows=found.people)
    response = HttpResponse(reviewing.document(found), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="usage-{month}{reviewing.SUFFIX}"'
    response["Cache-Control"] = "no-store"
    return response


def _row(one: Use, names: dict[str, str]) -> Row:
    days = ngettext("%(count)s day", "%(count)s days", one.days) % {"count": one.days}
    return Row(
        (
            names.get(one.actor) or named_actor(one.actor),
            one.alerts or "",
            gettext("%(opened)s in %(days)s") % {"opened": one.accesses, "days": days},
            f"{one.per_day:.0f} / {one.peers_per_day:.0f}",
            Share(one.unexplained, one.peers_unexplained),
            f"{one.reveals} · {one.originals} · {one.exports}",
            one.refused or "",
            Chips([purpose_label(purpose) for purpose, _count in one.by_purpose[:3]]),
        )
    )


def _spreads(used: list[Use], names: dict[str, str]) -> list[Spread]:
    """For each group of three or more: accesses a day of its members, on one line."""
    groups: dict[str, list[Use]] = defaultdict(list)
    for one in used:
        groups[one.peers].append(one)
    return [
        Spread(
            _roles_of(peers),
            [(names.get(one.actor) or str(named_actor(one.actor)), one.per_day) for one in members],
            members[0].peers_per_day,
        )
        for peers, members in sorted(groups.items(), key=lambda pair: -len(pair[1]))
        if len(members) >= 2
    ][:6]


def _roles_of(peers: str) -> str:
    """A peer group in words: its roles, and the lines it works for."""
    roles, _slash, lines = peers.partition("/")
    named_roles = " + ".join(str(role_name(role)) for role in roles.split("+"))
    starts = lines.split(",")
    found = [str(named(line)) for line in Line.objects.order_by("slug") if str(line.pk)[:8] in starts]
    return f"{named_roles} · {', '.join(found)}" if found else named_roles


def _month(text: str) -> tuple[date, date]:
    first = next((one for one in months() if one.strftime("%Y-%m") == text), months()[0])
    return first, first.replace(day=monthrange(first.year, first.month)[1])


@for_roles(WATCH)
@require_POST
def export(request: ConsoleRequest) -> HttpResponse:
    """The month as a table to take away. That it was taken, and by whom, is in the log before the file leaves."""
    first, last = _month(request.POST.get("month", ""))
    used = queries.usage(first, last)
    with transaction.atomic(durable=True):
        journal.record(
            journal.Entry(
                event=Event.USAGE_REVIEWED,
                actor=request.actor.name,
                session=request.actor.session,
                count=len(used),
                data={"month": first.strftime("%Y-%m")},
            )
        )
    body = io.StringIO()
    write = csv.DictWriter(body, _TAKEN, extrasaction="ignore")
    write.writeheader()
    for one in used:
        told = asdict(one)
        numbers = {name: f"{told[name]:.4g}" for name in _TAKEN if isinstance(told[name], float)}
        words = {name: inert(told[name]) for name in _TAKEN if isinstance(told[name], str)}
        write.writerow(told | numbers | words)
    response = HttpResponse(body.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="usage-{first:%Y-%m}.csv"'
    response["Cache-Control"] = "no-store"
    return response
