"""The page of backups and restores for practice."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.backups import tables
from callwarden.doors.console.chapters.asking import AskForm
from callwarden.doors.console.components import Crumb
from callwarden.doors.console.navigation import DPO, KEEP, SECURITY, SYSTEM
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel.errors import CallwardenError, NotFound
from callwarden.kernel.models import Approval
from callwarden.protection.backup import actions, queries
from callwarden.protection.backup.models import Drill

PRACTISE = frozenset({DPO, SECURITY, SYSTEM})
DECIDE = frozenset({DPO, SECURITY})


@for_roles(KEEP)
@require_safe
def backups(request: ConsoleRequest) -> HttpResponse:
    """The newest copies, what drills measured, all copies and drills."""
    unopened = queries.unopened()
    context = {
        "tiles": tables.tiles(),
        "charts": tables.charts(),
        "drills": tables.drills(),
        "runs": tables.runs(),
        "life": tables.life(),
        "unopened": unopened,
        "may_practise": unopened is None and holds(request, PRACTISE),
        "may_open": holds(request, DECIDE),
        "form": AskForm(),
        "crumbs": (Crumb(_("Technical protection"), reverse("console:protection")), Crumb(_("Backups"))),
    }
    return render(request, "console/backups/page.html", context)


@for_roles(PRACTISE)
@require_POST
def start_drill(request: ConsoleRequest) -> HttpResponse:
    """Ask for a restore for practice now."""
    return do(
        request,
        lambda: actions.ask_drill(by=request.user.actor),
        said=_("The drill has been asked for. It runs beside the service, into a folder of its own."),
        then=f"{reverse('console:backups')}#drills",
    )


@for_roles(KEEP)
@require_safe
def drill(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One drill: what was checked, what it measured, and its evidence."""
    one = Drill.objects.filter(pk=pk).first()
    if one is None:
        raise Http404
    title = _("Restore for practice")
    context = {
        "drill": one,
        "title": title,
        "badge": tables.badge(one),
        "facts": tables.facts(one),
        "checks": tables.checks(one),
        "crumbs": (
            Crumb(_("Technical protection"), reverse("console:protection")),
            Crumb(_("Backups"), reverse("console:backups")),
            Crumb(title),
        ),
    }
    return render(request, "console/backups/drill.html", context)


@for_roles(DECIDE)
@require_POST
def ask_to_open(request: ConsoleRequest) -> HttpResponse:
    """Ask a second person to sign that this restored store opens."""
    return do(
        request,
        lambda: _ask(request),
        said=_("The change has been asked for. Somebody else decides in the approvals."),
        then=f"{reverse('console:approvals')}?list=mine",
    )


def _ask(request: ConsoleRequest) -> Approval:
    restore = queries.unopened()
    if restore is None:
        raise NotFound("no_restore", _("Nothing restored waits here to be opened."))
    form = AskForm(request.POST)
    if not form.is_valid():
        raise CallwardenError("reason_missing", _("Say why: whoever decides reads it."))
    return actions.ask_to_open(restore, requester=request.user, reason=form.cleaned_data["reason"])
