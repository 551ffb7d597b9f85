"""One statement brings what ten brought: the same facts over any registry, any people and whatever they said."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callwarden.custody.models import (
    Call,
    Client,
    Customer,
    Leg,
    Line,
    Person,
    PersonLink,
    Record,
    Subject,
)
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import link, unlink
from callwarden.kernel import clock
from callwarden.lawful.assessments.models import Assessment
from callwarden.lawful.consent.models import ConsentEvent, Minor
from callwarden.lawful.consent.queries import person_reference
from callwarden.lawful.gate import Refusal
from callwarden.lawful.purposes.models import LinePurpose, Purpose, PurposeGround, Recipient, Transfer
from callwarden.lawful.purposes.terms import Ending, Ground, Use
from callwarden.lawful.retention.models import RetentionEvent, Trigger
from callwarden.lawful.using import Allowed, covers, decide_use, gather, may_use
from tests.lawful import slow_use
from tests.purposes import serve

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
TODAY, DAY = NOW.date(), timedelta(days=1)
State = ConsentEvent.State
PURPOSES = ("insight", "quality", "reviews")
RECIPIENTS = ("firm", "lab")
USES = (Use.ANALYTICS, Use.QUALITY_REVIEW)
REFERENCE = b"c" * 32
few = st.integers(0, 2)

purposes = st.fixed_dictionaries(
    {
        "use": st.sampled_from(USES),
        "ground": st.sampled_from(
            [
                *("consent", "consent", "separate_consent", "contract", "legal_obligation", "public_interest"),
                "legitimate_interest",
            ]
        ),
        "separate": st.booleans(),
        "sensitive": st.booleans(),
        "state": st.sampled_from(["active", "active", "active", "draft", "retired"]),
        "registered": st.sampled_from([None, "same", "same", "another"]),
        "place": st.sampled_from(["cn", "cn", "eu"]),
        "ends_with": st.sampled_from([Ending.CALL_END, Ending.CONTRACT_END, Ending.COMPLAINT_CLOSED, Ending.OBJECTION]),
        "reference": st.sampled_from(["", "LIA-7"]),
        "recorded_on": st.sampled_from([None, TODAY, TODAY + DAY]),
        "valid_until": st.sampled_from([None, None, TODAY, TODAY - DAY]),
        "core": st.booleans(),
        "served": st.sampled_from([True, True, False]),
    }
)
recipients = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["processor", "controller", "joint"]),
        "country": st.sampled_from(["CN", "DE"]),
        "purposes": st.lists(st.sampled_from(PURPOSES), unique=True),
        "ended": st.sampled_from([False, False, True]),
        "transfer": st.sampled_from(
            [
                *(None, {}, {}, {"registered_at": None}, {"ended_at": NOW}, {"jurisdiction": "eu"}),
                *({"valid_from": TODAY + DAY}, {"valid_until": TODAY}, {"valid_until": TODAY - DAY}),
            ]
        ),
    }
)
events = st.fixed_dictionaries(
    {
        "where": st.sampled_from(["call", "call", "person", "elsewhere"]),
        "subject": st.sampled_from([None, 0, 1, 2, 3]),
        "purpose": st.sampled_from(PURPOSES),
        "recipient": st.sampled_from(["", "", *RECIPIENTS]),
        "state": st.sampled_from([State.GIVEN, State.GIVEN, State.GIVEN, *State.values]),
        "minute": few,
        "late": st.sampled_from([-1, 0, 0, 1]),
        "by": st.sampled_from(ConsentEvent.By.values),
        "apart": st.booleans(),
        "method": st.sampled_from(["web", "keypress"]),
        "ends": st.sampled_from([None, None, -1, 1, 2]),
    }
)
worlds = st.fixed_dictionaries(
    {
        "jurisdiction": st.sampled_from(["cn", "cn", "eu"]),
        "purposes": st.lists(purposes, min_size=3, max_size=3),
        "recipients": st.lists(recipients, min_size=2, max_size=2),
        # Per subject: linked to which of two people (or none), and to which it was linked before.
        "links": st.lists(
            st.tuples(st.sampled_from([None, 0, 0, 1]), st.sampled_from([None, 0, 1])), min_size=4, max_size=4
        ),
        "customers": st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3)), min_size=1, max_size=3),
        "call": st.tuples(st.sampled_from([None, 0, 1, 2]), st.integers(0, 90)),
        "events": st.lists(events, max_size=8),
        # What happened to which customer, at moments before and after now.
        "told": st.lists(
            st.tuples(st.integers(0, 1), st.sampled_from([Trigger.CONTRACT_END, "complaint_closed"]), few),
            unique=True,
            min_size=2,
            max_size=6,
        ),
        "minors": st.dictionaries(st.integers(0, 3), st.sampled_from([-1, 0, 1]), max_size=2),
    }
)
questions = st.fixed_dictionaries(
    {
        "use": st.sampled_from([*USES, *USES, Use.MARKETING]),
        "who": st.sampled_from(["nobody", "subject", "subject", "person", "person"]),
        "which": st.integers(0, 1),
        "call": st.booleans(),
        "recipient": st.sampled_from(["", "", *RECIPIENTS, "anybody"]),
    }
)


@dataclass
class World:
    line: Line
    subjects: list[Subject]
    people: list[Person]
    call: Call


@pytest.fixture
def line() -> Line:
    client = Client.objects.create(slug="acme", name="Acme")
    return Line.objects.create(client=client, slug="service-zh", name="Service", languages=["zh"])


def made(line: Line, told: dict) -> World:
    """The world as told, in the real tables, so that the database keeps what stands."""
    line.jurisdiction = told["jurisdiction"]
    line.save()
    for slug, purpose in zip(PURPOSES, told["purposes"], strict=True):
        make_purpose(line, slug, purpose)
    for slug, one in zip(RECIPIENTS, told["recipients"], strict=True):
        found = Recipient.objects.create(
            client_id=line.client_id,
            slug=slug,
            name=slug,
            role=one["role"],
            country=one["country"],
            ended_at=NOW if one["ended"] else None,
        )
        found.purposes.set(one["purposes"])
        if one["transfer"] is not None:
            made = {"jurisdiction": "cn", "mechanism": "standard_contract", "valid_from": TODAY - 9 * DAY}
            stamps = {"proposed_at": NOW, "registered_at": NOW}
            Transfer.objects.create(recipient=found, **{**made, **stamps, **one["transfer"]})
    client = {"client_id": line.client_id}
    subjects = [Subject.objects.create(**client, kind="caller", created_at=NOW) for _ in range(4)]
    people = [Person.objects.create(**client, created_at=NOW) for _ in range(2)]
    for subject, (now, before) in zip(subjects, told["links"], strict=True):
        for place, revoked in ((now, None), (before, NOW)):
            if place is not None:
                PersonLink.objects.create(
                    **client, person=people[place], subject=subject, linked_at=NOW, revoked_at=revoked
                )
    customers = {
        holder: Customer.objects.create(
            **client,
            person=people[person],
            subject=subjects[holder],
            number=uuid.uuid4().bytes,
            created_at=NOW,
            updated_at=NOW,
        )
        for person, holder in {holder: (person, holder) for person, holder in told["customers"]}.values()
    }
    known = list(customers.values())
    for customer, trigger, days in {(known[which % len(known)], *rest) for which, *rest in told["told"]}:
        RetentionEvent.objects.create(
            **client,
            customer=customer,
            trigger=trigger,
            at=NOW + timedelta(days=days - 1),
            recorded_at=NOW,
            actor="system",
        )
    for which, days in told["minors"].items():
        Minor.objects.create(**client, subject=subjects[which], until=NOW.date() + timedelta(days=days))
    caller, ago = told["call"]
    call = Call.objects.create(
        **client,
        line=line,
        reference=REFERENCE,
        direction="inbound",
        started_at=NOW - timedelta(minutes=ago),
        duration_ms=600_000,
        admitted_at=NOW,
    )
    Leg.objects.create(**client, call=call, party="agent", channel=0, subject=subjects[3])
    if caller is not None:
        Leg.objects.create(**client, call=call, party="caller", channel=1, subject=subjects[caller])
    tell(line, subjects, call, told["events"])
    return World(line, subjects, people, call)


def make_purpose(line: Line, slug: str, told: dict) -> None:
    found = Purpose.objects.create(
        slug=slug,
        name=slug,
        name_zh=slug,
        use=told["use"],
        separate_consent=told["separate"],
        sensitive=told["sensitive"],
    )
    if told["sensitive"]:
        found.assessment = Assessment.objects.create(
            purpose=found, number=1, covers="0" * 64, started_by="system", started_at=NOW
        )
        found.save()
    if told["state"] == "active":
        Purpose.machine.move(found, Purpose.State.ACTIVE, actor="system")
    elif told["state"] == "retired":
        Purpose.machine.move(found, Purpose.State.RETIRED, actor="system", changes={"retired_at": NOW})
    if told["registered"]:
        ground = told["ground"] if told["registered"] == "same" else Ground.VITAL_INTEREST
        if ground == Ground.LEGITIMATE_INTEREST:
            told = told | {"place": "eu"}  # Chinese law knows none
        PurposeGround.objects.create(
            purpose=found,
            jurisdiction=told["place"],
            ground=ground,
            ends_with=told["ends_with"],
            provision="p:1",
            reference=told["reference"],
            recorded_on=told["recorded_on"],
            valid_until=told["valid_until"] if ground == Ground.LEGAL_OBLIGATION else None,
        )
    if told["served"]:
        LinePurpose.objects.create(line=line, purpose=found, ground=told["ground"], core=told["core"])


def tell(line: Line, subjects: list[Subject], call: Call | None, events: list[dict]) -> None:
    known = set()
    for event in events:
        subject = None if event["subject"] is None else subjects[event["subject"]]
        if event["where"] == "call":
            reference = REFERENCE
        elif event["where"] == "elsewhere" or subject is None:
            reference = b"o" * 32  # another call
        else:
            reference = person_reference(subject)
        at = NOW - timedelta(hours=1, minutes=event["minute"])
        key = reference, event["purpose"], event["recipient"], event["state"], at
        if key in known:
            continue
        known.add(key)
        ConsentEvent.objects.create(
            client_id=line.client_id,
            line=line,
            reference=reference,
            scope="person" if event["where"] == "person" else "call",
            call=call if reference == REFERENCE else None,
            subject=subject,
            purpose=event["purpose"],
            recipient=event["recipient"],
            state=event["state"],
            method=event["method"],
            by=event["by"],
            apart=event["apart"],
            at=at,
            expires_at=None if event["ends"] is None else NOW + timedelta(days=event["ends"]),
            recorded_at=at + timedelta(minutes=event["late"]),
        )


def put(world: World, question: dict) -> dict:
    who = {
        "nobody": {},
        "subject": {"subject": world.subjects[question["which"]].pk},
        "person": {"person": world.people[question["which"]].pk},
    }[question["who"]]
    called = {"call": world.call} if question["call"] else {}
    return {**who, **called, "line": world.line, "recipient": question["recipient"]}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=worlds, asked=st.lists(questions, min_size=4, max_size=8))
def test_one_statement_brings_what_many_brought(line, told, asked):
    with clock.frozen(NOW), undone(line):
        world = made(line, told)
        for question in asked:
            arguments = put(world, question)
            expected = slow_use.gather(question["use"], **arguments)
            assert gather(question["use"], **arguments) == expected
            decision = expected if isinstance(expected, Refusal) else decide_use(expected)
            assert may_use(question["use"], **arguments) == decision


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=worlds, stored=st.lists(st.sampled_from(PURPOSES), unique=True), holder=st.integers(0, 3))
def test_a_record_is_covered_as_before(line, told, stored, holder):
    with clock.frozen(NOW), undone(line):
        world = made(line, told)
        customer = Customer.objects.filter(subject=world.subjects[holder]).first()
        records = [Record(call=world.call), Record(customer=customer), Record()]
        for record in records:
            record.client_id, record.line, record.purposes = line.client_id, line, stored
            record.subject = world.subjects[holder]
            for purpose in (*PURPOSES, "unheard-of"):
                assert covers(record, purpose) == slow_use.covers(record, purpose)


def of_call(line: Line, *purposes: str, ago: timedelta, customer: Customer | None = None) -> Record:
    call = Call.objects.create(
        client_id=line.client_id,
        line=line,
        customer=customer,
        reference=uuid.uuid4().bytes * 2,
        direction="inbound",
        started_at=NOW - ago,
        duration_ms=60_000,
        admitted_at=NOW,
    )
    if customer is not None:
        Leg.objects.create(client_id=line.client_id, call=call, party="caller", channel=0, subject=customer.subject)
    return Record(client_id=line.client_id, line=line, call=call, purposes=list(purposes))


def test_what_is_kept_is_used_no_more_once_its_ground_ended(line):
    for slug, ends_with in (("answering", Ending.CALL_END), ("care", Ending.CONTRACT_END)):
        serve(line, slug, "contract")
        PurposeGround.objects.create(
            purpose_id=slug, jurisdiction="cn", ground="contract", ends_with=ends_with, provision="p:1"
        )
    with clock.frozen(NOW), client_scope(line.client_id):
        customer = customer_of(line)
        record = of_call(line, "answering", "care", ago=timedelta(minutes=5), customer=customer)
        assert covers(record, "answering") is True
        assert covers(record, "care") is True
        RetentionEvent.objects.create(
            client_id=line.client_id,
            customer=customer,
            trigger=Trigger.CONTRACT_END,
            at=NOW,
            recorded_at=NOW,
            actor="system",
        )
        assert covers(record, "care") is False
        assert covers(of_call(line, "answering", ago=timedelta(hours=2), customer=customer), "answering") is False


def test_what_is_kept_for_a_purpose_is_used_no_more_once_it_is_retired(line):
    serve(line, "reviews")
    with clock.frozen(NOW), client_scope(line.client_id):
        record = of_call(line, "reviews", ago=timedelta(hours=2))
        assert covers(record, "reviews") is True
        Purpose.machine.move(
            Purpose.objects.get(slug="reviews"), Purpose.State.RETIRED, actor="system", changes={"retired_at": NOW}
        )
        assert covers(record, "reviews") is False


def customer_of(line: Line) -> Customer:
    client = {"client_id": line.client_id}
    subject = Subject.objects.create(**client, kind="customer", created_at=NOW)
    person = Person.objects.create(**client, created_at=NOW)
    PersonLink.objects.create(**client, person=person, subject=subject, linked_at=NOW)
    return Customer.objects.create(
        **client, person=person, subject=subject, number=uuid.uuid4().bytes, created_at=NOW, updated_at=NOW
    )


def test_a_link_that_was_taken_back_carries_no_contract(line):
    serve(line, "care", "contract", use=Use.ANALYTICS)
    with clock.frozen(NOW), client_scope(line.client_id):
        customer = customer_of(line)
        caller = Subject.objects.create(client_id=line.client_id, kind="caller", created_at=NOW)
        linked = link(customer.person, caller)
        assert may_use(Use.ANALYTICS, line=line, subject=caller.pk) == Allowed({"care": "contract"})
        unlink(linked)
        assert may_use(Use.ANALYTICS, line=line, subject=caller.pk) == Refusal(("no_contract",))


def test_an_end_that_was_told_ends_a_ground_unless_a_later_one_is_to_come(line):
    serve(line, "care", "contract", use=Use.ANALYTICS)
    PurposeGround.objects.create(
        purpose_id="care", jurisdiction="cn", ground="contract", ends_with=Ending.CONTRACT_END, provision="p:1"
    )
    with clock.frozen(NOW), client_scope(line.client_id):
        customer = customer_of(line)

        def ends(days: int) -> object:
            RetentionEvent.objects.create(
                client_id=line.client_id,
                customer=customer,
                trigger=Trigger.CONTRACT_END,
                at=NOW + timedelta(days=days),
                recorded_at=NOW,
                actor="system",
            )
            return may_use(Use.ANALYTICS, line=line, person=customer.person_id)

        assert ends(-1) == Refusal(("ground_ended",))
        assert ends(1) == Allowed({"care": "contract"})


def test_it_is_one_statement_and_shows_no_row_of_another_client(line, django_assert_num_queries):
    serve(line, "insight", use=Use.ANALYTICS)
    stranger = Client.objects.create(slug="other", name="Other")
    with client_scope(line.client_id):
        customer = customer_of(line)
        told = {"where": "person", "purpose": "insight", "recipient": "", "state": State.GIVEN, "minute": 0, "late": 0}
        tell(
            line,
            [customer.subject],
            None,
            [told | {"subject": 0, "by": "subject", "apart": True, "method": "web", "ends": None}],
        )
        with django_assert_num_queries(1):
            assert may_use(Use.ANALYTICS, line=line, subject=customer.subject_id) == Allowed({"insight": "consent"})
    with client_scope(stranger.pk):
        assert may_use(Use.ANALYTICS, line=line, subject=customer.subject_id) == Refusal(("consent_unknown",))


@contextmanager
def undone(line: Line) -> Iterator[None]:
    """A world of one example: seen as the product sees it, and gone afterwards."""
    with transaction.atomic():
        with client_scope(line.client_id):
            yield
        transaction.set_rollback(True)
