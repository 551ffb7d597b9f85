"""Clocks that jump: one set forward destroys nothing in bulk, one set back opens nothing again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from callwarden.custody import holds, times
from callwarden.custody.categories import Category
from callwarden.custody.intake import ensure_day_keys
from callwarden.custody.keeper import client as keeper_client
from callwarden.custody.keeper.client import EpochNeeded, KeeperUnavailable, NotPermitted
from callwarden.custody.models import BucketKey, ClockLook, DataKey, Epoch, Hold, IntakeKey, Record, Subject
from callwarden.custody.open import open_record
from callwarden.custody.put import Place, put
from callwarden.custody.restrict import end_restricted
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import new_subject
from callwarden.flows import timers
from callwarden.kernel import clock, findings
from callwarden.kernel.clock import FrozenClock
from callwarden.kernel.models import Finding
from callwarden.lawful.retention.due import Due
from tests.centre import basis_for
from tests.custody.test_locks import grant_for, login, record

__all__ = ["login", "record"]
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def time(line, monkeypatch) -> Iterator[FrozenClock]:
    """A clock of this test's own; the database agrees with it, and nobody has looked at it yet."""
    monkeypatch.setattr(times, "_before", None)
    with clock.frozen(NOON) as frozen:
        monkeypatch.setattr(times, "database_now", clock.now)
        yield frozen


def pass_evenly(time: FrozenClock, by: timedelta) -> None:
    """As the clock job does: a look every few minutes while time passes."""
    until = clock.now() + by
    while clock.now() < until:
        time.advance(min(timedelta(minutes=5), until - clock.now()))
        times.look()


@pytest.fixture
def even(time: FrozenClock) -> FrozenClock:
    times.look()
    pass_evenly(time, timedelta(hours=2))
    assert times.steady()
    return time


def jumps() -> list[str]:
    return [str(finding.data["kind"]) for finding in Finding.objects.filter(kind="clock-jumped").order_by("id")]


def keep(line, *, days: int, subject: Subject | None = None) -> Record:
    """A record due so many days from the test's own now."""
    lead = (clock.now() - datetime.now(UTC)) / timedelta(days=1)
    with client_scope(line.client_id):
        return put(
            basis_for(line, days=days + lead),
            category=Category.RECORDING_REDACTED,
            subject=subject or new_subject(line.client_id, Subject.Kind.CALLER),
            write=lambda out: out.write(b"sound"),
            place=Place(),
        )


def left(line) -> tuple[int, int]:
    """(data keys, bucket keys) that still exist."""
    with client_scope(line.client_id):
        return DataKey.objects.count(), BucketKey.objects.count()


def test_time_that_passes_evenly_ends_what_is_due(line, even):
    keep(line, days=1)
    pass_evenly(even, timedelta(days=9))
    assert timers.end_retention() == 1
    assert left(line) == (1, 0), "one key is enough; what lay under it is cleared away afterwards"
    assert timers.purge_ended(seconds=10) == 1
    assert left(line) == (0, 0)
    assert jumps() == []


def test_a_clock_set_forward_by_years_destroys_nothing(line, even):
    keep(line, days=1)
    even.set(NOON + timedelta(days=3650))
    assert timers.end_retention() == 0, "before anybody has looked"
    assert times.look() is not None
    assert timers.end_retention() == 0
    assert (timers.end_quarantine(), timers.end_unredacted(), timers.end_day_keys()) == (0, 0, 0)
    assert left(line) == (1, 1)
    assert jumps() == ["forward"]


def waits_to_be_erased(line, *, floors: tuple[timedelta, ...]) -> list[Record]:
    """Records of somebody who was erased, each kept by a floor for so long from now."""
    with client_scope(line.client_id):
        subject = new_subject(line.client_id, Subject.Kind.CALLER)
    records = [keep(line, days=4000, subject=subject) for _floor in floors]
    with client_scope(line.client_id):
        for record, floor in zip(records, floors, strict=True):
            Record.objects.filter(pk=record.pk).update(
                state="restricted", erase_at=clock.now() + floor, erase_reason="request_erasure"
            )
        Subject.objects.filter(pk=subject.pk).update(erasure_due=True)
    return records


