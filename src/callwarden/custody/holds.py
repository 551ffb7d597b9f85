"""Holds: a record that a matter needs is destroyed by nobody until the last matter lets it go.

Its data key is wrapped into a hold bucket in the same transaction, so that the end of its own bucket cannot reach it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from callwarden.custody import standstill, times
from callwarden.custody.destroy import OF_TIME, destroy_record, finish_subject
from callwarden.custody.epochs import active_epoch
from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import Bucket, DataKey, Hold, Record, Subject
from callwarden.custody.moving import tell
from callwarden.custody.put import binding_for, expiry_week, tell_opened
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import NotFound, Refused
from callwarden.kernel.events import Event

MOVED_AT_ONCE: Final = 1000


def hold(record: Record, *, matter: UUID, actor: str, session: UUID | None = None) -> Hold:
    """Keep a record from being destroyed, for one matter. Once for each matter. Call it inside `client_scope`.

    Raises:
        Refused: it has been destroyed, or the key of its bucket has ended.
        KeeperUnavailable: its key cannot be moved now.
    """
    locked = _lock(record)
    known = Hold.objects.filter(record=locked, matter=matter, released_at__isnull=True).first()
    if known:
        return known
    if not _bucket(locked.bucket_id).hold:
        _move(locked, hold=True)
    set_ = Hold.objects.create(
        client_id=locked.client_id, record=locked, matter=matter, set_by=actor, set_at=clock.now()
    )
    _record(Event.HOLD_SET, set_, actor, session)
    return set_


def mark(records: Sequence[Record], *, matter: UUID, actor: str) -> int:
    """Keep many records from being destroyed, for one matter; from the commit on nobody does. Call it inside
    `client_scope`, with a few hundred at most. Each is to be `settle`d later.

    Returns how many were marked: not those destroyed meanwhile, nor those the matter lies on already.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("holds work inside client_scope")
    # Whoever destroys a record or its subject locks the subject first; whoever ends a bucket looks for holds under
    # its lock.
    subjects = sorted({record.subject_id for record in records})
    list(Subject.objects.select_for_update().filter(pk__in=subjects).order_by("pk").values_list("pk"))
    live = Record.objects.filter(pk__in=[record.pk for record in records]).exclude(state=Record.State.DESTROYED)
    alive = _share({record.bucket_id for record in live})
    known = set(
        Hold.objects.filter(record__in=live, matter=matter, released_at__isnull=True).values_list("record", flat=True)
    )
    now = clock.now()
    fresh = [
        Hold(client_id=record.client_id, record=record, matter=matter, set_by=actor, set_at=now)
        for record in live.order_by("pk")
        if record.bucket_id in alive and record.pk not in known
    ]
    Hold.objects.bulk_create(fresh)
    # One entry each: a restore sets every one of them again by its own id.
    for one in fresh:
        _record(Event.HOLD_SET, one, actor, None)
    return len(fresh)


