"""The tiles of a log copied to another place: each verified, going on where cut off, and nothing written over."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from callwarden.custody.ledger import heads, moving, years
from callwarden.custody.ledger.bucket import BucketTileStore
from callwarden.custody.models import LedgerEntry
from callwarden.engines import ledger
from callwarden.engines.ledger import FolderTileStore, MemoryTileStore, TreeDamaged, verifier, years_verifier
from callwarden.flows import trail
from callwarden.kernel import clock
from tests.custody.ledger.test_bucket import bucket, s3

__all__ = ["bucket", "s3"]
pytestmark = pytest.mark.xdist_group("object store")


def year():
    return heads.years()[-1]


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def checked(folder: Path) -> verifier.Report:
    return verifier.check(folder, [year().key])


@pytest.mark.parametrize("count", [1, 255, 256, 257, 700])
def test_a_copy_is_whole_verifies_and_is_made_once(write, sequence, tmp_path, count):
    write(count)
    sequence()
    first = moving.copy(year(), str(tmp_path / "to"))
    assert checked(tmp_path / "to" / str(year().year)).verified
    again = moving.copy(year(), str(tmp_path / "to"))
    assert (again.laid, again.there) == (0, first.laid)


def test_the_log_goes_on_and_the_second_copy_takes_the_rest(write, sequence, tmp_path):
    write(300)
    sequence()
    moving.copy(year(), str(tmp_path / "to"))
    write(400)
    sequence()
    second = moving.copy(year(), str(tmp_path / "to"))
    assert second.there >= 2
    store = FolderTileStore(tmp_path / "to" / str(year().year))
    report = verifier.check(store.folder, [year().key], live=True)
    assert (report.verified, report.size) == (True, 700)
    assert store.get("tile/0/001.p/44") is None, "dropped with the full tile"


class Killed(BaseException):
    """As sudden as a signal."""


@pytest.mark.parametrize("survives", range(7))
def test_cut_off_anywhere_the_next_call_goes_on(write, sequence, tmp_path, monkeypatch, survives):
    write(700)
    sequence()
    place, done = FolderTileStore._place, []

    def cut(scratch: Path, target: Path) -> None:
        if len(done) == survives:
            raise Killed
        place(scratch, target)
        done.append(target)

    with monkeypatch.context() as patch:
        patch.setattr(FolderTileStore, "_place", staticmethod(cut))
        with pytest.raises(Killed):
            moving.copy(year(), str(tmp_path / "to"))
    told = moving.copy(year(), str(tmp_path / "to"))
    assert told.there == survives
    assert checked(tmp_path / "to" / str(year().year)).verified


def test_every_changed_bit_of_the_source_stops_the_copy_before_its_head(write, sequence, tmp_path):
    write(300)
    sequence()
    source = heads.tiles(year()).folder
    for number, path in enumerate(
        sorted(path for path in source.rglob("*") if path.is_file() and "tile" in path.parts)
    ):
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(TreeDamaged):
            moving.copy(year(), str(tmp_path / f"to{number}"))
        assert not (tmp_path / f"to{number}" / str(year().year) / "checkpoint").exists()
        path.write_bytes(whole)
    assert number >= 3


def test_a_source_rewritten_whole_does_not_lead_to_the_head_that_was_signed():
    signer, store = ledger.Signer.generate("a.example/log"), MemoryTileStore()
    tree = ledger.Tree(store)
    tree.append([b"{}"] * 300)
    note = ledger.Checkpoint(signer.name, tree.size, tree.root()).sign(signer)
    forged, to = MemoryTileStore(), MemoryTileStore()
    ledger.Tree(forged).append([b"{ }"] * 300)
    with pytest.raises(TreeDamaged):
        ledger.copy(forged, note, to)
    assert to.get("checkpoint") is None


@pytest.mark.parametrize("what", ["head", "longer", "tile"])
def test_what_stands_there_of_another_log_is_left_alone(write, sequence, tmp_path, what):
    write(300)
    sequence()
    store = FolderTileStore(tmp_path / "to" / str(year().year))
    signer = ledger.Signer.generate("b.example/log" if what == "head" else year().origin)
    tree = ledger.Tree(store)
    tree.append([b"{}"] * 301)
    if what != "tile":
        store.put("checkpoint", ledger.Checkpoint(signer.name, tree.size, tree.root()).sign(signer))
    before = files(store.folder)
    with pytest.raises(TreeDamaged) as refused:
        moving.copy(year(), str(tmp_path / "to"))
    assert "other_log" in refused.value.code
    assert files(store.folder) == before


def test_a_store_that_loses_what_was_laid_is_found(monkeypatch, write, sequence, tmp_path):
    write(300)
    sequence()
    put_all = FolderTileStore.put_all
    monkeypatch.setattr(
        FolderTileStore, "put_all", lambda self, some: put_all(self, {path: data[:-1] for path, data in some.items()})
    )
    with pytest.raises(TreeDamaged) as refused:
        moving.copy(year(), str(tmp_path / "to"))
    assert "not_laid" in refused.value.code


def test_a_log_is_moved_to_a_bucket_and_goes_on_there_over_new_year(
    bucket, write, sequence, settings, monkeypatch, tmp_path
):
    there, settings.LEDGER_TILES_URL = settings.LEDGER_TILES_URL, ""
    monkeypatch.setattr(years, "_year_of_the_database", lambda: clock.now().year)
    with clock.frozen(datetime(2026, 12, 31, tzinfo=UTC)) as time:
        write(300)
        sequence()
        time.set(datetime(2027, 1, 1, tzinfo=UTC))
        write(3)
        sequence()
        for one in heads.years():
            moving.copy(one, there)
        settings.LEDGER_TILES_URL = there
        write(5)
        sequence()
        time.set(datetime(2028, 1, 1, tzinfo=UTC))
        write(1)
        sequence()
    assert isinstance(heads.tiles(year()), BucketTileStore)
    assert trail.verify() == trail.Verified(LedgerEntry.objects.count(), ())
    for one in heads.years():  # and back into a folder
        moving.copy(one, str(tmp_path / "back"))
    report = years_verifier.check(tmp_path / "back", [year().key])
    assert report.verified, report.faults
