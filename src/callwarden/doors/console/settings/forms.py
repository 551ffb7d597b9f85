"""What a person sets for themselves."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from callwarden.kernel.models import User

_REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def zones() -> list[tuple[str, str]]:
    """Time zones people live in, by the names of the IANA database."""
    found = sorted(name for name in available_timezones() if name.partition("/")[0] in _REGIONS)
    return [(name, name.replace("_", " ")) for name in ("UTC", *found)]


class ProfileForm(forms.Form):
    language = forms.ChoiceField(label=_("Language"), choices=User.Language.choices)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=zones, help_text=_("Every time in the console is shown in this zone.")
    )
