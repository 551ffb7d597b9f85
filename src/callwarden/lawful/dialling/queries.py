"""What is set up for calling out. Everything here works inside `client_scope`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeVar
from uuid import UUID

from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import Line
from callwarden.lawful.dialling.models import CallingHours, DoNotCall
from callwarden.lawful.dialling.rules import DEFAULTS, Hours

# The column of the blind index. It has a key of its own and is never given another: from a token no number can be
# read again to make a new one.
COLUMN = "do_not_call"
# Numbers in one question to the keeper, whose answers have an end, and tokens in one to the database.
AT_ONCE: Final = 5_000
_T = TypeVar("_T")


def parts(of: Sequence[_T], at_once: int) -> Iterator[Sequence[_T]]:
    """All of it in order, so many at once."""
    return (of[first : first + at_once] for first in range(0, len(of), at_once))


def hours_of(line: Line) -> Hours:
    """The line's own hours, else those of its jurisdiction."""
    own = CallingHours.objects.filter(line=line).first()
    if own is None:
        return DEFAULTS.get(line.jurisdiction, DEFAULTS["generic"])
    pause = (own.pause_from, own.pause_until) if own.pause_from and own.pause_until else None
    return Hours(own.opens, own.closes, pause, tuple(own.days))


def tokens(client: UUID, numbers: Iterable[str]) -> list[bytes]:
    """Keyed tokens of normalised numbers, in their order."""
    return [token for some in parts(list(numbers), AT_ONCE) for token in keeper.tokens(client, COLUMN, list(some))]


def listed(among: Iterable[bytes]) -> set[bytes]:
    """Which of these tokens are of numbers that nobody calls."""
    on_list = DoNotCall.objects.filter(removed_at__isnull=True)
    return {
        bytes(token)
        for some in parts(list(among), AT_ONCE)
        for token in on_list.filter(token__in=some).values_list("token", flat=True)
    }
