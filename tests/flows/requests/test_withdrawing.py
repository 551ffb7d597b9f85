"""A request to take consent back, or to object, holds from the next decision on; what people do is said by people."""

from __future__ import annotations

import pytest

from callwarden.custody.models import Call
from callwarden.custody.scope import client_scope
from callwarden.flows import over_collected
from callwarden.flows.consents import Told, say_for_person
from callwarden.flows.requests import found, work
from callwarden.kernel import clock
from callwarden.kernel.errors import CallwardenError
from callwarden.lawful.consent import queries as consent
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.purposes.models import Purpose, Recipient
from callwarden.lawful.purposes.terms import Use
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import SubjectRequest
from tests.exchange import OTHER
from tests.flows.requests.conftest import NUMBER, Caller
from tests.purposes import serve

State = SubjectRequest.State


def begun(caller: Caller, kind: Kind, *purposes: str) -> SubjectRequest:
    request = caller.asks(kind)
    with client_scope(caller.client):
        SubjectRequest.objects.filter(pk=request.pk).update(purposes=list(purposes))
        request = work.plan(SubjectRequest.objects.get(pk=request.pk), actor="system")
        return work.begin(request, actor="system")


def states(caller: Caller, *, recipient: str = "") -> dict[str, str]:
    with client_scope(caller.client):
        subjects = [one.id for one in found.subjects_of(caller.customer.person_id)]
        return {purpose: answer.state for purpose, answer in consent.of_person(subjects, recipient=recipient).items()}


def test_all_that_was_allowed_is_taken_back_in_every_form(caller: Caller) -> None:
    assert states(caller)["recording"] == "given"
    request = begun(caller, Kind.WITHDRAWAL)
    work.run(caller.client, request.id)
    assert caller.now(request).state == State.ANSWERED
    told = states(caller)
    assert told["recording"] == told["quality"] == "withdrawn"


def test_a_yes_that_names_a_recipient_is_taken_back_as_well(caller: Caller) -> None:
    recipient = Recipient.objects.create(
        client_id=caller.client, slug="maker", name="Maker", role="controller", country="DE"
    )
    recipient.purposes.set(["quality"])
    told = Told("quality", "given", "web", clock.now(), recipient="maker", apart=True)
    say_for_person(caller.exchange.line, caller.customer.subject, told, actor="system")
    assert states(caller, recipient="maker")["quality"] == "given"
    work.run(caller.client, begun(caller, Kind.WITHDRAWAL).id)
    assert states(caller, recipient="maker")["quality"] == "withdrawn"


def test_what_a_contract_or_a_duty_asks_for_is_not_taken_back(caller: Caller) -> None:
    serve(caller.exchange.line, "ledger", "legal_obligation")
    work.run(caller.client, begun(caller, Kind.WITHDRAWAL).id)
    assert not {"service", "ledger"} & set(states(caller))
    request = begun(caller, Kind.WITHDRAWAL, "service")
    work.run(caller.client, request.id)
    assert "service" not in states(caller)
    with client_scope(caller.client):
        assert set(caller.now(request).tasks.values_list("method", flat=True)) == {"not_concerned"}


def test_later_calls_of_somebody_who_took_all_back_are_kept_for_the_contract(caller: Caller) -> None:
    exchange = caller.exchange
    exchange.line.purposes.update(core=False)
    exchange.line.purposes.filter(purpose="service").update(core=True)
    work.run(caller.client, begun(caller, Kind.WITHDRAWAL).id)
    told = Told("service", "refused", "web", clock.now())
    say_for_person(exchange.line, caller.customer.subject, told, actor="system")
    exchange.call("C2", customer=NUMBER, consent="no", audio=OTHER.audio, words=OTHER.words_json)
    exchange.settle()
    with client_scope(caller.client):
        assert Call.objects.filter(customer=caller.customer).count() == 2


def test_it_is_known_beforehand_how_many_calls_lose_their_recording(caller: Caller) -> None:
    Purpose.objects.filter(slug="recording").update(use=Use.RECORDING)
    with client_scope(caller.client):
        assert over_collected.would_end(caller.customer.person_id) == 1
        assert over_collected.would_end(caller.customer.person_id, ["quality"]) == 0
    work.run(caller.client, begun(caller, Kind.WITHDRAWAL).id)
    with client_scope(caller.client):
        assert over_collected.would_end(caller.customer.person_id) == 0


def test_only_what_was_named_is_taken_back(caller: Caller) -> None:
    work.run(caller.client, begun(caller, Kind.WITHDRAWAL, "quality").id)
    assert states(caller)["quality"] == "withdrawn"
    assert states(caller)["recording"] == "given"


def test_an_objection_ends_advertising_and_leaves_the_rest(caller: Caller) -> None:
    serve(caller.exchange.line, "offers", use=Use.MARKETING)
    work.run(caller.client, begun(caller, Kind.OBJECTION).id)
    assert states(caller)["offers"] == "withdrawn"
    assert states(caller)["recording"] == "given"


def test_done_twice_it_is_told_once(caller: Caller) -> None:
    request = begun(caller, Kind.WITHDRAWAL, "quality")
    work.run(caller.client, request.id)
    work.run(caller.client, request.id)
    with client_scope(caller.client):
        assert ConsentEvent.objects.filter(purpose="quality", state="withdrawn").count() == 1


def test_an_erasure_is_never_done_by_hand(caller: Caller) -> None:
    request = caller.asks(Kind.ERASURE)
    with client_scope(caller.client), pytest.raises(CallwardenError, match="by the program"):
        work.done_by_hand(SubjectRequest.objects.get(pk=request.pk), actor="system")
