"""Rules, events, floors and due dates: the law's minimum is never undercut, and no date is ever typed."""

from __future__ import annotations

import contextlib
import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection

from callwarden.custody.categories import Category
from callwarden.custody.destroy import buckets_over, destroy_buckets
from callwarden.custody.keeper import client as keeper_client
from callwarden.custody.models import Call, Customer, DataKey, Hold, Line, Person, Record, Subject
from callwarden.custody.moving import OPEN_UNTIL
from callwarden.custody.put import Place, expiry_week, put
from callwarden.custody.scope import client_scope
from callwarden.flows import timers
from callwarden.kernel import clock
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.lawful.retention import actions, dates, erasing, queries, runs, statutes
from callwarden.lawful.retention.models import RetentionEvent, RetentionRule, RetentionRun, Trigger
from callwarden.lawful.retention.rules import Change, due_dates
from tests.centre import basis_for, line
from tests.custody.test_locks import login, record
from tests.custody.test_survivors import closed, hold, opens, release, sibling
from tests.purposes import active_purpose

__all__ = ["line", "login", "record"]  # fixtures
PURPOSE = "service"
CLOSE = {"floor_days": 40, "floor_provision": "pipl-x", "ceiling_days": 44, "ceiling_provision": "own-need"}
IMPOSSIBLE = [("call_end", 0), ("nonsense", 0), ("account_closed", 2), ("contract_end", 9999)]


def change(line: Line | None, **changes: object) -> Change:
    given = {
        "line": line.pk if line else None,
        "category": "recording_original",
        "purpose": PURPOSE,
        "floor_days": 0,
        "ceiling_days": 90,
        "before": None,
    }
    return Change(**{**given, **changes})


def rule(line: Line | None, days: int, *, category: str = "recording_original", **more: object) -> RetentionRule:
    active_purpose(PURPOSE)
    return RetentionRule.objects.create(line=line, category=category, purpose_id=PURPOSE, ceiling_days=days, **more)


def customer_of(line: Line) -> Customer:
    with client_scope(line.client_id):
        person = Person.objects.create(client_id=line.client_id, created_at=clock.now())
        subject = Subject.objects.create(client_id=line.client_id, kind="customer", created_at=clock.now())
        now = clock.now()
        return Customer.objects.create(
            client_id=line.client_id, person=person, subject=subject, number=uuid4().bytes * 2, created_at=now,
            updated_at=now,
        )  # fmt: skip


def call_for(record: Record, *, customer: Customer | None = None, ago: int = 0, direction: str = "inbound") -> Call:
    """Make the record one of a call that ended so many days ago."""
    at = clock.now() - timedelta(days=ago)
    with client_scope(record.client_id):
        call = Call.objects.create(
            client_id=record.client_id, line=record.line, reference=uuid4().bytes * 2, direction=direction,
            started_at=at, admitted_at=at, customer=customer,
        )  # fmt: skip
        Record.objects.filter(pk=record.pk).update(call=call)
    return call


def now_of(record: Record) -> Record:
    with client_scope(record.client_id):
        return Record.objects.select_related("bucket", "line", "call", "subject").get(pk=record.pk)


def recompute(line: Line, cause: str = "rule") -> RetentionRun:
    run = runs.start(line.client_id, cause=cause, actor="system")
    return runs.carry_on(run.pk, seconds=60)


# Rules


@pytest.mark.parametrize(
    ("code", "names", "changes"),
    [
        ("floor_above_ceiling", ["pipl-x", "own-need"], CLOSE),
        ("floor_above_ceiling", ["minimum", "maximum"], {"floor_days": 90, "ceiling_days": 30}),
        ("days_out_of_range", [], {"ceiling_days": 0}),
        ("days_out_of_range", [], {"ceiling_days": 99_999}),
        ("provision_not_a_slug", [], {"ceiling_provision": "because of Mr. Li"}),
        ("unknown_trigger", [], {"trigger": "full_moon"}),
    ],
)  # fmt: skip
def test_a_rule_that_contradicts_itself_is_refused_and_both_reasons_are_named(line, code, names, changes):
    active_purpose(PURPOSE)
    with pytest.raises(InvalidInput) as refusal:
        actions.put(change(line, **changes), actor="system")
    assert refusal.value.code == code
    assert [name for name in names if name not in str(refusal.value)] == []
    assert not RetentionRule.objects.exists()


