"""The register of training in the console, in both languages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from callwarden.control.reviews import actions as reviews
from callwarden.control.training.models import TrainingRecord
from callwarden.kernel import clock

DPO, SECURITY, AUDITOR = "data_protection_officer", "security_administrator", "auditor"


def page(name: str, *of: object) -> str:
    return reverse(f"console:{name}", args=of)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_what_is_entered_is_shown_and_taken_back(person, language):
    admin, auditor, somebody = person(SECURITY), person(AUDITOR), person("agent")
    for one in (admin, auditor):
        one.browser.cookies["django_language"] = language
    today = clock.now().date().isoformat()
    admin.post(page("training_enter"), {"person": somebody.user.pk, "course": "security", "completed": today})
    made = TrainingRecord.objects.get()
    assert (made.person, made.entered_by) == (somebody.user, admin.user.actor)
    for who in (admin, auditor):
        for standing in ("", "sensitive", "missing"):
            assert who.get(page("training"), {"standing": standing}).status_code == 200
    back = page("training_take_back", made.pk)
    assert back in admin.get(page("training_person", somebody.user.pk)).content.decode()
    assert back not in auditor.get(page("training_person", somebody.user.pk)).content.decode()
    assert admin.get(back).status_code == 200
    assert admin.post(back, {"reason": ""}).status_code == 422
    admin.post(back, {"reason": "Somebody else."})
    assert back not in admin.get(page("training_person", somebody.user.pk)).content.decode()


def test_a_table_is_taken_and_one_that_is_none_changes_nothing(person):
    admin, somebody = person(SECURITY), person("agent")
    today = clock.now().date().isoformat()
    for table in ("", "name\nli\n"):
        admin.post(page("training_table"), {"table": table})
    assert not TrainingRecord.objects.exists()
    table = f"account,course,completed,valid_until\r\n{somebody.user.username},security,{today},\r\n"
    admin.post(page("training_table"), {"table": table})
    assert TrainingRecord.objects.get().source == "table"


def test_nobody_enters_their_own_training(person):
    admin = person(SECURITY)
    today = clock.now().date().isoformat()
    admin.post(page("training_enter"), {"person": admin.user.pk, "course": "security", "completed": today})
    assert not TrainingRecord.objects.exists()


def test_the_reviewer_sees_it_and_the_day_view_says_what_waits(person, line):
    officer, auditor = person(DPO), person(AUDITOR)
    campaign = reviews.start("r", roles=[AUDITOR], lines=None, due_at=clock.now() + timedelta(days=9), by=officer.user)
    shown = officer.get(page("review_person", campaign.pk, auditor.user.pk)).content.decode()
    assert "Training not current" in shown
    today = officer.get(page("day")).content.decode()
    assert page("review", campaign.pk) in today
    assert page("training") in today
    assert page("training") not in auditor.get(page("day")).content.decode()
