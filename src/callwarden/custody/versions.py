"""New versions of records that are kept already: redacted copies, originals put again, words that came late.

A version is bound by whatever binds what it is made of. Where that is stored and nothing else, so is the version; it
goes on the same day, for the same reason; and a matter that holds the one holds the other. So no version gives back to
use, or keeps for longer, what was taken out of use.

Whoever makes one holds what it is made of (`hold_still`) from before that is looked at until the commit: then either
the version is seen by whoever restricts or destroys, or that is seen here.

Source: PIPL art. 47 last paragraph; GDPR art. 18.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final
from uuid import UUID

from django.db import connection

from callwarden.custody import objects
from callwarden.custody.basis import Basis
from callwarden.custody.bounds import Bounds
from callwarden.custody.destroy import NAMED
from callwarden.custody.models import Hold, Record, Subject
from callwarden.custody.put import Shelf
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Unavailable
from callwarden.kernel.events import Event
from callwarden.kernel.structural import Value

# What stands in the ledger where other restrictions name the provision that keeps a record.
PROVISION: Final = "as-what-it-is-made-of"
_ALIVE = "SELECT destroyed_at IS NULL AND NOT erasure_due FROM custody_subject WHERE id = %s"
_ALONE: Final = f"{_ALIVE} FOR NO KEY UPDATE"
_TOGETHER: Final = f"{_ALIVE} FOR SHARE"


def hold_still(records: Sequence[Record], *, replacing: bool = False) -> bool:
    """Keep these as they are until the transaction ends. Call it inside `client_scope`, before anything is put.

    Args:
        replacing: whether any of them is destroyed in this transaction.

    Returns whether all of them can still be worked on: none was destroyed meanwhile, nor is to go with its subject.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("hold_still works inside client_scope")
    # The caller first, as whoever carries out what a caller said; and subject before record, as everybody.
    theirs = Subject.objects.filter(id__in={record.subject_id for record in records})
    subjects = sorted(theirs.values_list("id", "kind"), key=lambda row: (row[1] == Subject.Kind.AGENT, row[0]))
    if not all(_hold(subject, replacing=replacing) for subject, _kind in subjects):
        return False
    ids = [record.pk for record in records]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.id FROM custody_record r JOIN custody_bucket b ON b.id = r.bucket_id"
            " WHERE r.id = ANY(%s) AND r.state <> %s AND b.destroyed_at IS NULL ORDER BY r.id FOR NO KEY UPDATE OF r",
            [ids, Record.State.DESTROYED],
        )
        return len(cursor.fetchall()) == len(set(ids))


def _hold(subject: UUID, *, replacing: bool) -> bool:
    """One subject, one after the other in the order that was asked for; whether it is not erased."""
    # Restricting and destroying take the stronger of the two, so that each sees what the other committed. Of two who
    # only make versions neither waits: an agent is in many calls.
    statement = _ALONE if replacing else _TOGETHER
    with connection.cursor() as cursor:
        cursor.execute(statement, [subject])
        row = cursor.fetchone()
    return bool(row and row[0])


def newest(records: Iterable[Record]) -> list[Record]:
    """Of what is kept of a call the versions that are worked with, in the order given; of anything else all.

    Where a floor or a hold keeps the version before, both are there for a while.
    """
    found = list(records)
    last: dict[tuple[UUID, str, UUID | None], Record] = {}
    for record in sorted(found, key=lambda one: (one.created_at, one.pk)):
        if record.call_id is not None:
            last[record.call_id, record.category, record.leg_id] = record
    kept = {record.pk for record in last.values()}
    return [record for record in found if record.call_id is None or record.pk in kept]


@contextmanager
def versions(basis: Basis, *, actor: str) -> Iterator[Shelf]:
    """What is put on this shelf with `bounds` is a version of what they are of. Use it inside `client_scope`.

    Should anything fail, the objects that were stored by then go again: no row will ever name them.
    """
    shelf = Shelf(basis, versions=True)
    try:
        yield shelf
        for record, bounds in shelf.made:
            _hold_too(record, bounds, actor)
        _tell(shelf.made, basis.client, actor)
    except BaseException:
        for record, _bounds in shelf.made:
            if record.object_key:
                with suppress(Unavailable):
                    objects.delete(record.object_key)
        raise


def _hold_too(record: Record, bounds: Bounds, actor: str) -> None:
    """For the same matters. Its key moves when held records next do (`holds.move_held`)."""
    for matter, erase in bounds.matters:
        held = Hold.objects.create(
            client_id=record.client_id, record=record, matter=matter, set_by=actor, set_at=clock.now(), erase=erase
        )
        data = {"hold": str(held.id), "matter": str(matter)}
        told = journal.Entry(
            event=Event.HOLD_SET, actor=actor, client=record.client_id, records=(record.id,), data=data
        )
        journal.record(told)


def _tell(made: Iterable[tuple[Record, Bounds]], client: UUID, actor: str) -> None:
    """The entries let a restore restrict them again."""
    alike: dict[tuple[UUID, UUID | None, Bounds], list[UUID]] = {}
    for record, bounds in made:
        if bounds.restricted:
            alike.setdefault((record.subject_id, record.call_id, bounds), []).append(record.pk)
    for (subject, call, bounds), ids in alike.items():
        data: dict[str, Value] = {}
        if bounds.erase_at is not None:
            data = {"until": bounds.erase_at.isoformat(), "provision": PROVISION}
        # A restore that finds a subject and no day takes it for what a person asked for, and restricts all that lies
        # under their keys: what waits for its hold, or for a version without somebody, names none.
        waits_for = "" if bounds.erase_at is not None else bounds.word or bounds.erase_reason
        for first in range(0, len(ids), NAMED):
            names = tuple(ids[first : first + NAMED])
            journal.record(
                journal.Entry(
                    event=Event.RECORD_RESTRICTED,
                    actor=actor,
                    client=client,
                    subject=None if waits_for else subject,
                    call=call,
                    records=names,
                    count=len(names),
                    reasons=(waits_for or bounds.erase_reason or "request_restriction",),
                    data=data,
                )
            )
