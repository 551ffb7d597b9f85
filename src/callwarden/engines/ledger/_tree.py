"""The tree over a tile store: `TreeView` reads it at a size, `Tree` is its one writer.

Every tile is a pure function of the entries before it. A writer that crashed at any point therefore starts again at
the size it knows to be committed: what it had written beyond that size is overwritten, and what lies below is the
same whichever run wrote it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Self

from ._entry import MAX_ENTRY
from ._errors import EntryRefused, ProofRefused, TreeDamaged
from ._merkle import EMPTY_ROOT, HASH_SIZE, fold, leaf_hash, node_hash, split
from ._tiles import (
    TILE_WIDTH,
    DroppingTileStore,
    TileStore,
    bundle_path,
    read_bundle,
    tile_path,
    write_bundle,
)

if TYPE_CHECKING:
    from ._checkpoint import Checkpoint

_TILE_HEIGHT = 8
_CACHED_TILES = 256


class TreeView:
    """The tree of the first `size` entries in `store`, for reading. Cheap to make; not for sharing between threads."""

    def __init__(self, store: TileStore, size: int) -> None:
        if size < 0:
            raise TreeDamaged("size", "A tree has no negative size.", size=size)
        self._store = store
        self._size = size
        self._full: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    @property
    def size(self) -> int:
        """Number of entries."""
        return self._size

    def root(self, size: int | None = None) -> bytes:
        """Root hash, 32 bytes, of the tree at `size` (by default the whole).

        Raises:
            TreeDamaged: a tile is missing or of the wrong length.
        """
        size = self._known(size)
        return self._subtree(0, size) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """The audit path of entry `index` in the tree at `size`, leaf's sibling first (RFC 6962 section 2.1.1)."""
        size = self._known(size)
        if not 0 <= index < size:
            raise ProofRefused("index", f"Entry {index} is not in a tree of {size} entries.", index=index, size=size)
        path = []
        low, high = 0, size
        while high - low > 1:
            middle = low + split(high - low)
            if index < middle:
                path.append(self._subtree(middle, high))
                high = middle
            else:
                path.append(self._subtree(low, middle))
                low = middle
        return tuple(reversed(path))

    def consistency_proof(self, old: int, new: int | None = None) -> tuple[bytes, ...]:
        """Proof that the tree at `new` continues the tree at `old` (RFC 6962 section 2.1.2)."""
        new = self._known(new)
        if not 0 <= old <= new:
            raise ProofRefused("rollback", f"A tree of {new} entries cannot continue one of {old}.", old=old, new=new)
        if old in (0, new):
            return ()
        path = []
        low, high, whole = 0, new, True
        while old != high:
            middle = low + split(high - low)
            if old <= middle:
                path.append(self._subtree(middle, high))
                high = middle
            else:
                path.append(self._subtree(low, middle))
                low, whole = middle, False
        if not whole:
            path.append(self._subtree(low, high))
        return tuple(reversed(path))

    def entry(self, index: int) -> bytes:
        """The entry at `index`, as appended. Compare its `leaf_hash` before relying on it."""
        return next(self.entries(index, index + 1))

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """Entries `start` to `stop` - 1 in order."""
        if not 0 <= start <= stop <= self._size:
            raise ProofRefused("index", f"Entries {start} to {stop} are not all in a tree of {self._size} entries.")
        at = start
        while at < stop:
            bundle = at // TILE_WIDTH
            first = bundle * TILE_WIDTH
            held = self._bundle(bundle)
            yield from held[at - first : stop - first]
            at = first + TILE_WIDTH

    def _known(self, size: int | None) -> int:
        if size is None:
            return self._size
        if not 0 <= size <= self._size:
            raise ProofRefused("size", f"The tree has {self._size} entries, not {size}.", size=size, have=self._size)
        return size

    def _subtree(self, low: int, high: int) -> bytes:
        """Hash of entries `low` to `high` - 1; the range is one that RFC 6962 splitting can produce."""
        width = high - low
        if width & (width - 1) == 0:
            return self._node(width.bit_length() - 1, low)
        middle = low + split(width)
        return node_hash(self._subtree(low, middle), self._subtree(middle, high))

    def _node(self, height: int, low: int) -> bytes:
        level, rise = divmod(height, _TILE_HEIGHT)
        first = low >> (_TILE_HEIGHT * level)
        index, offset = divmod(first, TILE_WIDTH)
        hashes = self._tile(level, index)
        start = offset * HASH_SIZE
        count = 1 << rise
        return fold([hashes[at : at + HASH_SIZE] for at in range(start, start + count * HASH_SIZE, HASH_SIZE)])

    def _width(self, level: int, index: int) -> int:
        return min(TILE_WIDTH, (self._size >> (_TILE_HEIGHT * level)) - index * TILE_WIDTH)

    def _tile(self, level: int, index: int) -> bytes:
        if held := self._full.get((level, index)):
            self._full.move_to_end((level, index))
            return held
        width = self._width(level, index)
        hashes = self._fetch_tile(level, index, width)
        if width == TILE_WIDTH:
            self._full[level, index] = hashes
            if len(self._full) > _CACHED_TILES:
                self._full.popitem(last=False)
        return hashes

    def _fetch_tile(self, level: int, index: int, width: int) -> bytes:
        path = tile_path(level, index, width)
        data = self._store.get(path)
        if data is not None and len(data) != width * HASH_SIZE:
            raise TreeDamaged("tile_length", f"The tile {path} has the wrong length.", path=path, found=len(data))
        if data is None and width < TILE_WIDTH:
            # A partial tile may be gone once the full one stands (tlog-tiles, "Partial Tiles").
            full = self._store.get(tile_path(level, index))
            data = full[: width * HASH_SIZE] if full is not None and len(full) == TILE_WIDTH * HASH_SIZE else None
        if data is None:
            raise TreeDamaged("tile_missing", f"The tile {path} is missing.", path=path)
        return data

    def _bundle(self, index: int) -> list[bytes]:
        width = self._width(0, index)
        path = bundle_path(index, width)
        data = self._store.get(path)
        if data is None and width < TILE_WIDTH:
            data = self._store.get(bundle_path(index))
        if data is None:
            raise TreeDamaged("bundle_missing", f"The entry bundle {path} is missing.", path=path)
        return read_bundle(data, width, path)


