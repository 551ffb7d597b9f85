"""Each calendar year is a log of its own, and carries on the one before; whoever has the key of one can check all."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callwarden.custody.ledger import heads, sequencer, sinks, years
from callwarden.custody.models import Checkpoint, CheckpointSink, LedgerEntry, LedgerYear
from callwarden.engines import ledger
from callwarden.engines.ledger import FolderTileStore, Signer, verifier, years_verifier
from callwarden.flows import trail
from callwarden.kernel import clock


@pytest.fixture
def time(monkeypatch) -> Iterator[clock.FrozenClock]:
    """A clock that host and database agree on."""
    monkeypatch.setattr(years, "_year_of_the_database", lambda: clock.now().year)
    with clock.frozen(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) as frozen:
        yield frozen


@pytest.fixture
def three_years(time, write, sequence) -> list[LedgerYear]:
    """300 entries in 2026, 3 in 2027, none in 2028, 5 in 2029."""
    for year, count in ((2026, 300), (2027, 3), (2029, 5)):
        time.set(datetime(year, 12, 31, 12, tzinfo=UTC))
        write(count)
        sequence()
    return heads.years()


def test_a_new_year_is_a_new_log_that_names_the_last_head_of_the_old(three_years):
    assert [(one.year, one.first) for one in three_years] == [(2026, 0), (2027, 301), (2029, 306)]
    assert len({one.origin for one in three_years}) == len({one.key for one in three_years}) == 3
    bodies = [bytes(body) for body in LedgerEntry.objects.order_by("index").values_list("body", flat=True)]
    closed, opened = json.loads(bodies[300]), json.loads(bodies[301])
    assert (closed["event"], closed["data"]["origin"]) == ("ledger:year:closed", three_years[1].origin)
    head = ledger.Checkpoint.open(
        heads.last_of(three_years[0]).note.encode(), ledger.Verifier.parse(three_years[0].key)
    )
    assert opened["data"]["root"] == head.root.hex()
    assert opened["data"]["size"] == head.size == 301
    assert trail.verify() == trail.Verified(len(bodies), ())


@pytest.mark.parametrize("held", range(3))
def test_the_key_of_any_year_checks_all_of_them(three_years, tmp_path, held):
    trail.export(tmp_path / "out")
    report = years_verifier.check(tmp_path / "out", [three_years[held].key])
    assert report.verified, report.faults
    assert (report.years, report.size) == (["2026", "2027", "2029"], LedgerEntry.objects.count())
    stranger = str(Signer.generate("other.example/log").verifier)
    assert not years_verifier.check(tmp_path / "out", [stranger]).verified


def test_every_entry_of_every_year_is_proved_under_its_own_key(three_years):
    for index in (0, 299, 300, 301, 304, 305, 306, LedgerEntry.objects.count() - 1):
        key = heads.year_of(index).key
        report = verifier.verify_proof(trail.proof(index), [key])
        assert report.verified
        assert report.entry.encode() == bytes(LedgerEntry.objects.get(index=index).body)


def _drop(out: Path) -> None:
    shutil.rmtree(out / "2027")


def _only_a_head(out: Path) -> None:
    shutil.rmtree(out / "2026" / "tile")


def _swap(out: Path) -> None:
    (out / "2027").rename(out / "x")
    (out / "2029").rename(out / "2027")
    (out / "x").rename(out / "2029")


def _edit(out: Path) -> None:
    path = next((out / "2026/tile/entries").rglob("000"))
    path.write_bytes(path.read_bytes().replace(b'"count":7', b'"count":8', 1))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_drop, "year_not_continued"), (_only_a_head, "year_not_erased"), (_swap, "year_not_continued"),
        (_edit, "entry_altered"),
    ],
)  # fmt: skip
def test_a_year_left_out_emptied_swapped_or_edited_is_found(three_years, tmp_path, change, code):
    out = tmp_path / "out"
    trail.export(out)
    change(out)
    report = years_verifier.check(out, [one.key for one in three_years])
    assert code in {fault.code for fault in report.faults}
    for fault in report.faults:
        assert fault.text("en") != fault.text("zh")


def test_a_year_signed_anew_by_its_own_key_is_not_what_the_next_one_names(three_years, tmp_path):
    """Whoever holds the key of a closed year cannot write it anew: the next year holds its last head."""
    out = tmp_path / "out"
    trail.export(out)
    signer = sequencer.signer(heads.home(three_years[0]))
    store = ledger.MemoryTileStore()
    tree = ledger.Tree(store)
    bodies = [
        bytes(body)
        for body in LedgerEntry.objects.filter(index__lt=301).order_by("index").values_list("body", flat=True)
    ]
    tree.append([b'{"event":"x"}', *bodies[1:]])
    note = ledger.Checkpoint(three_years[0].origin, tree.size, tree.root()).sign(signer)
    shutil.rmtree(out / "2026")
    ledger.export(store, note, FolderTileStore(out / "2026"))
    report = years_verifier.check(out, [three_years[2].key])
    assert [fault.code for fault in report.faults] == ["year_not_continued"]


class Killed(BaseException):
    """As sudden as a signal."""


@pytest.mark.parametrize("survives", range(9))
def test_killed_between_the_years_the_next_start_goes_on(time, write, sequence, log_folder, monkeypatch, survives):
    write(5)
    sequence()
    time.set(datetime(2027, 1, 1, tzinfo=UTC))
    write(2)
    place, done = FolderTileStore._place, []

    def cut(scratch: Path, target: Path) -> None:
        if len(done) == survives:
            raise Killed
        place(scratch, target)
        done.append(target)

    with monkeypatch.context() as patch:
        patch.setattr(FolderTileStore, "_place", staticmethod(cut))
        with contextlib.suppress(Killed):
            sequence()
    sequence()
    assert [(one.year, one.first) for one in heads.years()] == [(2026, 0), (2027, 6)]
    assert trail.verify() == trail.Verified(9, ())


@pytest.mark.parametrize("step", ["carry_over", "_open_second"])
def test_killed_before_the_first_entry_of_a_year_it_is_written_once(time, write, sequence, monkeypatch, step):
    write(5)
    made = sequence()
    time.set(datetime(2027, 1, 1, tzinfo=UTC))
    with monkeypatch.context() as patch:
        if step == "carry_over":
            patch.setattr(years, "carry_over", _killed)
        else:
            patch.setattr(made, "_open", _killed)
        with pytest.raises(Killed):
            made.step()
    sequence()
    sequence()
    assert LedgerEntry.objects.filter(event="ledger:year:opened").count() == 1
    assert trail.verify().faults == ()


def _killed(*_arguments: object) -> None:
    raise Killed


def test_a_host_whose_clock_runs_ahead_of_the_database_opens_no_year(write, sequence):
    with clock.frozen(datetime(2097, 1, 1, tzinfo=UTC)):
        assert years.due(LedgerYear(year=clock.now().year - 1)) is None or years._year_of_the_database() >= 2096
    write(2)
    sequence()
    with clock.frozen(datetime(2097, 1, 1, tzinfo=UTC)):
        write(1)
        sequence()
    assert len(heads.years()) == 1


def test_a_clock_set_back_over_new_year_opens_no_year_again(time, write, sequence):
    for day in (
        datetime(2026, 12, 31, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
        datetime(2026, 12, 30, tzinfo=UTC),
    ):
        time.set(day)
        write(2)
        sequence()
    assert [one.year for one in heads.years()] == [2026, 2027]
    assert trail.verify().faults == ()


def test_a_sink_that_was_away_at_new_year_gets_the_last_head_of_the_old_and_then_the_newest(
    time, write, sequence, settings, tmp_path
):
    settings.LEDGER_SINKS = [str(tmp_path / "heads")]
    write(5)
    sequence()
    settings.LEDGER_SINKS = []
    time.set(datetime(2027, 1, 1, tzinfo=UTC))
    write(2)
    sequence()
    settings.LEDGER_SINKS = [str(tmp_path / "heads")]
    (sink,) = sinks.configured()
    while sinks.deliver(sink):
        pass
    assert sorted(path.name for path in (tmp_path / "heads").iterdir()) == [
        f"checkpoint-{size:012d}" for size in (5, 6, 9)
    ]
    assert CheckpointSink.objects.get().size == Checkpoint.objects.order_by("-size").first().size == 9
