"""Where sign-ins came from, in the reader's words; nothing at all on sites that name no networks."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.components import Badge, Text
from callwarden.protection.signin import places


def heading() -> tuple[Text, ...]:
    """A heading for lists of sessions."""
    return (_("From where"),) if places.places() else ()


def cells(slug: str) -> tuple[object, ...]:
    """The cell under that heading."""
    return (badge(slug),) if places.places() else ()


def badge(slug: str) -> Badge:
    if not slug:
        return Badge(_("None of the named networks"), "warn", "map-pin")
    return Badge(places.label_of(slug), "neutral", "map-pin")