def test_a_ceiling_below_a_statutory_floor_is_refused_on_the_line_it_concerns_and_no_other(line):
    active_purpose(PURPOSE)
    Line.objects.filter(pk=line.pk).update(direction="outbound")
    with pytest.raises(InvalidInput) as refusal:
        actions.put(change(line, ceiling_days=36), actor="system")
    assert "MIIT" in str(refusal.value)
    actions.put(change(line, ceiling_days=37), actor="system")
    inbound = Line.objects.create(client=line.client, slug="in", name="in", direction="inbound")
    actions.put(change(inbound, ceiling_days=10), actor="system")
    Line.objects.filter(pk=inbound.pk).update(jurisdiction="eu", direction="outbound")
    actions.put(change(inbound, category="recording_redacted", ceiling_days=10), actor="system")


def test_a_rule_for_a_whole_jurisdiction_has_to_suit_lines_of_every_direction(line):
    active_purpose(PURPOSE)
    with pytest.raises(InvalidInput):
        actions.put(change(None, jurisdiction="cn", ceiling_days=20), actor="system")
    actions.put(change(None, jurisdiction="eu", ceiling_days=20), actor="system")


def test_a_lines_own_rule_takes_the_place_of_its_jurisdictions(line):
    rule(None, 100, jurisdiction="cn")
    rule(None, 55, jurisdiction="eu")
    assert [one.ceiling_days for one in queries.rules_of(line)] == [100]
    rule(line, 40)
    assert [one.ceiling_days for one in queries.rules_of(line)] == [40]
    Line.objects.filter(pk=line.pk).update(jurisdiction="eu")
    other = Line.objects.create(client=line.client, slug="x", name="x", jurisdiction="eu")
    assert [one.ceiling_days for one in queries.rules_of(other)] == [55]


def test_a_change_from_another_rule_than_the_one_that_was_shown_is_refused(line):
    active_purpose(PURPOSE)
    actions.put(change(line), actor="system")
    with pytest.raises(Conflict):
        actions.put(change(line, ceiling_days=60), actor="system")


def test_every_statute_is_named_in_both_languages_and_marked():
    assert len(statutes.statutes()) >= 5
    for one in statutes.statutes():
        assert "" not in {one.name, one.name_zh}
        assert one.certainty in statutes.CERTAINTIES
    entry = {"slug": "x", "kind": "floor", "days": 1, "keeps": "records", "certainty": "read"}
    entry |= {"jurisdiction": "mars", "name": {"en": "x", "zh": "x"}}
    with pytest.raises(statutes.StatutesMalformed):
        statutes.parse([entry])


# Dates


def test_the_statement_computes_what_the_rules_say_for_any_mixture_of_facts(record, line):
    """Python's rules are the oracle of the SQL."""
    chance = random.Random(7)
    purposes = ["a", "b", "c"]
    for slug in purposes:
        active_purpose(slug)
    customers = [customer_of(line) for _ in range(3)]
    with client_scope(line.client_id):
        for customer in customers[:2]:
            for _ in range(4):
                actions.tell(
                    customer, chance.choice(["contract_end", "complaint_closed", "account_closed"]),
                    clock.now() - timedelta(days=chance.randint(0, 300)), actor="system",
                )  # fmt: skip
    for slug in purposes:
        RetentionRule.objects.create(
            line=line, category=record.category, purpose_id=slug, ceiling_days=chance.randint(400, 900),
            trigger=chance.choice([Trigger.CALL_END, Trigger.CONTRACT_END, Trigger.ACCOUNT_CLOSED]),
        )  # fmt: skip
    records = []
    for _ in range(12):
        covered = tuple(chance.sample(purposes, chance.randint(1, 3)))
        with client_scope(line.client_id):
            records.append(
                put(
                    basis_for(line, purposes=covered), category=Category(record.category), subject=record.subject,
                    write=lambda out: out.write(b"words"), place=Place(),
                )
            )  # fmt: skip
        call_for(records[-1], customer=chance.choice([None, *customers]), ago=chance.randint(0, 200))
    recompute(line)
    for one in map(now_of, records):
        with client_scope(line.client_id):
            events = queries.events_of(one.call.customer_id)
        due = due_dates(
            queries.as_data(queries.rules_of(line)), purposes=frozenset(one.purposes), trigger=queries.began_at(one),
            events=events, known_customer=one.call.customer_id is not None,
        )  # fmt: skip
        assert one.due_at == due[Category(one.category)]
        assert one.bucket.expires_on == expiry_week(one.due_at)


