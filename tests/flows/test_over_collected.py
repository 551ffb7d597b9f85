"""Whoever takes back their yes to recording ends what was recorded, in whichever call or place they say so."""

from __future__ import annotations

import os
import uuid
from datetime import timedelta

import pytest

from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Client, Customer, Leg, Line, Permit, PermitRecord, Record
from callwarden.custody.permits import records_digest
from callwarden.custody.put import Place, put
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import link, new_customer, new_subject
from callwarden.flows import over_collected
from callwarden.flows.consents import Told, say_for_person, take_in_consent
from callwarden.flows.take_in import call_reference
from callwarden.kernel import clock
from callwarden.lawful.consent import actions as consent
from callwarden.lawful.purposes.terms import Use
from tests.centre import basis_for
from tests.purposes import serve

LONG_AGO = timedelta(days=20)


@pytest.fixture
def line(client: Client) -> Line:
    line = Line.objects.create(
        client=client, slug="service-zh", name="Service", languages=["zh"], direction="inbound", jurisdiction="cn"
    )
    serve(line, "recording", "consent", use=Use.RECORDING)
    serve(line, "quality", "consent")
    return line


@pytest.fixture
def customer(line: Line) -> Customer:
    with client_scope(line.client_id):
        return new_customer(line.client_id, number=os.urandom(32))


def call_of(line: Line, customer: Customer, number: str) -> Call:
    """A call of this customer is kept, twenty days ago."""
    at = clock.now() - LONG_AGO
    with client_scope(line.client_id):
        call = Call.objects.create(
            client_id=line.client_id, line=line, reference=call_reference(line, number), direction="inbound",
            started_at=at, admitted_at=at, customer=customer,
        )  # fmt: skip
        caller = new_subject(line.client_id, "caller")
        link(customer.person, caller)
        Leg.objects.create(client_id=line.client_id, call=call, party="caller", channel=0, subject=caller)
    return call


def recorded(line: Line, customer: Customer, number: str) -> Record:
    """A call of this customer, in which they allowed the recording that is kept."""
    call = call_of(line, customer, number)
    with client_scope(line.client_id):
        leg = call.legs.select_related("subject").get()
        record = put(
            basis_for(line, purposes=("recording",)), category=Category.RECORDING_REDACTED, subject=leg.subject,
            write=lambda out: out.write(b"what was said"),
            place=Place(call=call, leg=leg),
        )  # fmt: skip
    told(line, number, "given", ago=LONG_AGO)
    return record


def told(line: Line, number: str, state: str, *, ago: timedelta = timedelta(), purpose: str = "recording") -> None:
    take_in_consent(line, number, Told(purpose, state, "spoken", clock.now() - ago), actor="system")


def state_of(record: Record) -> str:
    with client_scope(record.client_id):
        return Record.objects.get(pk=record.pk).state


def test_taken_back_outside_any_call_what_was_recorded_in_every_call_ends(line, customer):
    with client_scope(line.client_id):
        stranger = new_customer(line.client_id, number=os.urandom(32))
    first, second, others = (
        recorded(line, whose, number) for whose, number in ((customer, "a"), (customer, "b"), (stranger, "c"))
    )
    say_for_person(line, customer.subject, Told("quality", "withdrawn", "web", clock.now()), actor="system")
    assert [state_of(one) for one in (first, second, others)] == ["stored"] * 3  # another purpose
    say_for_person(line, customer.subject, Told("recording", "withdrawn", "web", clock.now()), actor="system")
    assert [state_of(one) for one in (first, second, others)] == ["destroyed", "destroyed", "stored"]


def test_inside_its_floor_it_is_restricted_instead(line, customer):
    record = recorded(line, customer, "a")
    line.retention.create(category=Category.RECORDING_REDACTED, purpose_id="recording", floor_days=30, ceiling_days=90)
    say_for_person(line, customer.subject, Told("recording", "withdrawn", "web", clock.now()), actor="system")
    assert state_of(record) == "restricted"


def test_a_no_in_one_call_ends_what_was_recorded_before_and_not_what_was_allowed_since(line, customer):
    before, since = recorded(line, customer, "a"), recorded(line, customer, "b")
    told(line, "b", "given", ago=timedelta(hours=1))
    recorded(line, customer, "c")
    told(line, "c", "refused", ago=timedelta(days=3))
    assert state_of(before) == "destroyed"
    assert state_of(since) == "stored"


def test_a_no_that_is_told_before_its_call_is_kept_reaches_the_calls_kept_before(line, customer):
    before = recorded(line, customer, "a")
    now = clock.now()
    with client_scope(line.client_id):
        view = Permit.objects.create(
            principal="service:test", action="view_masked", purpose="recording", policy="p", entry=uuid.uuid4(),
            records_digest=records_digest([before.pk]), issued_at=now, expires_at=now + timedelta(minutes=30),
        )  # fmt: skip
        PermitRecord.objects.create(permit=view, record=before, fields=[])
    told(line, "b", "withdrawn")
    assert state_of(before) == "stored"  # nobody knows yet whose call that is
    call = call_of(line, customer, "b")
    with client_scope(line.client_id):
        consent.attach(line, bytes(call.reference), call)
        over_collected.said_before(call, actor="job:intake")
    assert state_of(before) == "destroyed"
    assert Permit.objects.get(pk=view.pk).revoked_at is not None
