"""A call that was taken to be with the wrong person is taken apart again, and nothing is rewrapped for it."""

from __future__ import annotations

import pytest

from callwarden.custody.models import Call, Customer, DataKey, LedgerPending, PersonLink
from callwarden.custody.scope import client_scope
from callwarden.flows.actors import Actor
from callwarden.flows.customers import take_in_customer
from callwarden.flows.disclose import Ask
from callwarden.flows.facts import _active_call
from callwarden.flows.formats import CustomerRow
from callwarden.flows.identify import take_apart
from callwarden.kernel import sessions
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.models import User
from callwarden.lawful.requests import actions as requests
from callwarden.lawful.requests.kinds import Channel, Kind
from tests.exchange import CALLER

WHY = "The caller gave another name: 王伟"


@pytest.fixture
def leader(exchange) -> Actor:
    user = User.objects.create(username="leader", roles=["team_leader"])
    return Actor.person(user, sessions.open(user, "web", mfa=True))


@pytest.fixture
def call(exchange) -> Call:
    row = CustomerRow(line_no=1, customer_no="C-1", name="陆听雨", phones=(CALLER,))
    take_in_customer(exchange.line, row, actor="system")
    exchange.call("C1")
    exchange.settle()
    (found,) = exchange.calls()
    assert found.customer_id is not None
    return found


def test_the_call_and_the_customer_are_strangers_afterwards(exchange, call, leader):
    with client_scope(call.client_id):
        before = {bytes(key) for key in DataKey.objects.values_list("wrapped", flat=True)}
        own = Customer.objects.get().subject_id
    assert take_apart(leader, call, reason=WHY) == 1
    with client_scope(call.client_id):
        assert Call.objects.get().customer is None
        assert set(PersonLink.objects.filter(revoked_at=None).values_list("subject", flat=True)) == {own}
        assert {bytes(key) for key in DataKey.objects.values_list("wrapped", flat=True)} == before


def test_it_is_on_record_and_the_reason_stays_sealed(call, leader):
    take_apart(leader, call, reason=WHY)
    bodies = [bytes(body).decode() for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)]
    told = [body for body in bodies if "custody:person:unlinked" in body]
    assert len(told) == 1
    assert str(call.id) in told[0]
    assert not any("王伟" in body for body in bodies)


def test_whoever_has_the_call_in_hand_has_no_business_with_the_customer_any_more(exchange, call, leader):
    agent = User.objects.create(username="agent", roles=["agent"])
    actor = Actor.person(agent, sessions.open(agent, "web-2", mfa=True))
    with client_scope(call.client_id):
        Call.objects.update(agent=agent)
        record = Customer.objects.get().records.first()
        ask = Ask(actor=actor, client=call.client_id, action="view_masked", purpose="service", call=call.id)
        assert _active_call(ask, record)
    take_apart(leader, call, reason=WHY)
    with client_scope(call.client_id):
        assert not _active_call(ask, record)


def test_without_a_reason_or_a_customer_nothing_happens(call, leader):
    with pytest.raises(InvalidInput):
        take_apart(leader, call, reason=" ")
    take_apart(leader, call, reason=WHY)
    with pytest.raises(Conflict):
        take_apart(leader, call, reason=WHY)


def test_while_a_request_of_the_person_is_under_way_no_call_is_taken_from_them(exchange, call, leader):
    with client_scope(call.client_id):
        whose = Customer.objects.get()
        request = requests.receive(
            exchange.line, kind=Kind.ERASURE, channel=Channel.PHONE, actor="system", claimed=whose
        )
        requests.verified(request, whose, how="agent", actor="system")
    with pytest.raises(Conflict) as refused:
        take_apart(leader, call, reason=WHY)
    assert refused.value.code == "request_under_way"
    with client_scope(call.client_id):
        assert Call.objects.get().customer_id == whose.id
