"""Copying a log to another store, verified tile by tile, and going on where it was cut off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ._checkpoint import Checkpoint
from ._errors import TreeDamaged
from ._merkle import fold, leaf_hash
from ._tiles import (
    CHECKPOINT,
    TILE_WIDTH,
    DroppingTileStore,
    TileStore,
    bundle_path,
    read_bundle,
    tile_path,
    write_bundle,
)
from ._tree import TreeView

# Files laid, and read back, together.
_TOGETHER = 64


@dataclass(frozen=True)
class Copied:
    """How many files were laid, and how many stood there already, the same."""

    laid: int
    there: int


def copy(
    store: TileStore,
    checkpoint: bytes,
    to: TileStore,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Copied:
    """Copy what `checkpoint` (the signed note) covers from `store` to `to`, the checkpoint itself last.

    Every hash is computed anew from the entries and held against the tile; every file is read back. Cut off anywhere,
    the same call goes on: a file that stands there already is compared and left.

    Args:
        checkpoint: the caller has verified its signature.
        progress: told (entries done, entries in all).

    Raises:
        TreeDamaged: `store` is not the tree that was signed (`bundle_short`, `bundle_cut`, `altered`, `missing`,
            `root_mismatch`), `to` holds something else (`other_log`), or does not give back what was laid (`not_laid`).
            Nothing that stood at `to` before was changed.
    """
    head = Checkpoint.peek(checkpoint)
    _require_same_log(to, head)
    work = _Copy(store, to)
    for number in range((head.size + TILE_WIDTH - 1) // TILE_WIDTH):
        width = min(TILE_WIDTH, head.size - number * TILE_WIDTH)
        work.bundle(number, width)
        progress(number * TILE_WIDTH + width, head.size)
    work.edge()
    if TreeView(to, head.size).root() != head.root:
        raise TreeDamaged("root_mismatch", "The tiles do not lead to the signed root.", size=head.size)
    to.put(CHECKPOINT, checkpoint)
    return Copied(work.laid, work.there)


def _require_same_log(to: TileStore, head: Checkpoint) -> None:
    """A head that stands there must be of this log and no newer: anything else is evidence and is left alone."""
    stands = to.get(CHECKPOINT)
    if stands is not None:
        read = Checkpoint.peek(stands)
        if read.origin != head.origin or read.size > head.size:
            raise TreeDamaged("other_log", "Another log, or a longer one, stands there; nothing was changed.")


class _Copy:
    """One copy in the making: hashes of tiles that are not full yet, by level, and files that wait to be laid."""

    def __init__(self, store: TileStore, to: TileStore) -> None:
        self.laid = self.there = 0
        self._store, self._to = store, to
        self._rows: list[list[bytes]] = [[]]
        self._full: list[int] = [0]
        self._waiting: dict[str, bytes] = {}
        self._completed: list[str] = []

    def bundle(self, number: int, width: int) -> None:
        data = self._read(bundle_path(number, width), bundle_path(number), width)
        entries = read_bundle(data, width, bundle_path(number))
        self._lay(bundle_path(number, width), write_bundle(entries), full=width == TILE_WIDTH)
        self._rows[0] = [leaf_hash(entry) for entry in entries]
        if width == TILE_WIDTH:
            self._complete(0)

    def edge(self) -> None:
        """The tiles at the right edge that are not full, and whatever still waits."""
        for level, row in enumerate(self._rows):
            if row:
                self._tile(level, self._full[level], row)
        self._flush()

    def _complete(self, level: int) -> None:
        row, self._rows[level] = self._rows[level], []
        self._tile(level, self._full[level], row)
        self._full[level] += 1
        if level + 1 == len(self._rows):
            self._rows.append([])
            self._full.append(0)
        self._rows[level + 1].append(fold(row))
        if len(self._rows[level + 1]) == TILE_WIDTH:
            self._complete(level + 1)

    def _tile(self, level: int, index: int, row: list[bytes]) -> None:
        width, path = len(row), tile_path(level, index, len(row))
        expected = b"".join(row)
        if self._read(path, tile_path(level, index), width)[: 32 * width] != expected:
            raise TreeDamaged("altered", f"The tile {path} is not that of its entries.", path=path)
        self._lay(path, expected, full=width == TILE_WIDTH)

    def _read(self, path: str, full_path: str, width: int) -> bytes:
        data = self._store.get(path)
        if data is None and width < TILE_WIDTH:  # completed, and so dropped, while this went on
            data = self._store.get(full_path)
        if data is None:
            raise TreeDamaged("missing", f"The file {path} of the ledger is missing.", path=path)
        return data

    def _lay(self, path: str, data: bytes, *, full: bool) -> None:
        stands = self._to.get(path)
        if stands is not None and stands != data:
            raise TreeDamaged("other_log", "Another log, or a longer one, stands there; nothing was changed.")
        if stands is not None:
            self.there += 1
            return
        self._waiting[path] = data
        if full:
            self._completed.append(path)
        if len(self._waiting) >= _TOGETHER:
            self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        self._to.put_all(self._waiting)
        for path, data in self._waiting.items():
            if self._to.get(path) != data:
                raise TreeDamaged("not_laid", f"The file {path} is not there as it was laid.", path=path)
        self.laid += len(self._waiting)
        if isinstance(self._to, DroppingTileStore):
            for path in self._completed:
                self._to.drop_partials(path)
        self._waiting, self._completed = {}, []
