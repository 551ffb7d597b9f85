"""Who asked that what is kept of them is only stored asked it of what comes later too."""

from __future__ import annotations

import json
from datetime import date, timedelta
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connections
from django.utils import timezone

from callwarden.custody.categories import Category
from callwarden.custody.holds import hold
from callwarden.custody.models import Call, Hold, LedgerPending, Leg, PersonLink, Record
from callwarden.custody.restrict import restrict as restrict_until
from callwarden.custody.scope import client_scope
from callwarden.flows import identify, redact_call, take_in
from callwarden.flows.actors import Actor
from callwarden.flows.consents import Told, take_in_consent
from callwarden.flows.customers import take_in_customer
from callwarden.flows.formats import customer_of
from callwarden.flows.replay import replay
from callwarden.flows.replay_lost import lifted_again
from callwarden.flows.requests import lifting, work
from callwarden.kernel import approvals, clock, sessions
from callwarden.kernel.approvals import Act
from callwarden.kernel.errors import Conflict, InvalidInput, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.models import Finding, User
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.kinds import Kind, RejectionReason
from callwarden.lawful.requests.models import SubjectRequest
from callwarden.protection.backup.journal import RESTRICTIVE
from tests.exchange import OTHER
from tests.flows.requests.conftest import NUMBER, Caller, approved
from tests.flows.requests.test_erasing import planned


def restrict(caller: Caller) -> None:
    restricted(caller)


def restricted(caller: Caller) -> SubjectRequest:
    request = planned(caller, Kind.RESTRICTION)
    with client_scope(caller.client):
        work.begin(request, actor="system")
    work.run(caller.client, request.id)
    with client_scope(caller.client):
        return SubjectRequest.objects.get(pk=request.id)


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


def test_the_sound_that_proves_a_consent_in_such_a_call_is_stored_only_too(caller):
    restrict(caller)
    told = Told("recording", "given", "spoken", clock.now() - timedelta(minutes=5), interval=(1_000, 3_000))
    take_in_consent(caller.exchange.line, "C2", told, actor="system")
    calls_again(caller)
    with client_scope(caller.client):
        proofs = Record.objects.filter(category=Category.CONSENT_PROOF)
        assert list(proofs.values_list("state", flat=True)) == ["restricted"]


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


def lifted_by_two(caller: Caller, request: SubjectRequest, officer: User, *, told_on: date | None = None) -> None:
    second = User.objects.create(username="another", roles=["security_administrator"])
    today = timezone.localdate()
    with client_scope(caller.client):
        asked = lifting.ask(request, told_on=told_on or today, by=officer, reason="The dispute is settled.")
        act = lifting.act(request, told_on=told_on or today)
    approvals.approve(asked.pk, by=second)
    approvals.execute(asked.pk, act, by=officer)


def states_of(caller: Caller) -> set[str]:
    with client_scope(caller.client):
        subjects = PersonLink.objects.filter(person=caller.customer.person_id, revoked_at=None).values("subject")
        live = Record.objects.filter(subject__in=subjects).exclude(state=Record.State.DESTROYED)
        return set(live.values_list("state", flat=True))


def test_lifted_by_two_people_what_is_kept_is_used_again_and_later_calls_are_stored_as_before(caller, officer):
    request = restricted(caller)
    assert states_of(caller) == {"restricted"}
    lifted_by_two(caller, request, officer)
    assert states_of(caller) == {"stored"}
    assert of_caller(calls_again(caller)) == {"stored"}
    with client_scope(caller.client), pytest.raises(Conflict):
        lifting.act(request, told_on=timezone.localdate())  # it restricts nothing now


def test_a_restriction_lifted_since_the_copy_is_named_to_be_lifted_again(caller, officer):
    request = restricted(caller)
    lifted_by_two(caller, request, officer)
    bodies = [json.loads(bytes(row.body)) for row in LedgerPending.objects.order_by("id")]
    told = [body for body in bodies if body["event"] == Event.RECORD_UNRESTRICTED]
    assert told
    assert Event.RECORD_UNRESTRICTED in RESTRICTIVE, "the journal tells it"
    assert lifted_again(told, actor="system") == 0
    with client_scope(caller.client):
        SubjectRequest.objects.filter(pk=request.pk).update(lifted_at=None)  # as the older copy has it
    for _time in range(2):
        assert replay(told).lifted == 1
    finding = Finding.objects.get(kind="restriction-stands-again")
    assert finding.where == f"request:{request.pk}"


def test_nobody_lifts_a_restriction_before_the_person_was_told(caller, officer):
    request = restricted(caller)
    with client_scope(caller.client), pytest.raises(InvalidInput):
        lifting.ask(request, told_on=timezone.localdate() + timedelta(days=1), by=officer, reason="Soon.")


