"""A program asks before it uses something: by purpose and ground, in order, and it is told nothing of anybody."""

from __future__ import annotations

import json
import re
import uuid
from datetime import timedelta

import pytest

from callwarden.custody.models import Call, LedgerPending, Record
from callwarden.custody.scope import client_scope
from callwarden.doors.api.shapes import UseIn
from callwarden.doors.api.urls import api
from callwarden.flows.take_in import call_reference
from callwarden.flows.use import REASONS
from callwarden.kernel import clock
from callwarden.lawful.purposes.models import PurposeCategory, Recipient
from callwarden.lawful.purposes.terms import Use
from tests.doors.api.conftest import assert_says_nothing_of, open_line, program_for
from tests.purposes import serve
from tests.repository.files import ROOT

YES = {"purpose": "insight", "method": "web", "state": "given", "at": "2026-03-01T10:00:00Z", "apart": True}


@pytest.fixture
def asked_line(line):
    serve(line, "insight", use=Use.ANALYTICS)
    serve(line, "coaching", "contract", use=Use.QUALITY_REVIEW)
    return line


@pytest.fixture
def customer(program, asked_line):
    program.send("PUT", "/customers/A1", {"name": "王丽", "phones": ["15412340001"]})
    return "A1"


def ask(program, *about, use="analytics", **more):
    return program.send("POST", "/decide/use", {"use": use, "about": list(about)} | more)


def reasons(program, *about, **more):
    return [one["reasons"] for one in ask(program, *about, **more).json()["decisions"]]


def test_what_may_be_used_is_named_by_purpose_and_ground_and_ends_when_the_consent_does(program, customer):
    ends = (clock.now() + timedelta(days=3)).replace(microsecond=0)
    about = {"customer_no": customer}
    assert reasons(program, about) == [["consent_unknown"]]
    assert program.send("POST", "/consents", YES | about | {"expires_at": ends.isoformat()}).status_code == 201
    (one,) = ask(program, about).json()["decisions"]
    assert one["allowed"]
    assert one["purposes"] == [{"purpose": "insight", "ground": "consent"}]
    assert one["until"] == ends.isoformat().replace("+00:00", "Z")
    (review,) = ask(program, about, use="quality_review").json()["decisions"]
    assert (review["purposes"], review["until"]) == ([{"purpose": "coaching", "ground": "contract"}], None)
    # Taken back, it holds no longer from the next question on.
    program.send("POST", "/consents", YES | about | {"state": "withdrawn", "at": "2026-03-01T11:00:00Z"})
    assert reasons(program, about) == [["consent_withdrawn"]]


def test_a_batch_is_answered_in_its_order_and_one_entry_counts_it(program, customer, asked_line, logged):
    program.send("POST", "/consents", YES | {"customer_no": customer})
    answer = ask(
        program, {"customer_no": "B9"}, {"customer_no": customer}, {"call_id": "no-such"}, {"customer_no": "a 1"}
    )
    assert answer.json()["allowed"] == 2
    assert [(one["place"], one["reasons"]) for one in answer.json()["decisions"]] == [
        (0, ["customer_unknown"]),
        (1, []),
        (2, ["call_unknown"]),
        (3, []),
    ]
    assert_says_nothing_of(["B9", "no-such", "王丽", "15412340001"], answer, logged)
    bodies = [bytes(body) for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)]
    entries = [body for body in bodies if b"lawful:use:decided" in body]
    assert [json.loads(one)["count"] for one in entries] == [4]
    assert b"B9" not in entries[0]


def test_a_call_and_its_records_are_used_as_its_caller_said(program, asked_line):
    reference = call_reference(asked_line, "C1")
    now = clock.now()
    with client_scope(asked_line.client_id):
        Call.objects.create(
            client_id=asked_line.client_id,
            line=asked_line,
            reference=reference,
            direction="inbound",
            started_at=now - timedelta(hours=2),
            admitted_at=now,
        )
    assert reasons(program, {"call_id": "C1"}) == [["consent_unknown"]]
    program.send("POST", "/consents", YES | {"call_id": "C1"})
    assert reasons(program, {"call_id": " C1 "}) == [[]]
    assert reasons(program, {"call_id": "C1"}, use="quality_review") == [["no_contract"]]
    assert reasons(program, {"call_id": "C1"}, use="marketing") == [["no_purpose"]]


