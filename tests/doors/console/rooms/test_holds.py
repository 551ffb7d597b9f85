"""Holds in the console: counted before they are asked for, decided by somebody else, let go by two."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from callwarden.custody.destroy import destroy_record
from callwarden.custody.models import Record
from callwarden.custody.scope import client_scope
from callwarden.flows import holding
from callwarden.kernel import clock
from callwarden.kernel.models import Approval
from callwarden.lawful.holds.models import Matter
from tests.flows.centre_of_controls import record_on


def form(record: Record, **changes: object) -> dict[str, object]:
    given = {
        "client": str(record.client_id),
        "label": "C-2026-17",
        "ground": "litigation",
        "scope": "query",
        "line": str(record.line_id),
        "review_on": (clock.now() + timedelta(days=60)).date().isoformat(),
        "reason": "A dispute.",
        "provisional": "on",
        "step": "ask",
    }
    return {**given, **changes}


@pytest.fixture
def record(centre, line) -> Record:
    return record_on(line)


def carried_out(approval: Approval, first, second) -> None:
    second.post(
        reverse("console:approval_decide", args=[approval.pk]), {"decision": "approve", "digest": approval.digest}
    )
    first.post(reverse("console:approval_carry_out", args=[approval.pk]))


def test_what_it_would_hold_is_counted_and_nothing_is_held(person, record):
    answer = person("data_protection_officer").post(reverse("console:hold_new"), form(record, step="count"))
    assert answer.context["preview"]["total"] == 1
    assert not Matter.objects.exists()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_from_asking_to_letting_go_in_the_browser(person, record, language):
    first, second = person("data_protection_officer"), person("security_administrator")
    for one in (first, second):
        one.browser.cookies["django_language"] = language
    answer = first.post(reverse("console:hold_new"), form(record))
    matter = Matter.objects.get()
    assert answer["Location"] == reverse("console:hold", args=[matter.pk])
    page = first.get(answer["Location"])
    assert page.context["now"].held == 1
    approval = Approval.objects.get(kind="lawful:hold:set")
    assert "C-2026-17" in second.get(reverse("console:approval", args=[approval.pk])).content.decode()
    carried_out(approval, first, second)
    matter.refresh_from_db()
    assert matter.state == "held"
    with client_scope(record.client_id):
        assert not destroy_record(record, actor="system", reason="asked")
    first.post(reverse("console:hold_release", args=[matter.pk]), {"reason": "Settled."})
    carried_out(Approval.objects.get(kind="lawful:hold:release"), first, second)
    assert first.get(reverse("console:hold", args=[matter.pk])).context["progress"].done == 0
    holding.tend(seconds=10)
    with client_scope(record.client_id):
        assert Record.objects.get(pk=record.pk).state == "destroyed"
    assert first.get(reverse("console:holds")).status_code == 200


def test_looking_again_is_put_on_record(person, record):
    officer = person("data_protection_officer")
    officer.post(reverse("console:hold_new"), form(record))
    matter = Matter.objects.get()
    day = (clock.now() + timedelta(days=200)).date()
    officer.post(reverse("console:hold_review", args=[matter.pk]), {"review_on": day.isoformat()})
    matter.refresh_from_db()
    assert matter.review_on == day


def test_a_mistake_is_told_in_the_form(person, record):
    answer = person("team_leader").post(reverse("console:hold_new"), form(record, label="张三"))
    assert answer.status_code == 422
    assert not Matter.objects.exists()


def test_who_may_ask_and_who_may_not(person, record):
    for role, status in (("auditor", 403), ("agent", 403), ("team_leader", 200), ("data_protection_officer", 200)):
        assert person(role).get(reverse("console:hold_new")).status_code == status, role
    assert person("agent").get(reverse("console:holds")).status_code == 403
