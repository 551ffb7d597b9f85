"""What is asked before a review begins, and of each right."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from callwarden.control.reviews.models import Item
from callwarden.custody.models import Line
from callwarden.doors.console.shell import ROLE_LABELS
from callwarden.flows.names import named
from callwarden.kernel import clock

DAYS = 21


class StartForm(forms.Form):
    reference = forms.SlugField(
        label=_("Name of the review"), max_length=50, help_text=_("Letters, digits and hyphens: 2026-h2.")
    )
    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        required=False,
        choices=list(ROLE_LABELS.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: every role, and the service keys people answer for."),
    )
    lines = forms.MultipleChoiceField(
        label=_("Only people of these lines"), required=False, widget=forms.CheckboxSelectMultiple
    )
    due = forms.DateField(
        label=_("Ends on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("What nobody has decided on by the end of this day is revoked."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lines = Line.objects.order_by("client__slug", "slug")
        self.fields["lines"].choices = [(str(one.pk), named(one)) for one in lines]  # type: ignore[attr-defined]
        self.fields["due"].initial = (clock.now() + timedelta(days=DAYS)).date()

    def due_at(self) -> datetime:
        """The end of the day in the zone of whoever asks."""
        return timezone.make_aware(datetime.combine(self.cleaned_data["due"], time(23, 59, 59)))

    def chosen(self) -> list[UUID] | None:
        return [UUID(one) for one in self.cleaned_data["lines"]] or None


class DecideForm(forms.Form):
    """One right: keep it or revoke it, and why."""

    decision = forms.ChoiceField(label=_("Decision"), choices=Item.Decision.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Why"), max_length=500, help_text=_("Kept sealed beside the log."))


class KeepForm(forms.Form):
    reason = forms.CharField(label=_("Why all of them are needed"), max_length=500)