def test_what_waits_to_be_erased_stays_restricted_when_the_rest_is_lifted(caller, officer):
    request = restricted(caller)
    with client_scope(caller.client):
        subject = PersonLink.objects.filter(person=caller.customer.person_id, revoked_at=None).first().subject
        first, second = Record.objects.filter(subject=subject, state="restricted")[:2]
        restrict_until(first, until=timezone.now() + timedelta(days=9), provision="ndsr:24", actor="system", reason="x")
        hold(second, matter=uuid4(), actor="system")
        Hold.objects.filter(record=second).update(erase="request_erasure")
    lifted_by_two(caller, request, officer)
    with client_scope(caller.client):
        left = Record.objects.filter(state=Record.State.RESTRICTED).values_list("pk", flat=True)
        assert set(left) == {first.pk, second.pk}


def asked_to_lift(caller: Caller, request: SubjectRequest, officer: User) -> tuple[UUID, Act]:
    """What two people approved, with what they saw of it."""
    second = User.objects.create(username="another", roles=["security_administrator"])
    with client_scope(caller.client):
        asked = lifting.ask(request, told_on=timezone.localdate(), by=officer, reason="The dispute is settled.")
        act = lifting.act(request, told_on=timezone.localdate())
    approvals.approve(asked.pk, by=second)
    return asked.pk, act


def test_a_restriction_asked_for_after_the_approval_is_not_lifted_with_it(caller, officer):
    request = restricted(caller)
    asked, act = asked_to_lift(caller, request, officer)
    later = restricted(caller)
    with pytest.raises(Conflict) as refusal:
        approvals.execute(asked, act, by=officer)
    assert refusal.value.code == "act_changed"
    assert states_of(caller) == {"restricted"}
    assert [caller.now(one).lifted_at for one in (request, later)] == [None, None]


def test_all_that_stands_is_named_to_those_who_decide_and_lifted_together(caller, officer):
    requests = [restricted(caller), restricted(caller)]
    asked, act = asked_to_lift(caller, requests[1], officer)
    assert act.parameters["standing"] == sorted(str(one.pk) for one in requests)
    approvals.execute(asked, act, by=officer)
    assert states_of(caller) == {"stored"}
    assert None not in [caller.now(one).lifted_at for one in requests]


def test_nothing_is_lifted_while_a_restriction_is_being_carried_out(caller, officer):
    request = restricted(caller)
    asked, act = asked_to_lift(caller, request, officer)
    under_way = planned(caller, Kind.RESTRICTION)
    with client_scope(caller.client):
        work.begin(under_way, actor="system")
    with pytest.raises(Conflict) as refusal:
        approvals.execute(asked, act, by=officer)
    assert refusal.value.code == "restriction_under_way"
    assert states_of(caller) == {"restricted"}
    assert caller.now(under_way).lifted_at is None
    with pytest.raises(Conflict), client_scope(caller.client):
        lifting.ask(request, told_on=timezone.localdate(), by=officer, reason="The dispute is settled.")


@pytest.mark.parametrize("waits", ["floor", "hold"])
def test_what_only_waits_to_be_erased_restricts_no_later_call_once_it_is_lifted(caller, officer, waits):
    request = restricted(caller)
    with client_scope(caller.client):
        own = Record.objects.filter(customer=caller.customer, call=None, state="restricted").first()
        if waits == "floor":
            day = timezone.now() + timedelta(days=9)
            restrict_until(own, until=day, provision="ndsr:24", actor="system", reason="x")
        else:
            hold(own, matter=uuid4(), actor="system")
            Hold.objects.filter(record=own).update(erase="request_erasure")
    lifted_by_two(caller, request, officer)
    assert of_caller(calls_again(caller)) == {"stored"}
    with client_scope(caller.client):
        assert Record.objects.get(pk=own.pk).state == "restricted"


@pytest.mark.parametrize(("kind", "may"), [(Kind.CORRECTION, True), (Kind.ACCESS, True), (Kind.RESTRICTION, False)])
def test_what_turns_out_unfounded_under_way_is_refused_with_a_reason(caller, kind, may):
    request = planned(caller, kind)
    with client_scope(caller.client):
        request = work.begin(request, actor="system")
        if may:
            actions.reject(request, reason=RejectionReason.RIGHT_AS_IT_IS, actor="system")
        else:
            with pytest.raises(Refused):
                actions.reject(request, reason=RejectionReason.RIGHT_AS_IT_IS, actor="system")
        request.refresh_from_db()
        assert (request.state == SubjectRequest.State.REJECTED) is may
