"""The dialler at the REST door: answers by place, repeats no number, and asks for nothing but its scope."""

from __future__ import annotations

import pytest

from callwarden.kernel import clock
from callwarden.lawful.purposes.models import PurposeGround
from callwarden.lawful.purposes.terms import Certainty, Use
from tests.doors.api.conftest import assert_says_nothing_of, program_for
from tests.purposes import serve


@pytest.fixture
def calling(line):
    serve(line, "offers", use=Use.MARKETING)
    return line


def test_a_batch_is_answered_in_its_order_and_says_no_number_back(program, calling, logged):
    numbers = ["15412340001", "rubbish", "15412340002"]
    answer = program.send("POST", "/dialler/check", {"numbers": numbers, "at": "2026-03-02T11:00:00+08:00"})
    assert answer.status_code == 200
    assert answer.json()["allowed"] == 0
    assert [(one["place"], one["reasons"]) for one in answer.json()["verdicts"]] == [
        (0, ["consent_unknown"]),
        (1, ["not_a_number"]),
        (2, ["consent_unknown"]),
    ]
    assert_says_nothing_of(numbers[:1] + numbers[2:], answer, logged)


def test_who_wants_no_calls_is_told_once_and_refused_from_then_on(program, calling):
    told = program.send("POST", "/dialler/do-not-call", {"numbers": ["15412340001", "x"]})
    assert (told.status_code, told.json()) == (201, {"added": 1, "unreadable": 1})
    asked = {"numbers": ["+8615412340001"], "purpose": "offers", "at": "2026-03-02T11:00:00+08:00"}
    answer = program.send("POST", "/dialler/check", asked)
    assert answer.json()["verdicts"][0]["reasons"] == ["do_not_call", "consent_unknown"]


def test_a_customer_says_yes_on_a_web_page_and_takes_it_back_there(program, calling):
    program.send("PUT", "/customers/A1", {"name": "王丽", "phones": ["15412340001"]})
    asked = {"numbers": ["15412340001"], "purpose": "offers", "at": "2026-03-02T11:00:00+08:00"}
    event = {"customer_no": "A1", "purpose": "offers", "method": "web", "at": "2026-03-01T10:00:00Z", "apart": True}

    def allowed() -> list[str]:
        return program.send("POST", "/dialler/check", asked).json()["verdicts"][0]["reasons"]

    assert allowed() == ["consent_unknown"]
    assert program.send("POST", "/consents", event | {"state": "given"}).status_code == 201
    assert allowed() == []
    later = event | {"state": "withdrawn", "at": "2026-03-01T11:00:00Z"}
    assert program.send("POST", "/consents", later).status_code == 201
    assert allowed() == ["consent_withdrawn"]


def test_for_a_child_the_parents_say_yes(program, calling):
    born = f"{clock.now().year - 10}-06-01"
    program.send("PUT", "/customers/A1", {"name": "王小", "phones": ["15412340001"], "birth_date": born})
    event = {"customer_no": "A1", "purpose": "offers", "method": "web", "state": "given", "at": "2026-03-01T10:00:00Z"}
    asked = {"numbers": ["15412340001"], "purpose": "offers", "at": "2026-03-02T11:00:00+08:00"}

    def reasons() -> list[str]:
        return program.send("POST", "/dialler/check", asked).json()["verdicts"][0]["reasons"]

    program.send("POST", "/consents", event)
    assert reasons() == ["guardian_needed"]
    program.send("POST", "/consents", event | {"by": "guardian", "at": "2026-03-01T11:00:00Z"})
    assert reasons() == []


def test_a_receipt_is_had_by_number_and_there_is_none_for_who_never_said_anything(program, calling):
    program.send("PUT", "/customers/A1", {"name": "王丽", "phones": ["15412340001"]})
    assert program.get("/customers/A1/consent-receipt").status_code == 404
    event = {"customer_no": "A1", "purpose": "offers", "method": "web", "state": "given", "at": "2026-03-01T10:00:00Z"}
    program.send("POST", "/consents", event)
    receipt = program.get("/customers/A1/consent-receipt").json()
    assert [one["state"] for one in receipt["processing"]] == ["dpv:ConsentGiven"]


@pytest.mark.parametrize("sure", Certainty.values)
def test_a_receipt_says_how_sure_the_provision_is_it_names(program, calling, sure):
    told = {"ground": "consent", "provision": "pipl@2021:13(1)(1)", "certainty": sure}
    PurposeGround.objects.create(purpose_id="offers", jurisdiction=calling.jurisdiction, **told)
    program.send("PUT", "/customers/A1", {"name": "王丽", "phones": ["15412340001"]})
    event = {"customer_no": "A1", "purpose": "offers", "method": "web", "state": "given", "at": "2026-03-01T10:00:00Z"}
    program.send("POST", "/consents", event)
    (offers,) = program.get("/customers/A1/consent-receipt").json()["processing"]
    assert (offers["legal_basis"]["provision"], offers["legal_basis"]["certainty"]) == (told["provision"], sure)


def test_who_refused_is_not_asked_again_by_a_menu_either(program, calling):
    program.send("PUT", "/customers/A1", {"name": "王丽", "phones": ["15412340001"]})
    event = {"customer_no": "A1", "purpose": "offers", "method": "web"}
    no = event | {"state": "refused", "at": "2026-03-01T10:00:00Z"}
    assert program.send("POST", "/consents", no).status_code == 201
    answer = program.send("POST", "/consents", event | {"state": "requested", "at": "2026-04-01T10:00:00Z"})
    assert (answer.status_code, answer.json()["code"]) == (409, "asked_too_soon")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"call_id": "C1"}, "call_or_customer"),
        ({"customer_no": None}, "call_or_customer"),
        ({"customer_no": "B9"}, "customer_not_found"),
        ({"customer_no": None, "call_id": "C1", "recipient": "nobody"}, "unknown_recipient"),
        ({"customer_no": None, "call_id": "C1", "audio": {"start_ms": 9, "end_ms": 9}}, "bad_interval"),
        ({"audio": {"start_ms": 0, "end_ms": 9, "sha256": "xyz"}}, "fields_refused"),
    ],
)
def test_what_cannot_be_said_of_anybody_is_refused(program, calling, changes, code):
    event = {"customer_no": "A1", "purpose": "offers", "state": "given", "at": "2026-03-01T10:00:00Z"}
    answer = program.send("POST", "/consents", event | changes)
    assert answer.json()["code"] == code


def test_a_key_for_something_else_asks_in_vain(calling, client, owner):
    answer = program_for(client, owner, scopes=["intake"]).send("POST", "/dialler/check", {"numbers": ["1"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