class Tree(TreeView):
    """The tree with its one writer. Two writers on one store are the caller's fault: hold a lock."""

    def __init__(self, store: TileStore, size: int = 0) -> None:
        """Open at `size`, the number of entries known to be committed; anything beyond is from a crash, and ignored.

        Raises:
            TreeDamaged: the right edge of the tree is missing, or its entries do not match its hashes.
        """
        super().__init__(store, size)
        self._edge: list[list[bytes]] = []
        self._pending: list[bytes] = []
        level = 0
        while size >> (_TILE_HEIGHT * level):
            index, width = divmod(size >> (_TILE_HEIGHT * level), TILE_WIDTH)
            tile = self._fetch_tile(level, index, width) if width else b""
            self._edge.append([tile[at : at + HASH_SIZE] for at in range(0, len(tile), HASH_SIZE)])
            level += 1
        if size % TILE_WIDTH:
            self._pending = super()._bundle(size // TILE_WIDTH)
            if [leaf_hash(entry) for entry in self._pending] != self._edge[0]:
                raise TreeDamaged("bundle_mismatch", "The last entries do not match their hashes.", size=size)

    @classmethod
    def resume(cls, store: TileStore, checkpoint: Checkpoint) -> Self:
        """Open at a checkpoint whose signature the caller has verified.

        Raises:
            TreeDamaged: the tiles give another root. Nothing may be appended until people have looked at it.
        """
        tree = cls(store, checkpoint.size)
        if tree.root() != checkpoint.root:
            raise TreeDamaged("root_mismatch", "The tiles do not lead to the signed root.", size=checkpoint.size)
        return tree

    def append(self, entries: Sequence[bytes]) -> range:
        """Append `entries` in order; their tiles and bundles are durable when this returns.

        Entries become part of the log only with the checkpoint that the caller signs over the new `root()`. When the
        store raises, the tree stays as it was, and the same call may be repeated.

        Returns:
            The indices given, one per entry.
        Raises:
            EntryRefused: one is longer than MAX_ENTRY; none was appended.
        """
        for entry in entries:
            if len(entry) > MAX_ENTRY:
                raise EntryRefused("too_long", f"An entry has at most {MAX_ENTRY} bytes.", size=len(entry))
        growth = _Growth(self._store, self._size, [list(row) for row in self._edge], list(self._pending))
        for entry in entries:
            growth.add(entry)
        growth.write()
        added = range(self._size, growth.size)
        self._size, self._edge, self._pending = growth.size, growth.edge, growth.pending
        growth.drop_partials()
        return added

    def _tile(self, level: int, index: int) -> bytes:
        if level < len(self._edge) and index == self._size >> (_TILE_HEIGHT * (level + 1)):
            return b"".join(self._edge[level])
        return super()._tile(level, index)

    def _bundle(self, index: int) -> list[bytes]:
        return self._pending if index == self._size // TILE_WIDTH else super()._bundle(index)


class _Growth:
    """One `append` in the making, on copies, so that a store that raises leaves the tree untouched."""

    def __init__(self, store: TileStore, size: int, edge: list[list[bytes]], pending: list[bytes]) -> None:
        self.store, self.size, self.edge, self.pending = store, size, edge, pending
        self._files: dict[str, bytes] = {}
        self._completed: list[str] = []
        self._touched: set[int] = set()

    def add(self, entry: bytes) -> None:
        self.pending.append(entry)
        self.size += 1
        if len(self.pending) == TILE_WIDTH:
            path = bundle_path(self.size // TILE_WIDTH - 1)
            self._files[path] = write_bundle(self.pending)
            self._completed.append(path)
            self.pending = []
        self._push(0, leaf_hash(entry))

    def _push(self, level: int, value: bytes) -> None:
        if level == len(self.edge):
            self.edge.append([])
        row = self.edge[level]
        row.append(value)
        self._touched.add(level)
        if len(row) == TILE_WIDTH:
            path = tile_path(level, (self.size >> (_TILE_HEIGHT * (level + 1))) - 1)
            self._files[path] = b"".join(row)
            self._completed.append(path)
            self.edge[level] = []
            self._push(level + 1, fold(row))

    def write(self) -> None:
        """Lay every full and partial tile of the growth at once: one wait for the disk, however many there are."""
        if self._touched and self.pending:
            self._files[bundle_path(self.size // TILE_WIDTH, len(self.pending))] = write_bundle(self.pending)
        for level in sorted(self._touched):
            if row := self.edge[level]:
                index = self.size >> (_TILE_HEIGHT * (level + 1))
                self._files[tile_path(level, index, len(row))] = b"".join(row)
        if self._files:
            self.store.put_all(self._files)

    def drop_partials(self) -> None:
        if isinstance(self.store, DroppingTileStore):
            for path in self._completed:
                self.store.drop_partials(path)
