"""What was explained after the copy is known again in a restored store: when, by whom, with which digest."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from callwarden.custody.models import LedgerEntry
from callwarden.flows.replay import replay
from callwarden.kernel.errors import CallwardenError
from callwarden.kernel.events import Event
from callwarden.kernel.models import Deadline, Finding, User
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import SubjectRequest
from callwarden.protection.backup.journal import RESTRICTIVE
from tests.flows.centre_of_controls import sequence
from tests.flows.requests.conftest import Caller
from tests.flows.requests.test_explaining import answered, asked

State = SubjectRequest.State
SINCE = "2026-11-30T08:30:00.000+00:00"


def told_of(caller: Caller, officer: User, request: Any) -> dict[str, Any]:
    """What the journal says of this request, answered on another day: as the log said of one that really was."""
    other = asked(caller, "Who has heard my call?")
    answered(caller, other, officer)
    sequence()
    entry: dict[str, Any] = json.loads(bytes(LedgerEntry.objects.get(event=Event.REQUEST_ANSWERED).body))
    assert entry["data"]["document"]
    return {**entry, "id": str(uuid4()), "at": SINCE, "data": {**entry["data"], "id": str(request)}}


def test_the_journal_tells_what_was_answered() -> None:
    assert Event.REQUEST_ANSWERED in RESTRICTIVE


def test_a_request_that_was_answered_since_the_copy_is_answered_and_not_a_second_time(
    caller: Caller, officer: User
) -> None:
    under_way = asked(caller, "What is kept of me?")
    entry = told_of(caller, officer, under_way.pk)
    assert replay([entry]).answered == 1
    assert replay([entry]).answered == 0, "twice is once"
    now = caller.now(under_way)
    assert (now.state, now.answered_at) == (State.ANSWERED, datetime.fromisoformat(SINCE))
    assert not Deadline.objects.filter(about_id=now.pk, state=Deadline.State.RUNNING).exists()
    finding = Finding.objects.get(kind="explanation-answered-before")
    assert finding.data == {
        "request": str(now.pk),
        "answered_at": SINCE,
        "by": officer.actor,
        "sha256": entry["data"]["document"],
    }
    with pytest.raises(CallwardenError):
        answered(caller, now, officer, "In other words.")


def test_one_that_was_not_under_way_in_the_copy_or_is_lost_is_named_by_a_finding(caller: Caller, officer: User) -> None:
    early, lost = caller.asks(Kind.EXPLANATION), uuid4()
    entry = told_of(caller, officer, early.pk)
    told = [entry, {**entry, "id": str(uuid4()), "data": {**entry["data"], "id": str(lost)}}]
    for _twice in range(2):
        assert replay(told).answered == 2
    assert caller.now(early).state == State.ACCEPTED
    named = Finding.objects.filter(kind="explanation-answered-before").values_list("where", flat=True)
    assert sorted(named) == sorted([f"request:{early.pk}", f"request:{lost}"])


def test_what_the_copy_knows_as_answered_is_no_trouble(caller: Caller, officer: User) -> None:
    request = asked(caller, "What is kept of me?")
    answered(caller, request, officer)
    sequence()
    entry = json.loads(bytes(LedgerEntry.objects.get(event=Event.REQUEST_ANSWERED).body))
    assert replay([entry]).answered == 0
    assert not Finding.objects.filter(kind="explanation-answered-before").exists()
