"""The one sequencer: drains pending entries into the tree and signs a checkpoint within a second.

Order of durability: first the rows with their indices (one commit), then the tiles, which are a pure function of the
rows, then the checkpoint, then its copies off this host. A crash between any two is mended at the next start.
It takes whatever pending rows are committed, in id order, and never waits for those that are not: one idle writer
therefore stalls nobody.

A second sequencer waits for the lock and takes over when the first is gone: the database gives the lock free with the
session. One whose session has ended signs nothing more, because each step asks for the lock by the same session.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from callwarden.custody.ledger import heads, sinks
from callwarden.custody.ledger.heads import folder
from callwarden.custody.models import Checkpoint, LedgerEntry, SequencerState
from callwarden.custody.once import create_once
from callwarden.engines import ledger
from callwarden.kernel import clock

log = logging.getLogger("callwarden.sequencer")
BATCH = 5_000
LOCK = 0x0CA11A2DE
# Seconds between two signs of life, and between two tries to start on a log that does not hold.
BEAT, AGAIN = 5.0, 5.0
# Seconds from the start of one round to the start of the next. Each round waits for the disk a few times whatever it
# carries, and those waits delay the writers' own commits: fewer rounds with more in each leave the disk to them.
ROUND = 0.4


def origin() -> str:
    """The log's name in every checkpoint: chosen once, kept in the folder with the tiles."""
    return _kept(
        "origin", lambda: str(getattr(settings, "LEDGER_ORIGIN", "") or f"callwarden.local/{os.urandom(6).hex()}")
    )


def signer() -> ledger.Signer:
    """The log's signing key; its file is readable by the sequencer's user only."""
    return ledger.Signer.parse(_kept("signing.key", lambda: ledger.Signer.generate(origin()).secret()))


def verifier_key() -> str:
    """The public verifier key, published for everybody who checks the log."""
    return (folder() / "verifier.key").read_text(encoding="utf-8").strip()


def _kept(name: str, make: Callable[[], str]) -> str:
    path = folder() / name
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_once(path, make().encode())
        return _kept(name, make)


class Sequencer:
    """Owns the tree. One at a time, by a session advisory lock.

    Args:
        published: told after every new head; by default every sink that is due is served before `step` returns.

    Raises:
        TreeDamaged: what stands on disk is not what was signed. Nothing may be appended until people have looked.
    """

    def __init__(self, published: Callable[[], None] | None = None) -> None:
        self._published = published or _serve_sinks
        self._signer = signer()
        public = folder() / "verifier.key"
        create_once(public, f"{self._signer.verifier}\n".encode(), mode=0o644)
        self._store = heads.tiles()
        self._tree = self._resume()
        self._lay_head()

    @staticmethod
    def acquire() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            (mine,) = cursor.fetchone()
        return bool(mine)

    def step(self) -> int:
        """Sequence what is pending and publish a checkpoint over it. Returns how many entries that was."""
        start, bodies = _drain()
        if bodies and start == self._tree.size:
            self._tree.append(bodies)
        self._catch_up()
        if bodies or not Checkpoint.objects.filter(size=self._tree.size).exists():
            self._publish()
        return len(bodies)

    def _resume(self) -> ledger.Tree:
        newest = Checkpoint.objects.order_by("-size").first()
        laid = self._store.get("checkpoint")
        if laid is not None:
            # The row is committed before its note is laid, so rows that are behind have been taken back.
            read = ledger.Checkpoint.peek(laid)
            if read.origin == origin() and read.size > (newest.size if newest else 0):
                raise ledger.TreeDamaged("rows_taken_back", "A longer log was signed than the database has.")
        if newest is None:
            return ledger.Tree(self._store, 0)
        if newest.size and not LedgerEntry.objects.filter(index=newest.size - 1).exists():
            raise ledger.TreeDamaged("rows_missing", "Entries under the signed head are missing in the database.")
        checkpoint = ledger.Checkpoint(origin(), newest.size, bytes(newest.root))
        return ledger.Tree.resume(self._store, checkpoint)

    def _lay_head(self) -> None:
        """Lay the newest signed head beside its tiles and send it away, where a crash came before that."""
        newest = Checkpoint.objects.order_by("-size").first()
        if newest is not None:
            if not (self._store.get("checkpoint") or b"").startswith(newest.note.encode()):
                sinks.delivery.publish_newest()
            self._published()

    def _catch_up(self) -> None:
        while True:
            rows = LedgerEntry.objects.filter(index__gte=self._tree.size).order_by("index")[:BATCH]
            bodies = [bytes(body) for body in rows.values_list("body", flat=True)]
            if not bodies:
                return
            self._tree.append(bodies)

    def _publish(self) -> None:
        size = self._tree.size
        root = self._tree.root()
        note = ledger.Checkpoint(origin(), size, root).sign(self._signer)
        # One statement and so one wait for the disk; a head of that size that stands already is the same.
        head = Checkpoint(size=size, root=root, note=note.decode(), signed_at=clock.now())
        Checkpoint.objects.bulk_create([head], ignore_conflicts=True)
        sinks.delivery.publish_newest()
        self._published()


