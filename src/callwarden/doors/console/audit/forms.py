"""What is asked before something sealed beside the log is read, and before the log is taken away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.components import Option
from callwarden.doors.console.offering import offer


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

    def __init__(self, *args: Any, purposes: Sequence[Option], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "purpose", [(option.value, option.label) for option in purposes])
