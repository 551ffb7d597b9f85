"""What a no does to how long things are kept: a purpose that was taken back keeps nothing, and a period that counts
from the withdrawal begins, whichever door it came through."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest

from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Leg, Line, Record, Subject
from callwarden.custody.moving import OPEN_UNTIL
from callwarden.custody.put import Place, put
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import link, new_subject
from callwarden.engines.redact.audio import Audio
from callwarden.flows import consents, proofs, timers
from callwarden.flows.consents import Told
from callwarden.kernel import clock
from callwarden.lawful import gate
from callwarden.lawful.consent import actions as consent
from callwarden.lawful.consent.actions import Shown
from callwarden.lawful.consent.models import ConsentEvent, ConsentEvidence
from callwarden.lawful.consent.queries import person_reference
from callwarden.lawful.consent.rules import NO
from callwarden.lawful.retention import dates, erasing
from callwarden.lawful.retention.models import RetentionRule, Trigger
from tests.centre import basis_for, line
from tests.lawful.test_retention import call_for, customer_of, now_of, recompute
from tests.purposes import serve

__all__ = ["line"]  # fixtures
State = ConsentEvent.State
SHORT, LONG = 100, 900
CATEGORY = Category.RECORDING_REDACTED


def stored(line: Line, *purposes: str) -> Record:
    """A recording that is kept for these purposes."""
    with client_scope(line.client_id):
        return put(
            basis_for(line, purposes=tuple(sorted(purposes))), category=CATEGORY, place=Place(),
            subject=new_subject(line.client_id, Subject.Kind.CALLER), write=lambda out: out.write(b"words"),
        )  # fmt: skip


def ruled(line: Line, purpose: str, days: int, *, ground: str = "consent", **more: object) -> None:
    """The line serves the purpose and keeps recordings for it so many days."""
    serve(line, purpose, ground)
    RetentionRule.objects.create(line=line, category=CATEGORY, purpose_id=purpose, ceiling_days=days, **more)


@pytest.fixture
def both(line: Line) -> Line:
    """Two purposes: one on contract, and one on consent for which things are kept longer."""
    ruled(line, "service", SHORT, ground="contract")
    ruled(line, "insight", LONG)
    return line


@pytest.fixture
def waiting(line: Line) -> Line:
    """A period that counts from the withdrawal."""
    ruled(line, "insight", SHORT, trigger=Trigger.CONSENT_WITHDRAWN)
    return line


def calls_of(line: Line, *records: Record, ago: int = 1) -> tuple[Subject, list[Call]]:
    """Make the records calls of one known customer; who the customer is and the calls."""
    customer = customer_of(line)
    calls = []
    with client_scope(line.client_id):
        link(customer.person, customer.subject)
    for one in records:
        calls.append(call_for(one, customer=customer, ago=ago))
        with client_scope(line.client_id):
            caller = new_subject(line.client_id, Subject.Kind.CALLER)
            link(customer.person, caller)
            Leg.objects.create(client_id=line.client_id, call=calls[-1], party="caller", channel=0, subject=caller)
    return customer.subject, calls


def proof_of(line: Line, subject: Subject, *purposes: str) -> Record:
    """The sound in which somebody said yes to these purposes."""
    first, *others = purposes
    how = consent.How("spoken", shown=Shown(ConsentEvidence.Kind.AUDIO, interval=(0, 500)))
    with client_scope(line.client_id):
        event = consent.record(
            line, reference=person_reference(subject), purpose=first, state=State.GIVEN, how=how,
            at=clock.now() - timedelta(days=1), actor="system", subject=subject,
        )  # fmt: skip
        for purpose in others:
            ConsentEvent.objects.create(**{**values_of(event), "purpose": purpose})
        piece = proofs.Cut(Audio(np.zeros((4_000, 1), dtype=np.int16), 8_000), uuid4(), (0, 500))
        shown = proofs.keep(event, subject, piece, actor="system")
        assert shown.record is not None
        return shown.record


def values_of(event: ConsentEvent) -> dict[str, object]:
    return {field.attname: getattr(event, field.attname) for field in event._meta.fields if not field.primary_key}


def told(purpose: str, state: str, at: datetime | None = None) -> Told:
    return Told(purpose, state, ConsentEvent.Method.WEB, at or clock.now())


def due(record: Record) -> int:
    one = now_of(record)
    return (one.due_at - one.call.started_at).days


def by_person(line: Line, subject: Subject, call: Call) -> None:
    consents.say_for_person(line, subject, told("insight", State.WITHDRAWN), actor="system")


def by_agent(line: Line, subject: Subject, call: Call) -> None:
    consents.say_in_call(consents.Actor("system"), call, told("insight", State.WITHDRAWN))


def before_admission(line: Line, subject: Subject, call: Call) -> None:
    """A key pressed in a call that is taken in afterwards."""
    with client_scope(line.client_id):
        consent.record(
            line, reference=bytes(call.reference), purpose="insight", state=State.WITHDRAWN, actor="system",
            how=consent.How("keypress"), at=clock.now(),
        )  # fmt: skip
        consent.attach(line, bytes(call.reference), call)


DOORS = [by_person, by_agent, before_admission]


@pytest.mark.parametrize("door", DOORS)
def test_a_purpose_that_was_taken_back_keeps_nothing_any_longer(both, door):
    record = stored(both, "service", "insight")
    subject, (call,) = calls_of(both, record)
    recompute(both)
    assert due(record) == LONG
    door(both, subject, call)
    assert due(record) == SHORT
    recompute(both)
    assert due(record) == SHORT


@pytest.mark.parametrize("door", DOORS)
def test_a_period_that_counts_from_the_withdrawal_begins_with_it(waiting, door):
    records = [stored(waiting, "insight"), stored(waiting, "insight")]
    subject, (call, _other) = calls_of(waiting, *records, ago=50)
    recompute(waiting)
    assert now_of(records[0]).due_at == OPEN_UNTIL
    before = clock.now()
    door(waiting, subject, call)
    for one in map(now_of, records):
        assert timedelta(0) <= one.due_at - before - timedelta(days=SHORT) < timedelta(minutes=5)
    with clock.frozen(now_of(records[0]).due_at + timedelta(minutes=1)):
        timers.end_retention()
        assert now_of(records[0]).state == "destroyed"


def test_a_consent_that_came_to_its_end_begins_the_period_and_a_new_yes_stops_it(waiting):
    record = stored(waiting, "insight")
    subject, _calls = calls_of(waiting, record)
    how = consent.How("web", expires_at=clock.now() + timedelta(days=1))
    with client_scope(waiting.client_id):
        consent.record(
            waiting, reference=person_reference(subject), purpose="insight", state=State.GIVEN, how=how,
            at=clock.now(), actor="system", subject=subject,
        )  # fmt: skip
    recompute(waiting)
    assert now_of(record).due_at == OPEN_UNTIL
    with clock.frozen(clock.now() + timedelta(days=2)):
        timers.end_consents()
        assert now_of(record).due_at < OPEN_UNTIL
    with clock.frozen(now_of(record).due_at + timedelta(minutes=1)):
        consents.say_for_person(waiting, subject, told("insight", State.GIVEN), actor="system")
        timers.end_retention()
        assert now_of(record).state == "stored"
        recompute(waiting)
        assert now_of(record).due_at == OPEN_UNTIL


def test_the_contract_and_the_floor_keep_what_they_keep_whatever_is_refused(both):
    record, other = stored(both, "service", "insight"), stored(both, "service")
    RetentionRule.objects.filter(purpose="insight").update(floor_days=500)
    subject, _calls = calls_of(both, record, other)
    recompute(both)
    for purpose in ("service", "insight"):
        consents.say_for_person(both, subject, told(purpose, State.WITHDRAWN), actor="system")
    assert (due(record), due(other)) == (500, SHORT)


def test_what_nothing_carries_any_more_goes_by_itself(both):
    record, other = stored(both, "insight"), stored(both, "insight", "service")
    subject, _calls = calls_of(both, record, other)
    recompute(both)
    consents.say_for_person(both, subject, told("insight", State.WITHDRAWN), actor="system")
    timers.end_retention()
    assert now_of(record).state == "destroyed"
    assert now_of(other).state == "stored"


def kept_days(proof: Record) -> int:
    one = now_of(proof)
    return round((one.due_at - one.created_at) / timedelta(days=1))


def ruled_proofs(line: Line, purpose: str, days: int, **more: int) -> None:
    RetentionRule.objects.create(
        line=line, category=Category.CONSENT_PROOF, purpose_id=purpose, ceiling_days=days, **more
    )


def test_the_proof_of_a_yes_outlives_its_withdrawal_by_its_rule(both):
    subject, (call,) = calls_of(both, stored(both, "insight"))
    ruled_proofs(both, "insight", 400)
    proof = proof_of(both, subject, "insight")
    assert kept_days(proof) == 400
    by_person(both, subject, call)
    recompute(both)
    timers.end_retention()
    assert now_of(proof).state == "stored"
    assert kept_days(proof) == 400


def test_a_rule_for_proofs_of_another_purpose_neither_shortens_nor_ends_a_proof(both, settings):
    subject, _calls = calls_of(both, stored(both, "insight"))
    serve(both, "training")
    ruled_proofs(both, "training", 10)
    proof = proof_of(both, subject, "insight")
    assert kept_days(proof) == settings.CONSENT_PROOF_DAYS
    for purpose in ("training", "insight"):
        consents.say_for_person(both, subject, told(purpose, State.WITHDRAWN), actor="system")
    recompute(both)
    timers.end_retention()
    assert now_of(proof).state == "stored"
    assert kept_days(proof) == settings.CONSENT_PROOF_DAYS


def test_one_sound_that_shows_several_answers_is_kept_by_the_longest_of_their_rules(both):
    subject, _calls = calls_of(both, stored(both, "insight"))
    ruled_proofs(both, "service", 50)
    ruled_proofs(both, "insight", 400)
    proof = proof_of(both, subject, "service", "insight")
    assert kept_days(proof) == 400
    RetentionRule.objects.filter(category=Category.CONSENT_PROOF, purpose="insight").update(ceiling_days=30)
    recompute(both)
    assert kept_days(proof) == 50


@pytest.mark.parametrize("purpose", ["insight", "service"])
def test_a_proof_is_kept_through_the_floor_of_its_own_rule_when_its_person_is_erased(both, purpose):
    subject, _calls = calls_of(both, stored(both, "insight"))
    ruled_proofs(both, purpose, 400, floor_days=100)
    proof = proof_of(both, subject, "insight")
    with client_scope(both.client_id):
        erasing.erase([now_of(proof)], reason="asked", actor="system")
    assert now_of(proof).state == ("restricted" if purpose == "insight" else "destroyed")


def test_the_statement_hears_a_no_as_the_gate_does(both):
    """Any mixture of answers, in calls and outside them, in any order: Python's rules are the oracle."""
    chance = random.Random(11)
    records = [stored(both, "service", "insight") for _ in range(4)]
    subject, calls = calls_of(both, *records, ago=30)
    heard: set[bool] = set()
    for _ in range(16):
        where = chance.choice([None, *calls])
        state = chance.choice([State.GIVEN, State.REFUSED, State.WITHDRAWN, State.EXPIRED, State.GIVEN])
        with client_scope(both.client_id):
            consent.record(
                both, reference=bytes(where.reference) if where else person_reference(subject), purpose="insight",
                state=state, how=consent.How("web"), at=clock.now() - timedelta(minutes=chance.randint(0, 9)),
                actor="system", call=where, subject=where.legs.get().subject if where else subject,
            )  # fmt: skip
            dates.write_these(both.client_id, dates.line_rules([both]), [one.pk for one in records])
        for one in map(now_of, records):
            with client_scope(both.client_id):
                answer = gate.answers_about(one).get("insight")
            no = answer is not None and answer.state in NO
            heard.add(no)
            assert due(one) == (SHORT if no else LONG)
    assert heard == {True, False}