def _serve_sinks() -> None:
    for sink in sinks.configured():
        sinks.deliver(sink)


TAKE = """
DELETE FROM custody_ledgerpending WHERE id IN
  (SELECT id FROM custody_ledgerpending ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING id, entry, body
"""
COLUMNS = ("index", "entry", "body", "at", "event", "actor", "client", "call", "subject", "decision", "purpose")
LAY = f"COPY custody_ledgerentry ({', '.join(COLUMNS)}) FROM STDIN"


def _drain() -> tuple[int, list[bytes]]:
    """Give what is pending its places, in one transaction: the first of them, and the entries in order."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TAKE, [BATCH])
        rows = sorted((number, entry, bytes(body)) for number, entry, body in cursor.fetchall())
        if not rows:
            return 0, []
        cursor.execute("SELECT coalesce(max(index) + 1, 0) FROM custody_ledgerentry")
        (start,) = cursor.fetchone()
        with cursor.copy(LAY) as copy:
            for index, (_number, entry, body) in enumerate(rows, start=start):
                copy.write_row(_leaf(index, entry, body))
    return start, [body for _number, _entry, body in rows]


def _leaf(index: int, entry: UUID, body: bytes) -> tuple[object, ...]:
    """Values of COLUMNS."""
    told = json.loads(body)
    of_whom = (told.get("client"), told.get("call"), told.get("subject"))
    named = (told["event"], told["actor"])
    return (index, entry, body, told["at"], *named, *of_whom, told.get("decision", ""), told.get("purpose", ""))


class LockLost(Exception):
    """The session that held the lock is gone, so somebody else may be sequencing."""


def run(stop: Callable[[], bool]) -> None:
    """Sequence until told to stop; wait for the lock while another sequencer holds it."""
    while not stop() and not Sequencer.acquire():
        time.sleep(1)
    if stop():
        return
    held = _session()
    delivery = sinks.Delivery(sinks.configured())
    delivery.start()
    try:
        if (sequencer := _started(stop, delivery.published)) is None:
            return
        beaten = 0.0
        while not stop():
            if _session() != held:
                raise LockLost
            if time.monotonic() - beaten > BEAT:
                SequencerState.objects.update_or_create(id=1, defaults={"beat_at": clock.now()})
                beaten = time.monotonic()
            begun = time.monotonic()
            if sequencer.step() < BATCH:
                time.sleep(max(0.0, ROUND - (time.monotonic() - begun)))
    finally:
        delivery.stop()


def _session() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    return int(pid)


def _started(stop: Callable[[], bool], published: Callable[[], None]) -> Sequencer | None:
    """A sequencer whose log holds. Where it does not, that is written down, and tried again until people mended it."""
    while not stop():
        try:
            made = Sequencer(published)
        except ledger.LedgerError as error:
            log.critical("ledger_damaged", extra={"error": error.code})
            known = SequencerState.objects.filter(id=1).exclude(fault="").first()
            _say(fault=error.code, fault_at=known.fault_at if known else clock.now())
            until = time.monotonic() + AGAIN
            while not stop() and time.monotonic() < until:
                time.sleep(0.2)
            continue
        _say(fault="", fault_at=None, started_at=clock.now())
        return made
    return None


def _say(**values: object) -> None:
    try:
        SequencerState.objects.update_or_create(id=1, defaults={"beat_at": clock.now(), **values})
    except DatabaseError:
        log.error("sequencer_state_not_written")
