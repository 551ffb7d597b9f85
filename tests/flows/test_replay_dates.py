"""A restored store keeps things as long as the lost present did: nothing that was due stands, nothing else is lost."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callwarden.custody import holds
from callwarden.custody.categories import Category
from callwarden.custody.destroy import buckets_over, destroy_buckets
from callwarden.custody.epochs import open_client
from callwarden.custody.holds import move_held
from callwarden.custody.models import Bucket, Customer, Hold, LedgerPending, Line, Record, Subject
from callwarden.custody.moving import OPEN_UNTIL
from callwarden.custody.put import Place, expiry_week, put
from callwarden.custody.restrict import move_restricted, restrict
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import new_subject
from callwarden.flows import timers
from callwarden.flows.replay import replay
from callwarden.flows.replay_dates import DATES
from callwarden.kernel import clock
from callwarden.kernel.events import Event
from callwarden.kernel.models import Session, User
from callwarden.lawful.retention import actions, runs
from callwarden.lawful.retention.acts import asked_now
from callwarden.lawful.retention.models import RetentionRule, RetentionRun
from tests.centre import _keeper, basis_for, client, keeper, keeper_folder, line
from tests.copies import Copied, slug, tables
from tests.custody.test_locks import SOUND, grant_for, open_record, sign_in
from tests.lawful.test_retention import call_for, customer_of, now_of
from tests.purposes import active_purpose

__all__ = ["_keeper", "client", "keeper", "keeper_folder", "line", "tables"]  # fixtures
KIND, PURPOSE = Category.RECORDING_REDACTED, "service"


def rule(line: Line, days: int) -> None:
    """Change how long recordings are kept, as two people do, and let the run come to its end."""
    active_purpose(PURPOSE)
    actions.put(asked_now(line.pk, KIND, PURPOSE, floor_days=0, ceiling_days=days), actor="system")
    let_run(line)


def let_run(line: Line) -> None:
    for run in runs.waiting():
        runs.carry_on(run, seconds=60)


def stored(line: Line, *, days: int = 30) -> Record:
    with client_scope(line.client_id):
        subject = new_subject(line.client_id, Subject.Kind.CALLER)
        return put(
            basis_for(line, days=days), category=KIND, subject=subject, write=lambda out: out.write(SOUND),
            place=Place(),
        )  # fmt: skip


@pytest.fixture
def record(line: Line) -> Record:
    rule(line, 30)
    return stored(line)


def end_weeks(line: Line, day: date) -> int:
    """What the clock does on the Monday of a week."""
    with client_scope(line.client_id):
        return destroy_buckets(buckets_over(line.client_id, today=day), actor="job:retention")


def alive(record: Record) -> bool:
    with client_scope(record.client_id):
        now = Record.objects.select_related("bucket").get(pk=record.pk)
    return now.state != Record.State.DESTROYED and now.bucket.destroyed_at is None


def opens(record: Record) -> bool:
    grant = grant_for(now_of(record), reader())
    with client_scope(record.client_id):
        return bool(open_record(grant, now_of(record)).read() == SOUND)


def reader() -> Session:
    """Who opens it now: a restore ends every session."""
    found = Session.objects.filter(user__in=User.objects.filter(username="reviewer"), revoked_at=None).first()
    if found is None:
        User.objects.filter(username="reviewer").update(username=uuid4().hex)
        found = sign_in()
    return found


def settle(line: Line) -> None:
    """What goes on by itself once a restored store is open."""
    with client_scope(line.client_id):
        move_held(line.client_id)
        move_restricted(line.client_id)
    let_run(line)


def restored(copy: Copied) -> None:
    told = copy.lay_down()
    assert not replay(told).unplaced


# What was kept longer


def test_what_left_a_week_for_a_longer_period_does_not_end_with_that_week(
    tables: Any, line: Line, record: Record
) -> None:
    other, week = stored(line), now_of(record).bucket.expires_on
    copy = Copied(tables)
    with client_scope(line.client_id):  # one of the two had been asked to go by then
        Record.objects.filter(pk=other.pk).update(purposes=["gone"])
    rule(line, 90)
    due = now_of(record).due_at
    assert end_weeks(line, week) == 1
    assert (alive(record), alive(other)) == (True, False)
    told = copy.lay_down()
    with client_scope(line.client_id):
        Record.objects.filter(pk=other.pk).update(purposes=["gone"])
    assert not replay(told).unplaced
    assert (alive(record), alive(other)) == (True, False)
    assert now_of(record).due_at == due
    assert end_weeks(line, week) == 0, "its key waits for the record that has to leave"
    settle(line)
    assert end_weeks(line, week) == 1
    assert opens(record)
    assert now_of(record).bucket.expires_on == expiry_week(due)


def test_what_came_back_from_a_hold_to_a_later_week_stays_until_then(tables: Any, line: Line, record: Record) -> None:
    week = now_of(record).bucket.expires_on
    copy = Copied(tables)
    with client_scope(line.client_id):
        held = holds.hold(record, matter=uuid4(), actor="system")
    RetentionRule.objects.update(ceiling_days=90)  # no rule is told of: only where the record went
    runs.start(line.client_id, cause="rule", actor="system")
    let_run(line)
    with client_scope(line.client_id):
        assert not holds.release(held.pk, actor="system")
    end_weeks(line, week)
    due = now_of(record).due_at
    restored(copy)
    assert alive(record)
    assert now_of(record).due_at == due
    settle(line)
    end_weeks(line, week)
    assert opens(record)


def test_what_is_on_hold_in_the_copy_and_had_left_for_a_later_week_stays(
    tables: Any, line: Line, record: Record
) -> None:
    week = now_of(record).bucket.expires_on
    with client_scope(line.client_id):
        held = holds.hold(record, matter=uuid4(), actor="system")
    stranger = stored(line)
    copy = Copied(tables)
    rule(line, 90)
    with client_scope(line.client_id):
        assert not holds.release(held.pk, actor="system")
    end_weeks(line, week)
    restored(copy)
    assert alive(record)
    assert alive(stranger)
    with client_scope(line.client_id):
        holds.release(held.pk, actor="system")
    assert opens(record)


def test_what_a_floor_kept_beyond_its_week_stays(tables: Any, line: Line, record: Record) -> None:
    week = now_of(record).bucket.expires_on
    copy = Copied(tables)
    with client_scope(line.client_id):
        until = clock.now() + timedelta(days=300)
        restrict(record, until=until, provision="CN-ECL-31", actor="system", reason="erased")
        move_restricted(line.client_id)
    end_weeks(line, week)
    restored(copy)
    assert alive(record)
    settle(line)
    end_weeks(line, week)
    assert alive(record)
    assert now_of(record).state == Record.State.RESTRICTED


def test_a_longer_period_counts_although_no_key_had_moved_yet(tables: Any, line: Line, record: Record) -> None:
    week = now_of(record).bucket.expires_on
    copy = Copied(tables)
    active_purpose(PURPOSE)
    actions.put(
        asked_now(line.pk, KIND, PURPOSE, floor_days=0, ceiling_days=90), actor="system"
    )  # and the host is lost
    restored(copy)
    assert expiry_week(now_of(record).due_at) > week + timedelta(days=50)
    assert end_weeks(line, week) == 0
    settle(line)
    assert end_weeks(line, week) == 1
    assert opens(record)


# What was kept shorter


def test_what_ended_in_an_earlier_week_does_not_come_back(tables: Any, line: Line, record: Record) -> None:
    copy = Copied(tables)
    rule(line, 8)
    week = now_of(record).bucket.expires_on
    assert end_weeks(line, week) == 1
    assert not alive(record)
    restored(copy)
    assert not alive(record)
    with client_scope(line.client_id):
        assert Subject.objects.get(pk=record.subject_id).turn_due, "copies of its wrap end as well"
        assert Bucket.objects.get(expires_on=week, hold=False).destroyed_at, "nothing is put into that week again"


def test_a_rule_that_says_the_same_once_more_brings_nothing_back(tables: Any, line: Line, record: Record) -> None:
    copy = Copied(tables)
    rule(line, 8)
    rule(line, 8)  # what moved, moved before the last word on the rule
    assert end_weeks(line, now_of(record).bucket.expires_on) == 1
    restored(copy)
    assert not alive(record)


@pytest.mark.parametrize("days", [8, 30])
def test_what_ended_before_a_period_grew_does_not_come_back(tables: Any, line: Line, record: Record, days: int) -> None:
    copy = Copied(tables)
    rule(line, days)  # 30: it ends in the week in which the copy has it
    assert end_weeks(line, now_of(record).bucket.expires_on) == 1
    rule(line, 90)
    restored(copy)
    assert not alive(record)


def test_a_shorter_period_after_the_last_move_counts(tables: Any, line: Line, record: Record) -> None:
    copy = Copied(tables)
    rule(line, 90)
    actions.put(asked_now(line.pk, KIND, PURPOSE, floor_days=0, ceiling_days=8), actor="system")  # and the host is lost
    restored(copy)
    assert now_of(record).due_at < clock.now() + timedelta(days=9)


def test_what_is_on_hold_in_a_shorter_period_is_kept(tables: Any, line: Line, record: Record) -> None:
    copy = Copied(tables)
    with client_scope(line.client_id):
        holds.hold(record, matter=uuid4(), actor="system")
    rule(line, 8)
    end_weeks(line, expiry_week(now_of(record).due_at))
    restored(copy)
    settle(line)
    assert alive(record)
    assert opens(record)


# Rules and events


def test_a_rule_that_was_changed_is_changed_again_and_twice_is_once(tables: Any, line: Line, record: Record) -> None:
    copy = Copied(tables)
    for days in (40, 90, 60):
        rule(line, days)
    told = copy.lay_down()
    for _time in range(2):
        assert not replay(told).unplaced
        assert [one.ceiling_days for one in RetentionRule.objects.all()] == [60]
    changes = [row for row in LedgerPending.objects.all() if b"retention:rule_changed" in bytes(row.body)]
    assert len(changes) == 2, "the one before the copy, and the last"


def test_an_event_that_began_a_period_begins_it_again(tables: Any, line: Line, record: Record) -> None:
    active_purpose(PURPOSE)
    change = asked_now(line.pk, KIND, PURPOSE, floor_days=0, ceiling_days=30, trigger="contract_end")
    actions.put(change, actor="system")
    customer = customer_of(line)
    call_for(record, customer=customer)
    let_run(line)
    assert now_of(record).due_at == OPEN_UNTIL
    copy = Copied(tables)
    ended = clock.now() - timedelta(days=20)
    with client_scope(line.client_id):
        actions.tell(customer, "contract_end", ended, actor="system")
    runs.start_for_events(line.client_id, actor="system")
    let_run(line)
    week = now_of(record).bucket.expires_on
    assert end_weeks(line, week) == 1
    told = copy.lay_down()
    for _time in range(2):
        replay(told)
        assert not alive(record)
        with client_scope(line.client_id):
            assert [one.at for one in Customer.objects.get(pk=customer.pk).retention_events.all()] == [ended]


def test_a_move_of_before_the_copy_says_nothing_of_what_was_decided_since(
    tables: Any, line: Line, record: Record
) -> None:
    rule(line, 90)
    with client_scope(line.client_id):  # decided anew by something that no entry tells
        later = clock.now() + timedelta(days=200)
        Record.objects.filter(pk=record.pk).update(due_at=later)
    told = all_told()
    Copied(tables).lay_down()
    assert not replay([one for one in told if one["event"] in DATES]).unplaced
    assert now_of(record).due_at == later


def all_told() -> list[dict[str, Any]]:
    """The whole ledger, from its beginning."""
    return [json.loads(bytes(row.body)) for row in LedgerPending.objects.order_by("id")]


def test_a_move_that_names_no_date_is_told_as_not_placed(record: Record) -> None:
    entry = {
        "event": str(Event.RECORD_MOVED), "at": "2031-02-14T08:30:00.000+00:00", "client": str(record.client_id),
        "records": [str(record.pk)], "data": {},
    }  # fmt: skip
    assert replay([entry]).unplaced == {Event.RECORD_MOVED: 1}


def test_an_entry_of_moves_names_fifty_at_most(line: Line) -> None:
    rule(line, 30)
    for _one in range(53):
        stored(line)
    before = len(all_told())
    rule(line, 90)
    moves = [one for one in all_told()[before:] if one["event"] == Event.RECORD_MOVED]
    assert [(len(one["records"]), len(one["data"]["due"])) for one in moves] == [(50, 50), (3, 3)]


# Whatever happened, in whatever order

MATTERS = [uuid4() for _one in range(2)]
moments = st.lists(
    st.one_of(
        st.tuples(st.just("rule"), st.sampled_from([8, 15, 30, 45, 90])),
        st.tuples(st.just("written"), st.sampled_from([8, 15, 30, 45, 90])),
        st.tuples(st.sampled_from(["hold", "release"]), st.integers(0, 5)),
        st.tuples(st.just("restrict"), st.integers(0, 2)),
        st.tuples(st.just("week"), st.integers(0, 4)),
        st.tuples(st.sampled_from(["copy", "restore"]), st.just(0)),
    ),
    max_size=14,
)


class Past:
    """A client of its own with three recordings, and what happens to them while weeks go by.

    Time passes for this process alone; the keeper is asked at the time it has itself.
    """

    def __init__(self, tables: Any) -> None:
        self.tables, self.passed = tables, timedelta()
        client = open_client(slug=slug(), name="Walk", actor="system")
        self.line = Line.objects.create(client=client, slug="walk", name="walk", languages=["zh"], direction="inbound")
        rule(self.line, 30)
        self.records = [stored(self.line, days=30) for _one in range(3)]
        self.copy = Copied(tables)

    def rule(self, days: int) -> None:
        rule(self.line, days)

    def written(self, days: int) -> None:
        """The rule and the dates that follow from it; no key has moved."""
        actions.put(asked_now(self.line.pk, KIND, PURPOSE, floor_days=0, ceiling_days=days), actor="system")
        for run in RetentionRun.objects.filter(finished_at=None):
            while (now := RetentionRun.objects.get(pk=run.pk)).step == "dates":
                runs.step(now)

    def hold(self, which: int) -> None:
        record, matter = self.records[which % 3], MATTERS[which // 3]
        if alive(record):
            with client_scope(self.line.client_id):
                holds.hold(record, matter=matter, actor="system")

    def release(self, which: int) -> None:
        with client_scope(self.line.client_id):
            found = Hold.objects.filter(record=self.records[which % 3], matter=MATTERS[which // 3], released_at=None)
            for held in found:
                holds.release(held.pk, actor="system")

    def restrict(self, which: int) -> None:
        if alive(self.records[which]):
            with client_scope(self.line.client_id):
                until = clock.now() + timedelta(days=60)
                restrict(self.records[which], until=until, provision="CN-ECL-31", actor="system", reason="erased")
                move_restricted(self.line.client_id)

    def week(self, weeks: int) -> None:
        """Weeks go by, and the clock ends what is due by then."""
        self.passed += timedelta(days=7 * weeks)
        timers.end_retention()

    def there(self) -> list[bool]:
        return [alive(record) for record in self.records]

    def restore(self) -> None:
        """The same is there after the restore as before it, now and once everything has come to rest."""
        timers.end_retention()  # what is due, and the clock has not ended yet, is told by nobody
        before, held = self.there(), [self._held(record) for record in self.records]
        dates = [now_of(record).due_at for record in self.records]
        restored(self.copy)
        assert self.there() == before, "a restore brought something back, or ended something"
        settle(self.line)
        timers.end_retention()
        assert self.there() == before
        for record, was_there, due, matters in zip(self.records, before, dates, held, strict=True):
            if was_there:
                assert self._opens(record)
                assert matters <= self._held(record)
                now = now_of(record)
                assert now.due_at == due or now.bucket.hold or now.erase_at  # which goes on that day of its own
        self.copy = Copied(self.tables)

    def _opens(self, record: Record) -> bool:
        passed, self.passed = self.passed, timedelta()
        try:
            return opens(record)
        finally:
            self.passed = passed

    def _held(self, record: Record) -> set[Any]:
        with client_scope(self.line.client_id):
            return set(Hold.objects.filter(record=record, released_at=None).values_list("matter", flat=True))


class Passing(clock.SystemClock):
    """Time as it passes for one past."""

    def __init__(self, past: Past) -> None:
        self.past = past

    def now(self) -> datetime:
        return super().now() + self.past.passed


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happened=moments)
def test_after_a_restore_exactly_the_same_is_there(tables: Any, keeper: Any, happened: list[tuple[str, int]]) -> None:
    past = Past(tables)
    with clock.using(Passing(past)):
        for name, what in happened:
            if name == "copy":
                past.copy = Copied(tables)
            elif name == "restore":
                past.restore()
            else:
                getattr(past, name)(what)
        past.restore()
