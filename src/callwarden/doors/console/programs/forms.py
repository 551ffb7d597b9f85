"""What is asked before a program gets a key."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Client, Line
from callwarden.doors.console.offering import offer
from callwarden.flows.names import named
from callwarden.kernel.models import User
from callwarden.protection.signin import rules
from callwarden.protection.signin.models import LONGEST, ServiceKey


def _owners() -> list[tuple[str, object]]:
    people = User.objects.filter(is_active=True).order_by("display_name", "username")
    return [(str(person.pk), person.get_full_name()) for person in people]


class KeyForm(forms.Form):
    """One key as it shall be."""

    purpose = forms.SlugField(
        label=_("What the program does"),
        max_length=50,
        help_text=_("One short name of letters, digits and hyphens: pbx-upload."),
    )
    owner = forms.ChoiceField(label=_("Answered for by"), help_text=_("The key ends when this account is closed."))
    client = forms.ChoiceField(label=_("Client"))
    scopes = forms.MultipleChoiceField(
        label=_("May"), choices=ServiceKey.Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    lines = forms.MultipleChoiceField(
        label=_("Only for these lines"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: every line of the client."),
    )
    networks = forms.CharField(
        label=_("Only from these networks"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Like 192.0.2.0/24, one a line. Empty: from anywhere."),
    )
    days = forms.IntegerField(label=_("Days until it ends"), min_value=1, max_value=LONGEST.days, initial=LONGEST.days)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "owner", _owners())
        clients = [(str(one.pk), named(one)) for one in Client.objects.filter(closed_at=None).order_by("slug")]
        offer(self, "client", clients)
        if len(clients) == 1:
            self.fields["client"].widget = forms.HiddenInput()
            self.fields["client"].initial = clients[0][0]
        lines = Line.objects.order_by("client__slug", "slug")
        self.fields["lines"].choices = [(str(one.pk), named(one)) for one in lines]  # type: ignore[attr-defined]

    def wish(self) -> dict[str, Any]:
        """The valid form as arguments of `actions.create`."""
        given = self.cleaned_data
        return {
            "owner": User.objects.get(pk=given["owner"]),
            "purpose": given["purpose"],
            "scopes": given["scopes"],
            "client": Client.objects.get(pk=given["client"]),
            "lines": list(Line.objects.filter(pk__in=map(UUID, given["lines"]))) if given["lines"] else None,
            "networks": [one for one in re.split(r"[\s,]+", given["networks"]) if one],
            "days": given["days"],
        }


class RotateForm(forms.Form):
    overlap = forms.IntegerField(
        label=_("The old key lives on for, days"), min_value=0, max_value=30, initial=rules.OVERLAP_DAYS
    )


class HandOverForm(forms.Form):
    to = forms.ChoiceField(label=_("Answered for by"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "to", _owners())


class EndForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Why"),
        choices=[
            ("not_needed", _("Not needed any more")),
            ("replaced", _("The program uses a newer one")),
            ("leaked", _("It may have leaked")),
        ],
    )
