"""A wider notice ends earlier consent for exactly what it widened, by itself, and never what was given under it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callwarden.custody.models import Line
from callwarden.custody.scope import client_scope
from callwarden.flows import jobs, renewals
from callwarden.kernel import clock
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.notices.actions import draft, publish
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.notices.rules import Cover, covers_as_data
from tests.lawful.test_consent import say, stands, subject_of
from tests.work import do_all, forget_jobs

GIVEN, ENDED = ConsentEvent.State.GIVEN, ConsentEvent.State.INVALIDATED
NARROW = {"recording": Cover(frozenset({"recording_original"})), "quality": Cover(frozenset({"recording_redacted"}))}
WIDE = {**NARROW, "quality": Cover(frozenset({"recording_redacted", "purchase_history"}))}
WIDER = {**WIDE, "recording": Cover(frozenset({"recording_original"}), frozenset({"insurer"}))}


@pytest.fixture(autouse=True)
def no_jobs(keeper) -> None:
    forget_jobs()


def tell(line: Line, version: str, covers: dict[str, Cover]) -> Notice:
    made = draft(line, version=version, text_en="Told.", text_zh="告知。", covers=covers_as_data(covers))
    return publish(made, actor="system")


def agreed(line: Line, notice: Notice):
    """Somebody who said yes to recording and to quality under this notice."""
    at = clock.now() - timedelta(minutes=1)
    with client_scope(line.client_id):
        subject = subject_of(line)
        for purpose in ("recording", "quality"):
            say(line, subject, GIVEN, at, purpose=purpose, how={"notice": notice})
    return subject


def states(line: Line, subject) -> tuple[str, str]:
    with client_scope(line.client_id):
        return stands(subject, "recording"), stands(subject, "quality")


def test_consent_to_what_was_widened_ends_with_the_next_minute_and_no_other(line):
    earlier = agreed(line, tell(line, "1", NARROW))
    told = tell(line, "2", WIDE)
    later = agreed(line, told)
    jobs.renew_consents_later(0)
    assert do_all() == 1
    assert states(line, earlier) == (GIVEN, ENDED)
    assert states(line, later) == (GIVEN, GIVEN)
    assert Notice.objects.get(pk=told.pk).renewing == []
    assert renewals.waiting() == []


def test_a_notice_that_says_less_or_the_same_ends_nothing(line):
    earlier = agreed(line, tell(line, "1", WIDE))
    tell(line, "2", NARROW)
    tell(line, "3", NARROW)
    assert renewals.waiting() == []
    assert states(line, earlier) == (GIVEN, GIVEN)


def test_what_a_version_had_not_ended_when_the_next_came_is_ended_by_that(line):
    earlier = agreed(line, tell(line, "1", NARROW))
    second = tell(line, "2", WIDE)
    third = tell(line, "3", WIDER)
    now = agreed(line, third)
    assert renewals.run(second.pk) == 0
    assert renewals.waiting() == [third.pk]
    renewals.run(third.pk)
    assert states(line, earlier) == (ENDED, ENDED)
    assert states(line, now) == (GIVEN, GIVEN)


def test_run_twice_it_ends_nothing_twice(line):
    agreed(line, tell(line, "1", NARROW))
    told = tell(line, "2", WIDE)
    assert renewals.run(told.pk) == 1
    assert renewals.run(told.pk) == 0
