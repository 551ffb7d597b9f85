"""Customers over REST: sealed field by field on the way in; on the way out masked, and only what the purpose needs."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from callwarden.custody.keeper.client import NotPermitted
from callwarden.custody.models import Customer, LedgerPending, Record, SealedField
from callwarden.custody.open import open_fields
from callwarden.custody.scope import client_scope
from callwarden.doors.api.credentials import actor_of
from callwarden.flows import facts
from callwarden.flows.disclose import Ask, disclose
from callwarden.protection.signin.actions import revoke
from tests.doors.api.conftest import assert_says_nothing_of, open_line, program_for
from tests.work import do_all

ANN = {
    "name": "Ann Sample",
    "phones": ["+44 20 7946 0123"],
    "emails": ["ann.sample@example.com"],
    "id_number": "AB123456C",
    "card_numbers": ["4111111111111111"],
    "address": "12 Sample Street, Sampleton",
    "birth_date": "1980-02-29",
    "language": "en",
    "orders": [
        {
            "order_no": "O-90017",
            "placed_at": "2026-10-01T10:00:00+01:00",
            "product": "Kettle",
            "amount": "39.90",
            "currency": "GBP",
            "status": "delivered",
        }
    ],
}
SECRETS = [
    "Ann Sample",
    "7946 0123",
    "79460123",
    "ann.sample",
    "AB123456C",
    "4111111111111111",
    "Sample Street",
    "1980",
]


def fields_of(answer) -> dict[str, str]:
    return {field["name"]: field["shown"] for field in answer.json()["fields"]}


def test_a_customer_is_kept_sealed_and_seen_masked(program, line, logged):
    kept = program.send("PUT", "/customers/C-2001", ANN)
    assert (kept.status_code, kept.json()) == (201, {"created": True, "orders": 1})
    seen = program.get("/customers/C-2001", purpose="service")
    assert seen.status_code == 200, seen.content
    assert fields_of(seen)["phone"].endswith("0123")
    assert seen.json()["withheld"] == ["government_id", "payment_card"]
    assert {field["name"] for field in seen.json()["orders"][0]} >= {"product", "amount", "status"}
    assert_says_nothing_of(SECRETS, seen, logged)
    assert_says_nothing_of(SECRETS, kept, logged)
    with client_scope(line.client_id):
        blobs = b"".join(bytes(blob) for blob in SealedField.objects.values_list("blob", flat=True))
    assert not [value for value in SECRETS if value.encode() in blobs]


def test_sent_again_changed_the_record_is_replaced_and_the_old_one_destroyed(program, line):
    program.send("PUT", "/customers/C-2001", ANN)
    with client_scope(line.client_id):
        before = set(Record.objects.values_list("id", flat=True))
    second = program.send("PUT", "/customers/C-2001", {"name": "Ann Other", "phones": ["+44 20 7946 0999"]})
    assert (second.status_code, second.json()) == (200, {"created": False, "orders": 0})
    with client_scope(line.client_id):
        assert Customer.objects.count() == 1
        states = set(Record.objects.filter(id__in=before).values_list("state", flat=True))
    assert states == {Record.State.DESTROYED}
    assert fields_of(program.get("/customers/C-2001", purpose="service"))["phone"].endswith("0999")


def test_for_a_purpose_nobody_granted_nothing_is_opened_and_the_refusal_is_in_the_ledger(program, line):
    program.send("PUT", "/customers/C-2001", ANN)
    answer = program.get("/customers/C-2001", purpose="marketing")
    assert (answer.status_code, answer.json()["code"]) == (403, "access_refused")
    entries = [json.loads(bytes(body)) for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)]
    assert entries[-1]["decision"] == "refuse"
    assert entries[-1]["actor"] == program.key.actor


def test_a_look_up_stands_in_the_ledger_under_the_programs_name(program):
    program.send("PUT", "/customers/C-2001", ANN)
    program.get("/customers/C-2001", purpose="service")
    entries = [json.loads(bytes(body)) for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)]
    found = [entry for entry in entries if entry["event"] == "disclose:record:view_masked"]
    assert [(entry["actor"], entry["purpose"], entry["decision"]) for entry in found] == [
        (program.key.actor, "service", "allow")
    ]


def test_a_permit_of_a_program_ends_with_its_key(program, line):
    """Revoked between decision and opening: nothing opens."""
    program.send("PUT", "/customers/C-2001", ANN)
    with client_scope(line.client_id):
        record = Record.objects.filter(category="contact").get()
    ask = Ask(actor_of(program.key), line.client_id, "view_masked", "service", records={record.id: ()}, max_uses=2)
    grant = disclose(ask)
    with client_scope(line.client_id):
        assert open_fields(grant, record)
    revoke(program.key, actor="system")
    with client_scope(line.client_id), pytest.raises(NotPermitted):
        open_fields(grant, record)


def test_a_key_for_another_line_does_not_see_them(program, client, owner):
    program.send("PUT", "/customers/C-2001", ANN)
    other = program_for(client, owner, lines=[open_line(client, "outbound")])
    answer = other.get("/customers/C-2001", purpose="service")
    assert (answer.status_code, answer.json()["data"]["reasons"]) == (403, ["other_queue"])


def test_a_program_that_looks_up_very_many_is_stopped(program, settings, line, monkeypatch):
    program.send("PUT", "/customers/C-2001", ANN)
    monkeypatch.setattr(facts, "_opened_lately", lambda ask, record: 200 if ask.actor.is_service else 0)
    assert program.get("/customers/C-2001", purpose="service").json()["data"]["reasons"] == ["bulk"]


@pytest.mark.parametrize(("language", "says"), [("en", "Try again in"), ("zh-CN", "秒后重试")])
def test_numbers_cannot_be_tried_one_after_another(program, settings, logged, language, says):
    """Whether they exist or not; the answer says when to try again, and repeats no number."""
    settings.SERVICE_LOOKUPS_PER_MINUTE = 0
    program.language = language
    answer = program.get("/customers/C-4711", purpose="service")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_lookups")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert says in answer.json()["message"]
    assert_says_nothing_of(["C-4711"], answer, logged)


def test_look_ups_of_other_customers_are_counted(program):
    for number in ("C-1", "C-2", "C-3"):
        program.send("PUT", f"/customers/{number}", ANN)
        program.get(f"/customers/{number}", purpose="service")
    ask = Ask(actor_of(program.key), program.key.client_id, "view_masked", "service")
    with client_scope(program.key.client_id):
        assert facts._opened_lately(ask, None) == 3


@pytest.mark.parametrize(
    ("changes", "at", "code"),
    [
        ({"phones": ["call me"]}, "phones", "bad_number"),
        ({"emails": ["at home"]}, "emails", "bad_email"),
        ({"card_numbers": ["4111-1111-1111-111X"]}, "card_numbers", "bad_card"),
        ({"birth_date": "1980-02-30"}, "birth_date", "bad_date"),
        ({"name": "=HYPERLINK(1)"}, "name", "formula"),
        ({"name": ""}, "name", "wrong_form"),
        ({"nickname": "Annie"}, "?", "unknown_field"),
        ({"orders": [ANN["orders"][0], ANN["orders"][0]]}, "orders", "duplicate_order"),
        ({"orders": [ANN["orders"][0] | {"amount": "much"}]}, "orders.0.amount", "wrong_form"),
    ],
)
def test_what_cannot_be_used_is_named_and_not_repeated(program, line, logged, changes, at, code):
    answer = program.send("PUT", "/customers/C-2001", ANN | changes)
    assert answer.status_code == 422
    assert [(error["at"], error["code"]) for error in answer.json()["errors"]] == [(at, code)]
    assert_says_nothing_of([*SECRETS, "call me", "at home", "HYPERLINK", "Annie", "nickname", "much"], answer, logged)
    with client_scope(line.client_id):
        assert not Customer.objects.exists()


@pytest.mark.parametrize("number", ["C_1", "___", "%20", "a" * 101])
def test_a_number_that_cannot_be_one_is_refused(program, number):
    for answer in (
        program.send("PUT", f"/customers/{number}", ANN),
        program.get(f"/customers/{number}", purpose="service"),
    ):
        assert answer.status_code in {404, 422}


CUSTOMERS = "customer_no,name,phones\nC-1,Ann Sample,02079460123\nC-2,Bob Sample,not a number\nC-3,Cy Sample,\n"
ORDERS = "order_no,customer_no,placed_at,product,amount,currency,status\nO-1,C-1,2026-10-01,Kettle,39.90,GBP,paid\n"


def test_a_list_of_customers_and_their_orders_is_read_in_the_background(program, line, logged):
    parts = {
        "customers": SimpleUploadedFile("people.csv", CUSTOMERS.encode()),
        "orders": SimpleUploadedFile("bought.csv", ORDERS.encode("gb18030")),
    }
    answer = program.post("/customers", parts)
    assert answer.status_code == 202, answer.content
    batch = answer.json()["batch"]
    assert program.get(f"/intake/batches/{batch}").json()["lists_unread"] == 1
    do_all()
    done = program.get(f"/intake/batches/{batch}").json()
    assert (done["settled"], done["lists_unread"]) == (True, 0)
    assert {(problem["line"], problem["field"], problem["code"]) for problem in done["problems"]} == {
        (3, "phones", "bad_number")
    }
    assert all(problem["message"] for problem in done["problems"])
    with client_scope(line.client_id):
        assert Customer.objects.count() == 2
        assert Record.objects.filter(category="purchase_history").count() == 1
    assert_says_nothing_of(["Ann Sample", "Bob Sample", "not a number", "people.csv"], answer, logged)


def test_an_empty_list_is_refused(program):
    answer = program.send("POST", "/customers", b"", kind="text/csv")
    assert answer.status_code in {415, 422}
    assert program.post("/customers", {"customers": SimpleUploadedFile("c.csv", b"")}).status_code == 422


def test_two_records_are_said_to_be_one_person_and_taken_apart_again(program):
    program.send("PUT", "/customers/C-2001", ANN)
    program.send("PUT", "/customers/C-2002", ANN)
    joined = {"other": "C-2002", "joined": True, "reason": "Both cards show Ann Sample"}
    answer = program.send("POST", "/customers/C-2001/same-person", joined)
    assert (answer.status_code, answer.json()) == (200, {"joined": True, "consents_ended": 0})
    again = program.send("POST", "/customers/C-2001/same-person", joined)
    assert (again.status_code, again.json()["code"]) == (409, "joined_already")
    apart = {"joined": False, "reason": "Sisters"}
    assert program.send("POST", "/customers/C-2002/same-person", apart).status_code == 200
    assert program.send("POST", "/customers/C-2002/same-person", apart).json()["code"] == "not_joined"


@pytest.mark.parametrize(
    ("number", "told", "status", "code"),
    [
        ("C-2001", {"joined": True, "reason": "seen"}, 422, "other_missing"),
        ("C-2001", {"joined": True, "other": "C-2001", "reason": "seen"}, 422, "same_record"),
        ("C-2001", {"joined": True, "other": "C-9999", "reason": "seen"}, 404, "customer_not_found"),
        ("C-9999", {"joined": False, "reason": "seen"}, 404, "customer_not_found"),
        ("C-2001", {"joined": False, "reason": "   "}, 422, "reason_missing"),
    ],
)
def test_who_is_who_is_not_said_by_halves(program, number, told, status, code):
    program.send("PUT", "/customers/C-2001", ANN)
    answer = program.send("POST", f"/customers/{number}/same-person", told)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
