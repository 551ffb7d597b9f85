"""What is asked before somebody's rights change."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Line
from callwarden.doors.console.shell import roles_to_give
from callwarden.flows.names import named
from callwarden.kernel.models import User
from callwarden.kernel.roles import SENSITIVE

ZONES = ("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Singapore", "Europe/London", "Europe/Berlin", "UTC")
_ROLES = forms.CheckboxSelectMultiple


def _roles_offered() -> list[tuple[str, object]]:
    return [
        (slug, _("%(role)s (two people)") % {"role": label} if slug in SENSITIVE else label)
        for slug, label in roles_to_give()
    ]


class RolesForm(forms.Form):
    """Exactly these roles, and why."""

    roles = forms.MultipleChoiceField(label=_("Roles"), required=False, widget=_ROLES)
    reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed for a sensitive role: whoever decides reads it. Kept sealed."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = _roles_offered()  # type: ignore[attr-defined]


class EraseForm(forms.Form):
    """Why an agent's voice and words are erased."""

    reason = forms.CharField(
        label=_("Why"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("They asked for it, or have left. Whoever decides reads it. Kept sealed."),
    )


class LinesForm(forms.Form):
    """For which lines somebody works."""

    every = forms.BooleanField(label=_("Every line, also those opened later"), required=False)
    lines = forms.MultipleChoiceField(label=_("Only these lines"), required=False, widget=_ROLES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(str(line.pk), named(line)) for line in Line.objects.order_by("client__slug", "slug")]
        self.fields["lines"].choices = offered  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if bool(given.get("every")) == bool(given.get("lines")):
            raise forms.ValidationError(_("Choose every line, or some of them."))
        return given

    def chosen(self) -> list[UUID] | None:
        return None if self.cleaned_data["every"] else [UUID(one) for one in self.cleaned_data["lines"]]


class CloseForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Why"),
        choices=[
            ("leaver", _("Leaves the organisation")),
            ("moved", _("Has other duties now")),
            ("not_used", _("Account is not used")),
            ("incident", _("Something is suspected")),
        ],
    )


class NewAccountForm(LinesForm):
    """A new colleague. Sensitive roles are asked for on the page of the account, once it is there."""

    username = forms.CharField(label=_("Account name"), max_length=150, help_text=_("What they sign in with."))
    display_name = forms.CharField(label=_("Name colleagues know"), max_length=100)
    email = forms.EmailField(label=_("E-mail address"), required=False)
    roles = forms.MultipleChoiceField(label=_("Roles"), required=False, widget=_ROLES)
    language = forms.ChoiceField(label=_("Language"), choices=User.Language.choices)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=[(zone, zone) for zone in ZONES])
    sso_only = forms.BooleanField(
        label=_("Signs in by single sign-on only"),
        required=False,
        help_text=_("Otherwise a first password is made and shown once."),
    )

    field_order = ("username", "display_name", "email", "roles", "every", "lines", "language", "time_zone", "sso_only")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usual = [(slug, label) for slug, label in roles_to_give() if slug not in SENSITIVE]
        self.fields["roles"].choices = usual  # type: ignore[attr-defined]
