"""A folder keeps whole files or none, and only inside itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from callwarden.engines.ledger import Checkpoint, FolderTileStore, LedgerError, Tree
from callwarden.engines.ledger._tiles import bundle_path, number_path, tile_path

from .conftest import make_log


def test_paths_are_those_of_the_format() -> None:
    assert number_path(1234067) == "x001/x234/067"
    assert tile_path(0, 0) == "tile/0/000"
    assert tile_path(2, 1000, 17) == "tile/2/x001/000.p/17"
    assert bundle_path(999, 255) == "tile/entries/999.p/255"


def test_a_folder_holds_the_same_tree_as_memory(tmp_path: Path) -> None:
    log = make_log(600)
    tree = Tree(FolderTileStore(tmp_path))
    tree.append(list(log.tree.entries(0, 300)))
    Tree.resume(FolderTileStore(tmp_path), Checkpoint("log", 300, tree.root())).append(list(log.tree.entries(300, 600)))
    for path, data in log.store.files.items():
        assert (tmp_path / path).read_bytes() == data
    assert not (tmp_path / "tile/0/001.p").exists()


@pytest.mark.parametrize("path", ["../outside", "/etc/x", "tile//0", "tile/../../x", "", ".", "tile/.hidden", "a\x00b"])
def test_a_path_that_leaves_the_folder_is_refused(path: str, tmp_path: Path) -> None:
    store = FolderTileStore(tmp_path / "log")
    for act in (lambda: store.get(path), lambda: store.put(path, b"x")):
        with pytest.raises(LedgerError):
            act()
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_a_full_disk_leaves_the_old_file_and_no_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderTileStore(tmp_path)
    store.put("tile/0/000", b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            store.put("tile/0/000", b"new")
    assert store.get("tile/0/000") == b"old"
    assert list((tmp_path / ".writing").iterdir()) == []


def test_every_file_is_synced_and_so_is_the_folder_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []
    real = os.fsync

    def watch(handle: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{handle}"))
        real(handle)

    store = FolderTileStore(tmp_path)
    monkeypatch.setattr(os, "fsync", watch)
    store.put("tile/0/000", b"x")
    assert synced[-1] == str(tmp_path / "tile/0")
    assert any(path.startswith(str(tmp_path / ".writing/")) for path in synced)
    assert {str(tmp_path), str(tmp_path / "tile")} <= set(synced)


def test_a_reader_writes_nothing(tmp_path: Path) -> None:
    assert FolderTileStore(tmp_path / "log").get("checkpoint") is None
    assert not (tmp_path / "log").exists()


def test_many_files_stand_together_or_the_store_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderTileStore(tmp_path)
    files = {f"tile/{level}/{number:03d}": b"%d" % number for level in (0, 1, "entries") for number in range(20)}
    store.put_all(files)
    assert {path: store.get(path) for path in files} == files
    real, asked = os.fsync, []

    def fifth(handle: int) -> None:
        asked.append(handle)
        if len(asked) == 5:
            raise OSError(28, "No space left on device")
        real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fifth)
        with pytest.raises(OSError, match="No space"):
            store.put_all(dict.fromkeys(files, b"new"))
    assert {path: store.get(path) for path in files} == files
    assert list((tmp_path / ".writing").iterdir()) == []
