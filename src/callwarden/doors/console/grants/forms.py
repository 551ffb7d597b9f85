"""What is asked before somebody else is asked for access."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from callwarden.control.grants.models import AccessGrant
from callwarden.control.grants.rules import ACTIONS
from callwarden.custody.categories import Category
from callwarden.doors.console import purposes
from callwarden.doors.console.offering import offer
from callwarden.flows.actors import Actor
from callwarden.kernel.errors import InvalidInput

Scope = AccessGrant.Scope
_MINUTES = (10, 15, 30, 60, 120, 240, 480)
_CHOSEN = 200


@dataclass(frozen=True)
class About:
    """What access is asked to, as the address says: ids and names of structure, never a value."""

    scope: str
    targets: tuple[UUID, ...]
    action: str
    fields: tuple[str, ...] = ()
    call: UUID | None = None

    @classmethod
    def read(cls, request: HttpRequest) -> Self:
        """From the address.

        Raises:
            InvalidInput: it names nothing, or nothing that could be.
        """
        given = request.GET
        scope, action = given.get("scope", ""), given.get("action", "")
        try:
            targets = tuple(UUID(one) for one in (given.getlist("of") or given.getlist("chosen"))[:_CHOSEN])
            call = UUID(given["call"]) if given.get("call") else None
        except ValueError:
            targets, call = (), None
        fields = tuple(name for name in given.getlist("field") if name.isidentifier())
        if scope not in Scope.values or action not in ACTIONS or not targets:
            raise InvalidInput(
                "nothing_chosen",
                _("Choose calls in the list, or start from the page of a call or a customer, and ask there."),
            )
        return cls(scope, targets, action, fields, call)

    @property
    def categories(self) -> tuple[str, ...]:
        sound = {"play_original": Category.RECORDING_ORIGINAL, "play_redacted": Category.RECORDING_REDACTED}
        return (sound[self.action].value,) if self.action in sound else tuple(Category.values)


class AskForm(forms.Form):
    purpose = forms.ChoiceField(label=_("Purpose"))
    minutes = forms.ChoiceField(label=_("For how long"), help_text=_("The time runs from when you begin it."))
    uses = forms.IntegerField(
        label=_("How often something may be opened"), min_value=1, initial=10, widget=forms.NumberInput()
    )
    ticket = forms.CharField(
        label=_("Ticket"),
        max_length=40,
        required=False,
        help_text=_("Its number, such as CS-4711. Not needed where it is about a call. No names."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        min_length=4,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For whoever decides. Kept sealed beside the log."),
    )

    def __init__(self, actor: Actor, about: About, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fitting = purposes.open_to(actor, about.action, about.categories)
        options = [(option.value, option.label) for option in purposes.options(fitting)]
        offer(self, "purpose", [("", _("Choose a purpose")), *options])
        offer(self, "minutes", [(str(one), _told(one)) for one in _MINUTES if one <= settings.GRANT_MINUTES])
        self.fields["minutes"].initial = "30"

    @property
    def given(self) -> Mapping[str, Any]:
        return {**self.cleaned_data, "minutes": int(self.cleaned_data["minutes"])}


def _told(minutes: int) -> object:
    return ngettext_lazy("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
