"""Who called and is no customer has the same rights, in what was kept of that call."""

from __future__ import annotations

import pytest

from callwarden.custody.models import Call, Leg, Record
from callwarden.custody.scope import client_scope
from callwarden.flows.consents import caller_of
from callwarden.flows.requests import verify, work
from callwarden.kernel.errors import Conflict
from callwarden.kernel.models import User
from callwarden.lawful.consent import queries as consent
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.kinds import Channel, Kind
from callwarden.lawful.requests.models import SubjectRequest
from tests.exchange import OTHER, Exchange
from tests.flows.requests.conftest import Caller, approved

State = SubjectRequest.State


@pytest.fixture
def calls(exchange: Exchange) -> dict[str, Call]:
    """Two calls of people nobody knows."""
    exchange.call("C1")
    exchange.call("C2", audio=OTHER.audio, words=OTHER.words_json)
    exchange.settle()
    one, other = exchange.calls()
    assert one.customer_id is None
    return {"mine": one, "other": other}


def asks(call: Call, kind: Kind) -> SubjectRequest:
    with client_scope(call.client_id):
        request = actions.receive(call.line, kind=kind, channel=Channel.PHONE, actor="system", call=call)
        caller = caller_of(call)
        assert caller is not None
        verify.known_caller(request, caller, how=verify.AGENT, actor="system")
    return verify.go_on(request)


def kept(call: Call) -> int:
    with client_scope(call.client_id):
        theirs = Leg.objects.exclude(party=Leg.Party.AGENT).filter(call=call).values("subject")
        return Record.objects.filter(subject__in=theirs).exclude(state=Record.State.DESTROYED).count()


def test_they_take_back_what_they_allowed(calls: dict[str, Call]) -> None:
    request = asks(calls["mine"], Kind.WITHDRAWAL)
    assert request.state == State.ANSWERED
    for name, state in (("mine", "withdrawn"), ("other", "given")):
        with client_scope(calls[name].client_id):
            caller = caller_of(calls[name])
            assert caller is not None
            assert consent.of_person(consent.same_person(caller.id))["quality"].state == state


@pytest.mark.parametrize("kind", [Kind.RESTRICTION, Kind.ERASURE])
def test_what_they_ask_reaches_their_call_alone(
    calls: dict[str, Call], officer: User, second: User, kind: Kind
) -> None:
    request = asks(calls["mine"], kind)
    with client_scope(request.client_id):
        request = work.plan(request, actor="system")
        if not kind.destroys:
            work.begin(request, actor="system")
    if kind.destroys:
        approved(request, officer, second)
    before = kept(calls["other"])
    work.run(request.client_id, request.id)
    with client_scope(request.client_id):
        assert SubjectRequest.objects.get(pk=request.pk).state == State.ANSWERED
        stored = Record.objects.filter(call=calls["mine"], state=Record.State.STORED, leg__party="caller")
        assert not stored.exists()
    assert kept(calls["other"]) == before > 0
    assert (kept(calls["mine"]) == 0) == kind.destroys


def test_a_request_of_a_customer_is_no_callers(caller: Caller, exchange: Exchange) -> None:
    request = caller.asks(Kind.ACCESS)
    with client_scope(caller.client):
        found = caller_of(caller.call)
        assert found is not None
        with pytest.raises(Conflict):
            verify.known_caller(request, found, how=verify.AGENT, actor="system")
