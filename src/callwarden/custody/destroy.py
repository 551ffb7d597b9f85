"""Destroying: taking a lock away. What it held is refused at once and unreadable in every copy after the epoch turn.

A record on hold is destroyed by nobody: whoever tries leaves word on the hold, and its last release carries it out.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from datetime import date
from hashlib import sha256
from uuid import UUID

from django.db import connection, transaction
from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from callwarden.custody import objects
from callwarden.custody.models import (
    Bucket,
    BucketKey,
    Customer,
    DataKey,
    Hold,
    IdentifierToken,
    Record,
    SealedField,
    SearchToken,
    SubjectKey,
)
from callwarden.custody.models import Subject as SubjectModel
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event
from callwarden.kernel.structural import Value

# Records one entry of the ledger names; a larger set is told by its count and digest.
NAMED = 50
PURGE_BATCH = 2000
# Reasons that time alone gave: a period may be put off while a record is on hold, an original redacted after all.
OF_TIME = ("retention_ended", "unredacted_too_long")
# Of records: at least one matter holds it.
HELD = Exists(Hold.objects.filter(record=OuterRef("pk"), released_at__isnull=True))
# Of buckets: a hold bucket that the last record has left.
_LEFT = Q(hold=True) & ~Exists(Record.objects.filter(bucket=OuterRef("pk")).exclude(state=Record.State.DESTROYED))


def destroy_record(record: Record, *, actor: str, reason: str, still: Q | None = None, turn: bool = True) -> bool:
    """End one record: its data key, its search tokens, then its object. Call it inside `client_scope`.

    Args:
        still: what must hold at that very moment, whatever was true when the record was chosen (a hold may have come).
        turn: whether its subject's next generation is due, so that old copies of the wrap end with this generation's
            key. Not needed where the key of its bucket ends within days anyway.

    Returns whether it was ended now. A record on hold is not; it ends, for this reason, with its last hold, unless
    time alone gave the reason (`OF_TIME`).
    """
    if not connection.in_atomic_block:
        raise RuntimeError("destroy works inside client_scope")
    # Subject before record, as everybody who locks both.
    SubjectModel.objects.select_for_update(no_key=True).filter(pk=record.subject_id).first()
    chosen = Record.objects.filter(still or Q(), pk=record.pk)
    ended = bool(_end(chosen.exclude(HELD), actor=actor, reason=reason, client=record.client_id))
    if ended and turn:
        SubjectModel.objects.filter(pk=record.subject_id, turn_due=False).update(turn_due=True)
    elif not ended:
        leave_word(chosen, reason)
    return ended


def destroy_subject(subject: SubjectModel, *, actor: str, reason: str) -> int:
    """End everything under this subject's keys, in every generation. Returns how many records that was.

    Waits for whatever is being stored under the subject, and takes it along. Where records are on hold the others end
    now and nothing more is stored; the last release carries the erasure out. What waits for a floor goes on waiting
    when its day has come: whether the floor has grown is not known here (`Due.after_floors`).
    """
    if not connection.in_atomic_block:
        raise RuntimeError("destroy works inside client_scope")
    subject.generation = SubjectModel.objects.select_for_update().get(pk=subject.pk).generation
    every = Record.objects.filter(subject=subject)
    inside_floor = Q(erase_at__isnull=False)
    ending = every.exclude(HELD).exclude(inside_floor)
    count = _end(ending, actor=actor, reason=reason, client=subject.client_id, subject=subject.id)
    IdentifierToken.objects.filter(customer__subject=subject).delete()
    waiting = every.filter(inside_floor).exclude(state=Record.State.DESTROYED).exists()
    if leave_word(every.exclude(inside_floor), reason) or waiting:
        subject.erasure_due = subject.turn_due = True
        subject.save(update_fields=["erasure_due", "turn_due"])
        return count
    # Nobody is found any more by the number they had.
    Customer.objects.filter(subject=subject).update(number=os.urandom(32))
    SubjectKey.objects.filter(subject=subject).delete()
    gone: dict[str, Value] = {"generation": subject.generation}
    ended = journal.Entry(
        event=Event.KEY_SUBJECT_DESTROYED,
        actor=actor,
        client=subject.client_id,
        subject=subject.id,
        reasons=(reason,),
        data=gone,
    )
    journal.record(ended)
    subject.destroyed_at = clock.now()
    subject.generation += 1
    subject.erasure_due = subject.turn_due = False
    subject.save(update_fields=["destroyed_at", "generation", "erasure_due", "turn_due"])
    return count


def finish_subject(subject: UUID, *, actor: str, reason: str) -> bool:
    """Carry out an erasure that waited for holds and floors, once none of them is left. Call it inside
    `client_scope`. Returns whether the subject is gone now.

    A record whose day has come is ended by itself, once nothing more is found to keep it (`Due.after_floors`).
    """
    found = SubjectModel.objects.select_for_update().filter(pk=subject, erasure_due=True).first()
    if found is None:
        return False
    live = Record.objects.filter(subject=found).exclude(state=Record.State.DESTROYED)
    if live.filter(HELD | Q(erase_at__isnull=False)).exists():
        return False
    destroy_subject(found, actor=actor, reason=reason)
    return True


def buckets_over(client: UUID, *, today: date, still: Collection[UUID] = ()) -> list[UUID]:
    """Buckets whose week has come and whose keys nothing here keeps: neither a record that has still to move, nor one
    that waits for its floor. A hold bucket has no end; when the last record has left it, its key goes as well. Call it
    inside `client_scope`.

    Args:
        still: lines whose timers stand still.
    """
    due = Bucket.objects.filter(client_id=client, expires_on__lte=today, destroyed_at__isnull=True)
    ids = list(due.filter(_LEFT | Q(hold=False) & ~Q(line__in=still)).values_list("id", flat=True))
    kept = _keeping(ids)
    return [bucket for bucket in ids if bucket not in kept]


def destroy_buckets(buckets: Collection[UUID], *, actor: str) -> int:
    """End the keys of these buckets: one act each, however many records. Returns how many ended. Call it inside
    `client_scope`, with buckets that are over (`buckets_over`).

    From the commit on their records open for nobody; `purge` clears them away. Records on hold are in buckets of their
    own, and one that is moving there, or shall be (`holds.move_held`), holds its old bucket until it has.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("destroy works inside client_scope")
    live = Bucket.objects.filter(_LEFT | Q(hold=False), id__in=list(buckets), destroyed_at__isnull=True)
    locked = dict(live.select_for_update().order_by("id").values_list("id", "client"))
    # Looked for under the lock, which whoever marks a record shares: what was marked and not moved yet stays readable.
    kept = _keeping(list(locked))
    ended = {bucket: client for bucket, client in locked.items() if bucket not in kept}
    BucketKey.objects.filter(bucket__in=list(ended)).delete()
    Bucket.objects.filter(id__in=list(ended)).update(destroyed_at=clock.now())
    for bucket, client in ended.items():
        data = {"bucket": str(bucket)}
        journal.record(journal.Entry(event=Event.KEY_BUCKET_DESTROYED, actor=actor, client=client, data=data))
    return len(ended)