def alive(line) -> int:
    with client_scope(line.client_id):
        return Record.objects.exclude(state="destroyed").count()


@pytest.mark.parametrize("asked", ["", "request_erasure"])
def test_a_hold_let_go_while_the_clock_is_set_forward_ends_nothing_its_floor_keeps(line, even, asked):
    held, *_others = waits_to_be_erased(line, floors=(timedelta(days=1000), timedelta(days=1001)))
    with client_scope(line.client_id):
        hold = holds.hold(held, matter=uuid4(), actor="system")
        Hold.objects.filter(pk=hold.pk).update(erase=asked)
    even.set(NOON + timedelta(days=3650))
    with client_scope(line.client_id):
        assert not holds.release(hold.pk, actor="system")
    times.look()
    assert alive(line) == 2


def test_a_floor_that_has_grown_keeps_the_records_that_no_look_has_come_to(line, even):
    """One look takes the first; what comes after it in line is asked for its floor by the next."""
    first, second = waits_to_be_erased(line, floors=(-timedelta(days=2), -timedelta(days=1)))
    with client_scope(line.client_id):
        due = Due(line.client_id, ()).after_floors(1)
        assert [one.pk for one in due] == [first.pk]
        assert end_restricted(due, actor="system") == 1
        assert Record.objects.get(pk=second.pk).state == "restricted"
        assert end_restricted(Due(line.client_id, ()).after_floors(1), actor="system") == 1
        assert Subject.objects.get(pk=first.subject_id).destroyed_at, "with the last of them the erasure is carried out"


def test_set_right_again_within_the_hour_nothing_was_lost_and_nothing_stays_refused(line, even):
    keep(line, days=1)
    even.set(NOON + timedelta(days=3650))
    times.look()
    pass_evenly(even, timedelta(minutes=30))
    even.set(NOON + timedelta(hours=3))
    assert times.look() is not None
    pass_evenly(even, timedelta(hours=2))
    assert times.steady()
    assert timers.end_retention() == 0
    assert left(line) == (1, 1)
    mark = ClockLook.objects.get().mark
    assert mark is not None
    assert mark < NOON + timedelta(days=1)


@pytest.mark.parametrize("by", [timedelta(minutes=2), timedelta(days=400)])
def test_a_clock_set_back_is_a_finding_and_lowers_no_mark(line, even, by):
    mark = ClockLook.objects.get().mark
    even.set(clock.now() - by)
    assert not times.steady()
    times.look()
    pass_evenly(even, timedelta(minutes=59))
    assert not times.steady()
    assert jumps() == ["back"]
    assert ClockLook.objects.get().mark == mark
    pass_evenly(even, timedelta(hours=2))
    assert ClockLook.objects.get().mark >= mark


def test_a_jump_smaller_than_the_gap_between_looks_is_seen_by_the_time_that_really_passed(even):
    even.set(clock.now() + timedelta(minutes=5))
    jump = times.look()
    assert jump is not None
    assert (jump.kind, jump.certain) == ("forward", True)


def test_small_corrections_of_a_time_service_mean_nothing(even):
    for seconds in (20, -20, 45, -45):
        even.set(clock.now() + timedelta(seconds=seconds))
        assert times.look() is None
    assert times.steady()


def test_a_program_that_was_stopped_for_a_while_waits_an_hour_and_blames_nobody(line, even, monkeypatch):
    keep(line, days=1)
    even.advance(timedelta(minutes=40))
    monkeypatch.setattr(times, "_before", None)  # another process
    times.look()
    assert not times.steady()
    assert jumps() == []
    pass_evenly(even, timedelta(hours=1))
    assert times.steady()


