"""Neighbouring systems: the list, connecting one and changing it with a line to try, pausing and disconnecting."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from callwarden.control.neighbours import actions, queries
from callwarden.control.neighbours.models import Neighbour
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Action, Crumb, Text
from callwarden.doors.console.navigation import PROVE, SECURITY
from callwarden.doors.console.neighbours import tables, trials
from callwarden.doors.console.neighbours.forms import NeighbourForm
from callwarden.doors.console.neighbours.mapping import TrialForm, fields_of
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.engines.neighbours import PRESETS
from callwarden.flows.names import named
from callwarden.kernel.errors import CallwardenError, NotFound

ACT = frozenset({SECURITY})


@for_roles(PROVE)
@require_safe
def listing(request: ConsoleRequest) -> HttpResponse:
    """Every system: whether it tells, since when not, and what was kept out."""
    rows, may_act = list(queries.living()), holds(request, ACT)
    new_one = Action(_("Connect a system"), reverse("console:neighbour_new"), "plus", "primary")
    context = {
        "tiles": tables.tiles(rows),
        "rows": [tables.shown(row, may_act=may_act) for row in rows],
        "actions": (new_one,) if may_act else (),
        "crumbs": _crumbs(),
    }
    return render(request, "console/neighbours/page.html", context)


@for_roles(ACT)
@never_cache
@sensitive_post_parameters("line")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: ConsoleRequest) -> HttpResponse:
    """Connect a system, or see first what its mapping would read."""
    form = _given(request)

    def connect() -> object:
        given = form.cleaned_data
        client = client_of(request).pk
        return actions.connect(
            client, given["slug"], given["kind"], form.wish(), by=request.user, session=_session(request)
        )

    return _form(request, form, connect, title=_("Connect a system"), said=_("Connected. What it sends is taken in."))


@for_roles(ACT)
@never_cache
@sensitive_post_parameters("line")
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Change what is set about a system."""
    row = _find(pk)
    form = _given(request, row)

    def keep() -> object:
        return actions.change(row, form.wish(), by=request.user, session=_session(request))

    return _form(request, form, keep, title=named(row), said=_("Changed. Lines are read so from now on."))


@for_roles(ACT)
@never_cache
@sensitive_post_parameters("line")
@require_POST
def trial(request: ConsoleRequest) -> HttpResponse:
    """What the line in a form that is not sent yet would be kept as, and what stands where in it. Nothing is stored."""
    form = TrialForm(request.POST)
    form.is_valid()
    return render(request, "console/neighbours/trial.html", {"trial": trials.of(client_of(request).pk, form)})


@for_roles(ACT)
@require_POST
def pause(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    said = _("Paused. What it sends meanwhile is refused.")
    return _do(request, lambda: actions.pause(_find(pk), by=request.user, session=_session(request)), said)


@for_roles(ACT)
@require_POST
def resume(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    said = _("Its lines are taken in again.")
    return _do(request, lambda: actions.resume(_find(pk), by=request.user, session=_session(request)), said)


@for_roles(ACT)
@require_POST
def end(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    said = _("Disconnected. What it told stays as long as logs are kept.")
    return _do(request, lambda: actions.end(_find(pk), by=request.user, session=_session(request)), said)


def _given(request: ConsoleRequest, row: Neighbour | None = None) -> NeighbourForm:
    """The form as it was sent; with “Fill in”, a form to go on with, in which the chosen mapping is written."""
    preset = PRESETS.get(request.POST.get("preset", ""))
    if "fill" in request.POST and preset is not None:
        said = {name: value for name, value in request.POST.dict().items() if name in NeighbourForm.base_fields}
        return NeighbourForm(initial={**said, **fields_of(preset)}, neighbour=row)
    return NeighbourForm(request.POST or None, neighbour=row)


def _form(
    request: ConsoleRequest, form: NeighbourForm, act: Callable[[], object], *, title: Text, said: Text
) -> HttpResponse:
    tried: trials.Trial | None = None
    if request.method == "POST" and form.is_bound and form.is_valid():
        if "try" in request.POST:
            tried = trials.of(client_of(request).pk, form, look_up=True)
        else:
            try:
                act()
            except CallwardenError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, str(said))
                return HttpResponseRedirect(reverse("console:neighbours"))
    context = {"form": form, "title": title, "trial": tried, "crumbs": _crumbs(title)}
    return render(request, "console/neighbours/form.html", context, status=422 if form.errors else 200)


def _do(request: ConsoleRequest, act: Callable[[], object], said: Text) -> HttpResponse:
    return do(request, act, said=said, then=reverse("console:neighbours"))


def _session(request: ConsoleRequest) -> UUID | None:
    return request.actor.session


def _find(pk: UUID) -> Neighbour:
    found = queries.living().filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_neighbour", _("There is no such neighbouring system. Go back to the list."))
    return found


def _crumbs(here: Text = "") -> tuple[Crumb, ...]:
    audit = Crumb(_("Audit"), reverse("console:audit"))
    if not here:
        return (audit, Crumb(_("Neighbouring systems")))
    return (audit, Crumb(_("Neighbouring systems"), reverse("console:neighbours")), Crumb(here))