def _keeping(buckets: Sequence[UUID]) -> set[UUID]:
    """Buckets with a record that has still to move to another, or waits for the end of its floor."""
    if not buckets:
        return set()
    # To a hold bucket.
    holds = Hold.objects.filter(record__bucket__in=buckets, released_at__isnull=True)
    held = holds.exclude(record__state=Record.State.DESTROYED).filter(record__bucket__hold=False)
    # To the bucket of the date it was put off to.
    ends = Cast(F("bucket__expires_on"), DateTimeField())
    later = Q(due_at__gt=ends) | Q(erase_at__isnull=False)
    waiting = Record.objects.filter(later, bucket__in=buckets, bucket__hold=False)
    return {
        *held.values_list("record__bucket", flat=True),
        *waiting.exclude(state=Record.State.DESTROYED).values_list("bucket", flat=True),
    }


def purge(client: UUID, *, actor: str, batch: int = PURGE_BATCH) -> int:
    """Clear away up to `batch` records of buckets whose key has ended. Returns how many; 0 when none is left."""
    if not connection.in_atomic_block:
        raise RuntimeError("destroy works inside client_scope")
    bucket = (
        Bucket.objects.filter(client_id=client, destroyed_at__isnull=False, purged_at__isnull=True)
        .order_by("destroyed_at")
        .select_for_update(skip_locked=True)
        .first()
    )
    if bucket is None:
        return 0
    left = Record.objects.filter(bucket=bucket).exclude(state=Record.State.DESTROYED).values("id")[:batch]
    chosen = Record.objects.filter(id__in=list(left.values_list("id", flat=True)))
    gone = _end(chosen, actor=actor, reason="retention_ended", client=client)
    if gone < batch:
        bucket.purged_at = clock.now()
        bucket.save(update_fields=["purged_at"])
    # A bucket that was empty counts as one, or those after it would be taken for done.
    return gone or 1


