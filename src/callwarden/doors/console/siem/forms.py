from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class AgainForm(forms.Form):
    """From which entry on everything is sent once more."""

    first = forms.IntegerField(
        label=_("From entry"),
        min_value=0,
        help_text=_("The receiver gets this entry and all after it a second time. It tells them by their number."),
    )
