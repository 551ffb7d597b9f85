"""Asking for a change of the rules: who may, and the form that says why."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.access import do
from callwarden.doors.console.navigation import DPO, SECURITY
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act

CHANGE = frozenset({DPO, SECURITY})


class AskForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For whoever decides. Kept sealed beside the log; do not write personal data here."),
    )


def ask_to_publish(request: ConsoleRequest, act: Act, *, then: str, client: UUID | None = None) -> HttpResponse:
    """Ask for leave to publish exactly this text, for the reason the form gives."""
    return do(
        request,
        lambda: approvals.request(
            act,
            requester=request.user,
            reason=request.POST.get("reason", "")[:1000],
            client=client,
            session=request.actor.session,
        ),
        said=_("Publication has been asked for. Somebody else decides in the approvals."),
        then=then,
    )
