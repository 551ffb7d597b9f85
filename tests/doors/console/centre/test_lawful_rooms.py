"""The rooms of chapter 1 in a real browser: clean for everyone, on wide and narrow screens, in both languages."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse

from callwarden.custody.models import Client, Line
from callwarden.kernel import clock
from callwarden.kernel.models import User
from callwarden.lawful.assessments.models import Assessment
from callwarden.lawful.holds import actions
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.holds.rules import Query, Wish
from tests.doors.console.centre.test_in_browser import served, visit
from tests.doors.console.test_gallery import violations

__all__ = ["served", "visit"]  # fixtures
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo centre")]
KEPT = os.environ.get("CALLWARDEN_TEST_SCREENSHOTS", "")


@pytest.fixture
def matter(db: None, centre: Client) -> Matter:
    """A provisional hold on the recordings of one line."""
    known = Matter.objects.first()
    if known:
        return known
    line = Line.objects.order_by("slug").first()
    wish = Wish(
        client=centre.pk,
        label="C-2026-17",
        ground="litigation",
        scope="query",
        review_on=(clock.now() + timedelta(days=60)).date(),
        query=Query(line=line.pk, categories=("recording_redacted",)),
    )
    officer = User.objects.filter(roles__contains=["data_protection_officer"]).first()
    return actions.ask(wish, by=officer, reason="A dispute.", provisional=True)


@pytest.mark.parametrize(("width", "scheme", "language"), [(390, "light", "en"), (1280, "dark", "zh-hans")])
def test_the_rooms_of_lawful_handling_are_clean_for_everyone(visit, matter, width, scheme, language):
    officer = visit("data_protection_officer", width=width, scheme=scheme, language=language)
    pages = {
        "calendar": reverse("console:retention_calendar"),
        "rule": reverse("console:retention"),
        "holds": reverse("console:holds"),
        "hold": reverse("console:hold", args=[matter.pk]),
        "hold-new": reverse("console:hold_new"),
        "certificates": reverse("console:certificates"),
        "lawful": reverse("console:lawful"),
        "day": reverse("console:day"),
        "anonymous": reverse("console:anonymous"),
        "anonymous-new": reverse("console:anonymous_new", args=["customers"]),
        "anonymous-at-end": reverse("console:anonymous_at_end", args=["calls"]),
    }
    for name, path in pages.items():
        page = officer.page
        page.goto(officer.address + path, wait_until="load")
        page.wait_for_timeout(200)
        if KEPT:
            page.screenshot(path=Path(KEPT) / f"{name}-{width}-{scheme}-{language}.png", full_page=True)
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert officer.complaints == []


@pytest.mark.parametrize(("width", "scheme", "language"), [(1280, "light", "en"), (390, "dark", "zh-hans")])
def test_the_registry_and_its_assessments_are_clean_for_everyone(visit, centre, width, scheme, language):
    officer = visit("data_protection_officer", width=width, scheme=scheme, language=language)
    thought = {one.purpose_id: one.pk for one in Assessment.objects.all()}
    pages = {
        "registry": reverse("console:registry"),
        "kinds": reverse("console:registry_kinds"),
        "purpose": reverse("console:purpose", args=["speech_analysis"]),
        "purpose-active": reverse("console:purpose", args=["recording"]),
        "purpose-edit": reverse("console:purpose_edit", args=["recording"]),
        "registry-file": reverse("console:registry_file"),
        "processing": reverse("console:processing"),
        "transfers": reverse("console:transfers"),
        "transfer-new": reverse("console:transfer_new"),
        "assessments": reverse("console:assessments"),
        "assessment": reverse("console:assessment", args=[thought["payment"]]),
        "assessment-draft": reverse("console:assessment", args=[thought["speech_analysis"]]),
        "assessment-risks": reverse("console:assessment_write", args=[thought["speech_analysis"], "risks"]),
        "assessment-measures": reverse("console:assessment_write", args=[thought["speech_analysis"], "measures"]),
    }
    found = {}
    for name, path in pages.items():
        page = officer.page
        page.goto(officer.address + path, wait_until="load")
        page.wait_for_timeout(200)
        if KEPT:
            page.screenshot(path=Path(KEPT) / f"{name}-{width}-{scheme}-{language}.png", full_page=True)
        found[name] = violations(page)
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            found[name].append(f"{wide} pixels wide")
    assert "\n".join(f"{name}: {one}" for name, wrong in found.items() for one in wrong) == ""
    assert officer.complaints == []
