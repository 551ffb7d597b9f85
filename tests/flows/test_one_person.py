"""Two customer records of one person, and one person who turns out to be two. Joining opens nothing that was closed."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callwarden.custody.models import (
    Call,
    Customer,
    DataKey,
    Hold,
    IdentifierToken,
    LedgerPending,
    PersonLink,
    Record,
    Subject,
)
from callwarden.custody.moving import OPEN_UNTIL
from callwarden.custody.scope import client_scope
from callwarden.flows import replay
from callwarden.flows.actors import Actor
from callwarden.flows.customers import take_in_customer
from callwarden.flows.disclose import Ask
from callwarden.flows.facts import Facts, _active_call, resource_for
from callwarden.flows.formats import CustomerRow
from callwarden.flows.identify import join, joined_with, maybe_same, part
from callwarden.flows.requests import found
from callwarden.kernel import clock, sessions
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.models import User
from callwarden.lawful.consent import actions as consent
from callwarden.lawful.consent import queries
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.holds import queries as holds
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.retention.models import RetentionRule
from tests.exchange import CALLER

State = ConsentEvent.State
NUMBERS = itertools.count()
WHY = "Both cards show 王伟"
ID_NUMBER = "11010519491231002X"


@pytest.fixture
def leader(exchange) -> Actor:
    user = User.objects.create(username="leader", roles=["team_leader"])
    return Actor.person(user, sessions.open(user, "web", mfa=True))


def customer(exchange, number: str, **more) -> Customer:
    row = CustomerRow(line_no=1, customer_no=number, name="陆听雨", **more)
    return take_in_customer(exchange.line, row, actor="system").customer


@pytest.fixture
def one(exchange) -> Customer:
    return customer(exchange, "C-1", phones=(CALLER,), id_number=ID_NUMBER)


@pytest.fixture
def other(exchange) -> Customer:
    return customer(exchange, "C-2", phones=("15412345679",), id_number=ID_NUMBER)


def say(exchange, whose: Customer, state: str, *, purpose: str = "quality", days_ago: int = 1, recipient: str = ""):
    with client_scope(whose.client_id):
        return consent.record(
            exchange.line,
            reference=queries.person_reference(whose.subject),
            purpose=purpose,
            state=state,
            how=consent.How("web"),
            at=clock.now() - timedelta(days=days_ago),
            actor="system",
            subject=whose.subject,
            recipient=recipient,
        )


def stands(whose: Customer, *, recipient: str = "") -> dict[str, str]:
    with client_scope(whose.client_id):
        person = Customer.objects.get(pk=whose.pk).person_id
        said = queries.of_person(queries.linked(person), recipient=recipient)
    return {purpose: answer.state for purpose, answer in said.items()}


def test_what_belongs_to_one_belongs_to_the_other_and_no_key_is_touched(exchange, one, other, leader):
    with client_scope(one.client_id):
        before = {bytes(key) for key in DataKey.objects.values_list("wrapped", flat=True)}
    assert join(leader, one, other, reason=WHY).holders == 1
    with client_scope(one.client_id):
        assert [each.pk for each in joined_with(fresh(one))] == [other.pk]
        assert {each.id for each in found.subjects_of(one.person_id)} == {one.subject_id, other.subject_id}
        assert {bytes(key) for key in DataKey.objects.values_list("wrapped", flat=True)} == before
        assert PersonLink.objects.filter(revoked_at=None).values("subject").distinct().count() == 2


@pytest.mark.parametrize("no", [State.REFUSED, State.WITHDRAWN])
def test_a_no_of_one_is_not_opened_by_a_later_yes_of_the_other(exchange, one, other, leader, no):
    say(exchange, one, no, days_ago=9)
    say(exchange, other, State.GIVEN, days_ago=1)
    assert join(leader, one, other, reason=WHY).ended == 1
    assert stands(one) == {"quality": State.INVALIDATED} == stands(other)


def test_the_no_reaches_from_the_other_side_too_and_per_recipient(exchange, one, other, leader):
    say(exchange, one, State.GIVEN, days_ago=1)
    say(exchange, one, State.GIVEN, days_ago=2, recipient="insurer")
    say(exchange, other, State.WITHDRAWN, days_ago=9, recipient="insurer")
    assert join(leader, one, other, reason=WHY).ended == 1
    assert stands(one) == {"quality": State.GIVEN}
    assert stands(one, recipient="insurer") == {"quality": State.INVALIDATED}


def test_without_a_no_a_yes_reaches_both(exchange, one, other, leader):
    say(exchange, other, State.GIVEN)
    assert join(leader, one, other, reason=WHY).ended == 0
    assert stands(one) == {"quality": State.GIVEN}


def erased(whose: Customer, *, at: datetime | None) -> None:
    with client_scope(whose.client_id):
        Subject.objects.filter(pk=whose.subject_id).update(destroyed_at=at)


def test_what_one_took_back_ends_periods_of_the_other_from_the_joining_to_the_parting(exchange, leader):
    rules = RetentionRule.objects.filter(line=exchange.line, category="identity")
    rules.update(trigger="consent_withdrawn", ceiling_days=30)
    one, other = customer(exchange, "C-1"), customer(exchange, "C-2")

    def due() -> datetime:
        with client_scope(one.client_id):
            return Record.objects.get(customer=one, category="identity").due_at

    with client_scope(one.client_id):
        purposes = Record.objects.get(customer=one, category="identity").purposes
    for purpose in purposes:
        say(exchange, other, State.WITHDRAWN, purpose=purpose)
    assert due() == OPEN_UNTIL
    join(leader, one, other, reason=WHY)
    assert due() < clock.now() + timedelta(days=31)
    part(leader, fresh(one), reason=WHY)
    assert due() == OPEN_UNTIL


def fresh(whose: Customer) -> Customer:
    with client_scope(whose.client_id):
        return Customer.objects.get(pk=whose.pk)


answers = st.lists(
    st.tuples(
        st.booleans(), st.sampled_from([State.GIVEN, State.REFUSED, State.WITHDRAWN]), st.integers(1, 9),
        st.sampled_from(["quality", "marketing"]),
    ),
    max_size=6,
)  # fmt: skip


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=answers)
def test_joining_never_turns_a_no_into_a_yes(exchange, leader, told):
    number = f"P{next(NUMBERS)}"
    pair = customer(exchange, f"{number}-a"), customer(exchange, f"{number}-b")
    for first, state, days, purpose in told:
        say(exchange, pair[0 if first else 1], state, days_ago=days, purpose=purpose)
    no = {
        purpose
        for whose in pair
        for purpose, state in stands(whose).items()
        if state in (State.REFUSED, State.WITHDRAWN)
    }
    join(leader, *pair, reason=WHY)
    assert not [purpose for purpose, state in stands(pair[0]).items() if state == State.GIVEN and purpose in no]


def test_it_is_on_record_and_the_reason_stays_sealed(exchange, one, other, leader):
    join(leader, one, other, reason=WHY)
    bodies = [bytes(body).decode() for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)]
    (told,) = [body for body in bodies if "custody:person:joined" in body]
    assert str(one.subject_id) in told
    assert str(other.subject_id) in told
    assert not any("王伟" in body for body in bodies)


def test_what_cannot_be_joined_is_refused_and_nothing_happens(exchange, one, other, leader):
    with pytest.raises(InvalidInput):
        join(leader, one, other, reason=" ")
    with pytest.raises(InvalidInput):
        join(leader, one, one, reason=WHY)
    erased(other, at=clock.now())
    with pytest.raises(Conflict) as refused:
        join(leader, one, other, reason=WHY)
    assert refused.value.code == "already_erased"
    erased(other, at=None)
    join(leader, one, other, reason=WHY)
    with pytest.raises(Conflict) as refused:
        join(leader, one, other, reason=WHY)
    assert refused.value.code == "joined_already"


def test_the_same_identity_number_is_proposed_until_they_are_joined(exchange, one, other, leader):
    customer(exchange, "C-3", id_number="110105194912310038")
    with client_scope(one.client_id):
        assert [each.pk for each in maybe_same(one)] == [other.pk]
    join(leader, one, other, reason=WHY)
    with client_scope(one.client_id):
        assert maybe_same(fresh(one)) == []


def test_who_has_a_call_of_the_person_in_hand_serves_both_records(exchange, one, other, leader):
    exchange.call("C1")
    exchange.settle()
    (call,) = exchange.calls()
    assert call.customer_id == one.pk
    agent = User.objects.create(username="agent", roles=["agent"])
    actor = Actor.person(agent, sessions.open(agent, "web-2", mfa=True))
    with client_scope(call.client_id):
        Call.objects.update(agent=agent)
        record = other.records.first()
        ask = Ask(actor=actor, client=call.client_id, action="view_masked", purpose="service", call=call.id)
        assert not _active_call(ask, record)
    join(leader, one, other, reason=WHY)
    with client_scope(call.client_id):
        assert _active_call(ask, other.records.select_related("customer").first())


def test_who_is_specially_protected_under_one_record_is_so_under_all(exchange, one, other, leader):
    with client_scope(one.client_id):
        Customer.objects.filter(pk=other.pk).update(vip=True)
        record = one.records.select_related("customer", "call", "line", "bucket").first()
        assert not resource_for(record, leader).vip
    join(leader, one, other, reason=WHY)
    with client_scope(one.client_id):
        record = one.records.select_related("customer", "call", "line", "bucket").first()
        assert resource_for(record, leader).vip


def test_whether_somebody_is_specially_protected_is_asked_once_for_all_that_is_opened_of_them(one, leader):
    with client_scope(one.client_id):
        records = list(one.records.select_related("customer", "call", "line", "bucket")) * 20
        facts = Facts(Ask(actor=leader, client=one.client_id, action="view_masked", purpose="service"))
        with CaptureQueriesContext(connection) as asked:
            assert [facts.resource(record).vip for record in records] == [False] * len(records)
    assert sum("vip" in query["sql"] for query in asked) == 1


def test_taken_apart_each_has_their_own_calls_again_and_what_was_ended_stays_ended(exchange, one, other, leader):
    exchange.call("C1")
    exchange.settle()
    (call,) = exchange.calls()
    say(exchange, one, State.WITHDRAWN, days_ago=9, purpose="marketing")
    say(exchange, other, State.GIVEN, purpose="marketing")
    join(leader, one, other, reason=WHY)
    assert part(leader, fresh(one), reason=WHY) == 1
    with client_scope(one.client_id):
        first, second = fresh(one), Customer.objects.get(pk=other.pk)
        callers = set(call.legs.exclude(party="agent").values_list("subject", flat=True))
        assert set(queries.linked(first.person_id)) == {first.subject_id, *callers}
        assert queries.linked(second.person_id) == [second.subject_id]
    assert stands(other) == {"marketing": State.INVALIDATED}
    with pytest.raises(Conflict):
        part(leader, first, reason=WHY)


def test_an_erasure_of_the_person_looks_at_both_records(exchange, one, other, leader):
    join(leader, one, other, reason=WHY)
    with client_scope(one.client_id):
        known = found.known_by(fresh(one).person_id)
        assert known.count() == IdentifierToken.objects.count() == 4


def test_a_restored_copy_learns_again_who_is_who(exchange, one, other, leader):
    base = {"client": str(one.client_id), "subject": str(one.subject_id), "data": {"other": str(other.subject_id)}}
    joined, parted = ({"event": f"custody:person:{what}", **base} for what in ("joined", "parted"))
    for _again in range(2):
        assert replay._again(joined, replay.Replayed(), replay._Context.of([]))
        with client_scope(one.client_id):
            assert len(joined_with(fresh(one))) == 1
    for _again in range(2):
        assert replay._again(parted, replay.Replayed(), replay._Context.of([]))
        with client_scope(one.client_id):
            assert joined_with(fresh(one)) == []


def on_hold(whose: Customer, by: User, state: str) -> Matter:
    matter = Matter.objects.create(
        client_id=whose.client_id, label="2026-7", ground="litigation", scope="person", target=fresh(whose).person_id,
        owner=by, review_on=clock.now().date() + timedelta(days=30), opened_by=by.actor, opened_at=clock.now(),
        entry=uuid4(),
    )  # fmt: skip
    return Matter.machine.move(matter, state, actor=by.actor, about={"client": whose.client_id})


def held_by_matters(whose: Customer) -> set[Matter]:
    with client_scope(whose.client_id):
        mine = set(Record.objects.filter(customer=whose).exclude(state="destroyed").values_list("id", flat=True))
        assert mine
        found = [one for one in Matter.objects.filter(state="held") if mine <= ids_of(holds.covered(one))]
    return set(found)


def ids_of(records) -> set[UUID]:
    return set(records.values_list("id", flat=True))


def test_what_held_the_person_holds_both_once_they_are_parted(exchange, one, other, leader):
    by = User.objects.get(username="leader")
    matter = on_hold(one, by, "held")
    join(leader, one, other, reason=WHY)
    with client_scope(one.client_id):
        before = fresh(one).person_id
    part(leader, fresh(one), reason=WHY)
    assert before != fresh(one).person_id
    (twin,) = held_by_matters(one)
    assert held_by_matters(other) == {matter}
    assert (twin.ground, twin.review_on, twin.entry) == (matter.ground, matter.review_on, matter.entry)
    with client_scope(one.client_id):
        assert Hold.objects.filter(matter=twin.pk, record__customer=one, released_at=None).exists()


def test_nobody_is_parted_while_a_hold_on_them_is_undecided(exchange, one, other, leader):
    join(leader, one, other, reason=WHY)
    on_hold(one, User.objects.get(username="leader"), "provisional")
    with pytest.raises(Conflict) as refused:
        part(leader, fresh(one), reason=WHY)
    assert refused.value.code == "matter_undecided"
    with client_scope(one.client_id):
        assert len(joined_with(fresh(one))) == 1


def test_a_restored_copy_holds_both_who_were_parted_since(exchange, one, other, leader):
    join(leader, one, other, reason=WHY)
    on_hold(one, User.objects.get(username="leader"), "held")
    base = {"client": str(one.client_id), "subject": str(one.subject_id), "data": {"other": str(other.subject_id)}}
    for _again in range(2):
        parted = {"event": "custody:person:parted", **base}
        assert replay._again(parted, replay.Replayed(), replay._Context.of([]))
    assert held_by_matters(one)
    assert held_by_matters(other)
    assert Matter.objects.count() == 2
