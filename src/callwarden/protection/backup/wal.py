"""The write-ahead log: received as it is written, flushed, and shipped before the segment is full.

`pg_receivewal --synchronous` keeps a slot on the server, so nothing is recycled before it was received; finished
segments are shipped and then removed here, the unfinished one is shipped again whenever it has grown.

Neither this host nor its database dies of a target that is full or away. What was received and not shipped yet grows to
a limit; from then on the server keeps its log for us, to the same limit (`max_slot_wal_keep_size`); then it lets the
slot go. That is seen here: what was received stays, a new slot begins, and a new copy must close the gap.
"""

from __future__ import annotations

import re
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.protection.backup.rules import BackupFailed, refused
from callwarden.protection.backup.server import Server
from callwarden.protection.backup.vault import Vault

SLOT: Final = "callwarden_backup"
SEGMENT_BYTES: Final = 16 * 1024 * 1024
_SEGMENT = re.compile(r"[0-9A-F]{24}")
_SEGMENTS_A_LOG: Final = 0x100  # of 16 MiB in 4 GiB
_BEFORE_THE_GAP: Final = "before"


class Receiver:
    """Runs pg_receivewal in `folder` and ships what it received.

    Args:
        limit: bytes that may lie here and wait for the target.
    """

    def __init__(self, server: Server, vault: Vault, folder: Path, *, limit: int) -> None:
        self._server, self._vault, self._folder, self._limit = server, vault, folder, limit
        self._process: subprocess.Popen[bytes] | None = None
        self._shipped: tuple[str, float] = ("", 0.0)

    def start(self) -> None:
        """Start, or start again when it has ended.

        Raises:
            BackupFailed: it had ended by itself (and was started again), or too much waits here for the target.
        """
        if self.stop_when_full():
            raise BackupFailed(
                "backup_log_waits",
                _("Too much of the log waits for the backup target. Mend the target; it goes on by itself then."),
            )
        if self._process is not None and self._process.poll() is None:
            return
        ended, self._process = self._process is not None, None
        self._server.lay(self._folder)
        self._remove_half_made()
        base = ("--dbname", self._server.conninfo, "--slot", SLOT)
        self._server.run("pg_receivewal", *base, "--create-slot", "--if-not-exists")
        # Without a loop of its own: whatever ends it, what it left is looked at before it begins again.
        self._process = self._server.start(
            "pg_receivewal", *base, "--directory", str(self._folder), "--synchronous", "--no-password", "--no-loop"
        )
        if ended:
            raise BackupFailed(
                "backup_log_not_received",
                _("The log of the database could not be received. Make room on this disk; it goes on by itself then."),
            )

    def stop_when_full(self) -> bool:
        """Receive no more while as much as may waits here; asked every second, whether or not anything ships."""
        if self._waiting() < self._limit:
            return False
        self.stop()
        return True

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def lost(self) -> bool:
        """Whether the server gave our slot up because too much log waited for us. Then a new slot begins, and what is
        between the two was never received: only a copy made from now on goes beyond it."""
        with self._server.connect() as connection:
            row = connection.execute(
                "SELECT wal_status FROM pg_replication_slots WHERE slot_name = %s", [SLOT]
            ).fetchone()
            if row is None or row[0] != "lost":
                return False
            self.stop()
            self._put_aside()
            connection.execute("SELECT pg_drop_replication_slot(%s)", [SLOT])
        return True

    def ship(self) -> int:
        """Ship what is new; how many parts that was.

        Raises:
            BackupFailed: the target did not take it; it stays here.
        """
        count = 0
        for path in self._received():
            if _SEGMENT.fullmatch(path.name) or path.suffix == ".history":
                self._put(path, f"wal/{path.name}")
                self._vault.delete(f"wal/{path.name}.partial")
                path.unlink()
                count += 1
            elif path.parent != self._folder:  # the last piece before a gap: nothing is added to it any more
                self._put(path, f"wal/{path.name}")
                path.unlink()
                count += 1
            elif path.suffix == ".partial":
                count += self._ship_unfinished(path)
        return count

    def _received(self) -> Iterator[Path]:
        yield from sorted((self._folder / _BEFORE_THE_GAP).glob("*"))
        yield from sorted(self._folder.glob("*"))

    def _waiting(self) -> int:
        """Bytes of finished segments that were not shipped yet."""
        return SEGMENT_BYTES * sum(1 for path in self._received() if _SEGMENT.fullmatch(path.name))

    def _remove_half_made(self) -> None:
        """A disk that was full leaves a segment that is too short. pg_receivewal would refuse to go on from it for
        ever; without it, it asks the server for the whole segment again."""
        for path in self._folder.glob("*.partial"):
            if path.stat().st_size != SEGMENT_BYTES:
                path.unlink()

    def _put_aside(self) -> None:
        """What was received before a gap is shipped still, and is in nobody's way: the new log begins elsewhere."""
        aside = self._folder / _BEFORE_THE_GAP  # below it: whatever disk it lies on, they are only renamed
        aside.mkdir(mode=0o700, exist_ok=True)
        for path in (one for one in self._folder.glob("*") if one.is_file()):
            if path.suffix == ".partial" and path.stat().st_size != SEGMENT_BYTES:
                path.unlink()
            else:
                path.rename(aside / path.name)

    def _ship_unfinished(self, path: Path) -> int:
        try:
            told = path.stat()
            changed = (path.name, told.st_mtime)
            # A segment has its full size from the start; a shorter one was never written to.
            if changed == self._shipped or told.st_size != SEGMENT_BYTES:
                return 0
            self._put(path, f"wal/{path.name}")
        except FileNotFoundError:  # it was finished meanwhile
            return 0
        self._shipped = changed
        return 1

    def _put(self, path: Path, name: str) -> None:
        self._vault.write_bytes(name, zlib.compress(path.read_bytes(), 1))


