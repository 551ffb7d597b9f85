"""Destroying: taking a lock away. What it held is refused at once and unreadable in every copy after the epoch turn."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from callwarden.custody import objects
from callwarden.custody.models import Bucket, BucketKey, DataKey, IdentifierToken, Record, SearchToken, SubjectKey
from callwarden.custody.models import Subject as SubjectModel
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event


def destroy_record(record: Record, *, actor: str, reason: str, still: Q | None = None) -> bool:
    """End one record: its data key, its search tokens, then its object. Call it inside `client_scope`.

    Args:
        still: what must hold at that very moment, whatever was true when the record was chosen (a hold may have come).

    Returns whether it was ended now.
    """
    chosen = Record.objects.filter(still or Q(), pk=record.pk)
    return bool(_end(chosen, actor=actor, reason=reason, client=record.client_id))


def destroy_subject(subject: SubjectModel, *, actor: str, reason: str) -> int:
    """End everything under this subject's keys, in every generation. Returns how many records that was.

    Waits for whatever is being stored under the subject, and takes it along.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("destroy works inside client_scope")
    subject.generation = SubjectModel.objects.select_for_update().get(pk=subject.pk).generation
    count = _end(
        Record.objects.filter(subject=subject), actor=actor, reason=reason, client=subject.client_id, subject=subject.id
    )
    SubjectKey.objects.filter(subject=subject).delete()
    IdentifierToken.objects.filter(customer__subject=subject).delete()
    subject.destroyed_at = clock.now()
    subject.generation += 1
    subject.save(update_fields=["destroyed_at", "generation"])
    return count


def destroy_due_buckets(client: UUID, *, today: date, actor: str) -> int:
    """End the buckets whose week has come, unless a record in them is held. Returns how many ended."""
    ended = 0
    for bucket in Bucket.objects.select_for_update().filter(
        client_id=client, expires_on__lte=today, hold=False, destroyed_at__isnull=True
    ):
        _end(Record.objects.filter(bucket=bucket), actor=actor, reason="retention_ended", client=client)
        BucketKey.objects.filter(bucket=bucket).delete()
        bucket.destroyed_at = clock.now()
        bucket.save(update_fields=["destroyed_at"])
        ended += 1
    return ended


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


def _end(records, *, actor: str, reason: str, client: UUID, subject: UUID | None = None) -> int:  # type: ignore[no-untyped-def]
    if not connection.in_atomic_block:
        raise RuntimeError("destroy works inside client_scope")
    live = records.exclude(state=Record.State.DESTROYED).select_for_update()
    rows = list(live.values_list("id", "object_key", "call_id"))
    ids = [row[0] for row in rows]
    if not ids and subject is None:
        return 0
    DataKey.objects.filter(record_id__in=ids).delete()
    SearchToken.objects.filter(record_id__in=ids).delete()
    Record.objects.filter(id__in=ids).update(state=Record.State.DESTROYED, destroyed_at=clock.now())
    calls = {row[2] for row in rows if row[2]}
    journal.record(
        journal.Entry(
            event=Event.RECORD_DESTROYED,
            actor=actor,
            client=client,
            subject=subject,
            call=next(iter(calls)) if len(calls) == 1 else None,
            records=tuple(ids[:50]),
            count=len(ids),
            reasons=(reason,),
        )
    )
    keys = [row[1] for row in rows if row[1]]
    # Objects go after the commit: without their keys they are noise already, and a rollback must find them.
    transaction.on_commit(lambda: _delete(keys))
    return len(ids)


def _delete(keys: list[str]) -> None:
    for key in keys:
        objects.delete(key)
