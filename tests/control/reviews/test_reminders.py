"""A review that is due, late or undecided is said in time, once a step, and to a second person when nobody acts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from callwarden.control.reviews import actions, reminders
from callwarden.control.reviews.models import Campaign
from callwarden.kernel import clock
from callwarden.kernel.clock import FrozenClock
from callwarden.kernel.models import Finding, OutboxMessage, User

MakePerson = Callable[..., User]
DPO, SECURITY, AUDITOR = "data_protection_officer", "security_administrator", "auditor"

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(person: MakePerson, time: FrozenClock) -> dict[str, User]:
    made = {role: person(role) for role in (DPO, SECURITY, AUDITOR, "agent")}
    User.objects.update(date_joined=clock.now())
    for role, one in made.items():
        User.objects.filter(pk=one.pk).update(email=f"{role}@example.org")
    return made


def severity() -> str:
    return Finding.objects.get(kind="review-due").severity


def test_the_next_review_is_said_before_it_is_due_when_late_and_then_to_the_auditor(
    people: dict[str, User], time: FrozenClock
) -> None:
    time.advance(timedelta(days=151))
    assert reminders.look() == []
    time.advance(timedelta(days=2))
    reminders.look()
    reminders.look()
    assert (severity(), OutboxMessage.objects.filter(template="review-due").count()) == ("medium", 1)
    time.advance(timedelta(days=30))
    reminders.look()
    assert (severity(), OutboxMessage.objects.filter(template="review-late").count()) == ("high", 2)
    time.advance(timedelta(days=7))
    reminders.look()
    reminders.look()
    assert severity() == "critical"
    late = OutboxMessage.objects.filter(template="review-late")
    assert late.count() == 5
    assert late.filter(recipient=people[AUDITOR]).count() == 1


def test_a_review_that_begins_settles_that_it_was_due(people: dict[str, User], time: FrozenClock) -> None:
    time.advance(timedelta(days=200))
    reminders.look()
    begin(people[DPO])
    assert reminders.next_due() is None
    time.advance(timedelta(hours=1))
    reminders.look()
    assert Finding.objects.get(kind="review-due").state == Finding.State.CLOSED


def test_the_rhythm_counts_from_the_last_review_that_ended(people: dict[str, User], time: FrozenClock) -> None:
    time.advance(timedelta(days=170))
    begin(people[DPO], days=1)
    time.advance(timedelta(days=2))
    actions.end_due()
    assert reminders.next_due() == Campaign.objects.get().closed_at + timedelta(days=182)
    time.advance(timedelta(days=20))
    assert reminders.look() == []


def test_reviewers_are_reminded_a_week_before_the_end_and_the_officer_in_the_last_days(
    people: dict[str, User], time: FrozenClock
) -> None:
    campaign = begin(people[AUDITOR], days=14)
    time.advance(timedelta(days=6))
    assert reminders.look() == []
    time.advance(timedelta(days=2))
    reminders.look()
    reminders.look()
    reviewers = set(campaign.items.values_list("reviewer", flat=True))
    reminded = OutboxMessage.objects.filter(template="review-undecided")
    assert set(reminded.values_list("recipient", flat=True)) == reviewers
    assert reminded.count() == len(reviewers)
    time.advance(timedelta(days=5))
    reminders.look()
    assert Finding.objects.get(kind="review-undecided").severity == "high"
    time.advance(timedelta(days=2))
    actions.end_due()
    time.advance(timedelta(hours=1))
    reminders.look()
    assert Finding.objects.get(kind="review-undecided").state == Finding.State.CLOSED


def test_where_a_site_sets_no_rhythm_nobody_is_reminded(
    people: dict[str, User], time: FrozenClock, settings: Any
) -> None:
    settings.REVIEW_DAYS = 0
    time.advance(timedelta(days=900))
    assert reminders.look() == []


def begin(by: User, *, days: int = 14) -> Campaign:
    return actions.start("r", roles=("agent",), lines=None, due_at=clock.now() + timedelta(days=days), by=by)