def test_a_record_that_is_stored_only_is_used_for_nothing(program, customer, asked_line):
    program.send("POST", "/consents", YES | {"customer_no": customer})
    with client_scope(asked_line.client_id):
        record = Record.objects.filter(customer__isnull=False).first()
    PurposeCategory.objects.create(purpose_id="insight", category=record.category)
    about = {"record": str(record.id)}
    assert reasons(program, about, {"record": str(uuid.uuid4())}) == [[], ["record_unknown"]]
    with client_scope(asked_line.client_id):
        Record.objects.filter(pk=record.pk).update(state=Record.State.RESTRICTED)
    assert reasons(program, about) == [["record_restricted"]]


def test_a_purpose_is_carried_only_by_records_of_the_kinds_it_handles(program, customer, asked_line):
    program.send("POST", "/consents", YES | {"customer_no": customer})
    serve(asked_line, "tally", "legal_obligation", use=Use.ANALYTICS)
    with client_scope(asked_line.client_id):
        contact = Record.objects.get(customer__isnull=False, category="contact")
    about = {"record": str(contact.id)}
    assert reasons(program, about) == [["kind_not_handled"]]
    PurposeCategory.objects.create(purpose_id="insight", category="call_metadata")
    assert reasons(program, about) == [["kind_not_handled"]]
    PurposeCategory.objects.create(purpose_id="insight", category="contact")
    (one,) = ask(program, about).json()["decisions"]
    assert one["purposes"] == [{"purpose": "insight", "ground": "consent"}]


def test_a_record_of_another_line_is_not_known_to_a_key_of_this_one(client, owner, asked_line, program, customer):
    other = open_line(client, "sales-zh")
    serve(other, "insight", use=Use.ANALYTICS)
    with client_scope(client.id):
        Record.objects.update(customer=None)
        record = Record.objects.first()
    narrow = program_for(client, owner, lines=[other])
    assert reasons(narrow, {"record": str(record.id)}) == [["record_unknown"]]


def test_to_give_it_to_a_controller_takes_a_yes_that_names_them(program, customer, asked_line):
    for slug, role in (("maker", "controller"), ("courier", "processor")):
        found = Recipient.objects.create(client=asked_line.client, slug=slug, name=slug, role=role, country="CN")
        found.purposes.add("insight")
    about = {"customer_no": customer}
    program.send("POST", "/consents", YES | about)
    assert reasons(program, about, recipient="courier") == [[]]
    assert reasons(program, about, recipient="maker") == [["consent_unknown"]]
    assert reasons(program, about, recipient="nobody") == [["unknown_recipient"]]
    program.send("POST", "/consents", YES | about | {"recipient": "maker", "at": "2026-03-01T11:00:00Z"})
    assert reasons(program, about, recipient="maker") == [[]]


def test_why_not_is_said_in_the_language_asked_for(program, customer):
    said = []
    for program.language in ("en", "zh-hans"):
        said.append(ask(program, {"customer_no": customer}).json()["decisions"][0]["message"])
    assert said[0] == "Nobody knows whether the person consented, and unknown means no."
    assert said[1] != said[0]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"about": [{"customer_no": "A1", "call_id": "C1"}]}, "one_of_three"),
        ({"about": [{}]}, "one_of_three"),
        ({"about": []}, "fields_refused"),
        ({"about": [{"customer_no": "A1"}] * 501}, "fields_refused"),
        ({"about": [{"name": "王丽"}]}, "fields_refused"),
        ({"about": [{"customer_no": "A1"}], "use": "curiosity"}, "fields_refused"),
        ({"about": [{"customer_no": "A1"}], "line": "elsewhere"}, "line_not_found"),
    ],
)
def test_what_cannot_be_asked_is_refused(program, asked_line, sent, code):
    answer = program.send("POST", "/decide/use", {"use": "analytics"} | sent)
    assert answer.json()["code"] == code
    assert "王丽" not in answer.content.decode()


def test_a_key_for_something_else_asks_in_vain(asked_line, client, owner):
    other = program_for(client, owner, scopes=["consent", "dialler", "customers"])
    answer = ask(other, {"customer_no": "A1"})
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


@pytest.mark.parametrize("page", ["asking-first.md", "asking-first.zh-CN.md"])
def test_the_guide_shows_a_request_that_is_answered(program, asked_line, page):
    text = (ROOT / "docs/guides" / page).read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    assert program.send("POST", "/decide/use", example.encode()).status_code == 200
    assert [code for code in REASONS if f"`{code}`" not in text] == []


def test_the_examples_of_the_document_are_answered_as_they_stand(program, asked_line):
    described = api.get_openapi_schema(path_prefix="/api/v1/")["components"]["schemas"]["UseIn"]["examples"]
    assert described == UseIn.model_config["json_schema_extra"]["examples"]
    for example in described:
        answer = program.send("POST", "/decide/use", example)
        assert answer.status_code == 200
        assert {one for each in answer.json()["decisions"] for one in each["reasons"]} <= set(REASONS)
