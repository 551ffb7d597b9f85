"""Correcting what is kept of a customer for their request: what they said, what is right, who has to be told."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from callwarden.custody.scope import client_scope
from callwarden.doors.console.access import for_roles, holds
from callwarden.doors.console.calls import shown
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Crumb, Fact, Masked
from callwarden.doors.console.labels import field_label
from callwarden.doors.console.navigation import DPO
from callwarden.doors.console.requests.forms import CorrectForm
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.names import named
from callwarden.flows.requests import correcting, found, left, verify
from callwarden.kernel.errors import CallwardenError
from callwarden.lawful.requests import statements
from callwarden.lawful.requests.models import SubjectRequest

DECIDE = frozenset({DPO})


@for_roles(DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Enter what is right. What stands there is opened for it, on record, and not shown."""
    client = client_of(request).id
    here = reverse("console:request", args=[pk])
    with client_scope(client):
        one = verify.find(client, pk)
    form = CorrectForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                correcting.correct(request.actor, client, pk, form.right(), reason=form.cleaned_data["reason"])
            except CallwardenError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, str(_("Corrected. The request names the fields; tell the person.")))
                return HttpResponseRedirect(here)
    board = (Crumb(_("Requests"), reverse("console:requests")), Crumb(one.code, here))
    context = {"form": form, "one": one, "crumbs": (*board, Crumb(_("Enter what is right")))}
    return render(request, "console/requests/correct.html", context, status=status)


def facts(request: ConsoleRequest, one: SubjectRequest) -> list[Fact]:
    """What was said, which fields were corrected, and who has to be told. Call it inside `client_scope`."""
    told = [Fact(_("What they say is wrong"), said(request, one))]
    if one.corrected:
        told.append(Fact(_("Corrected"), ", ".join(str(field_label(name)) for name in one.corrected)))
    if one.person_id is not None:
        given = [named(row) for row in left.recipients(found.subjects_of(one.person_id)).order_by("slug")]
        told.append(Fact(_("To be told what is right"), ", ".join(given) or _("Nobody outside is registered")))
    return told


def said(request: ConsoleRequest, one: SubjectRequest) -> object:
    """What was said with the request, behind a click that stands on record. Call it inside `client_scope`."""
    record = statements.standing(one)
    if record is None:
        return _("Nothing is kept of it")
    name = statements.FIELD
    href = shown.reveal_href("console:reveal", record.pk, name, purpose=correcting.PURPOSE, call=None)
    return shown.Spot(
        shown.spot_id(record.pk, name), Masked("•••••", field_label(name), href if holds(request, DECIDE) else "")
    )