def test_a_record_waits_in_an_open_bucket_and_moves_when_the_event_comes(record, line, login):
    customer = customer_of(line)
    call_for(record, customer=customer, ago=10)
    rule(line, 100, category=record.category, trigger=Trigger.CONTRACT_END)
    recompute(line)
    waits = now_of(record)
    assert waits.due_at == OPEN_UNTIL
    assert waits.bucket.expires_on.year == 9999
    assert opens(record, login)
    at = clock.now() - timedelta(days=3)
    with client_scope(line.client_id):
        actions.tell(customer, "contract_end", at, actor="system")
        assert actions.tell(customer, "contract_end", at, actor="system")[1] is False
    run = runs.start_for_events(line.client_id, actor="system")
    runs.carry_on(run.pk, seconds=30)
    moved = now_of(record)
    assert moved.due_at == at + timedelta(days=100)
    assert moved.bucket.expires_on == expiry_week(moved.due_at)
    assert opens(record, login)
    assert now_of(record).subject.turn_due, "the wrap under the open bucket's key must not outlive this"
    assert runs.start_for_events(line.client_id, actor="system") is None


def test_events_in_any_order_lead_to_the_same_date(record, line):
    customer = customer_of(line)
    call_for(record, customer=customer)
    rule(line, 100, category=record.category, trigger=Trigger.CONTRACT_END)
    days = [40, 2, 17, 5]
    expected = clock.now() - timedelta(days=2)
    for order in (days, days[::-1], days[2:] + days[:2]):
        with client_scope(line.client_id):
            RetentionEvent.objects.all().delete()
            for ago in order:
                actions.tell(customer, "contract_end", expected - timedelta(days=ago - 2), actor="system")
        recompute(line)
        assert now_of(record).due_at == expected + timedelta(days=100)


def test_a_call_of_nobody_known_waits_for_no_event(record, line):
    call = call_for(record, ago=5)
    rule(line, 100, category=record.category, trigger=Trigger.CONTRACT_END)
    recompute(line)
    assert now_of(record).due_at == call.started_at + timedelta(days=100)


@pytest.mark.parametrize(
    ("trigger", "ahead"), [("call_end", 0), ("nonsense", 0), ("account_closed", 2), ("contract_end", 9999)]
)
def test_an_event_that_cannot_be_is_refused(line, trigger, ahead):
    customer = customer_of(line)
    with pytest.raises(InvalidInput), client_scope(line.client_id):
        actions.tell(customer, trigger, clock.now() + timedelta(days=ahead), actor="system")


def test_a_lengthened_record_outlives_its_old_bucket_even_while_its_key_has_not_moved(record, line, login):
    call_for(record)
    rule(line, 400, category=record.category)
    old = now_of(record).bucket
    run = runs.start(line.client_id, cause="rule", actor="system")
    while RetentionRun.objects.get(pk=run.pk).step == "dates":
        runs.step(RetentionRun.objects.get(pk=run.pk))
    with client_scope(line.client_id):
        assert destroy_buckets(buckets_over(line.client_id, today=old.expires_on), actor="system") == 0
    runs.carry_on(run.pk, seconds=30)
    with client_scope(line.client_id):
        assert destroy_buckets(buckets_over(line.client_id, today=old.expires_on), actor="system") == 1
    assert opens(record, login)


def test_a_shortened_record_goes_at_its_new_date_and_takes_its_old_wraps_along(record, line, login):
    call_for(record, ago=40)
    rule(line, 20, category=record.category)
    recompute(line)
    assert now_of(record).due_at < clock.now()
    assert closed(record, login)
    timers.end_retention()
    gone = now_of(record)
    assert gone.state == "destroyed"
    assert gone.subject.turn_due


