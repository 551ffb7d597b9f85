"""A version in shadow: putting it there, and what it would have decided otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.db.models import Q, Sum
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.control.access import actions
from callwarden.control.access.models import ShadowCount
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.chapters.asking import CHANGE
from callwarden.doors.console.chapters.words import action_label, category_label, role_label
from callwarden.doors.console.components import Badge, Crumb, Empty, Fact, Option, Row, Text
from callwarden.doors.console.labels import purpose_label
from callwarden.doors.console.listing import Column, Filter, ListQuery, Table, render_list
from callwarden.doors.console.matrix import tables
from callwarden.doors.console.matrix.forms import ShadowForm
from callwarden.doors.console.matrix.grid import ORDER
from callwarden.doors.console.matrix.pages import crumbs, find, home_crumb, version_label
from callwarden.doors.console.matrix.words import joined, reason_label
from callwarden.doors.console.navigation import OVERSEE
from callwarden.doors.console.signed_in import ConsoleRequest

Outcome = ShadowCount.Outcome
LOOKS = {
    Outcome.SAME: ("pass", "check"),
    Outcome.OPENS: ("warn", "lock-open"),
    Outcome.CLOSES: ("fail", "lock"),
    Outcome.REASONS: ("info", "info-circle"),
    Outcome.ERROR: ("fail", "alert-triangle"),
}
DIFFERENT = (Outcome.OPENS, Outcome.CLOSES, Outcome.REASONS, Outcome.ERROR)
COLUMNS = (
    Column("outcome", _("In shadow")),
    Column("roles", _("Role"), sortable=True),
    Column("action", _("Act")),
    Column("category", _("Kind of data")),
    Column("purpose", _("Purpose")),
    Column("reason", _("Why")),
    Column("count", _("Decisions"), sortable=True, end=True),
    Column("last_at", _("Last"), sortable=True),
)
FILTERS = (
    Filter("outcome", _("In shadow"), options=[Option(one, one.label) for one in (*DIFFERENT, Outcome.SAME)]),
    Filter("action", _("Act"), options=[Option(one, action_label(one)) for one in ORDER]),
)
EMPTY = Empty(
    _("No difference so far"),
    _("Each real decision is asked of the version in shadow, too. What it would decide otherwise is counted here."),
    "check",
)


@dataclass(frozen=True)
class Bars:
    """Of the decisions of each role, how many the shadow would have taken otherwise; widths are of 100."""

    template: ClassVar[str] = "console/matrix/bars.html"
    rows: list[tuple[Text, int, int, int, float, float]]
    caption: Text


@for_roles(CHANGE)
@require_POST
def begin(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Put a draft into shadow."""
    form = ShadowForm(request.POST)
    sample = form.cleaned_data["sample"] if form.is_valid() else 0
    return do(
        request,
        lambda: actions.put_into_shadow(find(pk), sample=sample, actor=request.actor.name),
        said=_("The version is in shadow. It is asked about real decisions and decides none."),
        then=reverse("console:matrix_version", args=[pk]),
    )


@for_roles(OVERSEE)
@require_safe
def counts(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """What the version would have decided otherwise, counted by role, act and reason."""
    one = find(pk)
    query = ListQuery.read(request, COLUMNS, FILTERS, sort="-count")
    every = ShadowCount.objects.filter(version=one)
    found = every.filter(outcome=query.values["outcome"]) if query.values["outcome"] else every.filter(
        outcome__in=DIFFERENT
    )  # fmt: skip
    if action := query.values["action"]:
        found = found.filter(action=action)
    found = found.order_by(query.sort, "pk")
    rows = [_row(count) for count in found[query.start : query.start + query.size]]
    table = Table("shadow", _("Differences"), COLUMNS, rows, query, found.count(), EMPTY, filters=FILTERS)
    totals = {outcome: 0 for outcome in Outcome}
    for outcome, number in every.values_list("outcome").annotate(number=Sum("count")):
        totals[Outcome(outcome)] = int(number)
    context = {
        "version": one,
        "badge": tables.badge(one),
        "title": _("Version %(number)s in shadow") % {"number": one.version},
        "facts": [
            Fact(_("In shadow from"), one.shadowed_at),
            Fact(_("Asked about, of a hundred decisions"), one.sample),
            Fact(_("Decisions asked about"), sum(totals.values())),
            *(Fact(outcome.label, totals[outcome]) for outcome in Outcome),
        ],
        "total": sum(totals.values()),
        "bars": _bars(one.pk),
        "may_change": holds(request, CHANGE),
        "crumbs": crumbs(
            home_crumb(), Crumb(version_label(one), reverse("console:matrix_version", args=[pk])), Crumb(_("In shadow"))
        ),
    }
    return render_list(request, "console/matrix/shadow.html", table, context)


def roles_told(roles: str) -> str:
    return joined(role_label(role) for role in roles.split("+"))


def _row(count: ShadowCount) -> Row:
    outcome = Outcome(count.outcome)
    return Row(
        (
            Badge(outcome.label, *LOOKS[outcome]),
            roles_told(count.roles),
            action_label(count.action),
            category_label(count.category),
            purpose_label(count.purpose),
            reason_label(count.reason) if count.reason else "",
            count.count,
            count.last_at,
        )
    )


def _bars(version: UUID) -> Bars:
    found = (
        ShadowCount.objects.filter(version=version)
        .values("roles")
        .annotate(
            total=Sum("count"),
            opens=Sum("count", filter=Q(outcome=Outcome.OPENS), default=0),
            closes=Sum("count", filter=Q(outcome=Outcome.CLOSES), default=0),
        )
        .order_by("-total")[:12]
    )
    rows: list[tuple[Text, int, int, int, float, float]] = []
    for one in found:
        total, opens, closes = int(one["total"]), int(one["opens"]), int(one["closes"])
        # A difference that is there is seen, however small its share.
        widths = [max(1.5, 100 * part / total) if part else 0.0 for part in (opens, closes)]
        rows.append((roles_told(one["roles"]), total, opens, closes, round(widths[0], 1), round(widths[1], 1)))
    return Bars(rows, _("By role"))