def leave_word(records: QuerySet[Record], reason: str) -> int:
    """Have the holds of these records say why they end with the last of them. Returns how many holds there are.

    For a reason of time alone (`OF_TIME`) nothing is said: it is looked at anew when they are released.
    """
    live = records.exclude(state=Record.State.DESTROYED)
    holds = Hold.objects.filter(record__in=live, released_at__isnull=True)
    return holds.count() if reason in OF_TIME else holds.update(erase=reason)


def destroy_of_client(client: UUID, *, at_most: int, actor: str, reason: str) -> int:
    """End so many records of a client, and with the last of them its keys' rows. Returns how many were ended."""
    live = Record.objects.filter(client_id=client).exclude(state=Record.State.DESTROYED)
    ids = list(live.order_by("id").values_list("id", flat=True)[:at_most])
    if ids:
        return _end(Record.objects.filter(id__in=ids), actor=actor, reason=reason, client=client)
    SubjectKey.objects.filter(subject__client_id=client).delete()
    BucketKey.objects.filter(bucket__client_id=client).delete()
    IdentifierToken.objects.filter(client_id=client).delete()
    return 0


def _end(records: QuerySet[Record], *, actor: str, reason: str, client: UUID, subject: UUID | None = None) -> int:
    if not connection.in_atomic_block:
        raise RuntimeError("destroy works inside client_scope")
    live = records.exclude(state=Record.State.DESTROYED).select_for_update()
    rows = list(live.values_list("id", "object_key", "call_id"))
    ids = [row[0] for row in rows]
    if not ids and subject is None:
        return 0
    DataKey.objects.filter(record_id__in=ids).delete()
    SearchToken.objects.filter(record_id__in=ids).delete()
    SealedField.objects.filter(record_id__in=ids).delete()
    Record.objects.filter(id__in=ids).update(state=Record.State.DESTROYED, destroyed_at=clock.now())
    calls = {row[2] for row in rows if row[2]}
    digest = sha256(b"".join(sorted(record.bytes for record in ids))).hexdigest()
    journal.record(
        journal.Entry(
            event=Event.RECORD_DESTROYED,
            actor=actor,
            client=client,
            subject=subject,
            call=next(iter(calls)) if len(calls) == 1 else None,
            records=tuple(ids[:NAMED]),
            count=len(ids),
            reasons=(reason,),
            data={"records_digest": digest} if len(ids) > NAMED else {},
        )
    )
    keys = [row[1] for row in rows if row[1]]
    # Objects go after the commit: without their keys they are noise already, and a rollback must find them.
    transaction.on_commit(lambda: _delete(keys))
    return len(ids)


def _delete(keys: list[str]) -> None:
    for key in keys:
        objects.delete(key)
