"""Service keys: the list, one key, and making, replacing, handing over and ending them. A key is shown once."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.components import Action, Crumb, Fact, Facts, Text
from callwarden.doors.console.listing import ListQuery, Table, render_list
from callwarden.doors.console.navigation import KEEP, SECURITY
from callwarden.doors.console.programs import tables
from callwarden.doors.console.programs.forms import EndForm, HandOverForm, KeyForm, RotateForm
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel import clock
from callwarden.kernel.errors import CallwardenError, NotFound
from callwarden.kernel.models import User
from callwarden.protection.signin import actions, queries
from callwarden.protection.signin.models import ServiceKey
from callwarden.protection.signin.rules import Written

CHANGE = frozenset({SECURITY})


@for_roles(KEEP)
@require_safe
def listing(request: ConsoleRequest) -> HttpResponse:
    """Every service key, those that end first on top."""
    query, now = ListQuery.read(request, tables.COLUMNS, tables.FILTERS, sort="-expires_at"), clock.now()
    found = queries.keys(state=query.values["state"], scope=query.values["scope"])
    column = F(tables.ORDERS[query.sort.removeprefix("-")])
    order = column.desc(nulls_last=True) if query.sort.startswith("-") else column.asc(nulls_last=True)
    ordered = found.order_by(order, "pk")[query.start : query.start + query.size]
    table = Table(
        "programs",
        _("Service keys"),
        tables.COLUMNS,
        [tables.row(key, now) for key in ordered],
        query,
        found.count(),
        tables.EMPTY,
        filters=tables.FILTERS,
    )
    new = Action(_("Make a key"), reverse("console:program_new"), "plus", "primary")
    context = {"crumbs": _crumbs(), "actions": (new,) if holds(request, CHANGE) else ()}
    return render_list(request, "console/programs/page.html", table, context)


@for_roles(KEEP)
@require_safe
def program(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One key, and what can be done with it."""
    key, now = _find(pk), clock.now()
    live = key.is_live(now)
    may_change = live and holds(request, CHANGE)
    beside = queries.keys().filter(client=key.client_id, purpose=key.purpose).exclude(pk=key.pk)
    full = actions.live_of_program(key.client_id, key.purpose).count() >= 2
    context = {
        "key": key,
        "badge": tables.state_badge(key, now),
        "facts": tables.facts(key, now),
        "beside": tables.beside(beside.order_by("-created_at")[:20], now),
        "full": may_change and full,
        "rotate": RotateForm() if may_change and not full else None,
        "hand_over": HandOverForm(initial={"to": str(key.owner_id)}) if may_change else None,
        "end": EndForm() if may_change else None,
        "crumbs": _crumbs(key.purpose),
    }
    return render(request, "console/programs/program.html", context)


@for_roles(CHANGE)
@never_cache
@sensitive_variables("written")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: ConsoleRequest) -> HttpResponse:
    """Make a key; the written key is in this one answer and nowhere else."""
    form = KeyForm(request.POST or None, initial={"owner": str(request.user.pk)})
    if request.method == "POST" and form.is_valid():
        try:
            key, written = actions.create(**form.wish(), actor=request.user.actor)
            return _shown_once(request, key, written)
        except CallwardenError as error:
            form.add_error(None, str(error))
    context = {"form": form, "crumbs": _crumbs(_("Make a key"))}
    return render(request, "console/programs/new.html", context, status=422 if form.errors else 200)


@for_roles(CHANGE)
@never_cache
@sensitive_variables("written")
@require_POST
def rotate(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Make the next key of the program; the old one lives on for the overlap."""
    form, key = RotateForm(request.POST), _find(pk)
    try:
        overlap = form.cleaned_data["overlap"] if form.is_valid() else -1
        made, written = actions.rotate(key, actor=request.user.actor, overlap_days=overlap)
    except CallwardenError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("console:program", args=[pk]))
    return _shown_once(request, made, written)


@for_roles(CHANGE)
@require_POST
def hand_over(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    form, key, here = HandOverForm(request.POST), _find(pk), reverse("console:program", args=[pk])
    if not form.is_valid():
        messages.error(request, str(_("Choose somebody whose account is open.")))
        return HttpResponseRedirect(here)
    return do(
        request,
        lambda: actions.hand_over(key, to=User.objects.get(pk=form.cleaned_data["to"]), actor=request.user.actor),
        said=_("Somebody else answers for the key now."),
        then=here,
    )


@for_roles(CHANGE)
@require_POST
def end(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    form, key = EndForm(request.POST), _find(pk)
    reason = form.cleaned_data["reason"] if form.is_valid() else "not_needed"
    return do(
        request,
        lambda: actions.revoke(key, actor=request.user.actor, reason=reason),
        said=_("The key has ended, and with it every permit it held."),
        then=reverse("console:program", args=[pk]),
    )


def _shown_once(request: ConsoleRequest, key: ServiceKey, written: Written) -> HttpResponse:
    shown = Facts([Fact(_("Program"), key.purpose), Fact(_("Key"), str(written)), Fact(_("Ends"), key.expires_at)])
    context = {"key": key, "written": str(written), "facts": shown, "crumbs": _crumbs(key.purpose)}
    return render(request, "console/programs/made.html", context)


def _find(pk: UUID) -> ServiceKey:
    found = queries.keys().filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_key", _("There is no such service key. Go back to the list."))
    return found


def _crumbs(here: Text = "") -> tuple[Crumb, ...]:
    protection = Crumb(_("Technical protection"), reverse("console:protection"))
    if not here:
        return (protection, Crumb(_("Service keys")))
    return (protection, Crumb(_("Service keys"), reverse("console:programs")), Crumb(here))
