"""The page of security systems that get the operation log."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.control.siem import actions, acts
from callwarden.control.siem.models import SiemReceiver
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.components import Crumb, Text
from callwarden.doors.console.navigation import PROVE, SECURITY
from callwarden.doors.console.siem import tables
from callwarden.doors.console.siem.forms import AgainForm, StopForm
from callwarden.doors.console.siem.words import cause
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel import approvals
from callwarden.kernel.errors import CallwardenError, NotFound, Unavailable

ACT = frozenset({SECURITY})


@for_roles(PROVE)
@require_safe
def siem(request: ConsoleRequest) -> HttpResponse:
    """Every receiver that is set: how far it has got, and what is wrong with it."""
    rows = actions.configured()
    may_act = holds(request, ACT)
    context = {
        "tiles": tables.tiles(rows),
        "receivers": [tables.shown(row, may_act=may_act) for row in rows],
        "may_act": may_act,
        "crumbs": (Crumb(_("Audit"), reverse("console:audit")), Crumb(_("Security systems"))),
    }
    return render(request, "console/siem/page.html", context)


@for_roles(ACT)
@require_POST
def test(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Send a message that says it is a test."""

    def try_it(row: SiemReceiver) -> None:
        try:
            actions.test(row, by=request.user.actor)
        except Unavailable as error:
            # Why, and what to do, rather than a code.
            raise Unavailable(error.code, cause(str(error.data.get("cause", ""))) or error.message) from None

    return _do(request, pk, try_it, _("The receiver took the test message. Look for it there."))


@for_roles(ACT)
@require_POST
def try_now(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Do not wait for the next try."""
    return _do(request, pk, actions.try_now, _("It is tried again within ten seconds."))


@for_roles(ACT)
@require_POST
def pause(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Have it get nothing: for an hour by oneself, or as somebody else approves."""
    form = StopForm(request.POST)
    alone = form.is_valid() and form.cleaned_data["way"] == "alone"

    def stop(row: SiemReceiver) -> object:
        if not form.is_valid():
            raise CallwardenError("unusable", _("Say how it is to stop, and why."))
        session, reason = request.actor.session, form.cleaned_data["reason"]
        if alone:
            return actions.pause_alone(row, by=request.user, reason=reason, session=session)
        act = acts.removing(row) if form.cleaned_data["way"] == "remove" else acts.pausing(row)
        return approvals.request(act, requester=request.user, reason=reason, session=session)

    said = _("Paused for an hour. The others have been told; what it misses is sent when it goes on.")
    asked = _("Asked. Somebody else has to approve it; then you carry it out under Approvals.")
    return _do(request, pk, stop, said if alone else asked)


@for_roles(ACT)
@require_POST
def resume(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Go on where it was."""
    said = _("It goes on where it was.")
    return _do(request, pk, lambda row: actions.resume(row, by=request.user.actor), said)


@for_roles(ACT)
@require_POST
def send_again(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Start again from an earlier entry."""

    def again(row: SiemReceiver) -> object:
        form = AgainForm(request.POST)
        if not form.is_valid():
            raise CallwardenError("no_entry", _("Give the number of an entry that was sent."))
        return actions.send_again(row, first=form.cleaned_data["first"], by=request.user.actor)

    return _do(request, pk, again, _("Entries from that one on are sent again."))


def _do(request: ConsoleRequest, pk: UUID, act: Callable[[SiemReceiver], object], said: Text) -> HttpResponse:
    row = next((row for row in actions.configured() if row.pk == pk), None)
    if row is None:
        raise NotFound("no_receiver", _("This receiver is not known here any more."))
    return do(request, lambda: act(row), said=said, then=reverse("console:siem"))
