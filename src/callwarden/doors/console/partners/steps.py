"""Moving a partner on, stopping it at once, asking for it to go on."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from callwarden.doors.console.access import for_roles
from callwarden.doors.console.partners.finding import KEEP, STOP, act
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel import approvals
from callwarden.partners.register import actions, acts
from callwarden.partners.register.models import Partner


@for_roles(KEEP)
@require_POST
def step(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Take the step that was chosen; what stands against it is said in words."""
    to = request.POST.get("to", "")
    said = _("Done. What comes next stands on this page.")
    return act(request, pk, lambda one: actions.move(one, to, by=request.user, session=request.actor.session), said)


@for_roles(KEEP)
@require_POST
def left(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """It has left, and gave its written word on what it had."""
    number = request.POST.get("reference", "")
    said = _("It has left. Whom to reach there has been forgotten.")
    return act(
        request, pk, lambda one: actions.leave(one, number, by=request.user, session=request.actor.session), said
    )


@for_roles(STOP)
@require_POST
def suspend(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Stop it, by oneself and at once."""
    why = request.POST.get("reason", "")[:1000]
    said = _("Suspended at once. Two people let it go on.")
    return act(
        request, pk, lambda one: actions.suspend(one, reason=why, by=request.user, session=request.actor.session), said
    )


@for_roles(STOP)
@require_POST
def resume(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Ask for it to go on; somebody else decides."""

    def ask(one: Partner) -> object:
        return approvals.request(
            acts.resumption(one),
            requester=request.user,
            reason=request.POST.get("reason", "")[:1000],
            client=one.client_id,
            session=request.actor.session,
        )

    return act(request, pk, ask, _("Asked. Somebody else has to approve it; then you carry it out under Approvals."))
