"""People who work here are told about their own data: two publish, everybody confirms, nothing published changes."""

from __future__ import annotations

import re

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from callwarden.kernel import approvals
from callwarden.kernel.errors import CallwardenError, Conflict
from callwarden.kernel.models import Approval
from callwarden.lawful.notices.sections import LANGUAGES, Section, compose
from callwarden.lawful.staff import actions, queries
from callwarden.lawful.staff.acts import publication
from callwarden.lawful.staff.models import StaffNotice, StaffReading
from callwarden.lawful.staff.rules import digest_of, first_draft


def texts(word: str = "told") -> dict[str, str]:
    return {f"text_{language}": compose(dict.fromkeys(Section.values, word), language) for language in LANGUAGES}


def published(actor: str = "system", **more: str) -> StaffNotice:
    return actions.publish(actions.draft(**{**texts(), **more}), actor=actor)


def test_what_is_configured_becomes_a_draft_that_cannot_be_published_before_it_is_filled_in(person):
    officer, security = person("data_protection_officer"), person("security_administrator")
    page = officer.get(reverse("console:staff_notice_write"))
    start = page.context["form"].initial
    filled = {name: value for name, value in start.items() if value}
    assert officer.post(reverse("console:staff_notice_write"), filled).status_code == 302
    draft = StaffNotice.objects.get()
    assert "⟦" in draft.text_zh
    officer.post(reverse("console:staff_notice_ask", args=[draft.pk]), {"reason": "New."})
    assert not Approval.objects.exists()

    whole = {name: re.sub("⟦[^⟧]*⟧", "said", value) for name, value in filled.items()}
    whole["seen"] = digest_of(draft.version, draft.text_en, draft.text_zh)
    assert officer.post(reverse("console:staff_notice_write"), whole).status_code == 302
    officer.post(reverse("console:staff_notice_ask", args=[draft.pk]), {"reason": "New."})
    asked = Approval.objects.get()
    with pytest.raises(CallwardenError):
        approvals.approve(asked.pk, by=officer.user)
    approvals.approve(asked.pk, by=security.user)
    draft.refresh_from_db()
    approvals.execute(asked.pk, publication(draft), by=officer.user)
    assert queries.told() == draft


def test_the_draft_speaks_either_language_whichever_is_active():
    drafts = first_draft([], days=(30, 90))
    assert "30 to 90 days" in drafts["en"]
    assert "30 至 90 天" in drafts["zh"]


def test_an_approval_of_one_text_does_not_publish_another(person):
    officer, security = person("data_protection_officer"), person("security_administrator")
    draft = actions.draft(**texts("one"))
    asked = approvals.request(publication(draft), requester=officer.user, reason="New.")
    approvals.approve(asked.pk, by=security.user)
    act = publication(draft)
    seen = digest_of(draft.version, draft.text_en, draft.text_zh)
    actions.rewrite(draft, **texts("another"), instead_of=seen)
    with pytest.raises(CallwardenError):
        approvals.execute(asked.pk, act, by=officer.user)
    assert queries.told() is None


@pytest.mark.parametrize("role", ["agent", "team_leader", "system_administrator", "partner_manager"])
def test_everybody_is_asked_until_they_confirm(person, role):
    published()
    somebody = person(role)
    asked, notice = reverse("console:staff_notice"), queries.told()
    assert "not confirmed reading" in somebody.get(reverse("console:settings")).content.decode()
    assert queries.unread(somebody.user) == notice
    somebody.post(asked, {"notice": str(notice.pk)})
    somebody.post(asked, {"notice": str(notice.pk)})
    assert StaffReading.objects.filter(user=somebody.user, notice=notice).count() == 1
    assert queries.unread(somebody.user) is None
    assert "not confirmed reading" not in somebody.get(reverse("console:settings")).content.decode()
    assert somebody.get(reverse("console:staff_notices")).status_code == 403
    assert somebody.get(reverse("console:staff_notice_write")).status_code == 403


def test_a_button_under_an_older_text_confirms_nothing_of_the_newer(person):
    older, agent = published(), person("agent")
    newer = published()
    assert older.pk != newer.pk
    agent.post(reverse("console:staff_notice"), {"notice": str(older.pk)})
    assert not StaffReading.objects.exists()
    with pytest.raises(Conflict):
        actions.confirm(older, agent.user)


def test_whoever_oversees_sees_who_has_not_read_it(person):
    notice, agent, officer = published(), person("agent"), person("data_protection_officer")
    page = officer.get(reverse("console:staff_notices"))
    assert page.context["left_count"] == 2
    assert (agent.user.get_full_name() or agent.user.username) in page.content.decode()
    actions.confirm(notice, agent.user)
    assert officer.get(reverse("console:staff_notices")).context["left_count"] == 1


def test_a_published_text_cannot_be_changed_even_past_the_program(person):
    notice = published()
    with pytest.raises(DatabaseError), transaction.atomic():
        StaffNotice.objects.filter(pk=notice.pk).update(text_en="Something else.")
    with pytest.raises(Conflict):
        actions.rewrite(notice, **texts("x"), instead_of=notice.digest)


def test_whoever_writes_after_somebody_else_is_told_and_keeps_what_they_typed(person):
    officer = person("data_protection_officer")
    draft = actions.draft(**texts("one"))
    seen = digest_of(draft.version, draft.text_en, draft.text_zh)
    actions.rewrite(draft, **texts("theirs"), instead_of=seen)
    typed = {f"{part}_{language}": "mine" for part in Section.values for language in LANGUAGES}
    answer = officer.post(reverse("console:staff_notice_write"), {**typed, "seen": seen})
    assert answer.status_code == 422
    assert "mine" in answer.content.decode()
    draft.refresh_from_db()
    assert "theirs" in draft.text_en
