"""Take emergency access, watch it run, end it; and, as somebody else, review it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from callwarden.control.emergency import actions
from callwarden.control.emergency.models import EmergencyAccess
from callwarden.custody.categories import Category
from callwarden.custody.models import LedgerEntry
from callwarden.doors.console import purposes
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Action, Crumb, Facts, Text
from callwarden.doors.console.deeds import latest
from callwarden.doors.console.emergency import tables
from callwarden.doors.console.listing import ListQuery, Table, render_list
from callwarden.doors.console.navigation import AUDITOR, DPO, GLASS, SECURITY
from callwarden.doors.console.offering import offer
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import ledger_details
from callwarden.flows.actors import Actor
from callwarden.kernel.errors import CallwardenError, NotFound

OVERSEE = frozenset({DPO, SECURITY, AUDITOR})
END = frozenset({DPO, SECURITY})
State = EmergencyAccess.State


class BeginForm(forms.Form):
    purpose = forms.ChoiceField(label=_("Purpose"))
    reason = forms.CharField(
        label=_("What is the emergency?"),
        min_length=actions.SHORTEST_REASON,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Others read this today. Why can it not wait for somebody to approve it?"),
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found: list[str] = []
        for action in actions.ACTIONS:
            found += purposes.open_to(actor, action, Category.values)
        options = purposes.options(dict.fromkeys(found))
        offer(self, "purpose", [("", _("Choose a purpose")), *((one.value, one.label) for one in options)])


class ReviewForm(forms.Form):
    note = forms.CharField(
        label=_("What you looked at and found"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept sealed beside the log."),
    )


@for_roles(GLASS)
@require_safe
def listing(request: ConsoleRequest) -> HttpResponse:
    """One's own emergencies; for those who review, everybody's."""
    query = ListQuery.read(request, tables.COLUMNS, tables.FILTERS, sort="-starts_at")
    found = EmergencyAccess.objects.select_related("person", "reviewed_by").order_by(query.sort, "pk")
    if not holds(request, OVERSEE):
        found = found.filter(person=request.user)
    if state := query.values["state"]:
        found = found.filter(state=state)
    rows = [tables.row(one) for one in found[query.start : query.start + query.size]]
    caption: Text = _("Emergency access")
    table = Table(
        "emergencies", caption, tables.COLUMNS, rows, query, found.count(), tables.EMPTY, filters=tables.FILTERS
    )
    take = Action(_("Take emergency access"), reverse("console:emergency_begin"), "alert-octagon")
    context = {"actions": (take,) if actions.may_begin(request.user) else ()}
    return render_list(request, "console/emergency/list.html", table, context)


@for_roles(GLASS)
@require_http_methods(["GET", "POST"])
def begin(request: ConsoleRequest) -> HttpResponse:
    """Say why, once more read what follows, and begin."""
    form = BeginForm(request.actor, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            taken = actions.begin(
                client_of(request).id,
                purpose=form.cleaned_data["purpose"],
                reason=form.cleaned_data["reason"],
                by=request.user,
                session=request.actor.session,
            )
        except CallwardenError as error:
            form.add_error(None, str(error))
        else:
            messages.warning(request, str(_("Emergency access runs. Those who have to know have been told.")))
            return HttpResponseRedirect(reverse("console:emergency", args=[taken.pk]))
    context = {
        "form": form,
        "minutes": settings.EMERGENCY_MINUTES,
        "subjects": settings.EMERGENCY_SUBJECTS,
        "rows": settings.EMERGENCY_ROWS,
        "hours": round(settings.EMERGENCY_REVIEW_HOURS),
        "may_begin": actions.may_begin(request.user),
        "crumbs": _crumbs(_("Take emergency access")),
    }
    return render(request, "console/emergency/begin.html", context, status=422 if form.errors else 200)


@for_roles(GLASS)
@require_safe
def access(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One emergency: how it runs, what was opened, what others made of it."""
    one = _find(request, pk)
    mine = one.person_id == request.user.pk
    entries = LedgerEntry.objects.filter(entry__in=one.openings.values("entry")).order_by("-index")
    reviewable = one.state in (State.ENDED, State.OVERDUE)
    context = {
        "access": one,
        "title": _("Emergency access"),
        "badge": tables.badge(one),
        "facts": Facts(list(tables.facts(one))),
        "left": tables.left(one),
        "may_end": tables.running(one) and (mine or holds(request, END)),
        "may_review": reviewable and not mine and request.user.has_role(*actions.REVIEWERS),
        "waits": reviewable and mine,
        "mine": mine,
        "form": ReviewForm(),
        "may_read": bool(ledger_details.may_read(request.actor)),
        "entry": LedgerEntry.objects.filter(entry=one.entry).values_list("index", flat=True).first(),
        "trail": latest(entries, request.user, everything=True),
        "crumbs": _crumbs(one.person.get_full_name()),
    }
    return render(request, "console/emergency/access.html", context)


@for_roles(GLASS)
@require_POST
def end(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """End it early."""
    return do(
        request,
        lambda: actions.end(pk, by=request.user, session=request.actor.session),
        said=_("It has ended, and with it everything that was open by it."),
        then=reverse("console:emergency", args=[pk]),
    )


@for_roles(OVERSEE)
@require_POST
def review(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Say whether it was needed."""
    justified = request.POST.get("verdict") == "justified"
    note = request.POST.get("note", "")[:1000]
    return do(
        request,
        lambda: actions.review(pk, justified=justified, note=note, by=request.user, session=request.actor.session),
        said=_("Your review is on record.") if justified else _("Your review is on record, and an incident is open."),
        then=reverse("console:emergency", args=[pk]),
    )


def _find(request: ConsoleRequest, pk: UUID) -> EmergencyAccess:
    found = EmergencyAccess.objects.select_related("person", "reviewed_by").filter(pk=pk)
    if not holds(request, OVERSEE):
        found = found.filter(person=request.user)
    one = found.first()
    if one is None:
        raise NotFound("no_such_emergency", _("There is no such emergency access, or it is not for you to see."))
    return one


def _crumbs(here: Text) -> tuple[Crumb, ...]:
    return (Crumb(_("Emergency access"), reverse("console:emergencies")), Crumb(here))
