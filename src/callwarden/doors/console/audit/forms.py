"""What is asked before something sealed beside the log is read, and before the log is taken away."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.components import Option


class WhyForm(forms.Form):
    """Purpose and reason, as the door wants them."""

    purpose = forms.ChoiceField(label=_("Purpose"))
    reason = forms.CharField(
        label=_("Reason"),
        min_length=4,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("In your own words, for whoever reads the trail. Do not write personal data here."),
    )

    def __init__(self, *args: object, purposes: Sequence[Option], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["purpose"].choices = [(option.value, option.label) for option in purposes]
