"""Consent as events and as what stands: whatever the order in which events come, and whoever tries to change them."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callwarden.custody.models import Call, Client, Leg, Line, Permit, PermitRecord, Person, Record, Subject
from callwarden.custody.permits import records_digest
from callwarden.custody.put import Place, put_fields
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import link, new_subject, unlink
from callwarden.kernel import clock
from callwarden.lawful.consent import actions as consent
from callwarden.lawful.consent import queries
from callwarden.lawful.consent.models import ConsentEvent, ConsentState, Minor
from callwarden.lawful.consent.rules import Answer, is_bundled, newest, of_call_and_person, why_not
from callwarden.lawful.gate import stands as gate_stands
from callwarden.lawful.notices.actions import draft, publish
from callwarden.lawful.using import covers
from tests.centre import basis_for

State = ConsentEvent.State
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def subject_of(line: Line) -> Subject:
    return new_subject(line.client_id, Subject.Kind.CALLER)


def say(
    line: Line, subject: Subject | None, state: str, at: datetime, *, purpose: str = "quality", **more
) -> ConsentEvent:
    reference = more.pop("reference", None) or (queries.person_reference(subject) if subject else b"r" * 32)
    how = consent.How(more.pop("method", "web"), **more.pop("how", {}))
    return consent.record(
        line,
        reference=reference,
        purpose=purpose,
        state=state,
        how=how,
        at=at,
        actor="system",
        subject=subject,
        **more,
    )


def stands(subject: Subject, purpose: str = "quality", recipient: str = "") -> str:
    return ConsentState.objects.get(subject=subject, purpose=purpose, recipient=recipient).state


told = st.lists(
    st.tuples(
        st.sampled_from([*State.values]),
        st.integers(0, 6),  # minute; few, so that moments coincide
        st.sampled_from(["quality", "marketing"]),
        st.sampled_from(["", "insurer"]),
    ),
    min_size=1,
    max_size=7,
)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=told, seed=st.integers(0, 1000))
def test_in_whatever_order_and_however_often_events_come_the_same_stands(line, events, seed):
    shuffled = [*events, *events]
    random.Random(seed).shuffle(shuffled)
    with client_scope(line.client_id):
        in_order, mixed, late = subject_of(line), subject_of(line), subject_of(line)
        for state, minute, purpose, recipient in sorted(events, key=lambda event: event[1]):
            say(line, in_order, state, START + timedelta(minutes=minute), purpose=purpose, recipient=recipient)
        for state, minute, purpose, recipient in shuffled:
            say(line, mixed, state, START + timedelta(minutes=minute), purpose=purpose, recipient=recipient)
        # Said before anybody knew whose call it is, tied to them afterwards.
        reference = uuid.uuid4().bytes * 2
        for state, minute, purpose, recipient in shuffled:
            at = START + timedelta(minutes=minute)
            say(line, None, state, at, purpose=purpose, recipient=recipient, reference=reference)
        ConsentEvent.objects.filter(reference=reference).update(subject=late)

        def rows(subject):
            found = ConsentState.objects.filter(subject=subject).order_by("purpose", "recipient")
            return [
                (row.purpose, row.recipient, row.state, row.said_at, row.rank, row.asked_at, row.refused_at)
                for row in found
            ]

        assert rows(in_order) == rows(mixed) == rows(late)
        expected = {}
        for state, minute, purpose, recipient in events:
            at = START + timedelta(minutes=minute)
            expected.setdefault((purpose, recipient), []).append(Answer(state, at))
        assert {(row[0], row[1]): row[2] for row in rows(mixed)} == {
            key: newest(answers).state for key, answers in expected.items()
        }


def test_a_no_of_the_same_moment_holds_against_a_yes(line):
    with client_scope(line.client_id):
        subject = subject_of(line)
        say(line, subject, State.REFUSED, START)
        say(line, subject, State.GIVEN, START)
        assert stands(subject) == State.REFUSED


def test_a_clock_that_runs_ahead_makes_no_yes_outlive_the_no_that_follows(line):
    with client_scope(line.client_id):
        subject = subject_of(line)
        say(line, subject, State.GIVEN, clock.now() + timedelta(minutes=4))
        say(line, subject, State.WITHDRAWN, clock.now())
        assert stands(subject) == State.WITHDRAWN


def test_a_question_takes_no_answer_away(line):
    with client_scope(line.client_id):
        subject = subject_of(line)
        say(line, subject, State.GIVEN, START)
        say(line, subject, State.REQUESTED, START + timedelta(days=1))
        assert stands(subject) == State.GIVEN


def test_there_is_one_current_state_and_only_the_database_writes_it(line):
    with client_scope(line.client_id):
        subject = subject_of(line)
        event = say(line, subject, State.REFUSED, START)
        row = ConsentState.objects.get(subject=subject)
    copy = {field.attname: getattr(row, field.attname) for field in ConsentState._meta.concrete_fields}
    for attempt in (
        lambda: ConsentState.objects.filter(pk=row.pk).update(state=State.GIVEN),
        lambda: ConsentState.objects.create(**copy | {"id": uuid.uuid4()}),
        lambda: ConsentEvent.objects.filter(pk=event.pk).update(state=State.GIVEN),
        lambda: ConsentEvent.objects.filter(pk=event.pk).update(at=START - timedelta(days=1)),
    ):
        with pytest.raises((ProgrammingError, IntegrityError)), client_scope(line.client_id):
            attempt()
    with client_scope(line.client_id):
        assert stands(subject) == State.REFUSED


def test_an_event_once_tied_to_somebody_is_never_anybody_elses(line):
    with client_scope(line.client_id):
        first, second = subject_of(line), subject_of(line)
        event = say(line, first, State.GIVEN, START)
    with pytest.raises(ProgrammingError), client_scope(line.client_id):
        ConsentEvent.objects.filter(pk=event.pk).update(subject=second)


def test_nobody_sees_what_stands_for_another_client(line, client):
    with client_scope(line.client_id):
        say(line, subject_of(line), State.GIVEN, START)
    with client_scope(uuid.uuid4()):
        assert not ConsentState.objects.exists()
    with transaction.atomic():
        assert not ConsentState.objects.exists()


# People under several key holders


def two_of_one_person(line: Line) -> tuple[Subject, Subject]:
    person = Person.objects.create(client_id=line.client_id, created_at=clock.now())
    first, second = subject_of(line), subject_of(line)
    link(person, first)
    link(person, second)
    return first, second


def test_the_newest_answer_over_all_key_holders_of_a_person_stands(line):
    with client_scope(line.client_id):
        first, second = two_of_one_person(line)
        say(line, first, State.GIVEN, START)
        say(line, second, State.WITHDRAWN, START + timedelta(hours=1))
        people = queries.same_person(first.id)
        assert set(people) == {first.id, second.id}
        assert queries.of_person(people)["quality"].state == State.WITHDRAWN
        say(line, first, State.GIVEN, START + timedelta(hours=2))
        assert queries.of_person(people)["quality"].state == State.GIVEN


def test_who_turns_out_to_be_somebody_else_answers_for_themselves(line):
    with client_scope(line.client_id):
        first, second = two_of_one_person(line)
        say(line, first, State.GIVEN, START)
        say(line, second, State.REFUSED, START + timedelta(hours=1))
        unlink(second.links.get())
        assert queries.of_person(queries.same_person(first.id))["quality"].state == State.GIVEN


def test_a_yes_of_one_call_reaches_no_other_but_a_later_no_does():
    this, other = Answer(State.GIVEN, START), Answer(State.GIVEN, START + timedelta(days=1))
    assert of_call_and_person(None, other) is None
    assert of_call_and_person(this, other) is this
    later_no = Answer(State.WITHDRAWN, START + timedelta(days=1))
    assert of_call_and_person(this, later_no) is later_no
    for_good = Answer(State.GIVEN, START - timedelta(days=1), of_call=False)
    assert of_call_and_person(None, for_good) is for_good
    no = Answer(State.REFUSED, START)
    assert of_call_and_person(no, Answer(State.GIVEN, START + timedelta(days=1), of_call=False)) is no


def test_of_a_yes_in_another_call_neither_itself_nor_its_end_changes_what_stands_here(line, client):
    """A yes for a time, said in one call and over meanwhile, takes nothing from another call; a yes in one call gives
    nothing back that was taken back everywhere."""
    with client_scope(line.client_id):
        first, second = two_of_one_person(line)
        this, other = kept(line, first).call, kept(line, second).call
        mine = queries.same_person(first.id)

        def here() -> str:
            return gate_stands(line, bytes(this.reference), mine)["quality"].state

        for call, subject, at, ends in ((this, first, 0, None), (other, second, 1, START + timedelta(days=2))):
            say(
                line, subject, State.GIVEN, START + timedelta(days=at), reference=bytes(call.reference), call=call,
                how={"expires_at": ends},
            )  # fmt: skip
        assert here() == State.GIVEN
    assert consent.end_what_is_over(client.id) == 1
    with client_scope(line.client_id):
        assert here() == State.GIVEN
        say(line, second, State.WITHDRAWN, START + timedelta(days=3))
        assert here() == State.WITHDRAWN
        third = subject_of(line)
        link(first.links.get().person, third)
        mine = queries.same_person(first.id)
        again = kept(line, third).call
        say(line, third, State.GIVEN, START + timedelta(days=4), reference=bytes(again.reference), call=again)
        assert gate_stands(line, bytes(again.reference), mine)["quality"].state == State.GIVEN
        assert here() == State.WITHDRAWN


# A consent of its own


def test_one_yes_to_several_things_never_covers_what_needs_its_own(line):
    with client_scope(line.client_id):
        subject = subject_of(line)
        for purpose in ("quality", "sharing"):
            say(line, subject, State.GIVEN, START, purpose=purpose, method="keypress", how={"key": "1"})
        say(line, subject, State.GIVEN, START + timedelta(seconds=20), purpose="marketing", method="keypress")
        answers = queries.of_person([subject.id])
        now = START + timedelta(days=1)
        assert why_not(answers["sharing"], separate=True, minor=False, now=now) == "consent_bundled"
        assert why_not(answers["sharing"], separate=False, minor=False, now=now) == ""
        assert why_not(answers["marketing"], separate=True, minor=False, now=now) == ""


@pytest.mark.parametrize(("method", "bundled"), [("web", False), ("keypress", True), ("spoken", True), ("api", True)])
def test_only_a_form_can_ask_apart_in_one_moment(method, bundled):
    one, two = (
        ConsentEvent(purpose=purpose, state=State.GIVEN, at=START, method=method, apart=True)
        for purpose in ("quality", "sharing")
    )
    assert is_bundled(one, [one, two]) is bundled


def test_the_same_purpose_for_several_recipients_at_once_is_one_yes_to_several_things(line):
    with client_scope(line.client_id):
        subject = subject_of(line)
        for recipient in ("insurer", "courier"):
            say(line, subject, State.GIVEN, START, purpose="sharing", recipient=recipient, method="spoken")
        for recipient in ("insurer", "courier"):
            assert queries.of_person([subject.id], recipient=recipient)["sharing"].bundled
        assert "sharing" not in queries.of_person([subject.id])


def test_for_a_child_only_a_guardian_says_yes(line):
    with client_scope(line.client_id):
        subject = subject_of(line)
        Minor.objects.create(client_id=line.client_id, subject=subject, until=date(2030, 1, 1))
        assert queries.is_minor([subject.id], today=date(2029, 12, 31))
        assert not queries.is_minor([subject.id], today=date(2030, 1, 1))
        say(line, subject, State.GIVEN, START)
        now = START + timedelta(days=1)
        answer = queries.of_person([subject.id])["quality"]
        assert why_not(answer, separate=False, minor=True, now=now) == "guardian_needed"
        say(line, subject, State.GIVEN, START + timedelta(hours=1), how={"by": ConsentEvent.By.GUARDIAN})
        answer = queries.of_person([subject.id])["quality"]
        assert why_not(answer, separate=False, minor=True, now=now) == ""


# Time


def test_a_yes_for_a_time_ends_by_itself_and_the_record_says_so_later(line, client):
    with client_scope(line.client_id):
        subject = subject_of(line)
        say(line, subject, State.GIVEN, START, how={"expires_at": START + timedelta(days=30)})
        answer = queries.of_person([subject.id])["quality"]
    assert answer.as_of(START + timedelta(days=29)) == State.GIVEN
    assert answer.as_of(START + timedelta(days=30)) == State.EXPIRED
    assert consent.end_what_is_over(client.id) == 1
    assert consent.end_what_is_over(client.id) == 0
    with client_scope(line.client_id):
        assert stands(subject) == State.EXPIRED
        # A yes from before the end that arrives only now, and lasts, stands: it was said after the one that ended.
        say(line, subject, State.GIVEN, START + timedelta(days=1))
        assert stands(subject) == State.GIVEN


def test_who_refused_is_not_asked_again_until_the_time_is_over(line, settings):
    settings.CONSENT_COOL_DOWN_DAYS = {"*": 90}
    with client_scope(line.client_id):
        first, second = two_of_one_person(line)
        say(line, first, State.REFUSED, START)

        def ask(at):
            return consent.ask(
                line,
                second,
                "quality",
                reference=queries.person_reference(second),
                how=consent.How("spoken"),
                at=at,
                actor="system",
            )

        with pytest.raises(consent.CoolingDown) as too_soon:
            ask(START + timedelta(days=89))
        assert too_soon.value.data["again_at"] == "2026-05-30"
        assert ask(START + timedelta(days=90)).state == State.REQUESTED


def test_a_yes_after_the_refusal_ends_what_the_refusal_forbade(line):
    with client_scope(line.client_id):
        subject = subject_of(line)
        say(line, subject, State.REFUSED, START)
        say(line, subject, State.GIVEN, START + timedelta(days=1))
        assert queries.last_refusals([subject.id]) == {}
        say(line, subject, State.REFUSED, START + timedelta(days=2))
        assert queries.last_refusals([subject.id]) == {"quality": START + timedelta(days=2)}


def test_a_notice_that_says_more_ends_what_was_consented_to_under_the_one_before(line):
    first = publish(draft(line, text_en="Calls are recorded.", text_zh="通话将被录音。", version="1"), actor="system")
    with client_scope(line.client_id):
        subjects = [subject_of(line) for _ in range(5)]
        for subject in subjects:
            say(line, subject, State.GIVEN, START, how={"notice": first})
            say(line, subject, State.GIVEN, START, purpose="service", how={"notice": first})
        say(line, subjects[0], State.WITHDRAWN, START + timedelta(days=1))
    second = publish(draft(line, text_en="And checked.", text_zh="并将被抽查。", version="2"), actor="system")
    assert consent.mark_for_renewal(line, ["quality"], notice=second, batch=2) == 4
    assert consent.mark_for_renewal(line, ["quality"], notice=second, batch=2) == 0
    with client_scope(line.client_id):
        assert [stands(subject) for subject in subjects] == [State.WITHDRAWN, *[State.INVALIDATED] * 4]
        assert {stands(subject, "service") for subject in subjects} == {State.GIVEN}
        say(line, subjects[1], State.GIVEN, clock.now(), how={"notice": second})
    assert consent.mark_for_renewal(line, ["quality"], notice=second) == 0


# Open views


def open_view(record: Record, *, purpose: str) -> Permit:
    now = clock.now()
    permit = Permit.objects.create(
        principal="service:test",
        action="view_masked",
        purpose=purpose,
        records_digest=records_digest([record.id]),
        policy="p",
        entry=uuid.uuid4(),
        issued_at=now,
        expires_at=now + timedelta(minutes=30),
    )
    PermitRecord.objects.create(permit=permit, record=record)
    return permit


def kept(line: Line, subject: Subject) -> Record:
    call = Call.objects.create(
        client_id=line.client_id,
        line=line,
        reference=uuid.uuid4().bytes * 2,
        direction="inbound",
        started_at=START,
        admitted_at=START,
    )
    Leg.objects.create(client_id=line.client_id, call=call, party=Leg.Party.CALLER, subject=subject)
    return put_fields(
        basis_for(line, purposes=("quality", "service")),
        category="call_metadata",
        subject=subject,
        fields=[("caller", "1")],
        place=Place(call=call),
    )


def test_a_withdrawal_closes_what_is_open_for_its_purpose_on_anything_of_the_person(line: Line, client: Client):
    with client_scope(line.client_id):
        first, second = two_of_one_person(line)
        mine, strangers = kept(line, first), kept(line, subject_of(line))
        views = [
            open_view(mine, purpose="quality"),
            open_view(mine, purpose="service"),
            open_view(strangers, purpose="quality"),
        ]
        assert covers(mine, "quality") is True
        say(line, second, State.WITHDRAWN, clock.now())
        assert covers(mine, "quality") is False
        assert covers(strangers, "quality") is True
        assert [Permit.objects.get(pk=view.pk).revoked_at is None for view in views] == [False, True, True]
