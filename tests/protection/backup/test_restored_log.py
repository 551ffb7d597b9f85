"""A log restored from a copy: over the turn of a year, and beside what the lost log left in its bucket."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from callwarden.custody.ledger import heads, sequencer, years
from callwarden.custody.models import Checkpoint, LedgerEntry
from callwarden.engines import ledger
from callwarden.engines.ledger import FolderTileStore, TreeDamaged, years_verifier
from callwarden.flows import trail
from callwarden.kernel import clock
from callwarden.protection.backup import restoring
from callwarden.protection.backup.copying import Manifest
from tests.custody.ledger.conftest import log_folder, sequence, write
from tests.custody.ledger.test_bucket import bucket, s3

__all__ = ["bucket", "log_folder", "s3", "sequence", "write"]
pytestmark = pytest.mark.xdist_group("object store")
LOST = "callwarden.local/lost"


class Server:
    """The restored database, which here is that of the test."""

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor})


@pytest.fixture
def time(monkeypatch) -> Iterator[clock.FrozenClock]:
    monkeypatch.setattr(years, "_year_of_the_database", lambda: clock.now().year)
    with clock.frozen(datetime(2026, 12, 30, tzinfo=UTC)) as frozen:
        yield frozen


@pytest.fixture
def restore(settings, tmp_path, log_folder) -> Callable[..., Path]:
    """Lay the log anew from the rows, as `callwarden restore` does; what the lost one had on its disk is gone."""

    def lay(**changes: str) -> Path:
        head = Checkpoint.objects.order_by("-size").first()
        origin = (log_folder / "origin").read_text().strip()
        manifest = Manifest(
            "x", "2026-12-30T00:00:00Z", 18, "", [], head.size, origin, head.size, bytes(head.root).hex()
        )
        settings.DATA_DIR = tmp_path / "restored"
        told = restoring.rebuild_ledger(
            Server(), manifest, heads.folder(), origin=restoring.next_origin(origin, "2028-02-01T00:00:00Z"), **changes
        )
        assert told.agrees
        assert told.size == LedgerEntry.objects.count()
        return heads.folder()

    return lay


def holds(out: Path, of: int) -> years_verifier.Report:
    """The log as it is now, exported and checked by its newest key alone."""
    assert trail.verify() == trail.Verified(of, ())
    trail.export(out)
    keys = [heads.verifier_keys()[0]]
    report = (
        years_verifier.check(out, keys) if years_verifier.is_years(out) else years_verifier.verifier.check(out, keys)
    )
    assert report.verified, report.faults
    return report


def roots(*sizes: int) -> list[bytes]:
    return [bytes(Checkpoint.objects.get(size=size).root) for size in sizes]


def test_a_copy_of_last_year_restored_this_year_verifies_with_the_old_tree_whole(
    time, write, sequence, restore, tmp_path
):
    write(300)
    sequence()
    (before,), lost_key = roots(300), heads.verifier_keys()[0]
    restore()
    time.set(datetime(2027, 2, 1, tzinfo=UTC))
    write(3)
    sequence()
    report = holds(tmp_path / "out", 305)
    assert report.years == ["2026", "2027"]
    old, new = heads.years()
    assert ledger.TreeView(heads.tiles(old), 301).root(300) == before
    assert "/restored-" in old.origin
    assert new.origin.endswith("/2027")
    assert lost_key not in {old.key, new.key}


def test_a_copy_of_two_years_restored_in_a_third_keeps_the_closed_year_under_its_own_name_and_key(
    time, write, sequence, restore, tmp_path
):
    write(300)
    sequence()
    time.set(datetime(2027, 6, 1, tzinfo=UTC))
    write(300)
    sequence()
    closed = heads.years()[0]
    before = roots(301, 602)
    restore()
    time.set(datetime(2028, 2, 1, tzinfo=UTC))
    write(1)
    sequence()
    report = holds(tmp_path / "out", 605)
    assert report.years == ["2026", "2027", "2028"]
    kept = heads.years()
    assert (kept[0].origin, kept[0].key) == (closed.origin, closed.key)
    assert [
        ledger.TreeView(heads.tiles(kept[0]), 301).root(),
        ledger.TreeView(heads.tiles(kept[1]), 301).root(),
    ] == before


@pytest.mark.parametrize("former", [0, 1])
def test_a_copy_made_between_two_years_is_carried_over_by_the_restored_log(
    time, write, sequence, restore, tmp_path, former
):
    """The closing entry and the next year's row were committed, its first entry was not."""
    write(5)
    sequence()
    for year in range(2027, 2027 + former):
        time.set(datetime(year, 6, 1, tzinfo=UTC))
        write(5)
        sequence()
    time.set(datetime(2027 + former, 6, 1, tzinfo=UTC))
    years.close(heads.years()[-1], 2027 + former)
    restore()
    write(2)
    sequence()
    sequence()
    holds(tmp_path / "out", LedgerEntry.objects.count())
    names = [one.origin for one in heads.years()]
    assert len(set(names)) == len(names) == 2 + former
    assert LedgerEntry.objects.filter(event="ledger:year:opened").count() == 1 + former