def fetch(
    vault: Vault, first: str, into: Path, *, held: frozenset[str] = frozenset(), up_to_a_gap: bool = False
) -> int:
    """Fetch every segment from `first` on into a folder; how many.

    Args:
        held: segments that came with the copy of the database.
        up_to_a_gap: end before the first missing one. Whoever asks sees to it that the log reaches far enough.

    Raises:
        BackupRefused: a segment between two others is missing, or one is damaged.
    """
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = [name.removeprefix("wal/") for name in vault.names("wal/")]
    whole = {name for name in names if _SEGMENT.fullmatch(name)}
    unfinished = {name.removesuffix(".partial") for name in names if name.endswith(".partial")} - whole
    for name in (name for name in names if name.endswith(".history")):
        (into / name).write_bytes(zlib.decompress(vault.read_bytes(f"wal/{name}")))
    wanted, chain = first, []
    while wanted in whole | unfinished | held:
        chain.append(wanted)
        wanted = following(wanted)
    later = [name for name in whole | unfinished if name[:8] == first[:8] and name >= wanted]
    if later and not up_to_a_gap:
        raise refused("backup_log_gap", part=min(later))
    # The unfinished one first: it is what goes on being written while we read.
    for name in sorted(set(chain) & (whole | unfinished), key=lambda name: name in whole):
        part = f"wal/{name}{'' if name in whole else '.partial'}"
        content = zlib.decompress(vault.read_bytes(part))
        if len(content) != SEGMENT_BYTES:
            raise refused("backup_truncated", part=part)
        (into / name).write_bytes(content)
    return len(set(chain) & (whole | unfinished))


def following(segment: str) -> str:
    """The name of the next segment on the same timeline (PostgreSQL: XLogFileName, 16 MiB segments)."""
    timeline, number = segment[:8], int(segment[8:16], 16) * _SEGMENTS_A_LOG + int(segment[16:], 16) + 1
    return f"{timeline}{number // _SEGMENTS_A_LOG:08X}{number % _SEGMENTS_A_LOG:08X}"


def segment_of(timeline: int, lsn: str) -> str:
    """The segment that holds a log position such as 0/3000028."""
    high, low = (int(half, 16) for half in lsn.split("/"))
    return f"{timeline:08X}{high:08X}{low >> 24:08X}"
