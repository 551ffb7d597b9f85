from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st

from callwarden.kernel import approvals, deadlines
from callwarden.kernel.clock import FrozenClock
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.models import Deadline, OutboxMessage, User
from tests.kernel.conftest import NOON, Ledger, refused

pytestmark = pytest.mark.django_db
State = Deadline.State
THREE_DAYS = timedelta(hours=72)
INCIDENT = UUID(int=5)


def start(lasts: timedelta = THREE_DAYS, about: UUID = INCIDENT) -> Deadline:
    return deadlines.start("gdpr-33", about=("incident", about), started_at=NOON, lasts=lasts, actor="system")


@pytest.fixture
def officer(person: Callable[..., User]) -> User:
    return person("data_protection_officer", email="officer@example.com", language="zh-hans")


def test_the_due_time_is_computed_and_nobody_moves_it(time: FrozenClock) -> None:
    assert start().due_at == NOON + THREE_DAYS
    for change in ({"due_at": F("due_at") + timedelta(days=1)}, {"started_at": NOON + timedelta(hours=1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Deadline.objects.update(**change)


def test_the_time_of_a_request_may_be_counted_anew_while_it_runs(time: FrozenClock, ledger: Ledger) -> None:
    one = deadlines.start("request", about=("request", uuid4()), started_at=NOON, lasts=THREE_DAYS, actor="system")
    later = NOON + timedelta(days=9)
    assert deadlines.recount(one, later, actor="system").due_at == later
    assert ledger.events[-1] == Event.DEADLINE_RECOUNTED
    deadlines.file(one, evidence="message:1", actor="system")
    with refused(Conflict, "deadline_ended"):
        deadlines.recount(one, NOON + timedelta(days=10), actor="system")
    with pytest.raises(IntegrityError), transaction.atomic():
        Deadline.objects.update(due_at=F("due_at") + timedelta(days=1))


def test_the_same_duty_in_the_same_matter_starts_once(time: FrozenClock, ledger: Ledger) -> None:
    first = start()
    time.advance(timedelta(hours=1))
    assert start(lasts=timedelta(days=30)) == first
    assert Deadline.objects.get().due_at == NOON + THREE_DAYS
    assert ledger.events == [Event.DEADLINE_STARTED]


def test_filing_needs_evidence_and_says_whether_it_was_late(time: FrozenClock) -> None:
    in_time, late = start(), start(about=uuid4())
    with refused(InvalidInput, "evidence_missing"):
        deadlines.file(in_time, evidence="", actor="system")
    time.advance(THREE_DAYS)
    assert not deadlines.file(in_time, evidence="message:1", actor="system").filed_late
    time.advance(timedelta(microseconds=1))
    assert deadlines.file(late, evidence="message:2", actor="system").filed_late
    assert list(deadlines.running()) == []


def test_what_is_filed_is_not_filed_again(time: FrozenClock) -> None:
    filed = deadlines.file(start(), evidence="message:1", actor="system")
    with refused(Conflict, "no_such_step"):
        deadlines.file(filed, evidence="message:2", actor="system")


def test_one_person_cannot_declare_it_not_applicable(officer: User, person: Callable[..., User]) -> None:
    deadline = start()
    asked = deadlines.ask_waiver(deadline, requester=officer, reason="No personal data was involved.")
    with refused(Conflict, "approval_not_waiting"):
        approvals.execute(asked.pk, deadlines.waiver(deadline), by=officer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Deadline.machine.move(deadline, State.NOT_APPLICABLE, actor="system")
    approvals.approve(asked.pk, by=person("auditor"))
    approvals.execute(asked.pk, deadlines.waiver(deadline), by=officer)
    waived = Deadline.objects.get()
    assert (waived.state, waived.waived_by) == (State.NOT_APPLICABLE, asked)


def test_the_approval_for_one_deadline_waives_no_other(officer: User, person: Callable[..., User]) -> None:
    mine, other = start(), start(about=uuid4())
    asked = deadlines.ask_waiver(mine, requester=officer, reason="No personal data was involved.")
    approvals.approve(asked.pk, by=person("auditor"))
    with refused(Conflict, "act_changed"):
        approvals.execute(asked.pk, deadlines.waiver(other), by=officer)


def test_officers_are_warned_once_at_each_level(officer: User, time: FrozenClock, ledger: Ledger) -> None:
    start(lasts=timedelta(hours=100))
    warned = []
    for _hour in range(110):
        warned.append(deadlines.warn_due())
        time.advance(timedelta(hours=1))
    assert [hour for hour, count in enumerate(warned) if count] == [50, 75, 90, 100]
    assert [entry.data["percent"] for entry in ledger if entry.event is Event.DEADLINE_WARNED] == [50, 75, 90, 100]
    assert OutboxMessage.objects.filter(recipient=officer, language="zh-hans").count() == 4


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_warn_once(officer: User, time: FrozenClock) -> None:
    start()
    time.advance(timedelta(hours=40))
    together = threading.Barrier(4)

    def tick() -> None:
        together.wait()
        deadlines.warn_due()
        connection.close()

    threads = [threading.Thread(target=tick) for _clock in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert OutboxMessage.objects.count() == 1


def test_after_an_outage_one_warning_is_sent_for_where_it_now_stands(officer: User, time: FrozenClock) -> None:
    start()
    time.advance(timedelta(hours=71))
    assert deadlines.warn_due() == 1
    assert OutboxMessage.objects.get().parameters["percent"] == 90


def test_nobody_is_warned_of_what_is_done(officer: User, time: FrozenClock) -> None:
    deadlines.file(start(), evidence="message:1", actor="system")
    time.advance(THREE_DAYS)
    assert deadlines.warn_due() == 0


def test_a_clock_set_back_repeats_no_warning(officer: User, time: FrozenClock) -> None:
    start()
    time.advance(timedelta(hours=40))
    assert deadlines.warn_due() == 1
    time.set(NOON - timedelta(days=1))
    assert deadlines.warn_due() == 0
    time.set(NOON + timedelta(hours=41))
    assert deadlines.warn_due() == 0


def test_a_deadline_without_time_is_refused() -> None:
    with refused(InvalidInput, "deadline_without_time"):
        start(lasts=timedelta(0))


@given(st.integers(1, 10**6), st.integers(-(10**6), 3 * 10**6))
def test_the_level_never_exceeds_what_has_passed_and_never_lags_a_whole_step(length: int, passed: int) -> None:
    deadline = Deadline(started_at=NOON, due_at=NOON + timedelta(seconds=length))
    level = deadlines.level(deadline, NOON + timedelta(seconds=passed))
    reached = [step for step in (50, 75, 90, 100) if passed * 100 >= step * length]
    assert level == (reached[-1] if reached else 0)
