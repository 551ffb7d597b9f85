"""One sequencer at a time, whoever dies; a log that does not hold is not continued."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, connections

from callwarden.custody.ledger import columns, sequencer
from callwarden.custody.ledger.health import health, require_current_ledger
from callwarden.custody.ledger.sequencer import Sequencer
from callwarden.custody.models import Checkpoint, LedgerEntry, LedgerPending, SequencerState
from callwarden.engines.ledger import FolderTileStore, TreeDamaged, verifier
from callwarden.flows import trail
from callwarden.kernel import clock
from callwarden.kernel.errors import Unavailable
from tests.forging import another, forged, trigger_off


class Running:
    """`sequencer.run` in a thread with a connection of its own, whose server process can be killed."""

    def __init__(self) -> None:
        self.stop, self.started, self.pid = threading.Event(), threading.Event(), 0
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                (self.pid,) = cursor.fetchone()
            self.started.set()
            sequencer.run(self.stop.is_set)
        except Exception:  # its connection was killed, as was meant
            pass
        finally:
            connections.close_all()

    def end(self) -> None:
        self.stop.set()
        self.thread.join(30)
        assert not self.thread.is_alive()


@pytest.fixture
def two(log_folder: Path) -> Iterator[tuple[Running, Running]]:
    made = []
    for _ in range(2):
        made.append(Running())
        assert made[-1].started.wait(30)
        if len(made) == 1:
            until(lambda: SequencerState.objects.filter(started_at__isnull=False).exists())
    yield made[0], made[1]
    for one in made:
        one.end()


def until(done: Callable[[], bool]) -> None:
    wait = threading.Event()
    for _ in range(600):
        if done():
            return
        wait.wait(0.1)
    raise AssertionError("it did not come to that within a minute")


def verified(folder: Path) -> int:
    report = verifier.verify_export(folder / "tiles", [(folder / "verifier.key").read_text().strip()], live=True)
    assert report.verified, report.faults
    return report.size


def test_the_second_takes_over_when_the_first_dies(two, write, log_folder):
    first, second = two
    write(3)
    until(lambda: Checkpoint.objects.filter(size=3).exists())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [first.pid])
    write(4)
    until(lambda: Checkpoint.objects.filter(size=7).exists())
    assert not LedgerPending.objects.exists()
    assert list(LedgerEntry.objects.order_by("index").values_list("index", flat=True)) == list(range(7))
    first.thread.join(30)
    assert not first.thread.is_alive()
    assert second.thread.is_alive()
    until(lambda: verified(log_folder) == 7)  # the note is laid after its row is committed


class Killed(BaseException):
    """As sudden as a signal: nothing in between catches it."""


@pytest.mark.parametrize("survives", range(12))
def test_killed_between_any_two_files_the_next_start_mends_it(write, sequence, log_folder, monkeypatch, survives):
    """300 entries make full and partial tiles; the write that follows `survives` others never happens."""
    write(250)
    sequence()
    write(50)
    place, done = FolderTileStore._place, []

    def cut(scratch: Path, target: Path) -> None:
        if len(done) == survives:
            raise Killed
        place(scratch, target)
        done.append(target)

    monkeypatch.setattr(FolderTileStore, "_place", staticmethod(cut))
    with contextlib.suppress(Killed):
        sequence()
    monkeypatch.setattr(FolderTileStore, "_place", staticmethod(place))
    write(5)
    sequence()
    assert Checkpoint.objects.order_by("-size").first().size == 305
    assert verified(log_folder) == 305


def test_rows_taken_back_below_the_laid_head_are_found_and_nothing_is_signed(write, sequence, log_folder):
    write(3)
    sequence()
    write(3)
    sequence()
    Checkpoint.objects.filter(size=6).delete()  # as a database restored from an older copy
    with pytest.raises(TreeDamaged) as found:
        Sequencer()
    assert found.value.code == "tree.rows_taken_back"


def test_a_damaged_log_is_said_and_refuses_until_it_is_mended(write, sequence, log_folder, monkeypatch):
    monkeypatch.setattr(sequencer, "AGAIN", 0.05)
    write(3)
    sequence()
    tile = log_folder / "tiles/tile/0/000.p/3"
    whole = tile.read_bytes()
    tile.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    seen = threading.Event()

    def stop() -> bool:
        if SequencerState.objects.exclude(fault="").exists():
            seen.set()
        return seen.is_set()

    assert sequencer._started(stop, lambda: None) is None
    assert health().fault.startswith("tree.")
    with pytest.raises(Unavailable):
        require_current_ledger()
    tile.write_bytes(whole)
    assert sequencer._started(lambda: False, lambda: None) is not None
    assert health().fault == ""
    require_current_ledger()


def test_a_clock_set_back_stops_neither_order_nor_heads(write, sequence, log_folder):
    with clock.frozen(clock.now()) as time:
        write(2)
        sequence()
        time.set(clock.now() - timedelta(days=3))
        write(2)
        sequence()
        assert health().lag_seconds == 0
    assert verified(log_folder) == 4


@pytest.mark.parametrize("column", ["body", *columns.READ])
def test_the_sequencer_does_not_start_where_a_latest_row_is_not_its_entry(write, sequence, log_folder, column):
    write(3)
    sequence()
    value = b"{}" if column == "body" else another(getattr(LedgerEntry.objects.get(index=1), column))
    with forged(1, column, value):
        with pytest.raises(TreeDamaged) as found:
            Sequencer()
        assert (found.value.code, found.value.data["fault"]) == ("tree.row_changed", f"row_changed:1:{column}")
    Sequencer()


@pytest.mark.parametrize("column", columns.READ)
def test_a_row_without_a_head_yet_is_not_signed_where_a_column_is_not_its_entrys(write, sequence, log_folder, column):
    write(3)
    made = sequence()
    write(2)
    sequencer._drain()
    with forged(4, column, another(getattr(LedgerEntry.objects.get(index=4), column))):
        assert trail.verify().faults == (f"row_changed:4:{column}",)
        with pytest.raises(TreeDamaged):
            made.step()
    made.step()
    assert trail.verify() == trail.Verified(5, ())


@pytest.mark.parametrize(("change", "fault"), [("index = -1", "row_extra:-1"), ("index = 7", "row_missing:3")])
def test_a_row_where_no_tree_is_is_found(write, sequence, log_folder, change, fault):
    """A list shows it beside the others."""
    write(3)
    sequence()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE forged AS SELECT * FROM custody_ledgerentry WHERE index = 2")
        cursor.execute(f"UPDATE forged SET {change}, entry = gen_random_uuid()")
        cursor.execute("INSERT INTO custody_ledgerentry SELECT * FROM forged")
        cursor.execute("DROP TABLE forged")
    assert trail.verify().faults == (fault,)


def test_rows_missing_from_the_middle_are_each_named(write, sequence, log_folder):
    write(6)
    sequence()
    with trigger_off():
        LedgerEntry.objects.filter(index__in=[2, 3]).delete()
    assert trail.verify().faults == ("row_missing:2", "row_missing:3")
    with pytest.raises(TreeDamaged):
        Sequencer()
