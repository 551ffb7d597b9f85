"""The years of the operation log: what each is, how it is taken away, and asking for the end of an old one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from callwarden.control.log_years import acts, queries
from callwarden.custody.models import LedgerYear
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.audit.taking import dialog, sent, why
from callwarden.doors.console.chapters.asking import CHANGE, AskForm
from callwarden.doors.console.components import Action, Badge, Crumb, Fact, Facts, Moment, Text
from callwarden.doors.console.navigation import PROVE
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import ledger_details
from callwarden.kernel import approvals
from callwarden.kernel.errors import NotFound

BADGES: dict[str, Badge] = {
    "goes_on": Badge(pgettext_lazy("log of a year", "Goes on"), "neutral", "player-play"),
    "unsealed": Badge(pgettext_lazy("log of a year", "Closed, its last head is not signed yet"), "warn", "hourglass"),
    "sealed": Badge(pgettext_lazy("log of a year", "Sealed"), "pass", "certificate"),
    "over": Badge(pgettext_lazy("log of a year", "Sealed; its time is over"), "warn", "clock"),
    "given_up": Badge(pgettext_lazy("log of a year", "Being destroyed"), "warn", "flame"),
    "erased": Badge(pgettext_lazy("log of a year", "Destroyed; its head stays"), "neutral", "trash"),
}


@dataclass(frozen=True)
class Shown:
    """A year with all that is said about it."""

    it: queries.Year
    badge: Badge
    facts: Facts
    note: str
    actions: tuple[Action, ...]


@for_roles(PROVE)
@require_safe
def years(request: ConsoleRequest) -> HttpResponse:
    """Every year of the log, the newest first. What is shown is published with every export; no entry is."""
    may_ask, may_export = holds(request, CHANGE), bool(ledger_details.may_export(request.actor))
    shown = [_shown(one, may_ask=may_ask, may_export=may_export) for one in queries.every()]
    crumbs = (Crumb(_("Audit"), reverse("console:audit")), Crumb(_("Years of the log")))
    return render(request, "console/audit/years.html", {"years": shown, "crumbs": crumbs})


def _shown(one: queries.Year, *, may_ask: bool, may_export: bool) -> Shown:
    actions = []
    if may_export and one.has_entries:
        where = reverse("console:ledger_year_export", args=[one.row.year])
        actions.append(Action(_("Take this year away"), where, "download", dialog=True))
    if one.asked is not None:
        where = reverse("console:approval", args=[one.asked.pk])
        actions.append(Action(_("See the request to destroy it"), where, "checkbox"))
    elif may_ask and one.state == "over":
        where = reverse("console:ledger_year_erase", args=[one.row.year])
        actions.append(Action(_("Ask to destroy it"), where, "trash", dialog=True))
    note = one.head.note if one.head else ""
    return Shown(one, BADGES[one.state], Facts(list(_facts(one))), note, tuple(actions))


def _facts(one: queries.Year) -> list[Fact]:
    row, head = one.row, one.head
    facts = [
        Fact(_("Name of the log"), row.origin),
        Fact(_("Begun"), Moment(row.opened_at)),
        Fact(_("Entries"), _entries(one)),
        Fact(_("Last head signed"), Moment(head.signed_at) if head else _("None yet")),
    ]
    if head:
        facts.append(Fact(_("Root of it"), bytes(head.root).hex()))
    facts.append(Fact(_("Kept until"), Moment(one.kept_until) if one.kept_until else _("It goes on")))
    if row.erased_at:
        facts.append(Fact(_("Destroyed at"), Moment(row.erased_at)))
    facts.append(Fact(_("Verification key"), row.key))
    return facts


def _entries(one: queries.Year) -> Text:
    last = one.row.first + one.entries - 1
    return f"{one.entries:,}" + (f" (#{one.row.first}–#{last})" if one.entries else "")


@for_roles(CHANGE)
def erase(request: ConsoleRequest, year: int) -> HttpResponse:
    """Ask that an old year be destroyed; a second person decides under Approvals."""
    row, here = _find(year), reverse("console:ledger_years")
    form = AskForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context: dict[str, Any] = {"form": form, "href": request.path, "back": here, "it": queries.of(row)}
        return dialog(request, "console/audit/year_erase.html", context, form)
    return do(
        request,
        lambda: approvals.request(
            acts.erasure(row),
            requester=request.user,
            reason=form.cleaned_data["reason"],
            session=request.actor.session,
        ),
        said=_("Asked. Somebody else has to approve it; then you carry it out under Approvals."),
        then=here,
    )


@for_roles(PROVE)
def export(request: ConsoleRequest, year: int) -> HttpResponseBase:
    """One year as a tar stream that `callwarden verify` checks with the key of that year."""
    row = _find(year)
    form = why(request, ledger_details.may_export(request.actor))
    if not form.is_valid():
        context = {"form": form, "href": request.path, "back": reverse("console:ledger_years"), "year": year}
        return dialog(request, "console/audit/export.html", context, form)
    return sent(request, form, name=f"ledger-{year}", year=row)


def _find(year: int) -> LedgerYear:
    row = LedgerYear.objects.filter(pk=year).first() if year < 10_000 else None
    if row is None:
        raise NotFound("no_such_year", _("The log has no such year. Go back to the list."))
    return row
