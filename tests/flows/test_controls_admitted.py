"""Admitted calls are judged by everything that had been said by then: in the call, elsewhere, under another key."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from callwarden.custody.models import Call, Leg, Line, Person, PersonLink, Subject
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import new_subject
from callwarden.flows.controls import Outcome, Reading, admitted, find, measure
from callwarden.kernel import clock
from callwarden.lawful.consent import actions as consent
from callwarden.lawful.consent.models import Minor
from callwarden.lawful.consent.queries import person_reference
from callwarden.lawful.purposes.models import Purpose
from tests import centre
from tests.flows.centre_of_controls import call_on, purpose_for, says

PASS, FAIL = Outcome.PASS, Outcome.FAIL
line = centre.line


def read(slug: str) -> Reading:
    return measure(find(slug))


def outcome(slug: str) -> Outcome:
    return read(slug).outcome


def caller_of(line: Line, call: Call) -> Subject:
    """The key holder of whoever called."""
    with client_scope(line.client_id):
        subject = new_subject(line.client_id, Subject.Kind.CALLER)
        Leg.objects.create(client_id=line.client_id, call=call, party=Leg.Party.CALLER, subject=subject)
        return subject


def same_person(line: Line, *subjects: Subject) -> None:
    with client_scope(line.client_id):
        person = Person.objects.create(client_id=line.client_id, created_at=clock.now())
        for subject in subjects:
            PersonLink.objects.create(
                client_id=line.client_id, person=person, subject=subject, linked_at=clock.now() - timedelta(days=9)
            )


def says_anywhere(line: Line, subject: Subject, state: str, *, ago: timedelta) -> None:
    """Somebody says so outside a call, on a form."""
    at = clock.now() - ago
    with client_scope(line.client_id), clock.frozen(at):
        consent.record(
            line, reference=person_reference(subject), subject=subject, purpose="recording",
            state=state, how=consent.How("web"), at=at, actor="door:public",
        )  # fmt: skip


HOUR = timedelta(hours=1)


@pytest.mark.parametrize("under_another_key", [False, True])
def test_a_call_admitted_on_a_yes_given_on_a_form_passes(line, under_another_key):
    purpose_for(line)
    call = call_on(line, admitted_ago=HOUR)
    caller = caller_of(line, call)
    assert outcome("consent") == FAIL
    if under_another_key:
        with client_scope(line.client_id):
            known = new_subject(line.client_id, Subject.Kind.CALLER)
        same_person(line, caller, known)
        says_anywhere(line, known, "given", ago=2 * HOUR)
    else:
        says_anywhere(line, caller, "given", ago=2 * HOUR)
    assert outcome("consent") == PASS


def test_a_yes_on_a_form_that_came_after_the_call_was_admitted_does_not_mend_it(line):
    purpose_for(line)
    caller = caller_of(line, call_on(line, admitted_ago=2 * HOUR))
    says_anywhere(line, caller, "given", ago=HOUR)
    assert outcome("consent") == FAIL


@pytest.mark.parametrize("under_another_key", [False, True])
def test_a_no_of_the_person_after_the_yes_of_the_call_and_before_its_admission_fails(line, under_another_key):
    purpose_for(line)
    call = call_on(line, admitted_ago=HOUR)
    caller = caller_of(line, call)
    says(line, call, "given")
    assert outcome("consent") == PASS
    speaker = caller
    if under_another_key:
        with client_scope(line.client_id):
            speaker = new_subject(line.client_id, Subject.Kind.CALLER)
        same_person(line, caller, speaker)
    # Between the answer, a minute before admission, and the admission.
    says_anywhere(line, speaker, "withdrawn", ago=HOUR + timedelta(seconds=30))
    assert outcome("consent") == FAIL


def test_one_yes_to_several_things_does_not_cover_what_needs_its_own(line):
    served = purpose_for(line)
    purpose_for(line, "quality", core=False)
    call = call_on(line)
    for purpose in ("recording", "quality"):
        says(line, call, "given", purpose=purpose)
    assert outcome("consent") == PASS
    Purpose.objects.filter(pk=served.purpose_id).update(separate_consent=True)
    assert outcome("consent") == FAIL


def test_the_yes_of_a_child_does_not_count(line):
    purpose_for(line)
    call = call_on(line)
    caller = caller_of(line, call)
    says(line, call, "given")
    assert outcome("consent") == PASS
    with client_scope(line.client_id):
        Minor.objects.create(client_id=line.client_id, subject=caller, until=clock.now().date() + timedelta(days=400))
    assert outcome("consent") == FAIL


def test_more_doubtful_calls_than_are_judged_are_no_pass(line, monkeypatch):
    monkeypatch.setattr(admitted, "MOST", 2)
    purpose_for(line)
    for hours in (1, 2):
        says_anywhere(line, caller_of(line, call_on(line, admitted_ago=hours * HOUR)), "given", ago=4 * HOUR)
    assert outcome("consent") == PASS
    call_on(line, admitted_ago=3 * HOUR)
    reading = read("consent")
    assert reading.outcome == Outcome.NOT_MEASURED
    assert "1 of 3 calls were not judged" in str(reading.says)
    call_on(line)
    reading = read("consent")
    assert reading.outcome == FAIL
    assert "at least 1 calls" in str(reading.faults[0])


def test_looking_at_many_doubtful_calls_takes_no_more_statements_than_looking_at_few(
    line, django_assert_max_num_queries
):
    purpose_for(line)
    for _one in range(3):
        caller_of(line, call_on(line))
    with CaptureQueriesContext(connection) as few:
        assert outcome("consent") == FAIL
    for _one in range(12):
        caller_of(line, call_on(line))
    with django_assert_max_num_queries(len(few)):
        assert "15" in str(read("consent").faults[0])
