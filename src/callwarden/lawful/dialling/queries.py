"""What is set up for calling out. Everything here works inside `client_scope`."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import Line
from callwarden.lawful.dialling.models import CallingHours, DoNotCall
from callwarden.lawful.dialling.rules import DEFAULTS, Hours

# The column of the blind index. It has a key of its own and is never given another: from a token no number can be
# read again to make a new one.
COLUMN = "do_not_call"


def hours_of(line: Line) -> Hours:
    """The line's own hours, else those of its jurisdiction."""
    own = CallingHours.objects.filter(line=line).first()
    if own is None:
        return DEFAULTS.get(line.jurisdiction, DEFAULTS["generic"])
    pause = (own.pause_from, own.pause_until) if own.pause_from and own.pause_until else None
    return Hours(own.opens, own.closes, pause, tuple(own.days))


def tokens(client: UUID, numbers: Iterable[str]) -> list[bytes]:
    """Keyed tokens of normalised numbers, in their order."""
    return keeper.tokens(client, COLUMN, list(numbers))


def listed(among: Iterable[bytes]) -> set[bytes]:
    """Which of these tokens are of numbers that nobody calls."""
    found = DoNotCall.objects.filter(token__in=list(among), removed_at__isnull=True)
    return {bytes(token) for token in found.values_list("token", flat=True)}