def _share(buckets: Collection[UUID]) -> set[UUID]:
    """Those of the buckets whose key lives; it does not end until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM custody_bucket WHERE id = ANY(%s) AND destroyed_at IS NULL ORDER BY id FOR SHARE",
            [sorted(buckets)],
        )
        return {row[0] for row in cursor.fetchall()}


def settle(record: UUID) -> bool:
    """Wrap a marked record into the hold bucket of its bucket. Call it inside `client_scope`. Returns whether it was
    moved now.

    Raises:
        KeeperUnavailable: its key cannot be moved now; it stays marked, and its bucket stays.
    """
    subject = Record.objects.values_list("subject", flat=True).get(pk=record)
    Subject.objects.select_for_update().get(pk=subject)
    locked = Record.objects.select_for_update(of=("self",)).select_related("line", "bucket").get(pk=record)
    held = Hold.objects.filter(record=locked, released_at__isnull=True).exists()
    if not held or locked.state == Record.State.DESTROYED or locked.bucket.hold:
        return False
    _move(locked, hold=True)
    return True


def release(hold: UUID, *, actor: str, session: UUID | None = None) -> bool:
    """Let a record go for one matter. Call it inside `client_scope`.

    With the last hold the record goes to the bucket of its due date; where its time is over by then, or its erasure
    was asked for meanwhile, it is destroyed instead, unless it waits for the end of a floor.

    Returns:
        Whether it was destroyed.

    Raises:
        NotFound: no such hold, or it was released before.
        KeeperUnavailable: its key cannot be moved now.
    """
    record_id = Hold.objects.filter(pk=hold, released_at__isnull=True).values_list("record", flat=True).first()
    if record_id is None:
        raise NotFound("no_such_hold", _("There is no such hold, or it was released already."))
    record = _lock(Record.objects.get(pk=record_id))
    found = Hold.objects.select_for_update().filter(pk=hold, released_at__isnull=True).first()
    if found is None:
        raise NotFound("no_such_hold", _("There is no such hold, or it was released already."))
    found.released_by, found.released_at = actor, clock.now()
    found.save(update_fields=["released_by", "released_at"])
    _record(Event.HOLD_RELEASED, found, actor, session)
    if Hold.objects.filter(record=record, released_at__isnull=True).exists():
        return False
    return _let_go(record, actor)


def hold_again(told: UUID, record: Record, *, matter: UUID, by: str, at: datetime, actor: str) -> bool:
    """Put a hold back that a restored store lost. The record's key moves once a keeper answers (`move_held`); until
    then its bucket is ended by nobody. Call it inside `client_scope`.

    Returns whether the record is held for the matter.
    """
    locked = Record.objects.select_for_update().get(pk=record.pk)
    if locked.state == Record.State.DESTROYED:
        return False
    if Hold.objects.filter(pk=told, released_at__isnull=False).exists():
        told = uuid4()
    if not Hold.objects.filter(record=locked, matter=matter, released_at__isnull=True).exists():
        set_ = Hold.objects.create(
            pk=told, client_id=locked.client_id, record=locked, matter=matter, set_by=by, set_at=at
        )
        _record(Event.HOLD_SET, set_, actor, None)
    return True


def move_held(client: UUID) -> int:
    """Move the keys of held records that still lie in a bucket of their week into its hold bucket; how many.

    Holds that a restore set again wait for this. Call it inside `client_scope`.

    Raises:
        KeeperUnavailable: a key cannot be moved now.
    """
    held = Exists(Hold.objects.filter(record=OuterRef("pk"), released_at__isnull=True))
    waiting = Record.objects.filter(held, client_id=client, bucket__hold=False, bucket__destroyed_at__isnull=True)
    moved = 0
    for record in waiting.exclude(state=Record.State.DESTROYED)[:MOVED_AT_ONCE]:
        locked = _lock(record)
        if not _bucket(locked.bucket_id).hold:
            _move(locked, hold=True)
            moved += 1
    return moved


def _let_go(record: Record, actor: str) -> bool:
    words = Hold.objects.filter(record=record).exclude(erase__in=["", *OF_TIME])
    asked = words.values_list("erase", flat=True).first()
    even = times.steady()
    if asked is None and even and record.erase_at is not None and record.erase_at <= clock.now():
        asked = record.erase_reason or "erased"  # its floor ended while it was on hold
    # A floor keeps it longer than whoever left the word could know; on its day it goes by itself. While the time cannot
    # be relied on nobody knows whether that has come.
    floor = record.erase_at is not None and (record.erase_at > clock.now() or not even)
    # Home is the week of its due date of now, which may have been put off while it was on hold.
    home = Bucket.objects.select_for_update().filter(
        line=record.line_id, category=record.category, expires_on=expiry_week(record.due_at), hold=False
    )
    runs = even and record.line_id not in standstill.lines()
    over = (record.due_at <= clock.now() and runs) or any(bucket.destroyed_at for bucket in home)
    ending = bool(asked or over) and not floor
    if ending:
        destroy_record(record, actor=actor, reason=asked or "retention_ended")
    else:
        _move(record, hold=False)
        tell([record], actor=actor)
        # Copies of the wrap it had while on hold must not outlive its own bucket: they end with this generation.
        Subject.objects.filter(pk=record.subject_id).update(turn_due=True)
    finish_subject(record.subject_id, actor=actor, reason=asked or "erased")
    return ending


def _lock(record: Record) -> Record:
    """The record as it is now; neither it nor its subject's generation changes until the transaction ends."""
    if not connection.in_atomic_block:
        raise RuntimeError("holds work inside client_scope")
    Subject.objects.select_for_update().get(pk=record.subject_id)
    locked = Record.objects.select_for_update(of=("self",)).select_related("line", "bucket").get(pk=record.pk)
    if locked.state == Record.State.DESTROYED:
        raise _gone()
    return locked


def _bucket(bucket: UUID) -> Bucket:
    """The bucket; its key cannot be ended until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM custody_bucket WHERE id = %s AND destroyed_at IS NULL FOR SHARE", [bucket])
        if cursor.fetchone() is None:
            raise _gone()
    return Bucket.objects.get(pk=bucket)


def _move(record: Record, *, hold: bool) -> None:
    """Wrap the record's data key into a hold bucket, or back into the bucket of its due date."""
    now, week = _bucket(record.bucket_id), expiry_week(record.due_at)
    place, created = Bucket.objects.get_or_create(
        line_id=now.line_id,
        category=now.category,
        # The hold bucket of a week that is over may have ended with what last lay in it.
        expires_on=max(week, now.expires_on) if hold else week,
        hold=hold,
        defaults={"client_id": now.client_id},
    )
    if created:
        tell_opened(place)
    # An empty hold bucket has ended at its week; the key of a bucket that has ended is never made again.
    _bucket(place.id)
    # Held from before its wrap is read: a run that seals the record anew would change it in between.
    held = DataKey.objects.select_for_update(of=("self",)).values_list("generation", flat=True)
    generation = held.get(record=record)
    record.bucket = place
    wrapped = keeper.rewrap(binding_for(record, generation=generation), epoch=active_epoch(record.client_id))
    DataKey.objects.filter(record=record).update(bucket=place, wrapped=wrapped)
    record.save(update_fields=["bucket"])


def _gone() -> Refused:
    return Refused("record_gone", _("This record has been destroyed, so it cannot be held."))


def _record(event: Event, hold: Hold, actor: str, session: UUID | None) -> None:
    journal.record(
        journal.Entry(
            event=event,
            actor=actor,
            session=session,
            client=hold.client_id,
            records=(hold.record_id,),
            data={"hold": str(hold.id), "matter": str(hold.matter)},
        )
    )
