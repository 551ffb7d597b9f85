"""Where tiles and entry bundles lie, and what keeps them. Source: C2SP tlog-tiles v0.1.0."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Protocol, runtime_checkable

from ._errors import LedgerError, TreeDamaged

TILE_WIDTH = 256
CHECKPOINT = "checkpoint"
# Files waited for at the same time.
_HANDS = 16
_SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*\Z")


class TileStore(Protocol):
    """Keeps named byte strings. A `put` is durable and whole when it returns, or it raises and left no half."""

    def get(self, path: str) -> bytes | None:
        """The bytes at `path`, or None when there are none."""

    def put(self, path: str, data: bytes) -> None:
        """Keep `data` at `path`, replacing what was there."""

    def put_all(self, files: Mapping[str, bytes]) -> None:
        """Keep many at once. All are durable when it returns; when it raises, any of them may stand, each whole."""


@runtime_checkable
class DroppingTileStore(TileStore, Protocol):
    """A store that can also drop partial tiles once the full tile stands beside them (tlog-tiles, "Partial Tiles")."""

    def drop_partials(self, path: str) -> None:
        """Remove everything under `<path>.p/`."""


def number_path(index: int) -> str:
    """Index of a tile as path: 1234067 -> `x001/x234/067`."""
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03d}")
    return "/".join(reversed(groups))


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Path of the hash tile; `width` below 256 names a partial tile."""
    return f"tile/{level}/{number_path(index)}{_suffix(width)}"


def bundle_path(index: int, width: int = TILE_WIDTH) -> str:
    """Path of the entry bundle; `width` below 256 names a partial bundle."""
    return f"tile/entries/{number_path(index)}{_suffix(width)}"


def _suffix(width: int) -> str:
    return "" if width == TILE_WIDTH else f".p/{width}"


def write_bundle(entries: list[bytes]) -> bytes:
    """Entries as one bundle: each with its length as big-endian uint16 before it."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def read_bundle(data: bytes, width: int, path: str) -> list[bytes]:
    """The first `width` entries of a bundle.

    Raises:
        TreeDamaged: the bundle holds fewer, or does not end with an entry.
    """
    entries = []
    at = 0
    while at < len(data):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if at > len(data) or start > len(data):
            raise TreeDamaged("bundle_cut", f"The entry bundle {path} is cut off.", path=path)
        entries.append(data[start:at])
    if len(entries) < width:
        raise TreeDamaged("bundle_short", f"The entry bundle {path} lacks entries.", path=path, found=len(entries))
    return entries[:width]


class MemoryTileStore:
    """A store in memory, for tests and for trees that are soon exported."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def get(self, path: str) -> bytes | None:
        """The bytes at `path`, or None."""
        return self.files.get(path)

    def put(self, path: str, data: bytes) -> None:
        """Keep `data` at `path`."""
        self.files[path] = bytes(data)

    def put_all(self, files: Mapping[str, bytes]) -> None:
        """Keep many at once."""
        for path, data in files.items():
            self.put(path, data)

    def drop_partials(self, path: str) -> None:
        """Remove everything under `<path>.p/`."""
        for name in [name for name in self.files if name.startswith(f"{path}.p/")]:
            del self.files[name]


class FolderTileStore:
    """A store in a local folder, servable as static files.

    Each file is written beside the tree, synced, renamed into place, and the folder entry synced, so that a crash
    leaves either the old file or the new one. Many files wait for the disk together.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self._scratch = self.folder / ".writing"  # made when first written: readers may have no right to

    def get(self, path: str) -> bytes | None:
        """The bytes at `path`, or None."""
        try:
            return self._at(path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def put(self, path: str, data: bytes) -> None:
        """Keep `data` at `path`; durable when this returns."""
        self.put_all({path: data})

    def put_all(self, files: Mapping[str, bytes]) -> None:
        """Keep many at once; all durable when this returns.

        The disk is asked for all of them at the same time, because a journalling file system then commits once for
        all, where one after the other would wait for a commit each.
        """
        targets = {self._at(path): data for path, data in files.items()}
        for folder in {target.parent: None for target in targets}:
            self._make_folder(folder)
        self._scratch.mkdir(exist_ok=True)
        written = [(self._scratch / secrets.token_hex(8), target) for target in targets]
        try:
            _at_once([partial(_write_synced, scratch, targets[target]) for scratch, target in written])
            for scratch, target in written:
                self._place(scratch, target)
        except BaseException:
            for scratch, _target in written:
                scratch.unlink(missing_ok=True)
            raise
        _at_once([partial(_sync_folder, folder) for folder in {target.parent: None for target in targets}])

    @staticmethod
    def _place(scratch: Path, target: Path) -> None:
        scratch.replace(target)

    def drop_partials(self, path: str) -> None:
        """Remove everything under `<path>.p/`. Not synced: a partial tile that survives a crash does no harm."""
        target = self._at(path)
        shutil.rmtree(target.with_name(target.name + ".p"), ignore_errors=True)

    def clear(self) -> None:
        """Remove every tile and entry; the head stays."""
        if (self.folder / "tile").exists():
            shutil.rmtree(self.folder / "tile")
            _sync_folder(self.folder)

    def _at(self, path: str) -> Path:
        segments = path.split("/")
        if not all(_SEGMENT.match(segment) for segment in segments):
            raise LedgerError("path", "A path inside the ledger has plain segments only.")
        return self.folder.joinpath(*segments)

    def _make_folder(self, folder: Path) -> None:
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for step in reversed(missing):
            step.mkdir(exist_ok=True)
            _sync_folder(step.parent)


def _at_once(waits: Sequence[Callable[[], None]]) -> None:
    """Do all of these at the same time; the first that raised is raised when all have ended."""
    if len(waits) == 1:
        waits[0]()
        return
    with ThreadPoolExecutor(min(len(waits), _HANDS)) as pool:
        for done in [pool.submit(wait) for wait in waits]:
            done.result()


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
