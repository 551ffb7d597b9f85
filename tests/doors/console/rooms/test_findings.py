"""A finding goes its way step by step, and what the guards say is said to people."""

from __future__ import annotations

import pytest
from django.urls import reverse

from callwarden.kernel import clock, findings
from callwarden.kernel.models import Approval, Finding, Severity


@pytest.fixture
def finding(centre, line) -> Finding:
    return findings.report(
        "files-set-aside", severity=Severity.HIGH, actor="job:watch", where=f"line:{line.id}", data={"count": 3}
    )


def take(somebody, finding: Finding, step: str, **given: object):
    path = reverse("console:finding_move", args=[finding.pk, step])
    return somebody.post(path, given, follow=True)


def state(finding: Finding) -> str:
    return Finding.objects.get(pk=finding.pk).state


def test_a_finding_closes_by_a_later_check_of_another_person(person, finding):
    leader, auditor = person("team_leader"), person("auditor")
    take(leader, finding, "triage", owner=str(leader.user.pk))
    take(leader, finding, "start")
    take(leader, finding, "remedied")
    assert state(finding) == "verifying"
    take(auditor, finding, "check", outcome="pass", evidence="report:7")
    assert state(finding) == "closed"


def test_whoever_remedied_is_told_that_somebody_else_has_to_check(person, finding):
    leader = person("team_leader")
    take(leader, finding, "triage", owner=str(leader.user.pk))
    take(leader, finding, "start")
    take(leader, finding, "remedied")
    answer = take(leader, finding, "check", outcome="pass", evidence="report:7")
    assert "cannot also verify it" in answer.content.decode()
    assert state(finding) == "verifying"


def test_a_pass_without_evidence_is_told_to_bring_some(person, finding):
    leader, auditor = person("team_leader"), person("auditor")
    for step in ("triage", "start", "remedied"):
        take(leader, finding, step, owner=str(leader.user.pk))
    assert "needs evidence" in take(auditor, finding, "check", outcome="pass", evidence="").content.decode()
    assert state(finding) == "verifying"


def test_evidence_in_free_text_is_not_taken(person, finding):
    leader, auditor = person("team_leader"), person("auditor")
    for step in ("triage", "start", "remedied"):
        take(leader, finding, step, owner=str(leader.user.pk))
    answer = take(auditor, finding, "check", outcome="pass", evidence="Ms Li, 13800138000, said so")
    assert "13800138000" not in answer.content.decode()
    assert state(finding) == "verifying"


def test_a_step_out_of_turn_names_those_that_are_possible(person, finding):
    answer = take(person("team_leader"), finding, "remedied")
    assert "Possible now" in answer.content.decode()
    assert state(finding) == "open"


def test_living_with_it_takes_a_date_a_reason_and_a_second_person(person, finding):
    officer = person("data_protection_officer")
    yesterday = clock.now().date().replace(year=2001).isoformat()
    take(officer, finding, "accept", until=yesterday, reason="Later")
    assert not Approval.objects.exists()
    take(officer, finding, "accept", until="2999-01-01", reason="The recorder is replaced next month.")
    assert (Approval.objects.get().kind, state(finding)) == ("finding:accept", "open")


@pytest.mark.parametrize("role", ["quality_reviewer"])
def test_a_role_that_sees_and_does_not_decide_moves_nothing(person, finding, role):
    somebody = person(role)
    assert somebody.get(reverse("console:finding", args=[finding.pk])).status_code == 200
    assert take(somebody, finding, "start").status_code == 403


def test_the_list_narrows_by_state_severity_and_kind(person, finding):
    auditor = person("auditor")

    def found(**values: str) -> int:
        return len(auditor.get(reverse("console:findings"), values).context["table"].rows)

    assert found() == 1
    assert found(state="unsettled", severity="high", kind="files-set-aside") == 1
    assert found(state="closed") == 0
    assert found(severity="low") == 0


def test_an_unknown_step_or_finding_breaks_nothing(person, finding):
    leader = person("team_leader")
    assert take(leader, finding, "vanish").status_code == 200
    assert (
        leader.get(reverse("console:finding", args=[finding.pk]).replace(str(finding.pk)[:4], "0000")).status_code
        == 404
    )


@pytest.mark.parametrize(
    ("language", "program", "right", "what"),
    [
        ("en", "Redaction (program)", "Redaction · Redacted recording · ", "Make a draft of that version"),
        ("zh-hans", "脱敏", "脱敏", "请以该版本创建草案"),
    ],
    ids=["en", "zh"],
)
def test_what_a_program_lacks_is_said_with_the_rights_and_what_to_do(person, language, program, right, what):
    one = findings.report(
        "program-lacks-rights", severity=Severity.HIGH, actor="job:watch", where="job:redaction",
        data={"count": 1, "cells": ["redaction/recording_redacted/redact"]},
    )  # fmt: skip
    security = person("security_administrator")
    security.browser.cookies["django_language"] = language
    page = security.get(reverse("console:finding", args=[one.pk])).content.decode()
    for said in (program, right, what):
        assert said in page
    assert "program-lacks-rights" not in page
    assert reverse("console:access") in page
