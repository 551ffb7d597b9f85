"""A neighbouring system as people write it down, and the line they try its mapping on."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.control.neighbours.actions import Wish
from callwarden.control.neighbours.models import Neighbour
from callwarden.doors.console.neighbours.mapping import MappingFields, fields_of
from callwarden.doors.console.offering import offer
from callwarden.kernel.directory import holding
from callwarden.kernel.models import User
from callwarden.kernel.roles import Role

ABOUT: Final = (
    "slug", "kind", "name", "name_zh", "owner", "quiet_minutes", "way", "program", "certificates", "named_by",
)  # fmt: skip


class NeighbourForm(MappingFields):
    """One system as it shall be. `line` is read as the mapping says and kept nowhere."""

    slug = forms.SlugField(
        label=_("Short name"), max_length=40, help_text=_("Letters, digits and hyphens: crm. It never changes.")
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=Neighbour.Kind.choices)
    name = forms.CharField(label=_("Name, English"), max_length=80)
    name_zh = forms.CharField(label=_("Name, Chinese"), max_length=80)
    owner = forms.ChoiceField(label=_("Answered for by"))
    quiet_minutes = forms.IntegerField(
        label=_("May be quiet for, minutes"),
        min_value=0,
        max_value=60 * 24 * 31,
        initial=60,
        help_text=_("After that its silence is a finding. 0: it may be quiet for any time."),
    )
    way = forms.ChoiceField(label=_("Its lines come by"), choices=Neighbour.Way.choices)
    program = forms.SlugField(
        label=_("Program"), required=False, help_text=_("For HTTP: the purpose of the service key that brings them.")
    )
    certificates = forms.CharField(
        label=pgettext_lazy("neighbour", "Certificates"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For syslog over TLS: SHA-256 digests of the certificates it shows, one a line."),
    )
    named_by = forms.ChoiceField(label=_("It names people by"), choices=Neighbour.NamedBy.choices)
    line = forms.CharField(
        label=_("A line to try it on"),
        required=False,
        max_length=16_384,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono", "spellcheck": "false"}),
        help_text=_("It is read, shown below, and kept nowhere. By syslog: the whole message; by HTTP: one event."),
    )

    def __init__(self, *args: Any, neighbour: Neighbour | None = None, **kwargs: Any) -> None:
        if neighbour is not None:
            kwargs["initial"] = _initial(neighbour) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        people = holding((Role.SECURITY_ADMIN, Role.SYSTEM_ADMIN, Role.DPO)).order_by("display_name")
        offer(self, "owner", [(str(one.pk), one.get_full_name()) for one in people])
        if neighbour is not None:
            for name in ("slug", "kind"):
                del self.fields[name]

    def about(self) -> list[forms.BoundField]:
        """The fields that say which system it is and how its lines come."""
        return [self[name] for name in ABOUT if name in self.fields]

    def wish(self) -> Wish:
        """The valid form as `control.neighbours.actions` wants it."""
        given = self.cleaned_data
        return Wish(
            name=given["name"],
            name_zh=given["name_zh"],
            owner=User.objects.get(pk=given["owner"]),
            quiet_minutes=given["quiet_minutes"],
            mapping=given["reading"].data(),
            named_by=given["named_by"],
            way=given["way"],
            program=given["program"],
            certificates=tuple(given["certificates"].split()),
        )


def _initial(one: Neighbour) -> dict[str, Any]:
    return {
        "name": one.name,
        "name_zh": one.name_zh,
        "owner": str(one.owner_id),
        "quiet_minutes": one.quiet_minutes,
        "way": one.way,
        "program": one.program,
        "certificates": "\n".join(one.certificates),
        "named_by": one.named_by,
        **fields_of(one.mapping),
    }
