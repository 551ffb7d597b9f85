"""Nothing is ended by time before the date that the rules in force at that moment give it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import connections, transaction

from callwarden.custody import holds, times
from callwarden.custody.categories import Category
from callwarden.custody.models import Line, Record, Subject
from callwarden.custody.put import expiry_week
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import new_subject
from callwarden.flows import timers
from callwarden.kernel import clock
from callwarden.lawful.holds import actions as matters
from callwarden.lawful.retention import actions, dates, erasing, queries, runs
from callwarden.lawful.retention.models import RetentionRule, RetentionRun, Trigger
from tests.centre import line
from tests.custody.test_locks import login, put_sound, record
from tests.custody.test_survivors import opens, sibling
from tests.lawful.test_retention import PURPOSE, call_for, change, customer_of, now_of, recompute, rule
from tests.lawful.test_taken_back import proof_of
from tests.purposes import active_purpose

__all__ = ["line", "login", "record"]  # fixtures


def lengthen(line: Line, category: str, days: int, **more: object) -> None:
    """As two people would: the rule is changed, and no run has done anything yet."""
    old = RetentionRule.objects.filter(line=line, category=category).first()
    before = actions.before_of(old) if old else None
    actions.put(change(line, category=category, ceiling_days=days, before=before, **more), actor="system")


def beside(act: Callable[[], object]) -> threading.Thread:
    """Do it in a transaction of its own, at the same time."""

    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(1)
    return thread


def dated(record: Record, line: Line, *, days: int, ago: int) -> Record:
    """A record of a call `ago` days back, kept for `days` by a rule, in the bucket of its date."""
    call_for(record, ago=ago)
    rule(line, days, category=record.category)
    recompute(line)
    return now_of(record)


@pytest.mark.parametrize("weeks", [0, 2])
def test_a_record_whose_old_date_passes_before_the_run_is_not_ended(record, line, login, weeks):
    """By itself, and with the bucket of its old week."""
    old = dated(record, line, days=30, ago=29)
    lengthen(line, record.category, 400)
    with clock.frozen(old.due_at + timedelta(minutes=1, weeks=weeks)):
        timers.end_retention()
        timers.purge_ended(seconds=5)
        kept = now_of(record)
        assert (kept.state, kept.bucket.destroyed_at) == ("stored", None)
        runs.carry_on(RetentionRun.objects.get(finished_at=None).pk, seconds=30)
        kept = now_of(record)
        assert kept.due_at == kept.call.started_at + timedelta(days=400)
        assert kept.bucket.expires_on == expiry_week(kept.due_at)
        timers.end_retention()
    assert opens(record, login)


def test_what_is_due_by_the_rule_of_now_goes_though_its_neighbour_stays(record, line):
    other = put_sound(line)
    call_for(other, ago=500)
    old = dated(record, line, days=30, ago=29)
    lengthen(line, record.category, 400)
    with clock.frozen(old.due_at + timedelta(minutes=1)):
        timers.end_retention()
    assert now_of(other).state == "destroyed"
    assert now_of(record).state == "stored"


def test_without_a_change_the_date_ends_it(record, line):
    old = dated(record, line, days=30, ago=29)
    with clock.frozen(old.due_at - timedelta(minutes=1)):
        timers.end_retention()
        assert now_of(record).state == "stored"
    with clock.frozen(old.due_at + timedelta(minutes=1)):
        timers.end_retention()
    assert now_of(record).state == "destroyed"


def test_what_was_found_to_be_late_gets_a_run_though_nobody_started_one(record, line):
    """An event that was told meanwhile, a call stored by a rule that was being changed."""
    customer = customer_of(line)
    call_for(record, customer=customer, ago=40)
    rule(line, 30, category=record.category, trigger=Trigger.LAST_CONTACT)
    recompute(line)
    with client_scope(line.client_id):
        actions.tell(customer, "last_contact", clock.now() - timedelta(days=2), actor="system")
    timers.end_retention()
    assert now_of(record).state == "stored"
    run = RetentionRun.objects.get(finished_at=None)
    runs.carry_on(run.pk, seconds=30)
    assert now_of(record).due_at > clock.now()
    timers.end_retention()
    assert not RetentionRun.objects.filter(finished_at=None).exists()


def test_a_rule_that_is_being_changed_is_waited_for(record, line):
    old = dated(record, line, days=30, ago=29)
    with clock.frozen(old.due_at + timedelta(minutes=1)):
        with transaction.atomic():
            lengthen(line, record.category, 400)
            ending = beside(timers.end_retention)
            assert ending.is_alive(), "it ends nothing by a rule that is about to be another"
        ending.join(20)
        assert now_of(record).state == "stored"


def test_a_rule_is_changed_after_what_is_being_ended_by_the_old_one(record, line):
    active_purpose(PURPOSE)
    with client_scope(line.client_id):
        queries.hold_rules()
        changing = beside(lambda: lengthen(line, record.category, 400))
        assert changing.is_alive()
        assert not RetentionRule.objects.exists()
    changing.join(20)
    assert RetentionRule.objects.get().ceiling_days == 400


@pytest.mark.parametrize("days", [400, 20])
def test_what_is_stored_by_the_old_rule_while_it_changes_gets_its_date_by_the_run(record, line, days):
    rule(line, 100, category=record.category)
    with client_scope(line.client_id):
        by = queries.rules_to_store_by(line)
        fresh = put_sound(line)
        Record.objects.filter(pk=fresh.pk).update(due_at=fresh.created_at + timedelta(days=by[0].ceiling_days))
        changing = beside(lambda: lengthen(line, record.category, days))
        assert changing.is_alive(), "the run that follows would not see what is being stored"
    changing.join(20)
    runs.carry_on(RetentionRun.objects.get(finished_at=None).pk, seconds=30)
    assert now_of(fresh).due_at == fresh.created_at + timedelta(days=days)


def test_a_hold_released_after_the_old_date_but_before_the_run_ends_nothing(record, line, login):
    old, matter = dated(record, line, days=30, ago=29), uuid4()
    with client_scope(line.client_id):
        holds.hold(record, matter=matter, actor="system")
    lengthen(line, record.category, 400)

    released = SimpleNamespace(pk=matter, client_id=line.client_id)
    with clock.frozen(old.due_at + timedelta(weeks=2)):
        timers.end_retention()
        assert matters.let_go(released, at_most=10) == 1
        kept = now_of(record)
        assert (kept.state, kept.bucket.expires_on) == ("stored", expiry_week(kept.due_at))
        timers.end_retention()
        assert now_of(record).state == "stored"


# Floors of what nobody asked to erase


def test_the_floor_of_an_unrestricted_record_counts_as_well(record, line):
    """An outbound call on an inbound line: no rule of the line had to suit the law for outbound calls."""
    other = sibling(record)
    call_for(record, ago=20, direction="outbound")
    call_for(other, ago=20)
    rule(line, 10, category=record.category)
    with client_scope(line.client_id):
        Record.objects.update(due_at=clock.now() - timedelta(days=10))
    timers.end_retention()
    assert now_of(record).state == "stored"
    assert now_of(other).state == "destroyed"
    recompute(line)
    kept = now_of(record)
    assert kept.due_at == kept.call.started_at + timedelta(days=30)
    with clock.frozen(kept.due_at + timedelta(minutes=1)):
        timers.end_retention()
    assert now_of(record).state == "destroyed"


def test_a_floor_keeps_what_no_rule_covers_any_more(record, line):
    call_for(record, ago=20, direction="outbound")
    with client_scope(line.client_id):
        Record.objects.update(due_at=clock.now() - timedelta(days=1))
    timers.end_retention()
    assert now_of(record).state == "stored"


def test_what_waits_for_its_floor_is_not_ended_by_a_floor_that_grew_meanwhile(record, line):
    call_for(record, ago=3)
    rule(line, 200, category=record.category, floor_days=100, floor_provision="contract-law-188")
    with client_scope(line.client_id):
        erasing.erase([now_of(record)], reason="asked", actor="system")
    until = now_of(record).erase_at
    with clock.frozen(until + timedelta(minutes=1)):
        with transaction.atomic():
            lengthen(line, record.category, 500, floor_days=300, floor_provision="contract-law-188")
            ending = beside(timers.end_retention)
            assert ending.is_alive()
        ending.join(20)
        assert now_of(record).state == "restricted"


def waiting(record: Record, line: Line, *others: Record, ago: Sequence[int] = (3, 3)) -> Record:
    """Erased inside a floor of a hundred days; it waits for the day after."""
    for one, days in zip((record, *others), ago, strict=False):
        call_for(one, ago=days)
    rule(line, 200, category=record.category, floor_days=100, floor_provision="contract-law-188")
    with client_scope(line.client_id):
        erasing.erase([now_of(one) for one in (record, *others)], reason="asked", actor="system")
    return now_of(record)


def held(record: Record) -> SimpleNamespace:
    matter = uuid4()
    with client_scope(record.client_id):
        holds.hold(record, matter=matter, actor="system")
    return SimpleNamespace(pk=matter, client_id=record.client_id)


@pytest.mark.parametrize("grew", [True, False])
def test_a_floor_that_grew_while_its_record_was_on_hold_counts_at_the_release(record, line, grew):
    matter, old = held(record), waiting(record, line)
    if grew:
        lengthen(line, record.category, 500, floor_days=300, floor_provision="contract-law-188")
    with clock.frozen(old.erase_at + timedelta(minutes=1)):
        timers.end_retention()
        assert matters.let_go(matter, at_most=10) == 1
        kept = now_of(record)
        assert kept.state == ("restricted" if grew else "destroyed")
    if grew:
        assert kept.erase_at == kept.call.started_at + timedelta(days=300)


def test_what_is_on_hold_past_its_floor_is_not_looked_at_by_every_run(record, line, monkeypatch):
    other = sibling(record)
    old, looked = waiting(record, line, other), []
    held(record)
    real = queries.Floors.of
    monkeypatch.setattr(queries.Floors, "of", lambda floors, one: looked.append(one.pk) or real(floors, one))
    with clock.frozen(old.erase_at + timedelta(minutes=1)):
        timers.end_retention()
    assert looked == [other.pk]
    assert (now_of(record).state, now_of(other).state) == ("restricted", "destroyed")


def test_of_many_whose_floor_grew_none_ends_before_its_turn_to_be_put_off(record, line, monkeypatch):
    """Neither by itself nor with its bucket, whose week has come."""
    monkeypatch.setattr(timers, "AT_ONCE", 1)
    other = sibling(record)
    old = waiting(record, line, other, ago=(3, 20))  # in buckets of two weeks; the other comes first
    timers.end_retention()  # moves them to the bucket of their day
    lengthen(line, record.category, 500, floor_days=300, floor_provision="contract-law-188")
    with clock.frozen(old.erase_at + timedelta(weeks=2)):
        for put_off in (1, 2):
            timers.end_retention()
            timers.purge_ended(seconds=5)
            both = [now_of(one) for one in (record, other)]
            assert [one.state for one in both] == ["restricted"] * 2
            assert [one.erase_at > clock.now() for one in both].count(True) == put_off
            assert not any(one.bucket.destroyed_at for one in both)


def test_rules_are_not_gone_through_for_a_line_that_stands_still(record, line, monkeypatch):
    old = dated(record, line, days=30, ago=29)
    monkeypatch.setattr(dates, "line_rules", lambda _lines: pytest.fail("nothing of the line may end now"))
    with clock.frozen(old.due_at + timedelta(weeks=2)):
        assert timers.end_retention({line.pk}) == 0
    assert now_of(record).bucket.destroyed_at is None


def test_one_look_at_the_time_serves_all_that_time_ends(record, line, monkeypatch):
    old, looks = dated(record, line, days=30, ago=29), []
    monkeypatch.setattr(times, "steady", lambda: looks.append(1) or len(looks) > 1)
    with clock.frozen(old.due_at + timedelta(minutes=1)):
        assert timers.run(frozenset()) == 0
        assert timers.run(frozenset()) > 0
    assert len(looks) == 2
    assert now_of(record).state == "destroyed"


def test_proofs_of_consent_follow_their_rule(line):
    rule(line, 20, category=Category.CONSENT_PROOF)
    with client_scope(line.client_id):
        caller = new_subject(line.client_id, Subject.Kind.CALLER)
    proof = proof_of(line, caller, PURPOSE)
    assert timedelta(0) <= proof.created_at + timedelta(days=20) - proof.due_at < timedelta(minutes=5)
    lengthen(line, Category.CONSENT_PROOF, 900)
    with clock.frozen(proof.due_at + timedelta(weeks=3)):
        timers.end_retention()
        assert now_of(proof).state == "stored"
    recompute(line)
    assert now_of(proof).due_at == proof.created_at + timedelta(days=900)
