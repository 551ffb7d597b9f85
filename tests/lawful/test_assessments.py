"""Assessments: nothing incomplete, nothing alone, nothing changed afterwards, nothing thrown away early."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import InternalError, ProgrammingError, connection, transaction

from callwarden.kernel import approvals, clock
from callwarden.kernel.errors import Conflict, Refused
from callwarden.kernel.models import Finding
from callwarden.kernel.people import open_account
from callwarden.lawful.assessments import actions, rules
from callwarden.lawful.assessments.acts import approval_of
from callwarden.lawful.assessments.models import Assessment
from callwarden.lawful.purposes import actions as registry
from callwarden.lawful.purposes import files, queries
from callwarden.lawful.purposes.models import Purpose
from tests.lawful.test_registry import purposes

pytestmark = pytest.mark.django_db
ANSWERS = {slug: f"A thorough answer about {slug}." for slug in rules.QUESTIONS}
RISKS = [rules.Risk(one, 2, 2, "locks", 1, 2) for one in ("overheard", "leaked", "too_long")]


@pytest.fixture
def purpose() -> Purpose:
    registry.load(files.shipped(), actor="system")
    registry.load(files.read_text(purposes(sensitive=True)), actor="system")
    return Purpose.objects.get(pk="advice")


@pytest.fixture
def people(keeper):
    return {
        role: open_account(role, roles=[role], actor="system")
        for role in ("team_leader", "data_protection_officer", "security_administrator")
    }


def complete(purpose: Purpose) -> Assessment:
    draft = actions.start(purpose, actor="system")
    return actions.write(draft, answers=ANSWERS, risks=RISKS)


def approved(purpose: Purpose) -> Assessment:
    return actions.approve(complete(purpose), approvers=["a", "b"], actor="system", approval=None)


def activate(purpose: Purpose) -> Purpose:
    return registry.activate(purpose, digest=queries.entry_of(purpose).digest, actor="system")


@pytest.mark.parametrize("left_out", rules.QUESTIONS)
def test_every_question_has_to_be_answered(purpose, left_out):
    draft = actions.write(complete(purpose), answers={left_out: "too short"})
    with pytest.raises(Refused):
        actions.approve(draft, approvers=["a", "b"], actor="system", approval=None)


def test_a_high_risk_that_remains_needs_written_advice():
    high = [*RISKS, rules.Risk("misused", 3, 3, "none really", 3, 3)]
    assert rules.missing(ANSWERS, high, "", ["cn"])
    assert "GDPR art. 36" in str(rules.missing(ANSWERS, high, "", ["eu"])[0][1])
    assert rules.missing(ANSWERS, high, "advice 2026-7", ["cn"]) == []


def test_a_measure_does_not_make_a_risk_greater_and_a_real_risk_needs_one():
    grown = [*RISKS[:2], rules.Risk("leaked", 1, 1, "x", 3, 3)]
    bare = [*RISKS[:2], rules.Risk("leaked", 2, 2, " ", 2, 2)]
    assert [step for step, _says in rules.missing(ANSWERS, grown, "advice", ["cn"])] == ["risks"]
    assert [step for step, _says in rules.missing(ANSWERS, bare, "", ["cn"])] == ["risks"]


@pytest.mark.parametrize("approvers", [[], ["a"], ["a", "a"]])
def test_two_different_people_have_to_approve(purpose, approvers):
    with pytest.raises(Refused):
        actions.approve(complete(purpose), approvers=approvers, actor="system", approval=None)


def test_three_people_decide_and_the_officer_is_among_them(purpose, people):
    draft = complete(purpose)
    act = approval_of(draft)
    leader, officer, security = people.values()
    asked = approvals.request(act, requester=leader, reason="New purpose")
    approvals.approve(asked.pk, by=security)
    with pytest.raises(Conflict):
        approvals.execute(asked.pk, act, by=leader)
    approvals.approve(asked.pk, by=officer)
    done = approvals.execute(asked.pk, act, by=leader)
    assert done.state == "approved"
    assert sorted(done.approved_by) == sorted([officer.actor, security.actor])
    assert activate(purpose).assessment == done


def test_without_the_officer_it_is_not_approved(purpose, people):
    draft = complete(purpose)
    act = approval_of(draft)
    second = open_account("leader-2", roles=["team_leader"], actor="system")
    asked = approvals.request(act, requester=people["team_leader"], reason="New purpose")
    for somebody in (second, people["security_administrator"]):
        approvals.approve(asked.pk, by=somebody)
    with pytest.raises(Refused) as caught:
        approvals.execute(asked.pk, act, by=people["team_leader"])
    assert caught.value.code == "officer_not_heard"


def test_a_text_changed_after_it_was_asked_for_is_not_approved(purpose, people):
    draft = complete(purpose)
    act = approval_of(draft)
    leader, officer, security = people.values()
    asked = approvals.request(act, requester=leader, reason="New purpose")
    for somebody in (officer, security):
        approvals.approve(asked.pk, by=somebody)
    actions.write(draft, answers={"measures": "None at all, on second thoughts."})
    with pytest.raises(Conflict):
        approvals.execute(asked.pk, act, by=leader)


def test_an_assessment_covers_exactly_the_purpose_that_was_assessed(purpose):
    approved(purpose)
    registry.load(files.read_text(purposes(sensitive=True, method=["collect", "store"])), actor="system")
    with pytest.raises(Refused):
        activate(Purpose.objects.get(pk="advice"))


@pytest.mark.parametrize(
    "change",
    ["answers = '{}'", "valid_until = valid_until + interval '1 year'", "keep_until = now()", "approved_by = '{}'"],
)
def test_the_database_refuses_to_change_what_was_approved(purpose, change):
    done = approved(purpose)
    with pytest.raises((InternalError, ProgrammingError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE lawful_assessment SET {change} WHERE id = %s", [done.pk])


def test_an_assessment_is_kept_for_three_years_after_its_term(purpose):
    done = approved(purpose)
    assert done.keep_until - done.valid_until >= timedelta(days=3 * 365)
    with pytest.raises(Refused) as caught:
        actions.destroy(done, actor="system")
    assert "PIPL art. 56" in str(caught.value)
    with pytest.raises((InternalError, ProgrammingError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM lawful_assessment WHERE id = %s", [done.pk])


def test_a_lapsed_assessment_is_a_finding_while_the_purpose_goes_on(purpose):
    done = approved(purpose)
    activate(purpose)
    with clock.frozen(done.valid_until + timedelta(minutes=1)):
        assert (actions.lapse_due(), actions.lapse_due()) == (1, 0)
        assert Finding.objects.get(kind="assessment-lapsed").where == "purpose:advice"
        renewed = approved(purpose)
    purpose.refresh_from_db()
    done.refresh_from_db()
    assert (purpose.assessment, done.state) == (renewed, "replaced")


def test_a_purpose_is_not_put_into_force_on_a_lapsed_assessment(purpose):
    done = approved(purpose)
    with clock.frozen(done.valid_until + timedelta(minutes=1)), pytest.raises(Refused):
        activate(purpose)


def test_one_assessment_at_a_time(purpose):
    complete(purpose)
    with pytest.raises(Conflict):
        actions.start(purpose, actor="system")


def test_the_next_assessment_begins_with_what_was_thought_before(purpose):
    approved(purpose)
    assert actions.start(purpose, actor="system").answers == ANSWERS
