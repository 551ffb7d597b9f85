"""What is asked when a finding moves on."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.navigation import DECIDE
from callwarden.kernel import people
from callwarden.kernel.models import Outcome, User

if TYPE_CHECKING:
    _PersonField = forms.ModelChoiceField[User]
else:
    _PersonField = forms.ModelChoiceField


class PersonChoice(_PersonField):
    def label_from_instance(self, obj: User) -> str:
        return obj.get_full_name()


class TriageForm(forms.Form):
    owner = PersonChoice(queryset=User.objects.none(), label=_("Who answers for it"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields["owner"]
        assert isinstance(owner, PersonChoice)
        owner.queryset = people.holding(DECIDE)


class CheckForm(forms.Form):
    outcome = forms.ChoiceField(label=_("What the check found"), choices=Outcome.choices)
    evidence = forms.CharField(
        label=_("Evidence"),
        required=False,
        max_length=200,
        help_text=_("Where it can be looked up: a digest, a report number. A passing check needs it; no free text."),
    )


class AcceptForm(forms.Form):
    until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def clean_until(self) -> date:
        """A risk is accepted until a day that is still to come."""
        until: date = self.cleaned_data["until"]
        if until <= timezone.localdate():
            raise forms.ValidationError(_("Choose a day in the future."))
        return until

    def end(self) -> datetime:
        """The start of that day in the viewer's zone."""
        return timezone.make_aware(datetime.combine(self.cleaned_data["until"], time()))


class DueForm(forms.Form):
    due = forms.DateField(label=_("Due"), widget=forms.DateInput(attrs={"type": "date"}))

    def clean_due(self) -> date:
        due: date = self.cleaned_data["due"]
        if due <= timezone.localdate():
            raise forms.ValidationError(_("Choose a day in the future."))
        return due

    def end(self) -> datetime:
        """The start of that day in the viewer's zone."""
        return timezone.make_aware(datetime.combine(self.cleaned_data["due"], time()))
