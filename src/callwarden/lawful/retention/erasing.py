"""Erasing on request: what no floor keeps goes now; what one keeps is restricted, with the day it goes on its own.

Order of precedence: hold > floor > request > ceiling. Source: research/privacy-ops.md section 3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from callwarden.custody.destroy import destroy_record, destroy_subject
from callwarden.custody.models import Hold, Record, Subject
from callwarden.custody.restrict import restrict, store_only
from callwarden.kernel import clock
from callwarden.lawful.retention.queries import Floors


@dataclass
class Ended:
    """What became of records whose erasure was asked for.

    Attributes:
        destroyed: gone now.
        restricted: provision -> (how many records it keeps, until when the last of them).
        held: records that wait for the release of a hold.
    """

    destroyed: int = 0
    restricted: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    held: int = 0

    @property
    def waiting(self) -> int:
        return self.held + sum(count for count, _until in self.restricted.values())


def erase(records: Iterable[Record], *, reason: str, actor: str) -> Ended:
    """Erase these records, or restrict them inside their floors. Call it inside `client_scope`.

    Asked again it changes nothing that is under way. Records need `line`, `call` and `bucket` at hand.
    """
    ended, floors = Ended(), Floors()
    for record in records:
        if not _keep(record, floors, ended, reason=reason, actor=actor):
            gone = destroy_record(record, actor=actor, reason=reason)
            ended.destroyed += gone
            ended.held += not gone
            if not gone:
                store_only(Record.objects.filter(pk=record.pk))
    return ended


def erase_subject(subject: Subject, *, reason: str, actor: str) -> Ended:
    """Erase everything under a subject's keys; what floors and holds keep goes with the last of them. Call it inside
    `client_scope`.
    """
    ended, floors = Ended(), Floors()
    # Whoever stores or redacts something of theirs has done so by now, or finds them erased: a floor is asked of all.
    Subject.objects.select_for_update().get(pk=subject.pk)
    live = Record.objects.filter(subject=subject).exclude(state=Record.State.DESTROYED)
    for record in live.select_related("line", "call", "bucket").order_by("pk"):
        kept = _keep(record, floors, ended, reason=reason, actor=actor)
        if not kept and record.erase_at is not None and record.erase_at <= clock.now():
            ended.destroyed += destroy_record(
                record, actor=actor, reason=reason
            )  # its floor is over, and has not grown
    ended.destroyed += destroy_subject(subject, actor=actor, reason=reason)
    ended.held = Hold.objects.filter(
        record__subject=subject, record__erase_at__isnull=True, released_at__isnull=True
    ).count()
    store_only(Record.objects.filter(subject=subject))
    return ended


def _keep(record: Record, floors: Floors, ended: Ended, *, reason: str, actor: str) -> bool:
    floor = floors.of(record)
    if floor is None or floor.until <= clock.now():
        return False
    under_way = record.state == Record.State.RESTRICTED and record.erase_at == floor.until
    if not under_way and not restrict(record, until=floor.until, provision=floor.provision, actor=actor, reason=reason):
        return True  # gone already
    count, until = ended.restricted.get(floor.provision, (0, floor.until))
    ended.restricted[floor.provision] = count + 1, max(until, floor.until)
    return True


def kept_inside_floors(records: Iterable[Record]) -> Counter[str]:
    """How many of the records which provision keeps now: what a plan says before anything is done."""
    floors, kept = Floors(), Counter[str]()
    for record in records:
        floor = floors.of(record)
        if floor and floor.until > clock.now():
            kept[floor.provision] += 1
    return kept
