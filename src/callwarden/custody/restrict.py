"""Records whose erasure waits for a floor: stored and protected, and nothing else, until a day that is known now.

Source: PIPL art. 47 last paragraph; Network Data Security Regulations art. 24; GDPR art. 17(3)(b), 18.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from callwarden.custody.destroy import destroy_record, finish_subject
from callwarden.custody.models import Hold, Record, Subject
from callwarden.custody.moving import move
from callwarden.custody.permits import revoke_of_records
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event


def restrict(record: Record, *, until: datetime, provision: str, actor: str, reason: str) -> bool:
    """Keep a record for storage alone until `until`, then erase it for `reason`. Call it inside `client_scope`.

    Its due date is never before that day, so that no retention period ends it inside the floor.

    Asked again, the earliest day that is still lawful counts: the caller computes it, so the last word holds.

    Returns whether it was restricted now or before; False: it is destroyed already.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("restrict works inside client_scope")
    Subject.objects.select_for_update(no_key=True).filter(pk=record.subject_id).first()
    locked = Record.objects.select_for_update().get(pk=record.pk)
    if locked.state == Record.State.DESTROYED:
        return False
    if locked.state != Record.State.RESTRICTED:
        revoke_of_records([locked.pk])
    locked.state, locked.erase_at, locked.erase_reason = Record.State.RESTRICTED, until, reason
    locked.due_at = max(locked.due_at, until)
    locked.save(update_fields=["state", "erase_at", "erase_reason", "due_at"])
    journal.record(
        journal.Entry(
            event=Event.RECORD_RESTRICTED,
            actor=actor,
            client=locked.client_id,
            subject=locked.subject_id,
            call=locked.call_id,
            records=(locked.pk,),
            reasons=(reason,),
            data={"until": until.isoformat(), "provision": provision},
        )
    )
    return True


def due_after_floors(client: UUID) -> int:
    """See that no period ends a record before the day its floor keeps it to, whoever restricted it; how many it was
    wrong for. Call it inside `client_scope`.
    """
    early = Record.objects.filter(client_id=client, erase_at__gt=F("due_at")).exclude(state=Record.State.DESTROYED)
    return early.update(due_at=F("erase_at"))


def move_restricted(client: UUID, *, most: int = 1000) -> int:
    """Move the keys of restricted records whose floor outlasts the week of their bucket to the bucket of their day;
    how many. Until then their bucket is ended by nobody. Call it inside `client_scope`.

    Raises:
        KeeperUnavailable: a key cannot be moved now.
    """
    ends = Cast(F("bucket__expires_on"), DateTimeField())
    waiting = Record.objects.filter(client_id=client, erase_at__gt=clock.now(), due_at__gt=ends)
    waiting = waiting.filter(bucket__hold=False, bucket__destroyed_at__isnull=True)
    return move(list(waiting.exclude(state=Record.State.DESTROYED).values_list("pk", flat=True)[:most]))


def store_only(records: QuerySet[Record], *, reason: str = "") -> int:
    """From now on what is left of these is kept for its hold or its floor, and used for nothing else: views that are
    open end. Call it inside `client_scope`. `reason` says what is still to be done with them.

    Source: PIPL art. 47 last paragraph; GDPR art. 18(2).
    """
    open_to_use = records.filter(state=Record.State.STORED)
    # Disclosures hold the same rows: none is decided by what the record was, and stays unseen here.
    theirs = Subject.objects.filter(id__in=open_to_use.values("subject"))
    list(theirs.select_for_update(no_key=True).order_by("id").values_list("id"))
    ids = list(open_to_use.values_list("id", flat=True))
    if not ids:
        return 0
    revoke_of_records(ids)
    changes = {"state": Record.State.RESTRICTED} | ({"erase_reason": reason} if reason else {})
    return Record.objects.filter(id__in=ids, state=Record.State.STORED).update(**changes)


def asked_for(records: QuerySet[Record]) -> QuerySet[Record]:
    """Those that are restricted because somebody asked for it. What waits for a day on which it goes, or is to go with
    its last hold, is restricted for that.
    """
    to_go = Hold.objects.filter(record=OuterRef("pk"), released_at__isnull=True).exclude(erase="")
    asked = records.filter(state=Record.State.RESTRICTED, erase_at__isnull=True, erase_reason="")
    return asked.exclude(Exists(to_go))


def lift(records: QuerySet[Record]) -> list[UUID]:
    """Let what somebody `asked_for` be used again; which records those are. The others stay as they are. Call it inside
    `client_scope`.
    """
    asked = asked_for(records)
    theirs = Subject.objects.filter(id__in=asked.values("subject"))
    list(theirs.select_for_update(no_key=True).order_by("id").values_list("id"))
    ids = list(asked.order_by("id").values_list("id", flat=True))
    Record.objects.filter(id__in=ids).update(state=Record.State.STORED)
    return ids


def end_restricted(records: Iterable[Record], *, actor: str) -> int:
    """Erase what was only waiting for its floor, now that its day has come. Call it inside `client_scope`. Returns how
    many were destroyed; one that is on hold by now goes with its last hold.
    """
    ended = 0
    for record in records:
        reason = record.erase_reason or "erased"
        ended += destroy_record(record, actor=actor, reason=reason, still=Q(erase_at__lte=clock.now()))
        finish_subject(record.subject_id, actor=actor, reason=reason)
    return ended
