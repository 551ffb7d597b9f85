"""What is asked before training is entered or taken back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from callwarden.control.training.rules import COURSE
from callwarden.kernel.models import User

_DAY = {"type": "date"}


class RecordForm(forms.Form):
    """Who completed which course, and when."""

    person = forms.ModelChoiceField(
        label=_("Who was trained"), queryset=User.objects.none(), empty_label=_("Choose a colleague")
    )
    course = forms.SlugField(
        label=_("Course"),
        max_length=50,
        initial=COURSE,
        help_text=_("Sensitive roles rest on the course “security”."),
    )
    completed = forms.DateField(label=_("Completed on"), widget=forms.DateInput(attrs=_DAY))
    until = forms.DateField(
        label=_("Counts until"),
        required=False,
        widget=forms.DateInput(attrs=_DAY),
        help_text=_("Left empty: as long as this site lets it count."),
    )

    def __init__(self, *args: Any, but: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).exclude(pk=but.pk).order_by("display_name", "username")
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = people
        field.label_from_instance = lambda one: f"{one.get_full_name()} ({one.username})"  # type: ignore[method-assign,assignment]


class TableForm(forms.Form):
    table = forms.CharField(
        label=_("Table of a learning system"),
        max_length=1_000_000,
        widget=forms.Textarea(attrs={"rows": 5, "class": "mono", "spellcheck": "false"}),
        help_text=_("First line: account,course,completed,valid_until. Days as 2026-11-30; all of it counts, or none."),
    )


class TakeBackForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=500, help_text=_("Kept sealed beside the log."))
