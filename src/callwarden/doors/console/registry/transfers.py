"""The register of transfers abroad."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.custody.jurisdictions import Jurisdiction
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.chapters.asking import CHANGE
from callwarden.doors.console.chapters.plain import Button, PlainTable
from callwarden.doors.console.components import Action, Badge, Chips, Crumb, Empty, Link, Row
from callwarden.doors.console.navigation import OVERSEE
from callwarden.doors.console.registry import words
from callwarden.doors.console.registry.forms import ReasonForm, TransferForm
from callwarden.doors.console.registry.pages import crumbs
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.names import named
from callwarden.kernel import approvals, clock
from callwarden.kernel.errors import CallwardenError, NotFound
from callwarden.lawful.purposes import actions, acts, queries
from callwarden.lawful.purposes.models import Recipient, Transfer


@for_roles(OVERSEE)
@require_safe
def listing(request: ConsoleRequest) -> HttpResponse:
    """Every transfer, those in force first, with what allows it; and recipients abroad that have none."""
    may_change = holds(request, CHANGE)
    found = list(Transfer.objects.select_related("recipient__client").order_by("-proposed_at"))
    proposed = [one for one in found if one.registered_at is None and one.ended_at is None]
    context = {
        "table": _table(found, may_change=may_change),
        "proposed": proposed if may_change else [],
        "form": ReasonForm(),
        "actions": (Action(_("New transfer"), reverse("console:transfer_new"), "plus", "primary"),)
        if may_change
        else (),
        "crumbs": crumbs(Crumb(_("Transfers abroad"))),
    }
    return render(request, "console/registry/transfers.html", context)


def _table(found: list[Transfer], *, may_change: bool) -> PlainTable:
    rows = []
    for one in found:
        to = one.recipient
        cells: list[object] = [
            Link(f"{named(to)} ({to.country})", f"{reverse('console:registry')}", to.slug),
            Jurisdiction(one.jurisdiction).label,
            Transfer.Mechanism(one.mechanism).label,
            Chips([Badge(one.provision), words.certainty_badge(one.certainty)]),
            one.reference,
            f"{one.valid_from.isoformat()} – {one.valid_until.isoformat() if one.valid_until else ''}",
            _state(one),
        ]
        if may_change:
            end = Action(_("End it"), reverse("console:transfer_end", args=[one.pk]), "ban", method="post")
            cells.append(Button(end) if one.ended_at is None else "")
        rows.append(Row(cells))
    headings = (
        _("Recipient"),
        _("Leaves"),
        _("Allowed by"),
        _("Provision"),
        _("Number"),
        _("Days"),
        _("State"),
        *(("",) if may_change else ()),
    )
    empty = Empty(_("Nothing goes abroad"), _("A purpose that sends data abroad needs an entry here first."), "map-pin")
    return PlainTable(_("Transfers abroad"), headings, rows, empty)


def _state(one: Transfer) -> Badge:
    today = clock.now().date()
    if one.ended_at is not None:
        return Badge(_("Ended"), "neutral", "ban")
    if one.registered_at is None:
        return Badge(_("Waits for a second person"), "warn", "hourglass")
    if queries.in_force(one, today):
        return Badge(_("In force"), "pass", "circle-check")
    return (
        Badge(_("Not begun yet"), "info", "clock") if today < one.valid_from else Badge(_("Expired"), "fail", "clock")
    )


@for_roles(CHANGE)
def new(request: ConsoleRequest) -> HttpResponse:
    """Write a transfer down; it counts once somebody else has agreed."""
    form = TransferForm(request.POST or None)
    if form.is_valid():
        given = dict(form.cleaned_data)
        recipient = Recipient.objects.get(pk=given.pop("recipient"))
        try:
            actions.propose_transfer(recipient, **given)
        except CallwardenError as error:
            form.add_error(None, str(error))
        else:
            return HttpResponseRedirect(reverse("console:transfers"))
    context = {
        "form": form,
        "crumbs": crumbs(Crumb(_("Transfers abroad"), reverse("console:transfers")), Crumb(_("New transfer"))),
    }
    return render(request, "console/registry/transfer_new.html", context, status=422 if form.errors else 200)


def _on(pk: UUID, act: Callable[[Transfer], object]) -> Callable[[], object]:
    transfer = Transfer.objects.select_related("recipient").filter(pk=pk).first()
    if transfer is None:
        raise NotFound("no_such_transfer", _("There is no such transfer. Go back to the list."))
    return lambda: act(transfer)


@for_roles(CHANGE)
@require_POST
def ask(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Ask for leave to let it count."""
    return do(
        request,
        _on(
            pk,
            lambda transfer: approvals.request(
                acts.registration(transfer),
                requester=request.user,
                reason=request.POST.get("reason", "")[:1000],
                client=transfer.recipient.client_id,
                session=request.actor.session,
            ),
        ),
        said=_("It has been asked for. Somebody else decides in the approvals."),
        then=reverse("console:transfers"),
    )


@for_roles(CHANGE)
@require_POST
def end(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """End it at once."""
    return do(
        request,
        _on(pk, lambda transfer: actions.end_transfer(transfer, actor=request.actor.name)),
        said=_("The transfer has ended."),
        then=reverse("console:transfers"),
    )
