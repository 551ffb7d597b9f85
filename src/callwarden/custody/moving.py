"""Moving records to the bucket of another week, when their due date has changed.

Until a record has moved, its old bucket is ended by nobody if the record is due later, and the record is ended by
itself if it is due earlier; so a date counts from the moment it is written, whatever work on keys is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from callwarden.custody.categories import Category
from callwarden.custody.epochs import active_epoch
from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import Bucket, DataKey, Line, Record, Subject
from callwarden.custody.put import binding_for, bucket_for, expiry_week
from callwarden.kernel import journal
from callwarden.kernel.events import Event

# Due date of what waits for an event that starts its retention: such records lie in open buckets.
OPEN_UNTIL: Final = datetime(9999, 1, 1, tzinfo=UTC)
# Records one entry of the ledger names with their dates.
TOLD: Final = 50
# The Monday on or after the due date, as `put.expiry_week`.
_WEEK = """
(DAY + mod(8 - extract(isodow FROM DAY)::int, 7))
""".replace("DAY", "(r.due_at AT TIME ZONE 'UTC' + interval '24 hours' - interval '1 microsecond')::date")
_ASTRAY = """
SELECT r.id FROM custody_record r JOIN custody_bucket b ON b.id = r.bucket_id
 WHERE r.client_id = %(client)s AND r.state <> 'destroyed' AND NOT b.hold AND b.destroyed_at IS NULL
   AND b.expires_on <> WEEK AND r.due_at > %(now)s AND r.id > %(after)s
 ORDER BY r.id LIMIT %(most)s
""".replace("WEEK", _WEEK)
_WRITE_KEYS = """
UPDATE custody_datakey k SET bucket_id = v.bucket, wrapped = v.wrapped
  FROM unnest(%(ids)s::uuid[], %(buckets)s::uuid[], %(wraps)s::bytea[]) AS v(id, bucket, wrapped)
 WHERE k.record_id = v.id
"""
_WRITE_RECORDS = """
UPDATE custody_record r SET bucket_id = v.bucket
  FROM unnest(%(ids)s::uuid[], %(buckets)s::uuid[]) AS v(id, bucket) WHERE r.id = v.id
"""


def astray(client: UUID, *, after: UUID, now: datetime, most: int) -> list[UUID]:
    """Records whose bucket is not that of their due date, in the order of their ids. Call it inside `client_scope`."""
    with connection.cursor() as cursor:
        cursor.execute(_ASTRAY, {"client": client, "after": after, "now": now, "most": most})
        return [row[0] for row in cursor.fetchall()]


def move(records: list[UUID], *, actor: str = "job:retention") -> int:
    """Wrap these records of one client into the buckets of their due dates. Call it inside `client_scope`.

    Returns how many moved.

    What goes to an earlier week has its subject's generation turned, so that copies of the old wrap end.

    Raises:
        KeeperUnavailable: a key cannot be moved now; nothing has changed.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("moving works inside client_scope")
    subjects = sorted(set(Record.objects.filter(pk__in=records).values_list("subject", flat=True)))
    list(Subject.objects.select_for_update().filter(pk__in=subjects).order_by("pk").values_list("pk"))
    rows = (
        Record.objects.select_for_update(of=("self",))
        .select_related("bucket")
        .filter(pk__in=records, bucket__hold=False, bucket__destroyed_at__isnull=True, key__isnull=False)
        .exclude(state=Record.State.DESTROYED)
        .order_by("pk")
    )
    found = list(rows)
    if not found:
        return 0
    # Held from before their wraps are read: a run that seals a record anew would change it in between.
    held = DataKey.objects.select_for_update(of=("self",)).filter(record__in=records).order_by("record")
    generations = dict(held.values_list("record", "generation"))
    lines = Line.objects.in_bulk({record.line_id for record in found})
    places: dict[tuple[UUID, str, date], Bucket] = {}
    moving, earlier = [], set()
    for record in found:
        was, week = record.bucket, expiry_week(record.due_at)
        if was.expires_on == week:
            continue
        place = record.line_id, record.category, week
        if place not in places:
            places[place] = bucket_for(lines[record.line_id], Category(record.category), record.due_at)
        record.bucket = places[place]
        moving.append(record)
        if week < was.expires_on:
            earlier.add(record.subject_id)
    bindings = [binding_for(record, generation=generations[record.pk]) for record in moving]
    wraps = keeper.rewrap_many(bindings, epoch=active_epoch(found[0].client_id)) if moving else {}
    moved = [record for record in moving if record.pk in wraps]
    arguments: dict[str, Any] = {
        "ids": [record.pk for record in moved],
        "buckets": [record.bucket_id for record in moved],
        "wraps": [wraps[record.pk] for record in moved],
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_KEYS, arguments)
        cursor.execute(_WRITE_RECORDS, arguments)
    Subject.objects.filter(pk__in=earlier, turn_due=False).update(turn_due=True)
    tell(moved, actor=actor)
    return len(moved)


def tell(moved: Sequence[Record], *, actor: str) -> None:
    """Write down which records went to the week of which due date.

    A store restored from an older copy has them in the week they left, whose key may have ended since: by these entries
    it ends neither with that key what is due later, nor leaves what ended in an earlier week.
    """
    for first in range(0, len(moved), TOLD):
        some = moved[first : first + TOLD]
        journal.record(
            journal.Entry(
                event=Event.RECORD_MOVED,
                actor=actor,
                client=some[0].client_id,
                records=tuple(record.pk for record in some),
                count=len(some),
                data={"due": [record.due_at.isoformat() for record in some]},
            )
        )
