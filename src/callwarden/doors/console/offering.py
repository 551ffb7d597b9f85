"""What a field of a form may be chosen from, where only the rows of the moment say it."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms

from callwarden.doors.console.components import Text


def offer(form: forms.BaseForm, name: str, choices: Iterable[tuple[str, Text]]) -> None:
    """Let the field of this name be chosen from these values, each with what people read for it."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = list(choices)
