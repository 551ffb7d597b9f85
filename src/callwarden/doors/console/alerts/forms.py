"""What is asked when an alert is worked, silenced or tuned."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from callwarden.control.alerts.rules import LEAST, MOST, tunable
from callwarden.doors.console.alerts.words import title_of
from callwarden.kernel import clock
from callwarden.kernel.models import User


class CloseForm(forms.Form):
    was = forms.ChoiceField(
        label=_("What it was"), choices=[("misuse", _("Misuse")), ("false", _("Nothing wrong: a false alert"))]
    )
    reason = forms.CharField(
        label=_("What you found"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Sealed beside the log. Thresholds learn from the mark, not from the words."),
    )


class WhyForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class LookForm(forms.Form):
    saw = forms.CharField(
        label=_("What you saw"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Whom you asked, what explained it, what follows. Sealed beside the log."),
    )


class SuppressForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind of alert"))
    person = forms.ChoiceField(label=_("About whom"), required=False)
    way = forms.ChoiceField(
        label=_("How"),
        required=False,
        choices=[
            ("ask", _("Until a day; somebody else has to approve")),
            ("alone", _("At once, by me alone, for four hours; the others are told")),
        ],
    )
    until = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("At most 90 days. Not asked for what you do alone."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind, person = self.fields["kind"], self.fields["person"]
        assert isinstance(kind, forms.ChoiceField)
        assert isinstance(person, forms.ChoiceField)
        kind.choices = [(one, title_of(one)) for one in tunable()]
        people = User.objects.order_by("display_name", "username")[:2000]
        person.choices = [("", _("Everybody")), *((one.actor, one.get_full_name()) for one in people)]

    @property
    def alone(self) -> bool:
        """Whether it is to be done at once, by one person."""
        return bool(self.cleaned_data.get("way") == "alone")

    def clean_until(self) -> date | None:
        until: date | None = self.cleaned_data["until"]
        if not self.alone and (until is None or until <= timezone.localdate()):
            raise forms.ValidationError(_("Choose a day in the future."))
        return until

    def end(self) -> datetime:
        """The start of that day in the viewer's zone."""
        return timezone.make_aware(datetime.combine(self.cleaned_data["until"], time()))


class TuneForm(forms.Form):
    before = forms.FloatField(widget=forms.HiddenInput)
    after = forms.FloatField(min_value=LEAST, max_value=MOST)
    why = forms.ChoiceField(choices=[("feedback", ""), ("decided", ""), ("reverted", "")])
    reason = forms.CharField(label=_("Why"), max_length=1000)


class CanaryForm(forms.Form):
    customer = forms.CharField(
        label=_("Customer"),
        max_length=200,
        help_text=_("The address of the customer's page, or the id in it. It has to be somebody invented."),
    )

    def clean_customer(self) -> UUID:
        """The id at the end of whatever was pasted."""
        parts = [part for part in str(self.cleaned_data["customer"]).strip().split("/") if part]
        try:
            return UUID(parts[-1]) if parts else UUID("")
        except ValueError:
            raise forms.ValidationError(_("This is not the address of a customer's page.")) from None


class MonthForm(forms.Form):
    month = forms.ChoiceField(label=_("Month"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["month"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one.strftime("%Y-%m"), one.strftime("%Y-%m")) for one in months()]


def months(count: int = 12) -> list[date]:
    """The first days of the last months, this one first. Months of UTC, as the days that are counted."""
    first = clock.now().astimezone(UTC).date().replace(day=1)
    found = [first]
    while len(found) < count:
        first = (first - timedelta(days=1)).replace(day=1)
        found.append(first)
    return found
