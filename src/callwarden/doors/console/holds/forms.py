"""What is asked before records are kept for a matter."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from callwarden.custody.categories import Category
from callwarden.custody.models import Client, Line
from callwarden.doors.console.bulk.words import THINGS
from callwarden.doors.console.offering import offer
from callwarden.flows.names import named
from callwarden.kernel import clock
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.holds.rules import Query, Wish

REVIEW_DAYS = 90
_DAY = {"type": "date"}
# What a date field of a browser takes, in every language.
_ISO = "%Y-%m-%d"


class MatterForm(forms.Form):
    """One matter as it shall be. Which fields count depends on what it is about."""

    client = forms.ChoiceField(label=_("Client"))
    label = forms.CharField(
        label=_("Reference"), max_length=40, help_text=_("A file number of letters and digits. No names.")
    )
    ground = forms.ChoiceField(label=_("Ground"), choices=Matter.Ground.choices)
    scope = forms.ChoiceField(
        label=_("What it is about"), choices=[one for one in Matter.Scope.choices if one[0] != Matter.Scope.SET]
    )
    target = forms.UUIDField(
        label=_("Number of the call, customer or person"),
        required=False,
        help_text=_("As in the address of its page. Not needed for “all records that fit”."),
    )
    line = forms.ChoiceField(label=_("Line"), required=False)
    categories = forms.MultipleChoiceField(
        label=_("Kinds of data"), required=False, choices=Category.choices, widget=forms.CheckboxSelectMultiple
    )
    since = forms.DateField(label=_("Stored from"), required=False, widget=forms.DateInput(attrs=_DAY, format=_ISO))
    until = forms.DateField(label=_("Stored until"), required=False, widget=forms.DateInput(attrs=_DAY, format=_ISO))
    review_on = forms.DateField(label=_("Looked at again on"), widget=forms.DateInput(attrs=_DAY, format=_ISO))
    reason = forms.CharField(
        label=_("Why"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}), help_text=_("Kept sealed.")
    )
    provisional = forms.BooleanField(
        label=_("Hold provisionally at once"),
        required=False,
        initial=True,
        help_text=_("Nothing of it is destroyed while somebody else decides, for 14 days at most."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clients = Client.objects.filter(closed_at=None).order_by("slug")
        choices = [(str(one.pk), named(one)) for one in clients]
        offer(self, "client", choices)
        if len(choices) == 1:
            self.fields["client"].widget = forms.HiddenInput()
            self.fields["client"].initial = choices[0][0]
        lines = Line.objects.order_by("client__slug", "slug")
        offer(self, "line", [("", _("Every line")), *((str(line.pk), named(line)) for line in lines)])
        self.fields["review_on"].initial = (clock.now() + timedelta(days=REVIEW_DAYS)).date()

    def wish(self) -> Wish:
        given = self.cleaned_data
        about_query = given["scope"] == Matter.Scope.QUERY
        query = Query(
            UUID(given["line"]) if given["line"] else None,
            tuple(given["categories"]),
            given["since"],
            given["until"],
        )
        return Wish(
            client=UUID(given["client"]),
            label=given["label"].strip(),
            ground=given["ground"],
            scope=given["scope"],
            review_on=given["review_on"],
            target=None if about_query else given["target"],
            query=query if about_query else None,
        )


class SetForm(MatterForm):
    """A matter over a set that is drawn once. What it is about are the rows; why is said when it is asked for."""

    of = forms.ChoiceField(label=_("Held are"), choices=list(THINGS.items()))

    scope = target = reason = None  # type: ignore[assignment]
    field_order = (
        "client",
        "of",
        "line",
        "categories",
        "since",
        "until",
        "label",
        "ground",
        "review_on",
        "provisional",
    )

    def wish(self) -> Wish:
        given = self.cleaned_data
        line = UUID(given["line"]) if given["line"] else None
        return Wish(
            client=UUID(given["client"]),
            label=given["label"].strip(),
            ground=given["ground"],
            scope=Matter.Scope.QUERY,
            review_on=given["review_on"],
            query=Query(line, tuple(given["categories"]), given["since"], given["until"]),
        )


class ReviewForm(forms.Form):
    review_on = forms.DateField(label=_("Looked at again on"), widget=forms.DateInput(attrs=_DAY, format=_ISO))


class ReleaseForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
