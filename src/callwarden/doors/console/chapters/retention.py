"""Asking for another retention rule."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.custody.categories import Category
from callwarden.custody.models import Line
from callwarden.doors.console.access import do, for_roles
from callwarden.doors.console.chapters.asking import CHANGE
from callwarden.doors.console.components import Crumb
from callwarden.flows.names import named
from callwarden.kernel import approvals
from callwarden.kernel.models import Approval
from callwarden.lawful.purposes.models import Purpose
from callwarden.lawful.retention.acts import alteration, asked_now
from callwarden.lawful.retention.models import RetentionRule


class RetentionForm(forms.Form):
    """One rule as it shall be."""

    line = forms.ChoiceField(label=_("Line"))
    category = forms.ChoiceField(label=_("Kind of data"), choices=Category.choices)
    purpose = forms.ChoiceField(label=_("Purpose"))
    floor_days = forms.IntegerField(
        label=_("Must be kept at least, days"), min_value=0, help_text=_("What a law asks for; 0 where none does.")
    )
    ceiling_days = forms.IntegerField(
        label=_("May be kept at most, days"), min_value=1, help_text=_("What is needed for the purpose, and no more.")
    )
    reason = forms.CharField(label=_("Why"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].choices = [(str(line.id), named(line)) for line in Line.objects.order_by("slug")]
        self.fields["purpose"].choices = [(one.slug, named(one)) for one in Purpose.objects.order_by("slug")]


@for_roles(CHANGE)
def retention(request: HttpRequest) -> HttpResponse:
    """Fill in the rule as it is, change the days, say why; somebody else decides."""
    if request.method == "POST":
        form = RetentionForm(request.POST)
        if form.is_valid():
            return do(
                request,
                lambda: _ask(request, form.cleaned_data),
                said=_("The change has been asked for. Somebody else decides in the approvals."),
                then=f"{reverse('console:approvals')}?list=mine",
            )
    else:
        form = RetentionForm(initial=_as_it_is(request.GET))
    context = {
        "form": form,
        "crumbs": (Crumb(_("Lawful handling"), reverse("console:lawful")), Crumb(_("Retention rule"))),
    }
    return render(request, "console/chapters/retention.html", context, status=422 if form.errors else 200)


def _ask(request: HttpRequest, given: Mapping[str, object]) -> Approval:
    change = asked_now(
        UUID(str(given["line"])),
        str(given["category"]),
        str(given["purpose"]),
        floor_days=int(str(given["floor_days"])),
        ceiling_days=int(str(given["ceiling_days"])),
    )
    return approvals.request(
        alteration(change),
        requester=request.user,
        reason=str(given["reason"]),
        client=Line.objects.get(pk=change.line).client_id,
        session=request.actor.session,
    )


def _as_it_is(asked: Mapping[str, str]) -> dict[str, object]:
    """The rule the link named, as it is now; an unusable link fills in nothing."""
    named_in_link = {name: asked.get(name, "") for name in ("line", "category", "purpose")}
    try:
        line = UUID(named_in_link["line"])
    except ValueError:
        return {}
    rule = RetentionRule.objects.filter(
        line=line, category=named_in_link["category"], purpose=named_in_link["purpose"]
    ).first()
    days = {"floor_days": rule.floor_days, "ceiling_days": rule.ceiling_days} if rule else {}
    return {**named_in_link, **days}
