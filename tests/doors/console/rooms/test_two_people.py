"""Notices, retention rules and the access matrix change by two people, each act exactly once."""

from __future__ import annotations

import pytest
from django.urls import reverse

from callwarden.control.access.actions import activate, revise
from callwarden.control.access.models import PolicyVersion
from callwarden.control.access.queries import active
from callwarden.engines.policy import Cell
from callwarden.kernel.models import Approval
from callwarden.kernel.people import open_account
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.retention.models import RetentionRule
from tests.flows.centre_of_controls import notice_for, purpose_for

SECTIONS = ("about", "collection", "use", "storage", "sharing", "deletion", "rights")
TEXTS = {
    **{f"{section}_en": f"About {section}." for section in SECTIONS},
    **{f"{section}_zh": f"关于 {section}。" for section in SECTIONS},
    "storage_en": "We record this call for 30 days.",
    "storage_zh": "本次通话录音保存30天。",
}


@pytest.fixture
def officer(person):
    return person("data_protection_officer")


@pytest.fixture
def security(person):
    return person("security_administrator")


def asked() -> Approval:
    return Approval.objects.latest("requested_at")


def approve(somebody, approval: Approval, **changes: str):
    given = {"decision": "approve", "digest": approval.digest, **changes}
    return somebody.post(reverse("console:approval_decide", args=[approval.pk]), given, follow=True)


def carry_out(somebody, approval: Approval):
    return somebody.post(reverse("console:approval_carry_out", args=[approval.pk]), follow=True)


def drafted(officer, line) -> Notice:
    officer.post(reverse("console:notice_new", args=[line.pk]), TEXTS)
    notice = Notice.objects.get(line=line, state="draft")
    officer.post(reverse("console:notice_ask", args=[notice.pk]), {"reason": "New storage time"})
    return notice


def state_of(notice: Notice) -> str:
    return Notice.objects.get(pk=notice.pk).state


def test_a_notice_is_published_by_two_people(officer, security, line):
    former = notice_for(line)
    notice = drafted(officer, line)
    page = security.get(reverse("console:approval", args=[asked().pk])).content.decode()
    assert "We record this call for 30 days." in page
    assert asked().digest in page
    approve(security, asked())
    assert state_of(notice) == "draft"
    carry_out(officer, asked())
    assert (state_of(notice), state_of(former)) == ("published", "superseded")


def test_the_one_who_asked_cannot_approve_and_nothing_happens_before_somebody_else_did(officer, line):
    notice = drafted(officer, line)
    answer = approve(officer, asked())
    assert "Nobody decides on their own request" in answer.content.decode()
    carry_out(officer, asked())
    assert state_of(notice) == "draft"


@pytest.mark.parametrize("role", ["team_leader", "system_administrator", "auditor", "partner_manager"])
def test_other_roles_see_the_request_and_do_not_decide_it(officer, person, line, role):
    drafted(officer, line)
    somebody = person(role)
    assert "This is decided by" in somebody.get(reverse("console:approval", args=[asked().pk])).content.decode()
    approve(somebody, asked())
    assert asked().state == "pending"


def test_an_act_happens_once_however_often_it_is_carried_out(officer, security, line):
    notice = drafted(officer, line)
    approve(security, asked())
    carry_out(officer, asked())
    published = Notice.objects.get(pk=notice.pk).published_at
    assert "not waiting for that any more" in carry_out(officer, asked()).content.decode()
    assert Notice.objects.get(pk=notice.pk).published_at == published


def test_a_text_changed_after_it_was_approved_is_not_published(officer, security, line):
    notice = drafted(officer, line)
    approve(security, asked())
    officer.post(reverse("console:notice_edit", args=[notice.pk]), {**TEXTS, "sharing_en": "We sell this call."})
    answer = carry_out(officer, asked())
    assert "not exactly what was approved" in answer.content.decode()
    assert state_of(notice) == "draft"
    assert asked().state == "approved"


def test_what_was_shown_is_what_is_decided(officer, security, line):
    drafted(officer, line)
    answer = approve(security, asked(), digest="0" * 64)
    assert "not the act that was shown" in answer.content.decode()
    assert asked().state == "pending"


def test_refusing_needs_a_reason_and_ends_the_request(officer, security, line):
    drafted(officer, line)
    path = reverse("console:approval_decide", args=[asked().pk])
    security.post(path, {"decision": "refuse", "digest": asked().digest})
    assert asked().state == "pending"
    security.post(path, {"decision": "refuse", "digest": asked().digest, "reason": "The period is wrong."})
    assert asked().state == "refused"


def test_a_request_is_taken_back_by_the_one_who_made_it_alone(officer, security, line):
    drafted(officer, line)
    path = reverse("console:approval_withdraw", args=[asked().pk])
    security.post(path)
    assert asked().state == "pending"
    officer.post(path)
    assert asked().state == "withdrawn"


def test_asking_without_a_reason_asks_nothing(officer, line):
    officer.post(reverse("console:notice_new", args=[line.pk]), TEXTS)
    notice = Notice.objects.get(line=line, state="draft")
    officer.post(reverse("console:notice_ask", args=[notice.pk]), {"reason": " "})
    assert not Approval.objects.exists()


def test_a_notice_in_one_language_is_not_even_drafted(officer, line):
    answer = officer.post(reverse("console:notice_new", args=[line.pk]), {"about_en": "Only English"})
    assert answer.status_code == 422
    assert not Notice.objects.exists()


def rule_for(line) -> RetentionRule:
    purpose_for(line)
    return RetentionRule.objects.create(
        line=line, category="recording_original", purpose_id="recording", ceiling_days=30
    )


