"""Consents that are to be asked for again: which, shown first, then ended one by one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from callwarden.custody.models import Line
from callwarden.doors.console.access import for_roles
from callwarden.doors.console.bulk import picking
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Crumb
from callwarden.doors.console.navigation import DPO
from callwarden.doors.console.offering import offer
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.names import named
from callwarden.kernel import bulk
from callwarden.kernel.structural import Value
from callwarden.lawful.consent import many
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.purposes.models import Purpose


class RenewForm(forms.Form):
    """Which consents. At least one of the three narrows it."""

    purpose = forms.ChoiceField(label=_("Purpose"), required=False)
    line = forms.ChoiceField(label=_("Line"), required=False)
    before = forms.ChoiceField(
        label=_("Given before this version of the notice"),
        required=False,
        help_text=_("Also what was said before it under no version that is known. The version says of which line."),
    )

    def __init__(self, *args: Any, client: UUID, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        notices = Notice.objects.select_related("line").filter(line__client=client, published_at__isnull=False)
        lines = Line.objects.filter(client=client).order_by("slug")
        purposes = Purpose.objects.order_by("slug")
        offer(self, "purpose", [("", _("Every purpose")), *((one.slug, named(one)) for one in purposes)])
        offer(self, "line", [("", _("Every line")), *((str(one.pk), named(one)) for one in lines)])
        versions = [(str(one.pk), f"{named(one.line)} · {one.version}") for one in notices.order_by("-published_at")]
        offer(self, "before", [("", _("Whatever version")), *versions])

    def parameters(self) -> dict[str, Value]:
        return {name: self.cleaned_data[name] for name in ("purpose", "line", "before")}


@for_roles({DPO})
@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: ConsoleRequest) -> HttpResponse:
    """Say which; see how many; have them asked for again."""
    client = client_of(request).id
    form = RenewForm(request.POST or None, client=client)
    if request.method == "POST":
        drawn = picking.draw(request, form, many.RENEW, form.parameters, client=lambda: client)
        if drawn:
            return drawn
    context = {
        "form": form,
        "limit": bulk.limit(),
        "crumbs": (Crumb(_("Lawful handling"), reverse("console:lawful")), Crumb(_("Consents to renew"))),
        "actions": (picking.to_bulk(),),
    }
    return render(request, "console/bulk/renew.html", context, status=422 if form.errors else 200)
