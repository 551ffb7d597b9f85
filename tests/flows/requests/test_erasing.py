"""An erasure reaches every replica, survives every interruption, and waits for what must be kept."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from callwarden.custody import holds
from callwarden.custody.models import (
    Call,
    Customer,
    IdentifierToken,
    LedgerPending,
    PersonLink,
    Record,
    SearchToken,
    Subject,
)
from callwarden.custody.restrict import end_restricted
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import link, new_subject
from callwarden.flows import identify
from callwarden.flows.actors import Actor
from callwarden.flows.customers import take_in_customer
from callwarden.flows.formats import customer_of
from callwarden.flows.replay import replay
from callwarden.flows.requests import erase, found, verify, work
from callwarden.kernel import approvals, clock
from callwarden.kernel.errors import CallwardenError
from callwarden.kernel.events import Event
from callwarden.kernel.models import User
from callwarden.lawful.certificates.models import Certificate
from callwarden.lawful.requests import actions, acts
from callwarden.lawful.requests.kinds import Kind, RejectionReason
from callwarden.lawful.requests.models import RequestTask, SubjectRequest
from callwarden.lawful.retention import erasing
from callwarden.lawful.retention.due import Due
from tests.exchange import CALLER, OTHER
from tests.flows.requests.conftest import NAME, NUMBER, Caller, approved

State = SubjectRequest.State


def planned(caller: Caller, kind: Kind = Kind.ERASURE) -> SubjectRequest:
    request = caller.asks(kind)
    with client_scope(caller.client):
        return work.plan(SubjectRequest.objects.get(pk=request.pk), actor="system")


def tasks(caller: Caller, request: SubjectRequest) -> dict[str, tuple[str, int, int | None]]:
    with client_scope(caller.client):
        return {one.replica: (one.state, one.before, one.after) for one in RequestTask.objects.filter(request=request)}


def test_everything_of_the_person_is_found_before_anything_is_done(caller: Caller) -> None:
    found_ = tasks(caller, planned(caller))
    for replica in ("records", "recordings", "transcripts", "indexes", "consents"):
        assert found_[replica][1] > 0, replica


def test_nothing_is_found_and_nothing_told_before_it_is_known_who_asks(caller: Caller) -> None:
    request = caller.asks(Kind.ERASURE, verified=False)
    with client_scope(caller.client):
        with pytest.raises(CallwardenError, match="not known yet"):
            work.plan(request, actor="system")
        assert not request.tasks.exists()


def test_one_person_alone_erases_nothing(caller: Caller, officer: User) -> None:
    request = planned(caller)
    with client_scope(caller.client), pytest.raises(CallwardenError, match="second person"):
        work.begin(request, actor=str(officer.pseudonym))
    with client_scope(caller.client):
        act = acts.carrying_out(request)
    asked = approvals.request(act, requester=officer, reason="asked by the person", client=caller.client)
    with pytest.raises(CallwardenError):
        approvals.approve(asked.pk, by=officer)
    work.run(caller.client, request.id)
    assert caller.now(request).state == State.PLANNED


def test_what_was_counted_anew_after_the_approval_is_not_carried_out(
    caller: Caller, officer: User, second: User
) -> None:
    request = planned(caller)
    with client_scope(caller.client):
        act = acts.carrying_out(request)
    asked = approvals.request(act, requester=officer, reason="asked by the person", client=caller.client)
    approvals.approve(asked.pk, by=second)
    with client_scope(caller.client):
        RequestTask.objects.filter(request=request, replica="records").update(before=99)
    with pytest.raises(CallwardenError, match="not exactly what was approved"):
        approvals.execute(asked.pk, act, by=officer)


def test_erased_is_erased_in_every_replica(caller: Caller, officer: User, second: User) -> None:
    request = planned(caller)
    number = bytes(caller.customer.number)
    approved(request, officer, second)
    work.run(caller.client, request.id)
    with client_scope(caller.client):
        subjects = [link.subject for link in PersonLink.objects.filter(person=caller.customer.person_id)]
        assert subjects
        assert all(one.destroyed_at for one in subjects)
        assert not found.live_records(subjects).exists()
        assert not IdentifierToken.objects.filter(customer=caller.customer).exists()
        assert not SearchToken.objects.filter(record__subject__in=subjects).exists()
        assert bytes(Customer.objects.get(pk=caller.customer.pk).number) != number
        assert not PersonLink.objects.filter(person=caller.customer.person_id, revoked_at__isnull=True).exists()
    settled = tasks(caller, request)
    assert {state for state, _before, _after in settled.values()} == {"done", "excepted"}
    assert settled["consents"][0] == "excepted", "what proves the yes stays, as structure"
    answered = caller.now(request)
    assert answered.state == State.ANSWERED
    certificate = Certificate.objects.get(pk=answered.certificate)
    told = json.loads(bytes(certificate.body))
    assert told["scan"]["found"] == 0
    assert {"tables", "objects", "search_index"} <= set(told["scan"]["covered"])
    assert told["scope"]["values_known_to_the_search"] is True
    assert [(one["provision"], one["certainty"]) for one in told["exempt"]] == [
        ("pipl:69,gdpr:5.2,gdpr:7.1", "general")
    ]
    assert told["approvers"] == [str(second.pseudonym)]
    assert next(one for one in told["replicas"] if one["name"] == "backups")["by"] > told["issued_at"]


def test_killed_anywhere_it_goes_on_and_ends_the_same(
    caller: Caller, officer: User, second: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = planned(caller)
    approved(request, officer, second)

    def dies(*_arguments: object, **_named: object) -> None:
        raise MemoryError

    for place, name in ((erasing, "destroy_subject"), (erase, "_forget"), (erase, "_settle")):
        with monkeypatch.context() as broken:
            broken.setattr(place, name, dies)
            with pytest.raises(MemoryError):
                work.run(caller.client, request.id)
        assert caller.now(request).state == State.EXECUTING
    work.run(caller.client, request.id)
    assert {state for state, *_ in tasks(caller, request).values()} == {"done", "excepted"}
    assert caller.now(request).state == State.ANSWERED


def test_what_is_on_hold_waits_restricted_and_goes_with_its_release_without_anybody_remembering(
    caller: Caller, officer: User, second: User
) -> None:
    with client_scope(caller.client):
        kept = Record.objects.filter(call=caller.call, category="recording_original", leg__party="caller").get()
        hold = holds.hold(kept, matter=uuid4(), actor="system")
    request = planned(caller)
    approved(request, officer, second)
    work.run(caller.client, request.id)
    assert caller.now(request).state == State.RESTRICTED
    assert tasks(caller, request)["recordings"] == ("held", tasks(caller, request)["recordings"][1], 1)
    with client_scope(caller.client):
        assert Record.objects.get(pk=kept.pk).state != Record.State.DESTROYED
        holds.release(hold.id, actor="system")
    assert (caller.client, request.id) in work.waiting()
    work.run(caller.client, request.id)
    assert {state for state, *_ in tasks(caller, request).values()} == {"done", "excepted"}
    with client_scope(caller.client):
        assert Record.objects.get(pk=kept.pk).state == Record.State.DESTROYED


def test_what_a_legal_period_keeps_is_restricted_until_its_day_and_then_goes_by_itself(
    caller: Caller, officer: User, second: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client_scope(caller.client):
        # A consented outbound call: its evidence is kept for thirty days, whatever anybody asks.
        Call.objects.filter(pk=caller.call.pk).update(direction="outbound")
    request = planned(caller)
    approved(request, officer, second)
    work.run(caller.client, request.id)
    waiting = caller.now(request)
    assert waiting.state == State.RESTRICTED
    assert waiting.waits_until is not None
    assert timedelta(days=29) < waiting.waits_until - clock.now() < timedelta(days=31)
    with client_scope(caller.client):
        recordings = RequestTask.objects.get(request=request, replica="recordings")
        assert recordings.exception == "ccb-outbound-evidence"
        kept = found.live_records(found.subjects_of(caller.customer.person_id))
        assert set(kept.values_list("state", flat=True)) == {"restricted"}
    later = clock.now() + timedelta(days=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    with client_scope(caller.client):
        end_restricted(Due(caller.client, ()).after_floors(1000), actor="job:retention")
    work.run(caller.client, request.id)
    assert caller.now(request).state == State.ANSWERED


def test_another_customer_loses_nothing(caller: Caller, officer: User, second: User) -> None:
    caller.exchange.call("C2", caller="15900001111", audio=OTHER.audio, words=OTHER.words_json)
    caller.exchange.settle()
    with client_scope(caller.client):
        other = Call.objects.exclude(pk=caller.call.pk).get()
        before = set(Record.objects.filter(call=other).exclude(state="destroyed").values_list("id", flat=True))
    request = planned(caller)
    approved(request, officer, second)
    work.run(caller.client, request.id)
    with client_scope(caller.client):
        after = set(Record.objects.filter(call=other).exclude(state="destroyed").values_list("id", flat=True))
    assert before == after


def test_restricted_data_is_kept_and_opened_by_nobody_but_for_the_request(caller: Caller) -> None:
    request = planned(caller, Kind.RESTRICTION)
    with client_scope(caller.client):
        work.begin(request, actor="system")
    work.run(caller.client, request.id)
    assert caller.now(request).state == State.ANSWERED
    with client_scope(caller.client):
        subjects = found.subjects_of(caller.customer.person_id)
        assert set(found.live_records(subjects).values_list("state", flat=True)) == {"restricted"}


def test_what_replaces_a_restricted_record_is_stored_only_as_well(caller: Caller) -> None:
    request = planned(caller, Kind.RESTRICTION)
    with client_scope(caller.client):
        work.begin(request, actor="system")
    work.run(caller.client, request.id)
    row = customer_of({"name": NAME, "phones": [f"+86{CALLER}"[-14:]]}, customer_no=NUMBER)
    taken = take_in_customer(caller.exchange.line, row, actor="system")
    assert not taken.created
    with client_scope(caller.client):
        theirs = Record.objects.filter(customer=caller.customer, call__isnull=True).exclude(state="destroyed")
        assert theirs.exists()
        assert set(theirs.values_list("state", flat=True)) == {Record.State.RESTRICTED}
    told = [json.loads(bytes(row.body)) for row in LedgerPending.objects.order_by("id")]
    entry = [one for one in told if one["event"] == Event.RECORD_RESTRICTED][-1]
    with client_scope(caller.client):
        assert set(entry["records"]) == {str(one) for one in theirs.values_list("id", flat=True)}
        theirs.update(state=Record.State.STORED)  # as a copy might have it
    assert not replay([entry]).unplaced
    with client_scope(caller.client):
        assert not theirs.filter(state=Record.State.STORED).exists()


def test_a_request_is_rejected_for_a_reason_of_the_list_only(caller: Caller) -> None:
    request = caller.asks(Kind.ERASURE, verified=False)
    with client_scope(caller.client):
        with pytest.raises(CallwardenError, match="reason"):
            actions.reject(request, reason="because", actor="system")  # type: ignore[arg-type]
        actions.reject(request, reason=RejectionReason.NOT_VERIFIED, actor="system")
        assert verify.find(caller.client, request.id).state == State.REJECTED


def test_what_a_hold_keeps_after_an_erasure_is_stored_only(caller: Caller, officer: User, second: User) -> None:
    with client_scope(caller.client):
        kept = Record.objects.filter(call=caller.call, category="recording_redacted", leg__party="caller").get()
        holds.hold(kept, matter=uuid4(), actor="system")
    request = planned(caller)
    approved(request, officer, second)
    work.run(caller.client, request.id)
    with client_scope(caller.client):
        assert Record.objects.get(pk=kept.pk).state == Record.State.RESTRICTED


def test_a_restore_restricts_again_what_somebody_asked_to_be_stored_only(caller: Caller) -> None:
    request = planned(caller, Kind.RESTRICTION)
    with client_scope(caller.client):
        work.begin(request, actor="system")
    work.run(caller.client, request.id)
    told = [json.loads(bytes(row.body)) for row in LedgerPending.objects.order_by("id")]
    entries = [entry for entry in told if entry["event"] == Event.RECORD_RESTRICTED]
    with client_scope(caller.client):
        theirs = found.live_records(found.subjects_of(caller.customer.person_id))
        theirs.update(state=Record.State.STORED)  # as the copy has it
        count = theirs.count()
    assert not replay(entries).unplaced
    with client_scope(caller.client):
        assert theirs.filter(state=Record.State.RESTRICTED).count() == count > 0


def test_a_call_taken_in_while_an_erasure_runs_is_gone_over_as_well(
    caller: Caller, officer: User, second: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = planned(caller)
    approved(request, officer, second)
    whole = erase.mentions.erase_subject
    late: list[Subject] = []

    def and_somebody_calls(client: UUID, subject: UUID, **named: Any) -> object:
        reached = whole(client, subject, **named)
        if not late:
            with client_scope(client):
                late.append(new_subject(client, "caller"))
                link(Customer.objects.get(pk=caller.customer.pk).person, late[0])
        return reached

    monkeypatch.setattr(erase.mentions, "erase_subject", and_somebody_calls)
    work.run(caller.client, request.id)
    assert caller.now(request).state == State.EXECUTING
    with client_scope(caller.client):
        assert PersonLink.objects.filter(subject=late[0], revoked_at__isnull=True).exists()
    work.run(caller.client, request.id)
    assert caller.now(request).state == State.ANSWERED
    with client_scope(caller.client):
        assert Subject.objects.get(pk=late[0].pk).destroyed_at is not None


def test_who_asks_is_who_they_are_known_to_be_now_and_not_when_their_record_was_read(caller: Caller) -> None:
    row = customer_of({"name": NAME, "phones": ["13900000007"]}, customer_no="K8")
    other = take_in_customer(caller.exchange.line, row, actor="system").customer
    request = caller.asks(Kind.ERASURE, verified=False)
    identify.join(Actor.job("test"), other, caller.customer, reason="the same card")
    with client_scope(caller.client):
        actions.verified(request, caller.customer, how="agent", actor="system")
    assert caller.now(request).person_id == other.person_id
