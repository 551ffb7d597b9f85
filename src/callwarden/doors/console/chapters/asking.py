"""Asking for a change of the rules: who may, and the form that says why."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.navigation import DPO, SECURITY

CHANGE = frozenset({DPO, SECURITY})


class AskForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For whoever decides. Kept sealed beside the log; do not write personal data here."),
    )
