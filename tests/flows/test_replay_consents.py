"""Answers that many people gave and that ended since do not stand again in the restored store."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from callwarden.custody.models import Line, Subject
from callwarden.custody.scope import client_scope
from callwarden.flows.replay import replay
from callwarden.kernel import bulk
from callwarden.kernel.events import Event
from callwarden.kernel.models import User
from callwarden.lawful.consent import many as consents
from callwarden.lawful.consent.models import ConsentEvent
from tests.centre import _keeper, client, keeper, keeper_folder, line  # noqa: F401
from tests.copies import Copied, tables
from tests.lawful.test_consent import say
from tests.lawful.test_holds import person
from tests.lawful.test_many_consents import START, given, now

__all__ = ["tables"]  # a fixture
State = ConsentEvent.State


@pytest.fixture
def officer(line: Line) -> User:  # noqa: F811
    return person()


def asked_again(line: Line, officer: User, **wanted: str) -> None:  # noqa: F811
    """Have those who said yes asked again, as the officer does for many at once."""
    act = bulk.draw(consents.RENEW, {"purpose": "quality", **wanted}, by=officer, client=line.client_id)
    bulk.start(act.pk, digest=act.digest, by=officer, reason="The script was wrong.")
    bulk.carry_on(act.pk, seconds=60)


def test_consents_ended_for_many_at_once_are_ended_again(tables: Any, line: Line, officer: User) -> None:  # noqa: F811
    ended, other = [given(line) for _one in range(3)], given(line, purpose="analytics")
    copy = Copied(tables)
    asked_again(line, officer)
    told = copy.lay_down()
    assert [now(line, one) for one in ended] == [State.GIVEN] * 3, "the copy knows nothing of it"
    for _time in range(2):
        assert not replay(told).unplaced
        assert [now(line, one) for one in ended] == [State.INVALIDATED] * 3
        assert now(line, other, "analytics") == State.GIVEN
    with client_scope(line.client_id):
        events = ConsentEvent.objects.filter(subject__in=ended, state=State.INVALIDATED)
        assert events.count() == 3, "twice is once"


def test_a_yes_that_came_after_it_was_asked_for_again_is_not_ended(tables: Any, line: Line, officer: User) -> None:  # noqa: F811
    """The telephone system reports its consents anew; what was said after the end stands, whenever it arrives."""
    subject = given(line)
    copy = Copied(tables)
    asked_again(line, officer)
    told = copy.lay_down()
    (entry,) = [one for one in told if one["event"] == Event.CONSENT_INVALIDATED]
    replay(told)
    with client_scope(line.client_id):
        (ended,) = ConsentEvent.objects.filter(subject=subject, state=State.INVALIDATED)
        assert ended.at.isoformat() == entry["data"]["said_at"]
        say(line, subject, State.GIVEN, ended.at + timedelta(milliseconds=1))
    assert now(line, subject) == State.GIVEN


def test_a_consent_to_a_recipient_ends_again_for_that_recipient(tables: Any, line: Line, officer: User) -> None:  # noqa: F811
    with client_scope(line.client_id):
        subject = Subject.objects.create(client_id=line.client_id, kind="caller", created_at=START)
        say(line, subject, State.GIVEN, START, recipient="insurer")
    copy = Copied(tables)
    asked_again(line, officer)
    replay(copy.lay_down())
    with client_scope(line.client_id):
        (ended,) = ConsentEvent.objects.filter(subject=subject, state=State.INVALIDATED)
    assert ended.recipient == "insurer"


def test_an_entry_of_old_that_names_nobody_is_told_as_not_placed(line: Line) -> None:  # noqa: F811
    entry = {
        "event": str(Event.CONSENT_INVALIDATED), "at": "2031-02-14T08:30:00.000+00:00", "client": str(line.client_id),
        "reasons": ["asked_again"], "count": 700, "data": {"bulk": "5c6c1d0e-8a5c-4c44-a0b4-51a0d9a9cf07"},
    }  # fmt: skip
    assert replay([entry]).unplaced == {Event.CONSENT_INVALIDATED: 1}


def test_what_ends_many_asks_the_database_as_often_for_each(line: Line, officer: User) -> None:  # noqa: F811
    """Entry by entry, and no look at the ones before: fifty thousand take fifty thousand times as long as one."""
    asked = []
    for many in (4, 8):
        for _one in range(many):
            given(line)
        with CaptureQueriesContext(connection) as queries:
            asked_again(line, officer)
        asked.append(len(queries) / many)
    assert asked[1] < asked[0] * 1.2