def test_a_long_silence_is_told_because_the_clock_may_have_been_set_meanwhile(line, even, monkeypatch):
    even.advance(timedelta(days=400))
    monkeypatch.setattr(times, "_before", None)
    times.look()
    assert jumps() == ["forward"]


def test_a_database_that_disagrees_about_the_time_is_a_finding_and_stops_the_timers(line, even, monkeypatch):
    monkeypatch.setattr(times, "database_now", lambda: clock.now() + timedelta(hours=1))
    times.look()
    assert not times.steady()
    assert jumps() == ["apart"]


def test_when_nobody_looks_any_more_nothing_is_destroyed(line, even):
    even.advance(timedelta(minutes=11))
    assert not times.steady()


def test_the_finding_is_closed_by_an_hour_of_even_time_once_somebody_says_it_is_mended(even):
    even.set(clock.now() + timedelta(days=1))
    times.look()
    finding = Finding.objects.get(kind="clock-jumped")
    for step in (findings.triage, findings.start, findings.remedied):
        finding = step(finding, actor="system")
    pass_evenly(even, timedelta(minutes=50))
    finding.refresh_from_db()
    assert finding.state == Finding.State.VERIFYING
    pass_evenly(even, timedelta(minutes=20))
    finding.refresh_from_db()
    assert finding.state == Finding.State.CLOSED


# The keeper, on the database's real clock


def seen(*, mark: datetime | None = None, steady_for: timedelta = timedelta(days=1)) -> None:
    now = datetime.now(UTC)
    ClockLook.objects.create(id=1, at=now, steady_since=now - steady_for, mark=mark)


def test_what_was_due_once_stays_refused_when_the_clock_is_set_back(record, login):
    """The database's clock says that its time has not come; it had come, by time that passed evenly."""
    assert open_record(grant_for(record, login), record).read(4)
    seen(mark=record.due_at + timedelta(seconds=1))
    with pytest.raises(NotPermitted):
        open_record(grant_for(record, login), record)


def test_what_is_not_due_by_the_mark_opens(record, login):
    seen(mark=record.due_at - timedelta(days=10))
    assert open_record(grant_for(record, login), record).read(4)


def test_a_permit_from_the_future_opens_nothing_after_the_clock_was_set_back(record, login):
    with clock.frozen(datetime.now(UTC) + timedelta(hours=1)):
        grant = grant_for(record, login)
    with pytest.raises(NotPermitted):
        open_record(grant, record)


def test_the_keeper_ends_no_day_key_on_a_clock_that_has_just_jumped(line, keeper):
    ensure_day_keys()
    key = IntakeKey.objects.order_by("day").first()
    IntakeKey.objects.filter(pk=key.pk).update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    seen(steady_for=timedelta(minutes=59))
    with pytest.raises(KeeperUnavailable):
        keeper_client.destroy_intake_key(key.id)
    assert keeper_client.sweep_intake_keys() == 0
    ClockLook.objects.update(steady_since=datetime.now(UTC) - timedelta(hours=2))
    assert keeper_client.sweep_intake_keys() == 1


def test_the_keeper_ends_no_epoch_whose_overlap_is_over_by_a_clock_that_has_just_jumped(line, keeper):
    with client_scope(line.client_id):
        epoch = Epoch.objects.get(client_id=line.client_id)
        Epoch.objects.filter(pk=epoch.pk).update(
            state=Epoch.State.RETIRED, retired_at=datetime.now(UTC) - timedelta(days=4000)
        )
    seen(steady_for=timedelta(minutes=59))
    with pytest.raises(EpochNeeded):
        keeper_client.destroy_epoch(epoch.id)
    assert list((keeper.keys / "epochs").glob(f"{epoch.id}.*"))
    ClockLook.objects.update(steady_since=datetime.now(UTC) - timedelta(hours=2))
    keeper_client.destroy_epoch(epoch.id)
    assert not list((keeper.keys / "epochs").glob(f"{epoch.id}.*"))
