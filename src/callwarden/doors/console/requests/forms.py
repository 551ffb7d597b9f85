"""What is asked when a request is taken in or moves on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Line
from callwarden.doors.console.labels import field_label
from callwarden.doors.console.offering import offer
from callwarden.doors.console.requests import words
from callwarden.flows.names import named
from callwarden.flows.requests import correcting, stranger
from callwarden.flows.requests.verify import AT_ONCE
from callwarden.lawful.requests import statements
from callwarden.lawful.requests.kinds import Channel, Kind, RejectionReason

_LABELS: Final[Mapping[str, Any]] = {name: field_label(name) for name in correcting.FIELDS}


class SeveralField(forms.CharField):
    """All values of a field, one a line."""

    def __init__(self, name: str) -> None:
        super().__init__(
            label=_LABELS[name],
            required=False,
            max_length=2_000,
            widget=forms.Textarea(attrs={"rows": 2}),
            help_text=_("All that are right, one a line."),
        )

    def clean(self, value: Any) -> list[str]:
        told = super().clean(value)
        return [line.strip() for line in str(told or "").splitlines() if line.strip()]


def _about() -> forms.MultipleChoiceField:
    """What a withdrawal or an objection is about."""
    return forms.MultipleChoiceField(
        label=_("Only for these purposes"),
        help_text=_("For taking consent back or objecting. Tick nothing where they mean everything they may."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class SaysWhatIsWrong(forms.Form):
    """A form in which a correction says what is wrong and what is right, and who asks for an explanation what of."""

    statement = forms.CharField(
        label=_("What is wrong, and what is right? What should be explained?"),
        required=False,
        max_length=statements.LONGEST,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text=_("For a correction or an explanation only. It is kept sealed, and read by whoever answers it."),
    )

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if told.get("kind") == Kind.CORRECTION and not told.get("statement") and "statement" not in self.errors:
            self.add_error("statement", _("Say what is wrong and what is right."))
        return told

    def said(self) -> str:
        """What is said; what stands there where nothing is asked for is not taken in."""
        return str(self.cleaned_data["statement"]) if self.cleaned_data["kind"] in statements.SAID_WITH else ""


class AboutForm(SaysWhatIsWrong):
    """A form that may name purposes; only what takes something back does."""

    purposes = _about()

    def about(self) -> list[str]:
        return list(self.cleaned_data["purposes"]) if Kind(self.cleaned_data["kind"]) in AT_ONCE else []


class NewForm(AboutForm):
    kind = forms.ChoiceField(label=_("What they ask for"), choices=Kind.choices)
    line = forms.ChoiceField(label=_("Line"))
    channel = forms.ChoiceField(
        label=_("How it came"), choices=[pair for pair in Channel.choices if pair[0] in {"phone", "letter", "web"}]
    )
    received_at = forms.DateTimeField(
        label=_("When it reached the centre"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("The time to answer counts from here, not from when somebody entered it."),
    )

    def __init__(self, lines: list[Line], *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"received_at": timezone.localtime()})
        super().__init__(*args, **kwargs)
        for last in ("statement", "purposes"):
            self.fields[last] = self.fields.pop(last)
        self._served = {str(line.pk): dict(stranger.to_take_back(line)) for line in lines}
        offer(self, "line", [(str(line.pk), named(line)) for line in lines])
        every = {slug: name for served in self._served.values() for slug, name in served.items()}
        offer(self, "purposes", sorted(every.items()))

    def clean(self) -> dict[str, Any]:
        """The line serves what is named."""
        told = super().clean()
        if {"kind", "line", "purposes"} <= set(told) and set(self.about()) - set(self._served[told["line"]]):
            self.add_error("purposes", _("This line does not serve this purpose, or it cannot be taken back there."))
        return told

    def clean_received_at(self) -> datetime:
        """It cannot come from the future."""
        at: datetime = self.cleaned_data["received_at"]
        if at > timezone.now():
            raise forms.ValidationError(_("This lies in the future. Choose when it came."))
        return at


class InCallForm(AboutForm):
    """What is asked while the person is on the line: little, because the call tells the rest.

    Args:
        line: of the call.
        loses: calls that lose their recording when recording is taken back.
        may_attest: the viewer has this call in hand.
        known: it is known which customer it comes from.
    """

    kind = forms.ChoiceField(label=_("What they ask for"), choices=Kind.choices)
    attested = forms.BooleanField(
        label=_("I have verified the caller"),
        required=False,
        help_text=_("Only if you asked what this customer alone can answer. It stands on record under your name."),
    )

    def __init__(self, *args: Any, line: Line, loses: int, may_attest: bool, known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "purposes", stranger.to_take_back(line))
        if loses:
            self.fields["purposes"].help_text = format_lazy(
                "{0} {1}", self.fields["purposes"].help_text, words.also_ends(loses)
            )
        if not known:
            self.fields["attested"].label = _("The person on the line is the caller of this call")
            self.fields["attested"].help_text = _(
                "Nobody knows which customer this is. What is asked reaches this call alone. It stands on record under "
                "your name."
            )
        if not may_attest:
            del self.fields["attested"]


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("The code the person reads out"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("Call them at the number that was known before the request, never at one they give now."),
    )


class RejectForm(forms.Form):
    reason = forms.ChoiceField(label=_("Reason"), choices=RejectionReason.choices)


class CorrectForm(forms.Form):
    """What is right, field by field; what is left empty stays as it is."""

    name = forms.CharField(label=_LABELS["name"], required=False, max_length=100)
    birth_date = forms.DateField(
        label=_LABELS["birth_date"],
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    phone = SeveralField("phone")
    email = SeveralField("email")
    address = forms.CharField(label=_LABELS["address"], required=False, max_length=300)
    plate = forms.CharField(label=_LABELS["plate"], required=False, max_length=20)
    id_number = forms.CharField(label=_LABELS["id_number"], required=False, max_length=40)
    card_number = SeveralField("card_number")
    gone = forms.MultipleChoiceField(
        label=_("Nothing of it is right"),
        required=False,
        choices=[(name, _LABELS[name]) for name in correcting.FIELDS if name != "name"],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What stands there is destroyed, and nothing takes its place."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Why you open what stands there. No names and no numbers of callers."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in correcting.FIELDS:
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        for name in told.get("gone", ()):
            if told.get(name):
                self.add_error(name, _("Enter what is right, or say that nothing of it is; not both."))
        return told

    def right(self) -> dict[str, list[str]]:
        """Field -> its right values, for the fields that were named."""
        told = self.cleaned_data
        found = {name: _several(told[name]) for name in correcting.FIELDS if told.get(name)}
        return found | {name: [] for name in told["gone"]}


def _several(told: Any) -> list[str]:
    if isinstance(told, list):
        return told
    return [told.isoformat() if isinstance(told, date) else str(told)]


class ExplainForm(forms.Form):
    """What the officer adds to the explanation."""

    words = forms.CharField(
        label=_("In your own words"),
        required=False,
        max_length=statements.LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off"}),
        help_text=_("Answers to what the person asked besides, in their language. Nothing of anybody else."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It is kept sealed beside the log. No names and no numbers of callers."),
    )


class LiftForm(forms.Form):
    told_on = forms.DateField(
        label=_("The person was told on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("They have to be told before the restriction is lifted."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Whoever decides reads it. No names and no numbers of callers."),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Whoever decides reads it. No names and no numbers of callers."),
    )
