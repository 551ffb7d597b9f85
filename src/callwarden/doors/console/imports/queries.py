"""What lies in the spool, by what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from callwarden.custody.intake import spool_folder
from callwarden.custody.models import IntakeItem
from callwarden.doors.spool.models import LeftFile

State, Kind = IntakeItem.State, IntakeItem.Kind
OPEN = (State.SEALED, State.WAITING)

LISTS: dict[str, Q] = {
    "waiting": Q(state__in=OPEN),
    "rows": Q(state=State.WAITING, kind=Kind.ROW),
    "recordings": Q(state=State.WAITING, kind=Kind.AUDIO),
    "set_aside": Q(state=State.SET_ASIDE),
    "quarantined": Q(state=State.QUARANTINED),
    "duplicates": Q(state=State.DUPLICATE),
}


@dataclass(frozen=True)
class Spool:
    """How many arrivals are in which state now, and how many bytes of them lie sealed on this host's disk."""

    waiting: int
    admitted: int
    quarantined: int
    set_aside: int
    sealed_bytes: int


def of_lines(lines: list[UUID] | None) -> QuerySet[IntakeItem]:
    """Arrivals on the lines a person works for; None means every line."""
    found = IntakeItem.objects.select_related("line", "batch")
    return found if lines is None else found.filter(line__in=lines)


def spool(items: QuerySet[IntakeItem]) -> Spool:
    """The spool at a glance. Calls are counted by their records, so that a call counts once."""
    counts = items.aggregate(
        waiting=Count("id", filter=Q(state__in=OPEN)),
        admitted=Count("id", filter=Q(state=State.ADMITTED, kind=Kind.ROW)),
        quarantined=Count("id", filter=Q(state=State.QUARANTINED, kind=Kind.ROW)),
        set_aside=Count("id", filter=Q(state=State.SET_ASIDE)),
    )
    sealed = sum(path.stat().st_size for path in spool_folder().glob("*.cws"))
    return Spool(sealed_bytes=sealed, **counts)


def left(lines: list[UUID] | None) -> QuerySet[LeftFile]:
    """Files that lie in the watch folders and are not taken, of the lines a person works for."""
    found = LeftFile.objects.select_related("line").order_by("-seen_at", "id")
    return found if lines is None else found.filter(line__in=lines)


def lists(items: QuerySet[IntakeItem]) -> dict[str, int]:
    """How long each list is."""
    return items.aggregate(**{name: Count("id", filter=wanted) for name, wanted in LISTS.items()})
