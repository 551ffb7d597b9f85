"""Asking for another retention rule: what would become of stored records is shown before anybody asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.custody.categories import Category
from callwarden.custody.jurisdictions import Jurisdiction
from callwarden.custody.models import Line
from callwarden.doors.console.access import do, for_roles
from callwarden.doors.console.chapters.asking import CHANGE
from callwarden.doors.console.components import Crumb
from callwarden.doors.console.offering import offer
from callwarden.doors.console.retention.tables import shifts_table
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.names import named
from callwarden.kernel import approvals
from callwarden.kernel.errors import CallwardenError
from callwarden.kernel.models import Approval
from callwarden.lawful.purposes.models import Purpose
from callwarden.lawful.retention.acts import alteration, asked_now
from callwarden.lawful.retention.models import RetentionRule, Trigger
from callwarden.lawful.retention.preview import preview_of
from callwarden.lawful.retention.rules import Change

EVERY = "every:"


class RetentionForm(forms.Form):
    """One rule as it shall be, for a line or for every line of a jurisdiction."""

    line = forms.ChoiceField(label=_("Line"))
    # What somebody says with a request is kept for the request, not for a purpose of a line.
    category = forms.ChoiceField(
        label=_("Kind of data"),
        choices=[pair for pair in Category.choices if pair[0] != Category.REQUEST_STATEMENT],
    )
    purpose = forms.ChoiceField(label=_("Purpose"))
    trigger = forms.ChoiceField(
        label=_("Counts from"),
        choices=Trigger.choices,
        help_text=_("What waits for an event of the customer system lies in an open bucket until it comes."),
    )
    floor_days = forms.IntegerField(
        label=_("Must be kept at least, days"), min_value=0, help_text=_("What a law asks for; 0 where none does.")
    )
    floor_provision = forms.CharField(
        label=_("Provision that asks for it"), max_length=60, required=False, help_text=_("Such as pipl-56.")
    )
    ceiling_days = forms.IntegerField(
        label=_("May be kept at most, days"), min_value=1, help_text=_("What is needed for the purpose, and no more.")
    )
    ceiling_provision = forms.CharField(label=_("Provision that limits it"), max_length=60, required=False)
    reason = forms.CharField(label=_("Why"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = [
            (f"{EVERY}{code}", _("Every line without its own rule: %(law)s") % {"law": label})
            for code, label in Jurisdiction.choices
        ]
        offer(self, "line", [*((str(line.id), named(line)) for line in Line.objects.order_by("slug")), *every])
        offer(self, "purpose", [(one.slug, named(one)) for one in Purpose.objects.order_by("slug")])

    def change(self) -> Change:
        """The change from the rule as it is now.

        Raises:
            InvalidInput: it contradicts a law or itself.
        """
        given: Mapping[str, object] = self.cleaned_data
        where = str(given["line"])
        return asked_now(
            None if where.startswith(EVERY) else UUID(where),
            str(given["category"]),
            str(given["purpose"]),
            jurisdiction=where.removeprefix(EVERY) if where.startswith(EVERY) else "",
            trigger=str(given["trigger"]),
            floor_days=int(str(given["floor_days"])),
            floor_provision=str(given["floor_provision"]).strip(),
            ceiling_days=int(str(given["ceiling_days"])),
            ceiling_provision=str(given["ceiling_provision"]).strip(),
        )


@for_roles(CHANGE)
def retention(request: ConsoleRequest) -> HttpResponse:
    """Fill in the rule as it is, change it, see what would go when, say why; somebody else decides."""
    shown = None
    if request.method == "POST":
        form = RetentionForm(request.POST)
        if form.is_valid():
            try:
                change = form.change()
            except CallwardenError as error:
                form.add_error(None, str(error))
            else:
                if request.POST.get("step") != "preview":
                    return do(
                        request,
                        lambda: _ask(request, change, form.cleaned_data["reason"]),
                        said=_("The change has been asked for. Somebody else decides in the approvals."),
                        then=f"{reverse('console:approvals')}?list=mine",
                    )
                shown = preview_of(change)
    else:
        form = RetentionForm(initial=_as_it_is(request.GET))
    context = {
        "form": form,
        "preview": shown,
        "shifts": shifts_table(shown) if shown else None,
        "crumbs": (Crumb(_("Lawful handling"), reverse("console:lawful")), Crumb(_("Retention rule"))),
    }
    return render(request, "console/chapters/retention.html", context, status=422 if form.errors else 200)


def _ask(request: ConsoleRequest, change: Change, reason: str) -> Approval:
    return approvals.request(
        alteration(change),
        requester=request.user,
        reason=reason,
        client=Line.objects.get(pk=change.line).client_id if change.line else None,
        session=request.actor.session,
    )


def _as_it_is(asked: Mapping[str, str]) -> dict[str, object]:
    """The rule the link named, as it is now; an unusable link fills in nothing."""
    named_in_link = {name: asked.get(name, "") for name in ("line", "category", "purpose")}
    where = named_in_link["line"]
    if where.startswith(EVERY):
        whose: dict[str, object] = {"line": None, "jurisdiction": where.removeprefix(EVERY)}
    else:
        try:
            whose = {"line": UUID(where)}
        except ValueError:
            return {"trigger": Trigger.CALL_END, "floor_days": 0}
    rule = RetentionRule.objects.filter(
        **whose, category=named_in_link["category"], purpose=named_in_link["purpose"]
    ).first()
    fields = ("trigger", "floor_days", "floor_provision", "ceiling_days", "ceiling_provision")
    now = {name: getattr(rule, name) for name in fields} if rule else {"trigger": Trigger.CALL_END, "floor_days": 0}
    return {**named_in_link, **now}
