"""A correction is done when something was corrected for it, field by field, and what was said of it stays sealed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from callwarden.custody import indexes
from callwarden.custody.categories import Category
from callwarden.custody.models import Customer, LedgerEntry, Record
from callwarden.custody.scope import client_scope
from callwarden.flows.actors import Actor
from callwarden.flows.customers import take_in_customer
from callwarden.flows.disclose import AccessRefused
from callwarden.flows.formats import customer_of
from callwarden.flows.requests import correcting, found, work
from callwarden.flows.reveal import reveal
from callwarden.kernel import clock
from callwarden.kernel.errors import CallwardenError, InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.models import User
from callwarden.lawful.purposes.models import LinePurpose, Recipient
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.kinds import Channel, Kind, RejectionReason
from callwarden.lawful.requests.models import SubjectRequest
from tests.flows.centre_of_controls import sequence
from tests.flows.requests.conftest import NAME, NUMBER, WRONG, Caller
from tests.flows.requests.test_reporting import at_the_console

State = SubjectRequest.State
RIGHT = "13900000002"
ID_NUMBER = "11010519491231002X"


@pytest.fixture
def at_console(officer: User) -> Actor:
    return at_the_console(officer)


def begun(caller: Caller) -> SubjectRequest:
    request = caller.asks(Kind.CORRECTION)
    with client_scope(caller.client):
        request = work.plan(SubjectRequest.objects.get(pk=request.pk), actor="system")
        return work.begin(request, actor="system")


def correct(actor: Actor, caller: Caller, request: SubjectRequest, **right: list[str]) -> tuple[str, ...]:
    return correcting.correct(actor, caller.client, request.pk, right, reason="They say so.")


def done(caller: Caller, request: SubjectRequest) -> SubjectRequest:
    with client_scope(caller.client):
        return work.done_by_hand(SubjectRequest.objects.select_related("customer").get(pk=request.pk), actor="system")


def known_by(caller: Caller, column: str, normal: str) -> bool:
    with client_scope(caller.client):
        known = indexes.known_by(caller.client, column, normal)
        return Customer.objects.filter(known, pk=caller.customer.pk).exists()


def test_a_replacement_nobody_bound_to_the_request_is_no_correction(caller, at_console):
    request = begun(caller)
    work.run(caller.client, request.id)
    told = customer_of({"name": NAME, "phones": ["13900000003"]}, customer_no=NUMBER)
    take_in_customer(caller.exchange.line, told, actor="system")
    with pytest.raises(CallwardenError, match="Nothing was corrected"):
        done(caller, request)
    assert correct(at_console, caller, request, phone=[RIGHT]) == ("phone",)
    done(caller, request)
    assert caller.now(request).state == State.ANSWERED


def test_what_is_right_takes_its_place_and_the_rest_stays(caller, at_console):
    told = {"name": NAME, "phones": ["13900000003"], "emails": ["a@example.org"], "id_number": ID_NUMBER}
    take_in_customer(caller.exchange.line, customer_of(told, customer_no=NUMBER), actor="system")
    with client_scope(caller.client):
        untouched = Record.objects.get(customer=caller.customer, category="government_id", state="stored")
    request = begun(caller)
    assert correct(at_console, caller, request, phone=[RIGHT], plate=["京A12345"]) == ("phone", "plate")
    with client_scope(caller.client):
        kept = Record.objects.get(customer=caller.customer, category=Category.CONTACT, state="stored")
        assert Record.objects.get(pk=untouched.pk).state == Record.State.STORED
        gone = Record.objects.filter(customer=caller.customer, category=Category.CONTACT, state="destroyed")
        assert gone.exists()
    shown = {
        name: reveal(at_console, caller.client, kept.pk, name, purpose="subject_request", reason="To see it.").values
        for name in ("phone", "email", "plate", "customer_no")
    }
    assert shown == {"phone": [RIGHT], "email": ["a@example.org"], "plate": ["京A12345"], "customer_no": [NUMBER]}
    assert known_by(caller, "phone", f"+86{RIGHT}")
    assert not known_by(caller, "phone", "+8613900000003")
    assert known_by(caller, "email", "a@example.org")


def test_the_proof_names_fields_and_the_act_and_never_a_value(caller, at_console):
    request = begun(caller)
    correct(at_console, caller, request, phone=[RIGHT])
    correct(at_console, caller, request, name=["欧阳长青"])
    sequence()
    request = caller.now(request)
    assert request.corrected == ["name", "phone"]
    leaves = LedgerEntry.objects.filter(entry__in=request.corrections).order_by("index")
    bodies = [json.loads(bytes(leaf.body)) for leaf in leaves]
    assert [body["fields"] for body in bodies] == [["phone"], ["name"]]
    assert {body["data"]["request"] for body in bodies} == {str(request.pk)}
    assert {body["event"] for body in bodies} == {Event.CUSTOMER_CHANGED}
    said = b"".join(bytes(leaf.body) for leaf in LedgerEntry.objects.all()).decode()
    assert not [value for value in (RIGHT, "欧阳长青", WRONG, NAME) if value in said]


def test_nothing_is_corrected_by_entering_what_stands_there(caller, at_console):
    request = begun(caller)
    with pytest.raises(InvalidInput, match="like that already"):
        correct(at_console, caller, request, name=[NAME])
    assert caller.now(request).corrected == []


def test_what_was_never_right_is_gone_and_nobody_is_found_by_it(caller, at_console):
    told = {"name": NAME, "phones": ["13900000003"], "id_number": ID_NUMBER}
    take_in_customer(caller.exchange.line, customer_of(told, customer_no=NUMBER), actor="system")
    request = begun(caller)
    assert correct(at_console, caller, request, id_number=[]) == ("id_number",)
    assert not known_by(caller, "id", ID_NUMBER)
    with client_scope(caller.client):
        assert not Record.objects.filter(customer=caller.customer, category="government_id", state="stored").exists()


@pytest.mark.parametrize("wrong", [{}, {"name": []}, {"vip": ["yes"]}, {"plate": ["A", "B"]}, {"birth_date": ["soon"]}])
def test_what_cannot_be_kept_is_told_before_anything_is_opened(caller, at_console, wrong):
    request = begun(caller)
    with pytest.raises(InvalidInput):
        correct(at_console, caller, request, **wrong)


def test_whoever_may_not_open_what_stands_there_corrects_nothing(caller, second):
    request = begun(caller)
    with pytest.raises(AccessRefused):
        correct(at_the_console(second), caller, request, phone=[RIGHT])
    assert caller.now(request).corrected == []


def test_what_a_person_asked_to_restrict_stays_restricted_when_it_is_corrected(caller, at_console):
    restriction = caller.asks(Kind.RESTRICTION)
    with client_scope(caller.client):
        work.begin(work.plan(caller_request(restriction), actor="system"), actor="system")
    work.run(caller.client, restriction.pk)
    request = begun(caller)
    correct(at_console, caller, request, phone=[RIGHT])
    with client_scope(caller.client):
        kept = Record.objects.filter(customer=caller.customer, category=Category.CONTACT).exclude(state="destroyed")
        assert {one.state for one in kept} == {Record.State.RESTRICTED}


def test_corrected_together_each_record_goes_on_its_own_day(caller, at_console):
    days = {"identity": 900, "contact": 400}
    until = {category: clock.now() + timedelta(days=many) for category, many in days.items()}
    with client_scope(caller.client):
        for category, day in until.items():
            own = Record.objects.filter(customer=caller.customer, category=category, call__isnull=True)
            own.exclude(state="destroyed").update(state="restricted", erase_at=day, erase_reason="request_erasure")
    request = begun(caller)
    assert correct(at_console, caller, request, phone=[RIGHT], name=["欧阳长青"]) == ("name", "phone")
    with client_scope(caller.client):
        kept = Record.objects.filter(customer=caller.customer, call__isnull=True, category__in=days)
        assert dict(kept.exclude(state="destroyed").values_list("category", "erase_at")) == until


def caller_request(request: SubjectRequest) -> SubjectRequest:
    return SubjectRequest.objects.get(pk=request.pk)


def test_whoever_was_given_what_was_wrong_is_to_be_told(caller, at_console):
    served = LinePurpose.objects.filter(line=caller.exchange.line).values_list("purpose", flat=True)
    maker = Recipient.objects.create(
        client_id=caller.client, slug="maker", name="Maker", role="controller", country="DE"
    )
    maker.purposes.set(served)
    request = begun(caller)
    correct(at_console, caller, request, phone=[RIGHT])
    done(caller, request)
    with client_scope(caller.client):
        methods = dict(caller.now(request).tasks.values_list("replica", "method"))
    assert (methods["recipients"], methods["records"], methods["recordings"]) == (
        "to_be_told",
        "corrected",
        "not_concerned",
    )
    assert methods["exports"] == "none_on_record"


def test_what_they_said_is_read_by_the_officer_alone_and_on_record(caller, at_console, second):
    request = begun(caller)
    with client_scope(caller.client):
        said = caller.now(request).statement
    assert said is not None
    told = {"purpose": "subject_request", "reason": "To correct it."}
    assert reveal(at_console, caller.client, said.pk, "statement", **told).values == [WRONG]
    sequence()
    entry = LedgerEntry.objects.filter(event=Event.DISCLOSE_REVEAL).latest("index")
    assert WRONG not in bytes(entry.body).decode()
    for purpose in ("subject_request", "complaint_handling"):
        with pytest.raises(AccessRefused):
            reveal(at_the_console(second), caller.client, said.pk, "statement", **{**told, "purpose": purpose})


def test_what_was_said_is_theirs_once_it_is_known_who_asks_and_goes_with_them(caller):
    request = caller.asks(Kind.CORRECTION, verified=False)
    with client_scope(caller.client):
        before = {one.pk for one in found.subjects_of(caller.customer.person_id)}
        request = SubjectRequest.objects.select_related("statement").get(pk=request.pk)
        assert request.statement is not None
        assert request.statement.subject_id not in before
        actions.verified(request, caller.customer, how="agent", actor="system")
        after = {one.pk for one in found.subjects_of(caller.customer.person_id)}
    assert after - before == {request.statement.subject_id}


@pytest.mark.parametrize(
    ("kind", "said"), [(Kind.CORRECTION, "  "), (Kind.ERASURE, WRONG), (Kind.CORRECTION, "x" * 2001)]
)
def test_a_correction_says_what_is_wrong_and_nothing_else_does(caller, kind, said):
    with client_scope(caller.client), pytest.raises(InvalidInput):
        actions.receive(caller.exchange.line, kind=kind, channel=Channel.LETTER, actor="system", statement=said)


def test_what_is_right_as_it_is_is_refused_with_that_reason(caller):
    request = begun(caller)
    with client_scope(caller.client):
        actions.reject(caller_request(request), reason=RejectionReason.RIGHT_AS_IT_IS, actor="system")
    assert caller.now(request).rejected_for == "right_as_it_is"
