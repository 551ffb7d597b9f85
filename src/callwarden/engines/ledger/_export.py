"""Export: exactly the files that a checkpoint covers, for an auditor, a witness or a cold copy."""

from __future__ import annotations

from collections.abc import Iterator

from ._checkpoint import Checkpoint
from ._errors import TreeDamaged
from ._tiles import CHECKPOINT, TILE_WIDTH, TileStore, bundle_path, read_bundle, tile_path, write_bundle


def resources(size: int) -> Iterator[tuple[str, str, int]]:
    """Paths that a log of `size` entries consists of, as (path, path of the full tile, width)."""
    for index, width in _spans(size):
        yield bundle_path(index, width), bundle_path(index), width
    level = 0
    while count := size >> (8 * level):
        for index, width in _spans(count):
            yield tile_path(level, index, width), tile_path(level, index), width
        level += 1


def _spans(count: int) -> Iterator[tuple[int, int]]:
    for index in range((count + TILE_WIDTH - 1) // TILE_WIDTH):
        yield index, min(TILE_WIDTH, count - index * TILE_WIDTH)


def export(store: TileStore, checkpoint: bytes, to: TileStore) -> int:
    """Copy what `checkpoint` (the signed note) covers from `store` to `to`, the checkpoint itself last.

    Nothing is verified here: that is the verifier's work, with code that shares nothing with this.

    Returns:
        The number of files written.
    Raises:
        TreeDamaged: a tile or bundle is missing.
    """
    written = 0
    for path, full_path, width in resources(Checkpoint.peek(checkpoint).size):
        data = store.get(path)
        if data is None and width < TILE_WIDTH and (full := store.get(full_path)) is not None:
            entries = path.startswith("tile/entries/")
            data = write_bundle(read_bundle(full, width, full_path)) if entries else full[: 32 * width]
        if data is None:
            raise TreeDamaged("missing", f"The file {path} of the ledger is missing.", path=path)
        to.put(path, data)
        written += 1
    to.put(CHECKPOINT, checkpoint)
    return written + 1
