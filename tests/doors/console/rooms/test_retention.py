"""The calendar and the change of a rule: shown before it is asked for, refused where a law says otherwise."""

from __future__ import annotations

import pytest
from django.urls import reverse

from callwarden.custody.models import Line
from callwarden.flows import starting
from callwarden.kernel.models import Approval
from callwarden.lawful.retention import runs
from callwarden.lawful.retention.models import RetentionRule
from tests.flows.centre_of_controls import record_on
from tests.purposes import active_purpose


def form(line: Line, **changes: object) -> dict[str, object]:
    given = {
        "line": str(line.pk), "category": "transcript_redacted", "purpose": "service", "trigger": "call_end",
        "floor_days": 0, "floor_provision": "", "ceiling_days": 90, "ceiling_provision": "", "reason": "Enough.",
        "step": "ask",
    }  # fmt: skip
    return {**given, **changes}


@pytest.fixture
def stored(centre, line):
    active_purpose("service")
    return record_on(line)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_calendar_shows_what_goes_and_the_periods_of_the_law(person, stored, language):
    auditor = person("auditor")
    auditor.browser.cookies["django_language"] = language
    answer = auditor.get(reverse("console:retention_calendar"))
    page = answer.content.decode()
    assert answer.context["told"].records == 1
    assert ("MIIT" if language == "en" else "工信部") in page
    assert sum(bar.count for bar in answer.context["chart"].bars) == 1


def test_what_would_go_is_shown_and_nothing_is_asked(person, line, stored):
    officer = person("data_protection_officer")
    given = form(line, category=stored.category, step="preview", ceiling_days=5)
    answer = officer.post(reverse("console:retention"), given)
    assert answer.context["preview"].records == 1
    assert not Approval.objects.exists()


def test_a_rule_that_contradicts_a_law_is_told_in_the_form_with_both_provisions(person, line, stored):
    Line.objects.filter(pk=line.pk).update(direction="outbound")
    given = form(line, category="call_metadata", ceiling_days=10, ceiling_provision="own-need")
    answer = person("data_protection_officer").post(reverse("console:retention"), given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "MIIT" in page
    assert "own-need" in page


@pytest.mark.parametrize("where", ["line", "every:cn"])
def test_two_people_change_a_rule_and_stored_records_follow(person, line, stored, where):
    first, second = person("data_protection_officer"), person("security_administrator")
    given = form(line, category=stored.category, ceiling_days=99, trigger="contract_end")
    first.post(reverse("console:retention"), given if where == "line" else {**given, "line": where})
    approval = Approval.objects.get()
    assert second.get(reverse("console:approval", args=[approval.pk])).status_code == 200
    voted = {"decision": "approve", "digest": approval.digest}
    second.post(reverse("console:approval_decide", args=[approval.pk]), voted)
    first.post(reverse("console:approval_carry_out", args=[approval.pk]))
    rule = RetentionRule.objects.get()
    assert (rule.ceiling_days, rule.trigger, rule.jurisdiction) == (99, "contract_end", "" if where == "line" else "cn")
    for run in starting.start_runs():
        runs.carry_on(run, seconds=30)
    assert first.get(reverse("console:retention_calendar")).context["runs"][0].bar.state == "done"
    assert first.get(reverse("console:lawful")).status_code == 200
