"""A line whose gate refuses much: time alone deletes nothing of it, people are told, and a person starts it again."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from callwarden.custody import holds as custody_holds
from callwarden.custody import standstill
from callwarden.custody.categories import Category
from callwarden.custody.destroy import buckets_over, destroy_record
from callwarden.custody.models import Bucket, Call, DataKey, IntakeItem, LedgerPending, Line, Record, Subject
from callwarden.custody.put import Place, put
from callwarden.custody.restrict import restrict
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import new_subject
from callwarden.flows import timers, troubles
from callwarden.kernel import clock, findings
from callwarden.kernel.clock import FrozenClock
from callwarden.kernel.models import Finding
from callwarden.lawful.retention.models import RetentionRule
from tests.centre import basis_for
from tests.flows.centre_of_controls import arrival_on, call_on, person, record_on

State = IntakeItem.State


@pytest.fixture
def broken(line: Line, settings) -> Line:
    """A line on which the gate has just refused all there was."""
    refuse(line, settings.REFUSALS_AT_LEAST)
    return line


def refuse(line: Line, count: int) -> None:
    for _ in range(count):
        arrival_on(line, delete_at=clock.now() + timedelta(days=3))


def end_rate() -> None:
    IntakeItem.objects.filter(state=State.QUARANTINED).update(arrived_at=clock.now() - timedelta(hours=2))


def told() -> Finding:
    return Finding.objects.get(kind="refusal-rate-high")


def put_right(time: FrozenClock | None = None) -> None:
    """Somebody says it is put right; the next look of the watch checks it."""
    finding = told()
    owner = person("tara", "system_administrator").actor
    for step in (findings.triage, findings.start, findings.remedied):
        finding = step(finding, actor=owner)
    if time is not None:
        time.advance(timedelta(minutes=5))
    troubles.look()


def events(prefix: str) -> list[str]:
    bodies = LedgerPending.objects.order_by("id").values_list("body", flat=True)
    names = [json.loads(bytes(body))["event"] for body in bodies]
    return [name for name in names if name.startswith(prefix)]


def keys(line: Line) -> int:
    with client_scope(line.client_id):
        return DataKey.objects.count()


def test_the_stop_is_told_once_and_to_people(broken: Line):
    for _ in range(3):
        timers.end_quarantine()
        timers.end_retention()
        timers.end_unredacted()
    assert events("quarantine:timer:") == ["quarantine:timer:stopped"]
    finding = told()
    assert (finding.kind, finding.where, finding.severity) == ("refusal-rate-high", f"line:{broken.pk}", "high")
    assert standstill.lines() == {broken.pk}


def test_few_refusals_or_a_small_share_stop_nothing(line: Line, settings):
    refuse(line, settings.REFUSALS_AT_LEAST - 1)
    timers.end_quarantine()
    assert standstill.lines() == set()
    refuse(line, 1)
    for _ in range(settings.REFUSALS_AT_LEAST):
        arrival_on(line, state=State.ADMITTED)
    timers.end_quarantine()
    assert standstill.lines() == set()
    settings.REFUSAL_SHARE = 0.4
    timers.end_quarantine()
    assert standstill.lines() == {line.pk}


def test_quarantine_waits_as_long_as_its_day_key_lives(broken: Line):
    late = IntakeItem.objects.first()
    IntakeItem.objects.filter(pk=late.pk).update(delete_at=clock.now() - timedelta(seconds=1))
    assert timers.end_quarantine() == 0
    type(late.key).objects.update(expires_at=clock.now())
    assert timers.end_quarantine() == 1


def test_retention_ends_neither_a_bucket_nor_a_record_of_it_and_goes_on_elsewhere(broken: Line):
    other = Line.objects.create(client=broken.client, slug="other", name="Other", languages=["zh"], direction="inbound")
    RetentionRule.objects.filter(line=broken).delete()  # the records below are due before their rules would have them
    for one in (broken, other):
        record_on(one, days=1)
        record_on(one, days=1)
    timers.end_quarantine()
    # By a clock that runs; nothing has looked at it, so it counts as even.
    with clock.frozen(clock.now() + timedelta(days=20)) as time:
        timers.end_retention()
        with client_scope(broken.client_id):
            assert Bucket.objects.get(line=broken).destroyed_at is None
            assert Bucket.objects.get(line=other).destroyed_at is not None
            assert Record.objects.filter(line=broken).exclude(state="destroyed").count() == 2
            assert not buckets_over(broken.client_id, today=clock.now().date(), still=standstill.lines())
        put_right(time)
        assert timers.end_retention() >= 1
        with client_scope(broken.client_id):
            assert Bucket.objects.get(line=broken).destroyed_at is not None


def test_a_record_released_from_its_hold_waits_with_its_line(broken: Line):
    record = record_on(broken, days=1)
    with client_scope(broken.client_id):
        hold = custody_holds.hold(record, matter=uuid4(), actor="system")
    timers.end_quarantine()
    with clock.frozen(clock.now() + timedelta(days=20)), client_scope(broken.client_id):
        custody_holds.release(hold.pk, actor="system")
        assert Record.objects.get(pk=record.pk).state != "destroyed"


def test_an_unredacted_original_of_a_card_line_waits_as_long_again_and_no_longer(broken: Line, settings):
    Line.objects.filter(pk=broken.pk).update(takes_cards=True)
    for hours in (1, 2):
        call = call_on(broken, redaction=Call.Redaction.FAILED, admitted_ago=timedelta(hours=0))
        with client_scope(broken.client_id):
            Call.objects.filter(pk=call.pk).update(
                admitted_at=clock.now() - timedelta(hours=hours * settings.UNREDACTED_HOURS, minutes=1)
            )
            put(
                basis_for(broken),
                category=Category.RECORDING_ORIGINAL,
                subject=new_subject(broken.client_id, Subject.Kind.CALLER),
                write=lambda out: out.write(b"sound"),
                place=Place(call=call),
            )
    assert timers.end_unredacted() == 1
    assert keys(broken) == 1


def test_what_a_person_asked_for_is_no_timer(broken: Line):
    timers.end_quarantine()
    asked, waited = record_on(broken), record_on(broken)
    with client_scope(broken.client_id):
        assert destroy_record(asked, actor="system", reason="erased")
        restrict(waited, until=clock.now() + timedelta(days=1), provision="x", actor="system", reason="erased")
    with clock.frozen(clock.now() + timedelta(days=2)):
        assert timers.end_retention() == 1
    assert keys(broken) == 0


def test_a_quiet_night_starts_nothing_and_a_person_does(broken: Line):
    timers.end_quarantine()
    end_rate()
    timers.end_quarantine()
    troubles.look()
    assert standstill.lines() == {broken.pk}
    put_right()
    timers.end_quarantine()
    assert standstill.lines() == set()
    assert events("quarantine:timer:") == ["quarantine:timer:stopped", "quarantine:timer:resumed"]


def test_put_right_by_word_alone_while_the_rate_lasts_starts_nothing(broken: Line):
    timers.end_quarantine()
    put_right()
    timers.end_quarantine()
    assert standstill.lines() == {broken.pk}
    assert told().state == "remediating"
