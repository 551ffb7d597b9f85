"""The write-ahead log: received as it is written, flushed, and shipped before the segment is full.

`pg_receivewal --synchronous` keeps a slot on the server, so nothing is recycled before it was received; finished
segments are shipped and then removed here, the unfinished one is shipped again whenever it has grown.
"""

from __future__ import annotations

import re
import subprocess
import zlib
from pathlib import Path
from typing import Final

from callwarden.protection.backup.rules import refused
from callwarden.protection.backup.server import Server
from callwarden.protection.backup.vault import Vault

SLOT: Final = "callwarden_backup"
_SEGMENT = re.compile(r"[0-9A-F]{24}")
_SEGMENTS_A_LOG: Final = 0x100  # of 16 MiB in 4 GiB


class Receiver:
    """Runs pg_receivewal in `folder` and ships what it received."""

    def __init__(self, server: Server, vault: Vault, folder: Path) -> None:
        self._server, self._vault, self._folder = server, vault, folder
        self._process: subprocess.Popen[bytes] | None = None
        self._shipped: tuple[str, float] = ("", 0.0)

    def start(self) -> None:
        """Start, or start again when it has ended."""
        if self._process is not None and self._process.poll() is None:
            return
        self._server.lay(self._folder)
        base = ("--dbname", self._server.conninfo, "--slot", SLOT)
        self._server.run("pg_receivewal", *base, "--create-slot", "--if-not-exists")
        self._process = self._server.start(
            "pg_receivewal", *base, "--directory", str(self._folder), "--synchronous", "--no-password"
        )

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def ship(self) -> int:
        """Ship what is new; how many parts that was."""
        count = 0
        for path in sorted(self._folder.glob("*")):
            if _SEGMENT.fullmatch(path.name) or path.suffix == ".history":
                self._put(path, f"wal/{path.name}")
                self._vault.delete(f"wal/{path.name}.partial")
                path.unlink()
                count += 1
            elif path.suffix == ".partial":
                count += self._ship_unfinished(path)
        return count

    def _ship_unfinished(self, path: Path) -> int:
        try:
            changed = (path.name, path.stat().st_mtime)
            if changed == self._shipped:
                return 0
            self._put(path, f"wal/{path.name}")
        except FileNotFoundError:  # it was finished meanwhile
            return 0
        self._shipped = changed
        return 1

    def _put(self, path: Path, name: str) -> None:
        self._vault.write_bytes(name, zlib.compress(path.read_bytes(), 1))


def fetch(vault: Vault, first: str, into: Path, *, held: frozenset[str] = frozenset()) -> int:
    """Fetch every segment from `first` on into a folder; how many.

    Args:
        held: segments that came with the copy of the database.

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
    if later := [name for name in whole | unfinished if name[:8] == first[:8] and name >= wanted]:
        raise refused("backup_log_gap", part=min(later))
    # The unfinished one first: it is what goes on being written while we read.
    for name in sorted(set(chain) & (whole | unfinished), key=lambda name: name in whole):
        part = f"wal/{name}{'' if name in whole else '.partial'}"
        (into / name).write_bytes(zlib.decompress(vault.read_bytes(part)))
    return len(set(chain) & (whole | unfinished))


def following(segment: str) -> str:
    """The name of the next segment on the same timeline (PostgreSQL: XLogFileName, 16 MiB segments)."""
    timeline, number = segment[:8], int(segment[8:16], 16) * _SEGMENTS_A_LOG + int(segment[16:], 16) + 1
    return f"{timeline}{number // _SEGMENTS_A_LOG:08X}{number % _SEGMENTS_A_LOG:08X}"


def segment_of(timeline: int, lsn: str) -> str:
    """The segment that holds a log position such as 0/3000028."""
    high, low = (int(half, 16) for half in lsn.split("/"))
    return f"{timeline:08X}{high:08X}{low >> 24:08X}"