def test_a_run_that_was_killed_between_any_two_batches_ends_with_the_same_dates(record, line, monkeypatch):
    records = [record, *(sibling(record) for _ in range(5))]
    for one in records:
        call_for(one, ago=3)
    rule(line, 200, category=record.category)
    monkeypatch.setattr(runs, "MOVES", 2)
    run = runs.start(line.client_id, cause="rule", actor="system")
    steps = 0
    while (now := RetentionRun.objects.get(pk=run.pk)).finished_at is None:
        with contextlib.suppress(ZeroDivisionError), client_scope(line.client_id):
            runs.step(now)
            raise ZeroDivisionError  # killed before the commit
        runs.step(RetentionRun.objects.get(pk=run.pk))
        steps += 1
    assert steps > 4
    assert RetentionRun.objects.get(pk=run.pk).moved == 6
    for one in map(now_of, records):
        assert one.due_at == one.call.started_at + timedelta(days=200)
        assert one.bucket.expires_on == expiry_week(one.due_at)


def test_the_preview_changes_nothing_and_says_what_will_go(record, line):
    other = sibling(record)
    call_for(record, ago=50)
    call_for(other, ago=1)
    rule(line, 20, category=record.category)
    before = now_of(record).due_at
    with client_scope(line.client_id):
        shifts = dates.preview(
            line.client_id, dates.line_rules([line]), lines=[line.pk], category=record.category, now=clock.now()
        )
    assert sum(shift.count for shift in shifts) == 2
    assert sum(shift.now for shift in shifts) == 1
    assert sum(shift.changed for shift in shifts) == 2
    assert now_of(record).due_at == before


def test_records_on_hold_get_their_date_and_keep_their_hold_bucket(record, line):
    call_for(record)
    held = hold(record)
    rule(line, 300, category=record.category)
    recompute(line)
    assert now_of(record).bucket.hold
    release(held, line)
    recompute(line)
    settled = now_of(record)
    assert settled.bucket.expires_on == expiry_week(settled.due_at)
    assert keeper_client.status()["ready"]


# Floors


def outbound(record: Record, *, ago: int) -> Record:
    call_for(record, ago=ago, direction="outbound")
    return now_of(record)


def erase(record: Record) -> erasing.Ended:
    with client_scope(record.client_id):
        return erasing.erase([now_of(record)], reason="asked", actor="system")


def test_a_29_day_old_outbound_recording_is_kept_by_its_floor_and_goes_on_the_30th_by_itself(record):
    one = outbound(record, ago=29)
    ended = erase(one)
    assert (ended.destroyed, list(ended.restricted)) == (0, ["ccb-outbound-evidence"])
    kept = now_of(one)
    assert (kept.state, kept.erase_at) == ("restricted", kept.call.started_at + timedelta(days=30))
    timers.end_retention()
    assert now_of(one).state == "restricted"
    with clock.frozen(clock.now() + timedelta(days=1, minutes=1)):
        timers.end_retention()
    assert now_of(one).state == "destroyed"


def test_a_31_day_old_one_goes_at_once_and_so_does_an_inbound_one(record):
    other = sibling(record)
    call_for(other, ago=1)
    assert erase(outbound(record, ago=31)).destroyed == 1
    assert erase(other).destroyed == 1


def test_a_person_erased_inside_a_floor_is_gone_with_the_last_of_their_records(record):
    other = sibling(record)
    call_for(other, ago=1)
    one = outbound(record, ago=20)
    with client_scope(one.client_id):
        ended = erasing.erase_subject(one.subject, reason="asked", actor="system")
    assert (ended.destroyed, ended.waiting) == (1, 1)
    assert now_of(other).state == "destroyed"
    assert now_of(one).subject.erasure_due
    with clock.frozen(clock.now() + timedelta(days=11)):
        timers.end_retention()
    gone = now_of(one)
    assert gone.state == "destroyed"
    assert gone.subject.destroyed_at


def test_hold_and_floor_and_erasure_in_any_order_lose_nothing_and_forget_nothing(record):
    one = outbound(record, ago=20)
    held = hold(one)
    erase(one)
    with clock.frozen(clock.now() + timedelta(days=11)):
        timers.end_retention()
        assert now_of(one).state == "restricted", "the hold keeps it beyond its floor"
        assert release(held, one.line)
    assert now_of(one).state == "destroyed"


def test_a_hold_released_inside_the_floor_leaves_the_day_of_erasure_as_it_was(record):
    one = outbound(record, ago=20)
    erase(one)
    held = hold(one)
    assert not release(held, one.line)
    with client_scope(one.client_id):
        assert not Hold.objects.filter(released_at__isnull=True).exists()
    with clock.frozen(clock.now() + timedelta(days=11)):
        timers.end_retention()
    assert now_of(one).state == "destroyed"


