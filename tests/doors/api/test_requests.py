"""Requests of data subjects from other systems: once by their id, for exactly one known person, told how they stand."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from callwarden.custody.scope import client_scope
from callwarden.flows.customers import take_in_customer
from callwarden.flows.formats import customer_of
from callwarden.kernel import clock
from callwarden.kernel.models import OutboxMessage
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.models import SubjectRequest
from tests.doors.api.conftest import assert_says_nothing_of, program_for
from tests.purposes import serve

PHONE, MAIL = "13900001111", "lin@example.org"
WRONG = "我的姓名写错了"
State = SubjectRequest.State


@pytest.fixture
def customer(line):
    row = {"name": "林秋白", "phones": [PHONE], "emails": [MAIL]}
    return take_in_customer(line, customer_of(row, customer_no="K1"), actor="system").customer


def asked(**changes: object) -> dict[str, object]:
    return {
        "regulation": "pipl",
        "subject_request_id": str(uuid4()),
        "subject_request_type": "erasure",
        "submitted_time": (clock.now() - timedelta(days=1)).isoformat(),
        "subject_identities": [{"identity_type": "phone_number", "identity_value": PHONE, "identity_format": "raw"}],
        **changes,
    }


def identity(type_: str, value: str) -> dict[str, str]:
    return {"identity_type": type_, "identity_value": value}


def only(line) -> SubjectRequest:
    with client_scope(line.client_id):
        return SubjectRequest.objects.get()


@pytest.mark.parametrize(
    ("type_", "kind"), [("erasure", "erasure"), ("portability", "copy"), ("rectification", "correction")]
)
def test_a_system_that_verified_the_person_hands_a_request_in(program, line, customer, logged, type_, kind):
    said = {"statement": WRONG} if kind == "correction" else {}
    sent = asked(subject_request_type=type_, **said)
    answer = program.send("POST", "/requests", sent)
    assert answer.status_code == 201, answer.content
    request = only(line)
    assert (request.kind, request.channel, request.state) == (kind, "api", State.ACCEPTED)
    assert (request.verified_how, request.customer_id) == ("system", customer.pk)
    told = answer.json()
    assert (told["subject_request_id"], told["request_status"]) == (sent["subject_request_id"], "pending")
    assert told["expected_completion_time"] == request.due_at.isoformat(timespec="seconds")
    assert_says_nothing_of([PHONE, "林秋白", WRONG], answer, logged)
    assert (request.statement_id is not None) is (kind == "correction")
    assert program.get(f"/requests/{sent['subject_request_id']}").json()["request_number"] == request.code


def test_the_same_id_is_the_same_request_and_never_another(program, line, customer):
    sent = asked()
    first = program.send("POST", "/requests", sent)
    again = program.send("POST", "/requests", sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = program.send("POST", "/requests", {**sent, "subject_request_type": "access"})
    assert (other.status_code, other.json()["code"]) == (409, "request_id_reused")
    assert only(line).kind == "erasure"


def test_a_withdrawal_names_what_it_takes_back(program, line, customer):
    serve(line, "insight")
    serve(line, "offers")
    sent = asked(subject_request_type="withdrawal", purposes=["offers"])
    assert program.send("POST", "/requests", sent).status_code == 201
    assert (only(line).purposes, only(line).state) == (["offers"], State.ANSWERED)
    with client_scope(line.client_id):
        assert set(ConsentEvent.objects.values_list("purpose", "state")) == {("offers", "withdrawn")}
    other = program.send("POST", "/requests", {**sent, "purposes": ["insight"]})
    assert (other.status_code, other.json()["code"]) == (409, "request_id_reused")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    ("status", "code", "changes"),
    [
        (404, "subject_unknown", {"subject_identities": [identity("phone_number", "13911112222")]}),
        (422, "identifier_unusable", {"subject_identities": [identity("email", "nobody")]}),
        (422, "unknown_request_type", {"subject_request_type": "gossip"}),
        (422, "unknown_regulation", {"regulation": "magna_carta"}),
        (422, "regulation_of_other_line", {"regulation": "gdpr"}),
        (422, "purposes_not_asked", {"purposes": ["service"]}),
        (422, "statement_missing", {"subject_request_type": "correction"}),
        (422, "statement_not_asked", {"statement": "我的姓名写错了"}),
        (422, "unknown_purpose", {"subject_request_type": "withdrawal", "purposes": ["astrology"]}),
        (422, "in_the_future", {"submitted_time": "2999-01-01T00:00:00Z"}),
        (422, "callback_not_configured", {"status_callback_urls": ["https://evil.example/hook"]}),
        (422, "fields_refused", {"subject_identities": []}),
        (422, "fields_refused", {"subject_identities": [identity("fingerprint", "1")]}),
        (422, "fields_refused", {"submitted_time": "2026-01-01T00:00:00"}),
        (404, "line_not_found", {"line": "nowhere"}),
    ],
)
def test_what_cannot_be_met_is_refused_with_its_reason(program, line, customer, language, status, code, changes):
    program.language = language
    answer = program.send("POST", "/requests", asked(**changes))
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert answer["Content-Language"] == language
    with client_scope(line.client_id):
        assert not SubjectRequest.objects.exists()


def test_identities_must_lead_to_one_customer(program, line, customer):
    row = {"name": "陈墨", "phones": [PHONE], "emails": ["chen@example.org"]}
    take_in_customer(line, customer_of(row, customer_no="K2"), actor="system")
    shared = program.send("POST", "/requests", asked())
    assert (shared.status_code, shared.json()["code"]) == (409, "subject_ambiguous")
    crossed = [identity("email", MAIL), identity("controller_customer_id", "K2")]
    assert program.send("POST", "/requests", asked(subject_identities=crossed)).status_code == 409
    sure = [identity("phone_number", PHONE), identity("controller_customer_id", "k-1"), identity("email", "x@y.org")]
    assert program.send("POST", "/requests", asked(subject_identities=sure)).status_code == 201
    assert only(line).customer_id == customer.pk


def test_it_is_cancelled_before_it_is_carried_out_and_not_later(program, line, customer):
    sent = asked()
    program.send("POST", "/requests", sent)
    here = f"/requests/{sent['subject_request_id']}"
    with client_scope(line.client_id):
        actions.plan(only(line), {"records": 1}, actor="system")
    for _ in range(2):
        told = program.send("DELETE", here, b"").json()
        assert (told["request_status"], told["reason"]) == ("cancelled", "taken_back")
        assert told["expected_completion_time"] is None
    later = asked(subject_request_type="restriction")
    program.send("POST", "/requests", later)
    with client_scope(line.client_id):
        one = SubjectRequest.objects.get(kind="restriction")
        actions.begin(actions.plan(one, {"records": 1}, actor="system"), actor="system")
    here = f"/requests/{later['subject_request_id']}"
    refused = program.send("DELETE", here, b"")
    assert (refused.status_code, refused.json()["code"]) == (409, "too_late_to_cancel")
    told = program.get(here).json()
    assert told["request_status"] == "in_progress"
    assert told["results"] == [{"place": "records", "state": "pending", "found": 1, "left": None, "kept_on": ""}]


def test_configured_webhooks_hear_when_it_moves(program, line, customer, settings):
    settings.CALLWARDEN_WEBHOOKS = {
        "crm": {"url": "https://crm.example/hook", "secret_file": "/nowhere"},
        "siem": {"url": "https://siem.example/hook", "secret_file": "/nowhere"},
    }
    sent = asked(subject_request_type="restriction", status_callback_urls=["https://crm.example/hook"])
    assert program.send("POST", "/requests", sent).status_code == 201
    mine = OutboxMessage.objects.filter(template="request-status")
    assert not mine.exists()
    with client_scope(line.client_id):
        actions.begin(actions.plan(only(line), {"records": 1}, actor="system"), actor="system")
    (message,) = mine
    assert message.endpoint == "crm"
    assert message.parameters == {"request": sent["subject_request_id"], "status": "in_progress"}


def test_what_people_ask_elsewhere_is_unknown_here(program, line, customer):
    with client_scope(line.client_id):
        request = actions.receive(line, kind="access", channel="web", actor="system", reference=uuid4())
    assert program.get(f"/requests/{request.reference}").status_code == 404
    assert program.send("DELETE", f"/requests/{request.reference}", b"").status_code == 404


def test_a_key_needs_the_scope_and_its_whole_client(client, owner, line, customer):
    for wanted, code in (({"scopes": ["customers"]}, "scope_missing"), ({"lines": [line]}, "whole_client_needed")):
        narrow = program_for(client, owner, **wanted)
        answers = (narrow.send("POST", "/requests", asked()), narrow.get(f"/requests/{uuid4()}"))
        assert {(one.status_code, one.json()["code"]) for one in answers} == {(403, code)}


def test_too_many_look_ups_are_refused(program, line, customer, settings):
    settings.SERVICE_LOOKUPS_PER_MINUTE = 0
    assert program.send("POST", "/requests", asked()).status_code == 429
