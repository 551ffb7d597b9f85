"""What binds a record beside its retention: stored and nothing else, a day on which it goes, matters that hold it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from callwarden.custody.models import Hold, Record


@dataclass(frozen=True)
class Bounds:
    """What a version takes over from everything it is made of.

    Attributes:
        restricted: stored and nothing else.
        erase_at: the day it goes; the earliest, where it is made of several.
        erase_reason: why it goes then; without a day, what all that is restricted of it waits for.
        matters: (matter that holds it, what its hold was asked to erase it for at its end).
    """

    restricted: bool = False
    erase_at: datetime | None = None
    erase_reason: str = ""
    matters: tuple[tuple[UUID, str], ...] = ()

    @property
    def word(self) -> str:
        """For what it goes with its last hold; "" where nobody asked."""
        return next((erase for _matter, erase in self.matters if erase), "")


FREE: Final = Bounds()
# Why a version goes that another has taken the place of: no reason for that other to go.
_REPLACED: Final = frozenset({"authentication_data", "corrected", "words_delivered_again"})


def bounds_of(records: Iterable[Record], *, but: str = "") -> Bounds:
    """What binds these records now, whatever is known of them here. Call it inside `client_scope`, while they are held
    still (`versions.hold_still`) or replaced.

    Args:
        but: what the version no longer waits for; restricted for that alone does not count.
    """
    ids = [record.pk for record in records]
    live = Record.objects.filter(pk__in=ids).exclude(state=Record.State.DESTROYED)
    rows = list(live.values_list("state", "erase_at", "erase_reason"))
    if but:
        rows = [row for row in rows if row != (Record.State.RESTRICTED, None, but)]
    days = sorted((erase_at, reason) for _state, erase_at, reason in rows if erase_at is not None)
    # Where none has a day, all may be waiting for one and the same thing: so does the version.
    waiting = {reason for state, _at, reason in rows if state == Record.State.RESTRICTED}
    erase_at, reason = days[0] if days else (None, waiting.pop() if len(waiting) == 1 else "")
    holds = Hold.objects.filter(record__in=live, released_at__isnull=True).values_list("matter", "erase")
    matters: dict[UUID, str] = {}
    for matter, erase in holds.order_by("matter", "erase"):
        matters[matter] = ("" if erase in _REPLACED else erase) or matters.get(matter, "")
    return Bounds(
        restricted=bool(days) or any(state == Record.State.RESTRICTED for state, _at, _reason in rows),
        erase_at=erase_at,
        erase_reason=reason,
        matters=tuple(matters.items()),
    )
