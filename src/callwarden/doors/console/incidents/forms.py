"""What is asked of somebody who reports an incident."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from callwarden.kernel.models import Severity

KINDS = {
    "leak": _("Data reached somebody who should not have it"),
    "loss": _("Data or a device was lost"),
    "misuse": _("Somebody used data for another purpose"),
    "tampering": _("Something was changed or switched off"),
    "other": _("Something else"),
}


class ReportForm(forms.Form):
    kind = forms.ChoiceField(label=_("What happened"), choices=list(KINDS.items()))
    severity = forms.ChoiceField(label=_("How bad it could be"), choices=Severity.choices, initial=Severity.MEDIUM)
    discovered_at = forms.DateTimeField(
        label=_("When somebody first knew"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text=_("Leave it empty for now. The clocks of the law run from this moment."),
    )
    summary = forms.CharField(
        label=_("What was noticed"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("In a sentence or two. It is sealed beside the log; name nobody who need not be named."),
    )

    def clean_discovered_at(self) -> datetime | None:
        """What is discovered has happened."""
        at: datetime | None = self.cleaned_data["discovered_at"]
        if at is not None and at > timezone.now():
            raise forms.ValidationError(_("The time of discovery lies in the future. Correct it."))
        return at
