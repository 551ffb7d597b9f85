"""The rooms of chapter 1: pages of their own that the overview of lawful handling leads to, by role."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.components import Text
from callwarden.doors.console.navigation import DPO, OVERSEE, PROVE


@dataclass(frozen=True)
class Room:
    """A page of its own; one line here leads there from `/lawful/`."""

    name: str
    label: Text
    note: Text
    icon: str
    roles: frozenset[str] = OVERSEE

    @property
    def href(self) -> str:
        return reverse(self.name)


ROOMS: tuple[Room, ...] = (
    Room("console:registry", _("Purposes"), _("What data is used for, on which ground, law by law"), "scale"),
    Room(
        "console:processing",
        _("Record of processing"),
        _("Made from what is configured, to read or export"),
        "file-report",
    ),
    Room(
        "console:assessments",
        _("Impact assessments"),
        _("Thought through before a risky purpose begins"),
        "clipboard-check",
    ),
    Room(
        "console:transfers", _("Transfers abroad"), _("Who gets data in another country, and what allows it"), "map-pin"
    ),
    Room("console:calling", _("Calling out"), _("Whom nobody calls, and when"), "phone-outgoing"),
    Room(
        "console:retention_calendar", _("Retention calendar"), _("What goes when, and what waits for what"), "calendar"
    ),
    Room(
        "console:consents_renew",
        _("Consents to renew"),
        _("What was consented to before a version is asked for again"),
        "refresh",
        frozenset({DPO}),
    ),
    Room("console:holds", _("Holds"), _("What disputes and inquiries keep from destruction"), "gavel"),
    Room("console:anonymous", _("Anonymous releases"), _("Counts of people that outlive their records"), "stack-2"),
    Room(
        "console:staff_notices",
        _("Notice to staff"),
        _("What people who take calls are told about their own data"),
        "users",
        PROVE,
    ),
    Room("console:certificates", _("Certificates"), _("What was destroyed, provably"), "certificate"),
)


def rooms_for(roles: Collection[str]) -> list[Room]:
    return [room for room in ROOMS if room.roles & set(roles)]