def test_a_new_rule_does_not_put_off_an_erasure_that_waits_for_its_floor(record, line):
    one = outbound(record, ago=20)
    erase(one)
    rule(line, 3000, category=record.category)
    recompute(line)
    assert now_of(one).due_at < clock.now() + timedelta(days=400)
    with clock.frozen(clock.now() + timedelta(days=11)):
        timers.end_retention()
    assert now_of(one).state == "destroyed"


def test_an_erasure_inside_a_floor_that_is_newer_than_the_due_date_goes_on_the_floors_day(record, line, login):
    """The rule is approved and the erasure runs before any date is computed anew: the old date ends nothing."""
    other = sibling(record)
    with client_scope(line.client_id):
        Record.objects.filter(pk=other.pk).update(purposes=["another"])
    call_for(record, ago=3)
    old = now_of(record)
    floor = (old.due_at - clock.now()).days + 60
    rule(line, floor + 100, category=record.category, floor_days=floor, floor_provision="contract-law-188")
    erase(record)
    until = now_of(record).erase_at
    assert until > old.due_at + timedelta(days=30)
    timers.end_retention()
    assert now_of(record).bucket.expires_on == expiry_week(until), "the key of its old week ends with that week"
    for at in (old.due_at + timedelta(minutes=1), old.due_at + timedelta(days=8), until - timedelta(minutes=1)):
        with clock.frozen(at):
            timers.end_retention()
            timers.purge_ended(seconds=5)
        assert now_of(record).state == "restricted"
        with client_scope(record.client_id):
            assert DataKey.objects.filter(record=record, bucket__destroyed_at__isnull=True).exists()
    assert now_of(other).state == "destroyed", "the control: nothing keeps it"
    with clock.frozen(until + timedelta(minutes=1)):
        timers.end_retention()
    assert now_of(record).state == "destroyed"


def test_a_due_date_before_the_floor_that_an_older_version_left_ends_nothing(record, line):
    call_for(record, ago=3)
    rule(line, 200, category=record.category, floor_days=100, floor_provision="contract-law-188")
    erase(record)
    with client_scope(record.client_id):
        Record.objects.filter(pk=record.pk).update(due_at=clock.now() - timedelta(days=1))
    timers.end_retention()
    kept = now_of(record)
    assert (kept.state, kept.due_at) == ("restricted", kept.erase_at)


@pytest.mark.parametrize("order", ["hold first", "word, then floor, then asked again"])
def test_a_hold_released_inside_a_floor_ends_nothing_that_waits_for_the_floor(record, line, order):
    call_for(record, ago=3)
    held = hold(record)
    if order != "hold first":
        assert erase(record).held == 1
    rule(line, 200, category=record.category, floor_days=100, floor_provision="contract-law-188")
    assert erase(record).restricted
    assert not release(held, line)
    kept = now_of(record)
    assert (kept.state, kept.bucket.hold) == ("restricted", False)
    with clock.frozen(kept.erase_at - timedelta(minutes=1)):
        timers.end_retention()
        assert now_of(record).state == "restricted"
    with clock.frozen(kept.erase_at + timedelta(minutes=1)):
        timers.end_retention()
    assert now_of(record).state == "destroyed"


def test_a_rules_own_floor_keeps_as_well_and_names_its_provision(record, line):
    call_for(record, ago=3)
    rule(line, 100, category=record.category, floor_days=60, floor_provision="contract-law-188")
    ended = erase(record)
    assert list(ended.restricted) == ["contract-law-188"]
    with client_scope(record.client_id):
        assert erasing.kept_inside_floors([now_of(record)]) == {"contract-law-188": 1}


@pytest.mark.django_db
def test_weeks_in_sql_are_those_of_the_product():
    """The Monday on or after, also at midnight, also for open buckets."""
    from callwarden.custody import moving

    times = [datetime(2026, 11, day, hour, tzinfo=UTC) for day in range(1, 15) for hour in (0, 1, 23)]
    with connection.cursor() as cursor:
        for at in [*times, OPEN_UNTIL]:
            cursor.execute(
                "SELECT " + moving._WEEK.replace("r.due_at", "t.at") + " FROM (SELECT %s::timestamptz AS at) t", [at]
            )
            assert cursor.fetchone()[0] == expiry_week(at), at
