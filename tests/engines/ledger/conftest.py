"""A small log to attack, its export, and the plain recursive definition of RFC 6962 as oracle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from callwarden.engines.ledger import Checkpoint, MemoryTileStore, Signer, Tree, canonical, export

ORIGIN = "callwarden.example/ledger"


class PlainFolder:
    """Writes an export as plain files; unlike the product's store it does not wait for the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, path: str) -> bytes | None:
        file = self.folder / path
        return file.read_bytes() if file.is_file() else None

    def put(self, path: str, data: bytes) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)

    def put_all(self, files: Mapping[str, bytes]) -> None:
        for path, data in files.items():
            self.put(path, data)


@dataclass
class Log:
    """A log in memory with its signing key."""

    signer: Signer
    store: MemoryTileStore
    tree: Tree

    def add(self, count: int, label: str = "record.revealed") -> None:
        start = self.tree.size
        self.tree.append([canonical({"event": label, "n": start + at}) for at in range(count)])

    def checkpoint(self, signer: Signer | None = None) -> bytes:
        return Checkpoint(ORIGIN, self.tree.size, self.tree.root()).sign(signer or self.signer)

    def export(self, folder: Path, checkpoint: bytes | None = None) -> Path:
        export(self.store, checkpoint or self.checkpoint(), PlainFolder(folder))
        return folder


def make_log(count: int, signer: Signer | None = None) -> Log:
    store = MemoryTileStore()
    log = Log(signer or Signer.generate(ORIGIN), store, Tree(store))
    log.add(count)
    return log


@pytest.fixture
def log() -> Log:
    return make_log(700)


class Oracle:
    """RFC 6962 section 2.1, written as it stands there."""

    @staticmethod
    def root(entries: Sequence[bytes]) -> bytes:
        if not entries:
            return sha256(b"").digest()
        if len(entries) == 1:
            return sha256(b"\x00" + entries[0]).digest()
        k = Oracle.k(len(entries))
        return sha256(b"\x01" + Oracle.root(entries[:k]) + Oracle.root(entries[k:])).digest()

    @staticmethod
    def k(n: int) -> int:
        k = 1
        while k * 2 < n:
            k *= 2
        return k

    @staticmethod
    def path(m: int, entries: Sequence[bytes]) -> list[bytes]:
        if len(entries) == 1:
            return []
        k = Oracle.k(len(entries))
        if m < k:
            return [*Oracle.path(m, entries[:k]), Oracle.root(entries[k:])]
        return [*Oracle.path(m - k, entries[k:]), Oracle.root(entries[:k])]

    @staticmethod
    def consistency(m: int, entries: Sequence[bytes], whole: bool = True) -> list[bytes]:
        if m == len(entries):
            return [] if whole else [Oracle.root(entries)]
        k = Oracle.k(len(entries))
        if m <= k:
            return [*Oracle.consistency(m, entries[:k], whole), Oracle.root(entries[k:])]
        return [*Oracle.consistency(m - k, entries[k:], False), Oracle.root(entries[:k])]
