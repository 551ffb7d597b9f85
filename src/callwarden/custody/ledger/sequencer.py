"""The one sequencer: drains pending entries into the tree and signs a checkpoint within a second.

Order of durability: first the rows with their indices (one commit), then the tiles, which are a pure function of the
rows, then the checkpoint, then its copies off this host. A crash between any two is mended at the next start.
It takes whatever pending rows are committed, in id order, and never waits for those that are not: one idle writer
therefore stalls nobody.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from callwarden.custody.models import Checkpoint, LedgerEntry, LedgerPending
from callwarden.custody.once import create_once
from callwarden.engines import ledger
from callwarden.kernel import clock

log = logging.getLogger("callwarden.sequencer")
BATCH = 5_000
LOCK = 0x0CA11A2DE


def folder() -> Path:
    return Path(settings.DATA_DIR) / "ledger"


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
    """Owns the tree. One at a time, by a session advisory lock."""

    def __init__(self) -> None:
        self._signer = signer()
        public = folder() / "verifier.key"
        create_once(public, f"{self._signer.verifier}\n".encode(), mode=0o644)
        self._store = ledger.FolderTileStore(folder() / "tiles")
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
        count = self._drain()
        self._catch_up()
        if count or not Checkpoint.objects.filter(size=self._tree.size).exists():
            self._publish()
        return count

    def _resume(self) -> ledger.Tree:
        newest = Checkpoint.objects.order_by("-size").first()
        if newest is None:
            return ledger.Tree(self._store, 0)
        checkpoint = ledger.Checkpoint(origin(), newest.size, bytes(newest.root))
        return ledger.Tree.resume(self._store, checkpoint)

    def _lay_head(self) -> None:
        """Lay the newest signed head beside its tiles and send it away, where a crash came before that."""
        newest = Checkpoint.objects.order_by("-size").first()
        if newest is not None and self._store.get("checkpoint") != newest.note.encode():
            self._hand_out(newest.size, newest.note.encode())

    def _drain(self) -> int:
        with transaction.atomic():
            rows = list(LedgerPending.objects.select_for_update(skip_locked=True).order_by("id")[:BATCH])
            if not rows:
                return 0
            newest = LedgerEntry.objects.order_by("-index").values_list("index", flat=True).first()
            start = 0 if newest is None else newest + 1
            LedgerEntry.objects.bulk_create(
                [_leaf(index, row) for index, row in enumerate(rows, start=start)], batch_size=1000
            )
            LedgerPending.objects.filter(id__in=[row.id for row in rows]).delete()
        return len(rows)

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
        Checkpoint.objects.get_or_create(
            size=size, defaults={"root": root, "note": note.decode(), "signed_at": clock.now()}
        )
        self._hand_out(size, note)

    def _hand_out(self, size: int, note: bytes) -> None:
        self._store.put("checkpoint", note)
        if _send_away(size, note):
            Checkpoint.objects.filter(size=size).update(exported_at=clock.now())


def _leaf(index: int, row: LedgerPending) -> LedgerEntry:
    body = bytes(row.body)
    fields = json.loads(body)
    return LedgerEntry(
        index=index,
        entry=row.entry,
        body=body,
        at=datetime.fromisoformat(fields["at"]),
        event=fields["event"],
        actor=fields["actor"],
        client=fields.get("client"),
        call=fields.get("call"),
        subject=fields.get("subject"),
        decision=fields.get("decision", ""),
        purpose=fields.get("purpose", ""),
    )


def _send_away(size: int, note: bytes) -> bool:
    """Copy a checkpoint to every configured sink. A sink is a folder, meant to be a mount of another host."""
    sinks = [Path(sink) for sink in getattr(settings, "LEDGER_SINKS", ())]
    sent = False
    for sink in sinks:
        try:
            sink.mkdir(parents=True, exist_ok=True)
            part = sink / f".{size}.part"
            part.write_bytes(note)
            shutil.move(part, sink / f"checkpoint-{size:012d}")
            sent = True
        except OSError:
            log.error("checkpoint_sink_failed")
    return sent


def run(stop: Callable[[], bool]) -> None:
    """Sequence until told to stop; wait for the lock while another sequencer holds it."""
    while not stop() and not Sequencer.acquire():
        time.sleep(1)
    if stop():
        return
    sequencer = Sequencer()
    while not stop():
        if not sequencer.step():
            time.sleep(0.25)
