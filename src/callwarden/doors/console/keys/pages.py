"""The page of the keys, and what those who decide on them do there."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.custody.models import Client
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.chapters.asking import AskForm
from callwarden.doors.console.components import Crumb, Text
from callwarden.doors.console.keys import tables
from callwarden.doors.console.navigation import DPO, KEEP, SECURITY
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.names import named
from callwarden.kernel.errors import NotFound
from callwarden.protection.keys import epochs, indexes, runs

DECIDE = frozenset({DPO, SECURITY})


@for_roles(KEEP)
@require_safe
def keys(request: ConsoleRequest) -> HttpResponse:
    """The promise of erasure, the root, epochs, runs, and the keys people are found by."""
    may_change = holds(request, DECIDE)
    root, ready = tables.root()
    terms = epochs.terms()
    context = {
        "within": tables.days(terms.erased_within),
        "parts": tables.promise(terms),
        "root": root,
        "ready": ready,
        "epochs": tables.epochs(may_change=may_change),
        "runs": tables.shown_runs(may_change=may_change),
        "indexes": tables.index_keys(may_change=may_change),
        "crumbs": _crumbs(),
    }
    return render(request, "console/keys/page.html", context)


@for_roles(KEEP)
@require_safe
def live_runs(request: ConsoleRequest) -> HttpResponse:
    """The runs as they stand now."""
    return render(request, "console/keys/runs.html", {"runs": tables.shown_runs(may_change=holds(request, DECIDE))})


@for_roles(DECIDE)
@require_POST
def turn(request: ConsoleRequest, client: UUID) -> HttpResponse:
    """Begin the client's next epoch before it is due."""
    return do(
        request,
        lambda: epochs.start_turn(client, actor=request.user.actor, reason="asked_for", session=request.actor.session),
        said=_("The next epoch has begun; the keys are moving to it. Calls come in and open meanwhile."),
        then=f"{reverse('console:keys')}#runs",
    )


@for_roles(DECIDE)
@require_POST
def reindex(request: ConsoleRequest, client: UUID, column: str) -> HttpResponse:
    """Give an index a new key."""
    return do(
        request,
        lambda: indexes.change_key(_client(client).slug, column, by=request.user),
        said=_("The index has a new key; its tokens are moving to it. Everybody is found meanwhile."),
        then=f"{reverse('console:keys')}#runs",
    )


@for_roles(DECIDE)
@require_POST
def pause(request: ConsoleRequest, run: UUID) -> HttpResponse:
    return do(
        request,
        lambda: runs.pause(run, actor=request.user.actor),
        said=_("The run rests after the batch it is at. Old and new keys open meanwhile."),
        then=f"{reverse('console:keys')}#runs",
    )


@for_roles(DECIDE)
@require_POST
def resume(request: ConsoleRequest, run: UUID) -> HttpResponse:
    return do(
        request,
        lambda: runs.resume(run, actor=request.user.actor),
        said=_("The run goes on where it was."),
        then=f"{reverse('console:keys')}#runs",
    )


@for_roles(DECIDE)
def end_early(request: ConsoleRequest, epoch: UUID) -> HttpResponse:
    """Ask that an old epoch's key is destroyed before its overlap is over; somebody else decides."""
    row, client = epochs.find(epoch)
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return do(
            request,
            lambda: epochs.ask_to_destroy(
                epoch, requester=request.user, reason=form.cleaned_data["reason"], session=request.actor.session
            ),
            said=_("The change has been asked for. Somebody else decides in the approvals."),
            then=f"{reverse('console:approvals')}?list=mine",
        )
    title = _("End the key of epoch %(number)s") % {"number": row.number}
    context = {"form": form, "title": title, "client": named(client), "crumbs": _crumbs(title)}
    return render(request, "console/keys/end.html", context, status=422 if form.errors else 200)


def _client(pk: UUID) -> Client:
    found = Client.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_client", _("There is no such client."))
    return found


def _crumbs(here: Text = "") -> tuple[Crumb, ...]:
    """The way to the page of the keys, or to one beneath it."""
    protection = Crumb(_("Technical protection"), reverse("console:protection"))
    if not here:
        return (protection, Crumb(_("Keys")))
    return (protection, Crumb(_("Keys"), reverse("console:keys")), Crumb(here))
