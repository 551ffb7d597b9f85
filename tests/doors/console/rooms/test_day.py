"""The day view shows what needs somebody, each with the way to where it is done, and nothing of another client."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from callwarden.custody.models import Record
from callwarden.custody.scope import client_scope
from callwarden.doors.console.day.lines import tone_of
from callwarden.kernel import approvals, clock
from callwarden.kernel.models import Approval
from callwarden.lawful.consent.models import ConsentProposal
from callwarden.lawful.holds import actions as holds
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.holds.rules import Query, Wish
from callwarden.lawful.notices import actions as notices
from callwarden.lawful.notices.acts import publication
from callwarden.lawful.notices.sections import LANGUAGES, Section, compose
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.kinds import Channel, Kind
from callwarden.lawful.requests.models import SubjectRequest
from tests.flows.centre_of_controls import call_on, record_on

HERE = "/lawful/day/"


@pytest.fixture(autouse=True)
def _no_training_is_asked_for(settings):
    """What of it comes into the day view is in `test_training.py`."""
    settings.TRAINING_MONTHS = 0


def part(somebody, slug: str):
    return next(one for one in somebody.get(HERE).context["parts"] if one.slug == slug)


def ask(line, *, left: timedelta) -> SubjectRequest:
    with client_scope(line.client_id):
        one = actions.receive(line, kind=Kind.ERASURE, channel=Channel.LETTER, actor="system")
        SubjectRequest.objects.filter(pk=one.pk).update(due_at=clock.now() + left)
    return one


def matter_on(line, by, *, days: int) -> Matter:
    wish = Wish(
        client=line.client_id,
        label=f"C-2026-{days}",
        ground="litigation",
        scope="query",
        review_on=(clock.now() + timedelta(days=days)).date(),
        query=Query(line=line.pk),
    )
    return holds.ask(wish, by=by, reason="A dispute.", provisional=True)


@pytest.mark.parametrize("role", ["agent", "team_leader", "quality_reviewer", "system_administrator"])
def test_others_have_no_business_there(person, line, role):
    assert person(role).get(HERE).status_code == 403


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_quiet_day_says_so_in_words(person, line, language):
    officer = person("data_protection_officer")
    officer.browser.cookies["django_language"] = language
    page = officer.get(HERE)
    assert all(not one.lines for one in page.context["parts"])
    assert ("Nothing is due in the next days." if language == "en" else "近日没有到期事项。") in page.content.decode()


def test_requests_come_by_their_time_and_lead_to_where_they_are_answered(person, line):
    later, soon = ask(line, left=timedelta(days=4)), ask(line, left=timedelta(hours=1))
    ask(line, left=timedelta(days=200))
    lines = part(person("data_protection_officer"), "due").lines
    assert [one.href for one in lines] == [reverse("console:request", args=[one.pk]) for one in (soon, later)]
    assert [one.tone for one in lines] == ["warn", "info"]
    assert tone_of(clock.now(), clock.now()) == "fail"


def test_what_goes_within_a_week_is_counted_by_kind(person, line):
    records = [record_on(line), record_on(line)]
    officer = person("data_protection_officer")
    assert part(officer, "due").lines == ()
    with client_scope(line.client_id):
        ids = [one.pk for one in records]
        Record.objects.filter(pk__in=ids).update(due_at=clock.now() + timedelta(days=3))
    (line_,) = part(officer, "due").lines
    assert line_.count == 2
    assert line_.href == reverse("console:retention_calendar")


def test_what_i_asked_waits_for_others_and_what_others_asked_waits_for_me(person, line):
    officer, second = person("data_protection_officer"), person("security_administrator")
    texts = {f"text_{code}": compose(dict.fromkeys(Section.values, "told"), code) for code in LANGUAGES}
    draft = notices.draft(line, **texts)
    asked = approvals.request(publication(draft), requester=second.user, reason="New.", client=line.client_id)
    (line_,) = part(officer, "second").lines
    assert line_.tone == "warn"
    assert line_.href == reverse("console:approval", args=[asked.pk])
    approvals.approve(asked.pk, by=officer.user)
    assert part(officer, "second").lines == ()
    mine = approvals.request(publication(draft), requester=officer.user, reason="Again.", client=line.client_id)
    (line_,) = part(officer, "second").lines
    assert line_.tone == "neutral"
    assert Approval.objects.get(pk=mine.pk).state == "pending"


def test_drafts_say_what_is_missing_and_proposals_lead_to_their_call(person, line):
    officer = person("data_protection_officer")
    notices.draft(line, text_en="", text_zh="")
    (draft,) = part(officer, "unsure").lines
    assert "missing" in str(draft.note)
    call = call_on(line)
    with client_scope(line.client_id):
        ConsentProposal.objects.create(
            client_id=line.client_id, call=call, purpose="service", answer="withdrawn", turn=1, rule="test",
            made_at=clock.now(),
        )  # fmt: skip
    heard, _draft = part(officer, "unsure").lines
    assert heard.href == reverse("console:call", args=[call.pk])


def test_a_hold_near_its_review_is_there_and_one_of_another_client_is_not(person, line):
    officer = person("data_protection_officer")
    soon = matter_on(line, officer.user, days=2)
    matter_on(line, officer.user, days=80)
    assert [one.href for one in part(officer, "due").lines] == [reverse("console:hold", args=[soon.pk])]


def test_the_number_of_statements_does_not_grow_with_the_day(person, line):
    officer = person("data_protection_officer")
    ask(line, left=timedelta(days=1))
    officer.get(HERE)
    with CaptureQueriesContext(connection) as few:
        officer.get(HERE)
    for _ in range(25):
        ask(line, left=timedelta(days=1))
    with CaptureQueriesContext(connection) as many:
        page = officer.get(HERE)
    assert len(many) == len(few)
    due = page.context["parts"][0]
    assert (len(due.lines), due.more) == (20, 6)


def test_the_live_part_answers_alone(person, line):
    answer = person("auditor").get(HERE, headers={"HX-Request": "true", "HX-Target": "day-live"})
    assert answer.content.decode().strip().startswith('<div class="stack" id="day-live"')
    assert uuid4().hex not in answer.content.decode()