def change(rule: RetentionRule, **days: int) -> dict[str, object]:
    given = {"floor_days": 0, "ceiling_days": 10, "trigger": "call_end", **days}
    return {
        "line": str(rule.line_id),
        "category": rule.category,
        "purpose": rule.purpose_id,
        "reason": "Shorter",
        **given,
    }


def days_of(rule: RetentionRule) -> tuple[int, int]:
    rule = RetentionRule.objects.get(pk=rule.pk)
    return rule.floor_days, rule.ceiling_days


def test_a_retention_rule_changes_by_two_people(officer, security, line):
    rule = rule_for(line)
    officer.post(reverse("console:retention"), change(rule))
    approve(security, asked())
    assert days_of(rule) == (0, 30)
    carry_out(security, asked())
    assert days_of(rule) == (0, 10)


def test_a_rule_that_was_changed_meanwhile_is_not_changed_again_by_an_older_approval(officer, security, line):
    rule = rule_for(line)
    officer.post(reverse("console:retention"), change(rule))
    approve(security, asked())
    RetentionRule.objects.filter(pk=rule.pk).update(ceiling_days=20)
    assert "changed meanwhile" in carry_out(officer, asked()).content.decode()
    assert days_of(rule) == (0, 20)


def test_what_must_be_kept_may_not_exceed_what_may_be_kept(officer, line):
    rule = rule_for(line)
    officer.post(reverse("console:retention"), change(rule, floor_days=31, ceiling_days=30))
    assert not Approval.objects.exists()


def test_a_new_rule_is_added_by_two_people(officer, security, line):
    rule = rule_for(line)
    officer.post(reverse("console:retention"), {**change(rule), "category": "transcript_original"})
    approve(security, asked())
    carry_out(officer, asked())
    assert RetentionRule.objects.get(line=line, category="transcript_original").ceiling_days == 10


CELL = Cell("quality_reviewer", "quality", "recording_original", "play_original")


def propose(somebody) -> PolicyVersion:
    somebody.post(reverse("console:matrix_draft"))
    version = PolicyVersion.objects.get(state="draft")
    matrix = active().matrix
    kept = [f"{one.category}:{one.action}" for one in matrix.cells if (one.role, one.purpose) == CELL[:2]]
    given = {"role": CELL.role, "purpose": CELL.purpose, "expected": version.digest}
    somebody.post(
        reverse("console:matrix_cells", args=[version.pk]), {**given, "cell": [*kept, f"{CELL[2]}:{CELL[3]}"]}
    )
    somebody.post(reverse("console:matrix_ask", args=[version.pk]), {"reason": "Spot checks"})
    return version


def test_a_matrix_is_put_into_force_by_two_people_and_decides_from_then_on(officer, security):
    assert CELL not in active().matrix.cells
    version = propose(officer)
    page = security.get(reverse("console:approval", args=[asked().pk])).content.decode()
    assert "Play the original" in page
    assert CELL not in active().matrix.cells
    approve(security, asked())
    carry_out(officer, asked())
    assert CELL in active().matrix.cells
    assert PolicyVersion.objects.get(state="active").pk == version.pk


def test_a_matrix_approved_against_another_one_in_force_is_not_activated(officer, security):
    propose(officer)
    first = asked()
    approve(security, first)
    activate(active().matrix.with_cell(CELL._replace(category="transcript_original"), True), actor="system")
    assert "access policy has changed" in carry_out(officer, first).content.decode()


def test_a_draft_rewritten_after_it_was_approved_is_not_activated(officer, security):
    version = propose(officer)
    first = asked()
    approve(security, first)
    matrix = active().matrix.with_cell(CELL, True).with_cell(CELL._replace(category="transcript_original"), True)
    version.refresh_from_db()
    revise(version, matrix, expected=version.digest, actor="system")
    assert "not exactly what was approved" in carry_out(officer, first).content.decode()
    assert CELL not in active().matrix.cells


def test_the_inbox_tells_what_waits_for_me_what_is_mine_and_what_i_decided(officer, security, line):
    drafted(officer, line)
    inbox = reverse("console:approvals")

    def count(somebody, name: str) -> int:
        return len(somebody.get(inbox, {"list": name}).context["table"].rows)

    assert [count(security, name) for name in ("mine_to_decide", "mine", "decided")] == [1, 0, 0]
    assert [count(officer, name) for name in ("mine_to_decide", "mine", "decided")] == [0, 1, 0]
    approve(security, asked())
    assert [count(security, name) for name in ("mine_to_decide", "mine", "decided")] == [0, 0, 1]


def test_more_people_than_built_in_must_approve_once_others_agreed_to_it(officer, security, person):
    there = reverse("console:approval_terms")
    given = {"act": "lawful:notice:publish", "quorum": 2, "distinct_roles": 2, "reason": "An audit asked for it."}
    assert person("team_leader").get(there).status_code == 403
    auditor = person("auditor")
    assert (auditor.get(there).status_code, auditor.post(there, given).status_code) == (200, 403)  # sees, asks nothing
    assert not Approval.objects.exists()
    assert officer.post(there, given | {"quorum": 5}).status_code == 422  # nobody could meet it
    open_account("third", roles=["data_protection_officer"], actor="system")
    officer.post(there, given)
    page = security.get(reverse("console:approval", args=[asked().pk])).content.decode()
    assert "Publish a notice" in page
    approve(security, asked())
    carry_out(officer, asked())
    assert "stricter here" in officer.get(there).content.decode()
