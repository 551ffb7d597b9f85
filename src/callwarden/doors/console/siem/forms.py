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


class StopForm(forms.Form):
    way = forms.ChoiceField(
        label=_("How"),
        choices=[
            ("pause", _("Pause until somebody has it go on; somebody else has to approve")),
            ("remove", _("Take it out of use; somebody else has to approve")),
            ("alone", _("Pause at once for one hour, by me alone; the others are told")),
        ],
    )
    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
