"""The one sequencer: drains pending entries into the tree and signs a checkpoint within a second.

Order of durability: first the rows with their indices (one commit), then the tiles, which are a pure function of the
rows, then the checkpoint, then its copies off this host. A crash between any two is mended at the next start.
It takes whatever pending rows are committed, in id order, and never waits for those that are not: one idle writer
therefore stalls nobody.

A second sequencer waits for the lock and takes over when the first is gone: the database gives the lock free with the
session. One whose session has ended signs nothing more, because each step asks for the lock by the same session.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from callwarden.custody.ledger import columns, comparing, expiry, heads, sinks, years
from callwarden.custody.ledger.heads import folder
from callwarden.custody.models import Checkpoint, LedgerEntry, LedgerYear, SequencerState
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


def signer(home: Path | None = None, name: str = "") -> ledger.Signer:
    """The key that signs a year's heads (of the first: the log's); readable by the sequencer's user only."""
    if home is not None and home != folder() and not home.exists():
        home.mkdir(parents=True)
        home.chmod(0o2750)  # readers of the log are of the group its folder belongs to
    made = ledger.Signer.parse(
        _kept("signing.key", lambda: ledger.Signer.generate(name or origin()).secret(), home=home)
    )
    create_once((home or folder()) / "verifier.key", f"{made.verifier}\n".encode(), mode=0o644)
    return made


def verifier_key() -> str:
    """The newest year's public verifier key, published for everybody who checks the log."""
    return heads.verifier_keys()[0]


def _kept(name: str, make: Callable[[], str], home: Path | None = None) -> str:
    path = (home or folder()) / name
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_once(path, make().encode())
        return _kept(name, make, home)


class Sequencer:
    """Owns the tree. One at a time, by a session advisory lock.

    Args:
        published: told after every new head; by default every sink that is due is served before `step` returns.

    Raises:
        TreeDamaged: what stands on disk is not what was signed. Nothing may be appended until people have looked.
    """

    def __init__(self, published: Callable[[], None] | None = None) -> None:
        self._published = published or _serve_sinks
        known = heads.years() or [years.begin()]
        if len(known) > 1 and not LedgerEntry.objects.filter(index=known[-1].first).exists():
            self._open(known[-2])  # it was stopped between the years
            self._finish(known[-1])
        else:
            self._open(known[-1])
        self._lay_head()

    def _open(self, year: LedgerYear) -> None:
        self._year = year
        self._signer = years.named_anew(year)
        self._store = heads.tiles(year)
        self._tree = self._resume()

    @staticmethod
    def acquire() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            (mine,) = cursor.fetchone()
        return bool(mine)

    def step(self) -> int:
        """Sequence what is pending and publish a checkpoint over it. Returns how many entries that was."""
        if (to := years.due(self._year)) is not None:
            self._finish(years.close(self._year, to))
        start, bodies = _drain()
        if bodies and start == self._position:
            self._tree.append(bodies)
        self._catch_up()
        if bodies or not Checkpoint.objects.filter(size=self._position).exists():
            self._publish()
        return len(bodies)

    @property
    def _position(self) -> int:
        """How many entries there are, over all years."""
        return self._year.first + self._tree.size

    def _finish(self, following: LedgerYear) -> None:
        """Sign the last head of a closed year, and begin the next with an entry that names it."""
        self._catch_up(following.first)
        if not Checkpoint.objects.filter(size=following.first).exists():
            self._publish()
        years.carry_over(self._year, following, self._tree.size, self._tree.root())
        self._open(following)
        self._catch_up()
        self._publish()

    def _resume(self) -> ledger.Tree:
        newest = heads.last_of(self._year)
        size = newest.size - self._year.first if newest else 0
        laid = self._store.get("checkpoint")
        if laid is not None:
            # The row is committed before its note is laid, so rows that are behind have been taken back.
            read = ledger.Checkpoint.peek(laid)
            if read.origin == self._year.origin and read.size > size:
                raise ledger.TreeDamaged("rows_taken_back", "A longer log was signed than the database has.")
            if read.origin != self._year.origin and not self._is_ours(read):
                # What a restore left behind says what happened after the copy; nothing may be laid over it.
                raise ledger.TreeDamaged("tiles_of_another_log", "The tiles there are those of another log.")
        if newest is None:
            return ledger.Tree(self._store, 0)
        if size and not LedgerEntry.objects.filter(index=newest.size - 1).exists():
            raise ledger.TreeDamaged("rows_missing", "Entries under the signed head are missing in the database.")
        checkpoint = ledger.Checkpoint(self._year.origin, size, bytes(newest.root))
        tree = ledger.Tree.resume(self._store, checkpoint)
        self._compare_latest(tree)
        return tree

    def _compare_latest(self, tree: ledger.Tree) -> None:
        """Whether the latest rows are those of the tree; all of them are compared when the log is verified."""
        for fault in comparing.rows(self._year, tree, start=max(0, tree.size - BATCH)):
            raise _damaged(fault)

    def _is_ours(self, laid: ledger.Checkpoint) -> bool:
        """Whether a head under another name was signed by this log before a restore named it anew."""
        return Checkpoint.objects.filter(size=self._year.first + laid.size, root=laid.root).exists()

    def _lay_head(self) -> None:
        """Lay each year's newest signed head beside its tiles and send it away, where a crash came before that."""
        known = [(year, head) for year in heads.years() if (head := heads.last_of(year))]
        for year, head in known:
            if not (heads.tiles(year).get("checkpoint") or b"").startswith(head.note.encode()):
                sinks.delivery.publish_newest(head.size)
        if known:
            self._published()

    def _catch_up(self, until: int | None = None) -> None:
        while True:
            rows = LedgerEntry.objects.filter(index__gte=self._position)
            rows = (rows if until is None else rows.filter(index__lt=until)).order_by("index")[:BATCH]
            found = [(row, bytes(row[1])) for row in rows.values_list("index", "body", *columns.READ)]
            if not found:
                return
            for fault in (fault for row, body in found for fault in comparing.changed(row, body)):
                raise _damaged(fault)
            self._tree.append([body for _row, body in found])

    def _publish(self) -> None:
        size, root = self._position, self._tree.root()
        note = ledger.Checkpoint(self._year.origin, self._tree.size, root).sign(self._signer)
        # One statement and so one wait for the disk; a head of that size that stands already is the same.
        head = Checkpoint(size=size, root=root, note=note.decode(), signed_at=clock.now())
        Checkpoint.objects.bulk_create([head], ignore_conflicts=True)
        sinks.delivery.publish_newest(size)
        self._published()


def _damaged(fault: str) -> ledger.TreeDamaged:
    return ledger.TreeDamaged("row_changed", "The rows people read are not those of the tree.", fault=fault)


def _serve_sinks() -> None:
    for sink in sinks.configured():
        sinks.deliver(sink)


TAKE = """
DELETE FROM custody_ledgerpending WHERE id IN
  (SELECT id FROM custody_ledgerpending ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING id, body
"""


def _drain() -> tuple[int, list[bytes]]:
    """Give what is pending its places, in one transaction: the first of them, and the entries in order."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TAKE, [BATCH])
        bodies = [bytes(body) for _number, body in sorted(cursor.fetchall())]
        if not bodies:
            return 0, []
        return years.place(bodies), bodies


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
                expiry.carry_out()
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
            log.critical("ledger_damaged", extra={"error": error.code, **error.data})
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
