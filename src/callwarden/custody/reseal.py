"""Sealing objects anew after a leak: recordings, transcripts and redacted copies move to fresh data keys.

One object after the other: a new object is written beside the old one, read back, and takes its place in one commit
together with its wrap; then the old one goes. Both sealings happen inside the keeper (see `keeper.resealing`): sealed
bytes go through here, never a key or a value.

Killed at any moment nothing is lost and nothing stays behind: a name stands in `ObjectMove` before anything is written
under it, and until what it names is gone. Whoever goes on clears that first.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import F, Q, QuerySet, Sum

from callwarden.custody import objects
from callwarden.custody.ciphertext import Ciphertext
from callwarden.custody.keeper import client as keeper
from callwarden.custody.keeper.protocol import to_bytes, to_text
from callwarden.custody.models import Client, DataKey, KeyRun, ObjectMove, Record
from callwarden.custody.scope import client_scope
from callwarden.kernel import clock
from callwarden.kernel.errors import NotFound

State = ObjectMove.State
WAIT_SECONDS = 0.5


@dataclass(frozen=True)
class Share:
    """The objects a run has before it: how many, and their size in the store in bytes."""

    items: int
    size: int


def share(client: UUID, version: int) -> Share:
    """The objects of earlier versions than this one."""
    with client_scope(client):
        found = _old(client, version)
        return Share(found.count(), found.aggregate(size=Sum("sealed_size"))["size"] or 0)


def advance(run: UUID, *, seconds: float) -> bool:
    """Seal objects anew for about so long; False when none is left, nor anything to be cleared away.

    Raises:
        KeeperUnavailable, Unavailable: keeper or store does not answer; the run stands after its last object.
    """
    found = KeyRun.objects.get(pk=run)
    until = clock.monotonic() + seconds
    with _alone(found.client_id) as mine:
        if not mine:
            # Another process is at it: how it stands is seen by whoever asks again.
            time.sleep(WAIT_SECONDS)
            return True
        clear(found.client_id, grace=_grace())
        while clock.monotonic() < until:
            found.refresh_from_db()
            if found.state != KeyRun.State.RUNNING:
                return True
            began = clock.monotonic()
            record = _next(found)
            if record is None:
                clear(found.client_id, grace=_grace())
                if not _left_behind(found.client_id):
                    return False
                time.sleep(min(WAIT_SECONDS, max(until - clock.monotonic(), 0.0)))
                continue
            _one(found, record)
            if found.rate:
                time.sleep(min(max(1 / found.rate - (clock.monotonic() - began), 0.0), seconds))
    return True


def clear(client: UUID, *, grace: timedelta = timedelta(0)) -> int:
    """Delete the objects that are not needed any more, or were never finished. Returns how many names went.

    Args:
        grace: how long an object that was replaced stays for those who read it.
    """
    with client_scope(client):
        over = Q(state=State.WRITING) | Q(state=State.LEFT, at__lte=clock.now() - grace)
        moves = ObjectMove.objects.select_for_update().filter(over, client_id=client)
        names = list(moves.values_list("id", "object_key"))
        # Whoever writes it still, against all expectation, may not put it in force any more.
        ObjectMove.objects.filter(id__in=[move for move, _key in names]).update(state=State.LEFT)
    for move, key in names:
        with client_scope(client):
            needed = Record.objects.filter(client_id=client, object_key=key).exists()
        if not needed:
            objects.clear(key)
        with client_scope(client):
            ObjectMove.objects.filter(pk=move).delete()
    return len(names)


def clear_ended() -> int:
    """Clear what runs have left that were stopped, as when their client was closed. Returns how many names went."""
    gone = 0
    for client in Client.objects.values_list("id", flat=True):
        if _left_behind(client):
            with _alone(client) as mine:
                gone += clear(client, grace=_grace()) if mine else 0
    return gone


def _left_behind(client: UUID) -> bool:
    with client_scope(client):
        return ObjectMove.objects.filter(client_id=client).exclude(state=State.FAILED).exists()


def _old(client: UUID, version: int) -> QuerySet[Record]:
    """Records with an object of an earlier version whose locks are still there; those on hold are among them."""
    live = Record.objects.filter(client_id=client, key__version__lt=version, bucket__destroyed_at__isnull=True)
    return live.exclude(object_key="").exclude(state=Record.State.DESTROYED)


def _next(run: KeyRun) -> Record | None:
    """The next record to be moved. Past the last one it looks once more from the first."""
    with client_scope(run.client_id):
        failed = run.moves.filter(state=State.FAILED).values("record")
        left = _old(run.client_id, run.version).exclude(id__in=failed).order_by("id")
        found = left.filter(id__gt=run.after).first() if run.after else None
        return found or left.first()


def _one(run: KeyRun, record: Record) -> None:
    """Move one object, or pass it over where it cannot be opened."""
    move, sealing = _name(run, record), _Sealing()
    try:
        with (
            closing(Ciphertext()) as sealed,
            keeper.Conversation(run=run.id, record=record.id, size=record.sealed_size) as conversation,
        ):
            _converse(run, record, move, sealed, conversation, sealing)
    except (_Changed, keeper.KeyDestroyed):
        pass  # it was destroyed meanwhile, or has moved
    except NotFound:
        if not sealing.reading_old:
            raise
        _fail(run, record, move)
    except keeper.KeeperUnavailable as error:
        cause = error.data.get("cause")
        if cause not in _ITS_OWN_FAULT or not sealing.reading_old:
            # What was written a moment ago and does not come back as it was: nothing is given up for it.
            raise
        if cause != "not_running" or _stands(run, record):
            _fail(run, record, move)
    clear(run.client_id, grace=_grace())


# What the keeper says where one object cannot be opened, and asking again would not help.
_ITS_OWN_FAULT = frozenset({"damaged", "rows_changed", "not_running"})


@dataclass
class _Sealing:
    """How far the sealing of an object is."""

    reading_old: bool = True


class _Changed(Exception):
    """The record is not any more what it was when its object was read."""


def _stands(run: KeyRun, record: Record) -> bool:
    """Whether a record that the keeper will not move is still to be moved."""
    with client_scope(run.client_id):
        running = KeyRun.objects.filter(pk=run.pk, state__in=[KeyRun.State.RUNNING, KeyRun.State.PAUSED]).exists()
        return running and _old(run.client_id, run.version).filter(pk=record.pk).exists()


def _converse(
    run: KeyRun,
    record: Record,
    move: ObjectMove,
    sealed: Ciphertext,
    conversation: keeper.Conversation,
    sealing: _Sealing,
) -> None:
    ranges = {"old": objects.ObjectRange(record.object_key, record.sealed_size)}
    size, digest = 0, b""
    pace = _pace(run)
    while True:
        said = conversation.hear()
        if "need" in said:
            offset, length = said["need"]
            content = ranges[said["of"]].read_at(int(offset), int(length))
            if said["of"] == "old":
                pace(len(content))
            conversation.say({"bytes": to_text(content)})
        elif "put" in said:
            sealed.write(to_bytes(said["put"]))
        elif "sealed" in said:
            sealing.reading_old = False
            size, digest = _store(move, sealed)
            ranges["new"] = objects.ObjectRange(move.object_key, size)
            conversation.say({"size": size})
        elif "same" in said:
            _swap(run, record, move, size, digest, conversation)
            return


def _name(run: KeyRun, record: Record) -> ObjectMove:
    """Say, before anything is written, under which name it will lie."""
    with client_scope(run.client_id):
        return ObjectMove.objects.create(
            client_id=run.client_id,
            run=run,
            record=record.id,
            object_key=objects.key_for(record.id, again=secrets.token_hex(8)),
            at=clock.now(),
        )


def _store(move: ObjectMove, sealed: Ciphertext) -> tuple[int, bytes]:
    size, digest = objects.create(move.object_key, sealed.file)
    objects.make_durable(move.object_key)
    return size, digest


def _swap(
    run: KeyRun, record: Record, move: ObjectMove, size: int, digest: bytes, conversation: keeper.Conversation
) -> None:
    """Pointer, wrap and counts in one commit; from it on the old object is the one that is to go."""
    with client_scope(run.client_id):
        mine = ObjectMove.objects.select_for_update().filter(pk=move.pk, state=State.WRITING).first()
        held = Record.objects.select_for_update(of=("self",)).filter(pk=record.pk, object_key=record.object_key).first()
        live = held is not None and held.state != Record.State.DESTROYED
        # The keeper wraps for what the rows say now, and nobody changes them until this is committed.
        keys = DataKey.objects.select_for_update(of=("self",)).filter(record=record.pk, version__lt=run.version)
        if mine is None or held is None or not live or keys.values_list("record").first() is None:
            raise _Changed
        conversation.say({})
        wrapped = to_bytes(conversation.hear()["ok"]["wrapped"])
        now = clock.now()
        DataKey.objects.filter(record=record.pk).update(wrapped=wrapped, version=run.version)
        Record.objects.filter(pk=record.pk).update(
            object_key=move.object_key, sealed_size=size, sealed_digest=digest, resealed_at=now
        )
        ObjectMove.objects.filter(pk=move.pk).update(object_key=record.object_key, state=State.LEFT, at=now)
        _count(run, record)


def _count(run: KeyRun, record: Record) -> None:
    KeyRun.objects.filter(pk=run.pk).update(
        done=F("done") + 1,
        items=F("items") + 1,
        bytes=F("bytes") + record.sealed_size,
        after=record.pk,
        moved_at=clock.now(),
    )


def _fail(run: KeyRun, record: Record, move: ObjectMove) -> None:
    """Pass an object over that cannot be opened. It stays where it is, and its version cannot be retired."""
    objects.clear(move.object_key)
    with client_scope(run.client_id):
        ObjectMove.objects.filter(pk=move.pk).update(object_key=record.object_key, state=State.FAILED, at=clock.now())
        KeyRun.objects.filter(pk=run.pk).update(failed=F("failed") + 1, after=record.pk, moved_at=clock.now())


def _pace(run: KeyRun) -> Callable[[int], None]:
    """Waits so that no more bytes than the run's limit pass in a second."""
    began, passed = clock.monotonic(), 0

    def wait(count: int) -> None:
        nonlocal passed
        passed += count
        if run.byte_rate:
            time.sleep(max(passed / run.byte_rate - (clock.monotonic() - began), 0.0))

    return wait


def _grace() -> timedelta:
    return timedelta(seconds=settings.OBJECT_GRACE_SECONDS)


@contextmanager
def _alone(client: UUID) -> Iterator[bool]:
    """Whether nobody else moves objects of this client, as long as this block lasts. A killed process lets go."""
    name = f"callwarden reseal {client}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        (mine,) = cursor.fetchone()
    try:
        yield mine
    finally:
        # A connection that broke has let go of it.
        if mine:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