def test_a_copy_with_entries_that_no_head_covered_yet_starts(time, write, sequence, restore, tmp_path):
    """Rows and head are two commits; a copy may fall between them, and the tiles of that head have to lie there."""
    write(5)
    sequence()
    write(2)
    sequencer._drain()
    restore()
    sequence()
    holds(tmp_path / "out", 7)


def test_the_tiles_of_the_lost_log_are_never_written_over(time, bucket, write, sequence, restore, settings):
    """The lost log went on after the copy; what it laid in the bucket is the only trace of that."""
    write(300)
    sequence()
    lost = heads.years()[0]
    store, signer = heads.tiles(lost), sequencer.signer()
    tree = ledger.Tree.resume(store, ledger.Checkpoint(lost.origin, 300, *roots(300)))
    tree.append([b'{"event":"after the copy"}'] * 400)
    store.put("checkpoint", ledger.Checkpoint(lost.origin, 700, tree.root()).sign(signer))
    paths = ["checkpoint", "tile/0/001", "tile/entries/002.p/188", "tile/entries/001"]
    evidence = {path: store.get(path) for path in paths}
    assert all(evidence.values())
    assert not store.is_empty()
    for year in (2026, 2027):
        restore(tiles=f"{bucket}-new-{year}")
        time.set(datetime(year, 12, 31, tzinfo=UTC))
        write(2)
        with pytest.raises(TreeDamaged) as damaged:
            sequence()
        assert damaged.value.code in {"tree.tiles_of_another_log", "tiles_of_another_log"}
        assert {path: store.get(path) for path in paths} == evidence
    settings.LEDGER_TILES_URL = f"{bucket}-new-2027"
    sequence()
    assert trail.verify().faults == ()
    assert {path: store.get(path) for path in paths} == evidence


def test_a_restored_log_in_an_empty_bucket_goes_on_over_the_year(
    time, bucket, write, sequence, restore, settings, tmp_path
):
    write(300)
    sequence()
    settings.LEDGER_TILES_URL = f"{bucket}-new"
    assert heads.elsewhere(settings.LEDGER_TILES_URL, 2026).is_empty()
    folder = restore(tiles=settings.LEDGER_TILES_URL)
    assert not (folder / "tiles").exists()
    time.set(datetime(2027, 2, 1, tzinfo=UTC))
    write(1)
    sequence()
    sequence()
    assert holds(tmp_path / "out", 303).years == ["2026", "2027"]


def test_killed_before_its_first_head_a_restored_log_starts_again(time, write, sequence, restore, tmp_path):
    """Until then the head beside its tiles is the one signed under the former name."""
    write(5)
    sequence()
    restore()
    heads.tiles(heads.years()[0]).put("checkpoint", heads.note_of(heads.last_of(heads.years()[0])))
    write(1)
    sequence()
    holds(tmp_path / "out", 6)


def test_tiles_of_another_log_put_in_place_of_ours_stop_the_sequencer(write, sequence, log_folder, tmp_path):
    write(5)
    sequence()
    other = ledger.Signer.generate(LOST)
    store = FolderTileStore(tmp_path / "other")
    tree = ledger.Tree(store)
    tree.append([b"{}"] * 3)
    store.put("checkpoint", ledger.Checkpoint(LOST, 3, tree.root()).sign(other))
    shutil.rmtree(log_folder / "tiles")
    shutil.copytree(tmp_path / "other", log_folder / "tiles")
    with pytest.raises(TreeDamaged):
        sequence()
    assert (log_folder / "tiles/checkpoint").read_bytes().startswith(LOST.encode())


def test_the_state_of_a_restore_is_read_before_there_are_models():
    """`callwarden up` asks for it first of all, without any settings."""
    tried = (
        "from callwarden.protection.backup.restoring import state_of; from pathlib import Path; state_of(Path('/x'))"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "CALLWARDEN"))}
    done = subprocess.run([sys.executable, "-c", tried], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
