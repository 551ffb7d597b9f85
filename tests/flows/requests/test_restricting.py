"""Who asked that what is kept of them is only stored asked it of what comes later too."""

from __future__ import annotations

from threading import Thread
from typing import Any

from django.db import connections

from callwarden.custody.models import Call, Leg, PersonLink, Record
from callwarden.custody.scope import client_scope
from callwarden.flows import identify, redact_call, take_in
from callwarden.flows.actors import Actor
from callwarden.flows.customers import take_in_customer
from callwarden.flows.formats import customer_of
from callwarden.flows.requests import work
from callwarden.kernel import sessions
from callwarden.kernel.models import User
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import SubjectRequest
from tests.exchange import OTHER
from tests.flows.requests.conftest import NUMBER, Caller, approved
from tests.flows.requests.test_erasing import planned


def restrict(caller: Caller) -> None:
    request = planned(caller, Kind.RESTRICTION)
    with client_scope(caller.client):
        work.begin(request, actor="system")
    work.run(caller.client, request.id)


def calls_again(caller: Caller) -> Call:
    caller.exchange.call("C2", customer=NUMBER, audio=OTHER.audio, words=OTHER.words_json)
    caller.exchange.settle()
    with client_scope(caller.client):
        return Call.objects.exclude(pk=caller.call.pk).get()


def of_caller(call: Call) -> set[str]:
    """The states of what lies under the caller's keys."""
    with client_scope(call.client_id):
        callers = Leg.objects.filter(call=call).exclude(party=Leg.Party.AGENT).values("subject")
        return set(Record.objects.filter(call=call, subject__in=callers).values_list("state", flat=True))


def test_a_call_of_somebody_who_asked_to_be_stored_only_is_stored_only_and_so_is_its_redacted_form(caller):
    restrict(caller)
    call = calls_again(caller)
    assert call.redaction == "done"
    assert of_caller(call) == {"restricted"}
    with client_scope(caller.client):
        agents = Leg.objects.filter(call=call, party=Leg.Party.AGENT).values("subject")
        assert "restricted" not in Record.objects.filter(call=call, subject__in=agents).values_list("state", flat=True)


def test_a_call_of_which_only_the_number_is_known_is_redacted_restricted(caller, monkeypatch):
    """The restriction comes after the call was taken in and before it is redacted."""
    monkeypatch.setattr("callwarden.flows.jobs._redact_at_once", lambda *_told: None)
    call = calls_again(caller)
    restrict(caller)
    assert redact_call.redact_call(call.pk, call.client_id)
    assert of_caller(call) == {"restricted"}


def test_joined_with_somebody_who_asked_the_other_record_is_stored_only_too(caller, officer):
    restrict(caller)
    row = customer_of({"name": "陆听雨", "phones": []}, customer_no="K99")
    other = take_in_customer(caller.exchange.line, row, actor="system").customer
    leader = User.objects.create(username="leader", roles=["team_leader"])
    by = Actor.person(leader, sessions.open(leader, "web", mfa=True))
    identify.join(by, other, caller.customer, reason="one card")
    with client_scope(caller.client):
        theirs = Record.objects.filter(customer=other).exclude(state="destroyed")
        assert set(theirs.values_list("state", flat=True)) == {"restricted"}


def test_a_call_taken_in_while_its_caller_is_being_erased_is_no_one_s_or_erased_with_them(
    caller, officer, second, monkeypatch
):
    request = planned(caller)
    approved(request, officer, second)
    real, runs = take_in._new_call, []

    def erase() -> None:
        try:
            work.run(caller.client, request.id)
        finally:
            connections.close_all()

    def erased_meanwhile(*told: Any, **more: Any) -> Call:
        call = real(*told, **more)
        if not runs:
            runs.append(Thread(target=erase))
            runs[0].start()
            runs[0].join(timeout=5)
        return call

    monkeypatch.setattr(take_in, "_new_call", erased_meanwhile)
    call = calls_again(caller)
    runs[0].join(timeout=60)
    for _time in range(2):
        work.run(caller.client, request.id)
    assert caller.now(request).state == SubjectRequest.State.ANSWERED
    with client_scope(caller.client):
        standing = PersonLink.objects.filter(person=caller.customer.person_id, revoked_at__isnull=True)
        callers = Leg.objects.filter(call=call).exclude(party=Leg.Party.AGENT).values("subject")
        assert not standing.filter(subject__in=callers).exists()
        left = Record.objects.filter(call=call, subject__in=callers).exclude(state="destroyed")
        assert Call.objects.get(pk=call.pk).customer_id is None or not left.exists()
