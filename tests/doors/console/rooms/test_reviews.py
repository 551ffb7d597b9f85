"""Reviews in the console, from the beginning to a report that is checked elsewhere."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from callwarden.control.reviews import actions
from callwarden.control.reviews.models import Campaign, Item
from callwarden.custody.ledger.sequencer import verifier_key
from callwarden.engines.ledger.certificate_verifier import verify_certificate
from callwarden.kernel import clock
from callwarden.kernel.models import User
from tests.flows.centre_of_controls import sequence

DPO, SECURITY = "data_protection_officer", "security_administrator"


def page(name: str, *of: object) -> str:
    return reverse(f"console:{name}", args=of)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_from_the_beginning_to_the_signed_report(person, line, language):
    officer, admin = person(DPO), person(SECURITY)
    leader = person("team_leader", lines=[line.pk])
    agent, other = person("agent", lines=[line.pk]), person("agent", lines=[line.pk])
    for one in (officer, admin, leader):
        one.browser.cookies["django_language"] = language
    due = (clock.now() + timedelta(days=20)).date().isoformat()
    answer = officer.post(page("review_new"), {"reference": "2026-h2", "roles": ["agent"], "due": due})
    campaign = Campaign.objects.get()
    assert answer["Location"] == page("review", campaign.pk)
    for whose in ("", "mine", "open", "decided", "notable"):
        assert leader.get(page("review", campaign.pk), {"whose": whose}).status_code == 200

    item = Item.objects.get(person=agent.user)
    shown = leader.get(page("review_person", campaign.pk, agent.user.pk)).content.decode()
    assert page("review_decide", campaign.pk, item.pk) in shown
    leader.post(
        page("review_decide", campaign.pk, item.pk), {f"{item.pk}-decision": "keep", f"{item.pk}-reason": "Works here."}
    )
    gone = Item.objects.get(person=other.user)
    leader.post(
        page("review_decide", campaign.pk, gone.pk), {f"{gone.pk}-decision": "revoke", f"{gone.pk}-reason": "Left."}
    )
    assert [User.objects.get(pk=one.user.pk).roles for one in (agent, other)] == [["agent"], []]
    officer.post(page("review_close", campaign.pk))
    sequence()
    file = admin.get(page("review_report", campaign.pk))
    assert verify_certificate(file.content, [verifier_key()]).verified
    for altered in (
        file.content.replace(b'"keep"', b'"revoke"', 1),
        file.content.replace(b"access_review", b"erasure", 1),
    ):
        assert not verify_certificate(altered, [verifier_key()]).verified


def test_a_leader_neither_sees_nor_decides_what_others_review(person, line):
    officer, leader = person(DPO), person("team_leader", lines=[line.pk])
    other = person(SECURITY)
    campaign = actions.start(
        "r", roles=[SECURITY, DPO], lines=None, due_at=clock.now() + timedelta(days=9), by=officer.user
    )
    item = Item.objects.get(person=other.user)
    assert leader.get(page("review_person", campaign.pk, other.user.pk)).status_code == 404
    sent = {f"{item.pk}-decision": "revoke", f"{item.pk}-reason": "Because."}
    assert leader.post(page("review_decide", campaign.pk, item.pk), sent).status_code == 404
    own = Item.objects.get(person=officer.user)
    officer.post(
        page("review_decide", campaign.pk, own.pk), {f"{own.pk}-decision": "keep", f"{own.pk}-reason": "Mine."}
    )
    officer.post(page("review_keep", campaign.pk, officer.user.pk), {"reason": "Mine."})
    assert not Item.objects.exclude(decision="").exists()


@pytest.mark.parametrize("role", ["agent", "team_leader", "auditor", "system_administrator"])
def test_only_officers_and_security_begin_reviews(person, role):
    assert person(role).get(page("review_new")).status_code == 403
