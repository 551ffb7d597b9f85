"""Holds on everything that matches: what two decided on is held, and nothing else; one approval releases many."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import transaction

from callwarden.custody.models import Customer, Hold, Person, Record
from callwarden.custody.scope import client_scope
from callwarden.flows import holding
from callwarden.kernel import approvals, bulk, clock
from callwarden.kernel.bulk import running
from callwarden.kernel.errors import InvalidInput, Refused
from callwarden.kernel.models import BulkAct, User
from callwarden.lawful.holds import actions, many
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.holds.rules import Query
from tests.custody.test_locks import login, record
from tests.custody.test_survivors import sibling
from tests.lawful.test_holds import asked as one_matter
from tests.lawful.test_holds import erase, held, person, state, wish

__all__ = ["login", "record"]  # fixtures
State = BulkAct.State


def drawn(record: Record, by: User, *, of: str = "records", provisional: bool = False, chosen=(), **changes) -> BulkAct:
    given = many.parameters_of(wish(record, **changes), of, provisional=provisional, chosen=chosen)
    return bulk.draw(many.SET, given, by=by, client=record.client_id)


def asked(act: BulkAct, by: User) -> UUID:
    return bulk.ask(act.pk, digest=act.digest, by=by, reason="A dispute.").pk


def decided(approval: UUID, by: User, other: User) -> None:
    approvals.approve(approval, by=other)
    act = approvals.act_of(approvals.Approval.objects.get(pk=approval))
    approvals.execute(approval, act, by=by)


def carried_out(act: BulkAct, by: User, other: User) -> BulkAct:
    decided(asked(act, by), by, other)
    return bulk.carry_on(act.pk, seconds=60)


def matter_of(act: BulkAct) -> Matter:
    return Matter.objects.get(target=act.pk)


@pytest.fixture
def officer(line) -> User:
    return person()


@pytest.fixture
def second(line) -> User:
    return person("security_administrator")


def test_two_people_hold_everything_that_matches_and_nothing_before(record, officer, second):
    others = [sibling(record) for _ in range(3)]
    act = drawn(record, officer)
    assert (act.total, bulk.sorts_of(act)) == (4, [(record.category, 4)])
    approval = asked(act, officer)
    assert not held(record)
    decided(approval, officer, second)
    assert bulk.carry_on(act.pk, seconds=60).done == 4
    assert all(held(one) and not erase(one) for one in (record, *others))
    assert matter_of(act).state == "held"


def test_provisionally_it_holds_at_once_and_lets_go_when_the_second_refuses(record, officer, second):
    act = drawn(record, officer, provisional=True)
    approval = asked(act, officer)
    assert held(record)
    assert matter_of(act).state == "provisional"
    approvals.refuse(approval, by=second, reason="No.")
    holding.tend(seconds=10)
    assert bulk.drop_undecided() == 1
    assert matter_of(act).state == "released"
    assert not held(record)


def test_what_is_stored_since_is_not_held(record, officer, second):
    act = drawn(record, officer)
    late = sibling(record)
    carried_out(act, officer, second)
    holding.tend(seconds=10)
    assert held(record)
    assert not held(late)


def test_what_was_destroyed_since_is_skipped_and_told(record, officer, second):
    other = sibling(record)
    act = drawn(record, officer)
    approval = asked(act, officer)
    erase(other)
    decided(approval, officer, second)
    now = bulk.carry_on(act.pk, seconds=60)
    assert (now.done, now.skipped, state(other)) == (1, 1, "destroyed")
    assert bulk.reasons_of(now, "skipped") == [("gone", 1)]


def test_while_it_is_stopped_nothing_more_is_held(record, officer, second, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 1)
    others = [record, *(sibling(record) for _ in range(2))]
    act = drawn(record, officer)
    decided(asked(act, officer), officer, second)
    bulk.step(act.pk)
    bulk.stop(act.pk, by=officer)
    holding.tend(seconds=10)
    assert sum(map(held, others)) == 1
    bulk.resume(act.pk, by=officer)
    bulk.carry_on(act.pk, seconds=60)
    assert all(map(held, others))


def test_a_part_that_was_chosen_is_held_alone(record, officer, second):
    other = sibling(record)
    carried_out(drawn(record, officer, chosen=[other.pk]), officer, second)
    assert held(other)
    assert not held(record)


def test_of_a_customer_everything_is_held(record, officer, second, line):
    other = sibling(record)
    with client_scope(line.client_id):
        person_ = Person.objects.create(client_id=line.client_id, created_at=clock.now())
        customer = Customer.objects.create(
            client_id=line.client_id,
            person=person_,
            subject_id=record.subject_id,
            number=bytes(32),
            created_at=clock.now(),
            updated_at=clock.now(),
        )
        Record.objects.filter(pk=record.pk).update(customer=customer)
    act = drawn(record, officer, of="customers")
    assert bulk.sorts_of(act) == [("customer", 1)]
    carried_out(act, officer, second)
    assert held(record)
    # It lies under the same subject key, so it is of the same customer.
    assert held(other) is (other.subject_id == record.subject_id)


def test_who_works_for_other_lines_holds_nothing_of_this_one(record, line):
    leader = person("team_leader")
    User.objects.filter(pk=leader.pk).update(lines=[])
    leader.refresh_from_db()
    with pytest.raises(InvalidInput) as info:
        drawn(record, leader)
    assert info.value.data["reasons"] == ["not_your_line"]


def test_a_filter_that_covers_everything_is_refused(record, officer):
    with pytest.raises(InvalidInput, match="Narrow"):
        drawn(record, officer, query=Query())


def test_an_agent_holds_nothing(record):
    with pytest.raises(Refused):
        drawn(record, person("agent"))


def test_broken_off_between_any_two_batches_every_record_is_held_once(record, officer, second, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 2)
    others = [record, *(sibling(record) for _ in range(4))]
    act = drawn(record, officer)
    decided(asked(act, officer), officer, second)
    for _ in range(6):
        with transaction.atomic():
            bulk.step(act.pk)
            transaction.set_rollback(True)  # killed before the commit
        bulk.step(act.pk)
    with client_scope(record.client_id):
        assert Hold.objects.filter(matter=matter_of(act).pk).count() == len(others)
    assert BulkAct.objects.get(pk=act.pk).state == State.DONE


def test_one_approval_releases_several_matters_and_each_only_as_it_was(record, officer, second):
    first, other, third = (one_matter(record, officer) for _ in range(3))
    for matter in (first, other, third):
        decided(matter.approval, officer, second)
    act = bulk.draw(many.RELEASE, {"state": "held", "chosen": [str(first.pk), str(third.pk)]}, by=officer)
    approval = asked(act, officer)
    actions.release(Matter.objects.get(pk=third.pk), actor=officer.actor)
    decided(approval, officer, second)
    now = bulk.carry_on(act.pk, seconds=60)
    assert (now.done, now.skipped) == (1, 1)
    states = dict(Matter.objects.values_list("pk", "state"))
    assert (states[first.pk], states[other.pk], states[third.pk]) == ("released", "held", "released")
    assert bulk.reasons_of(now, "skipped") == [("not_in_force", 1)]
    assert held(record)
