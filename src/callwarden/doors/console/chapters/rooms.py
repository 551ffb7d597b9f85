"""The rooms of chapter 1: pages of their own that the overview of lawful handling leads to, by role."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.components import Text
from callwarden.doors.console.navigation import OVERSEE


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
    Room("console:calling", _("Calling out"), _("Whom nobody calls, and when"), "phone-outgoing"),
    Room(
        "console:retention_calendar", _("Retention calendar"), _("What goes when, and what waits for what"), "calendar"
    ),
    Room("console:holds", _("Holds"), _("What disputes and inquiries keep from destruction"), "gavel"),
    Room("console:certificates", _("Certificates"), _("What was destroyed, provably"), "certificate"),
)


def rooms_for(roles: Collection[str]) -> list[Room]:
    return [room for room in ROOMS if room.roles & set(roles)]
