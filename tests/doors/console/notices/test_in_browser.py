"""Writing a notice and reading it in a real browser: clean for everyone, side by side and on a phone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from callwarden.lawful.notices.models import Notice
from tests.doors.console.test_gallery import violations

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("notices centre")]

KEPT = os.environ.get("CALLWARDEN_TEST_SCREENSHOTS", "")
WAYS = [(1280, "light", "en"), (390, "dark", "zh-hans"), (390, "light", "en")]
if KEPT:
    WAYS += [(1280, "dark", "zh-hans")]


def drafted() -> Notice:
    return Notice.objects.get(state="draft", line__slug="service-zh", version="2026-2")


def addresses() -> dict[str, tuple[str, str]]:
    """Name of the page -> who looks, and where."""
    draft = drafted()
    officer = "data_protection_officer"
    return {
        "versions": (officer, reverse("console:notices", args=[draft.line_id])),
        "draft": (officer, reverse("console:notice", args=[draft.pk])),
        "edit": (officer, reverse("console:notice_edit", args=[draft.pk])),
        "generated": (officer, reverse("console:notice_new", args=[draft.line_id]) + "?start=configured"),
        "public": ("", "/privacy/service-zh/"),
        "superseded": ("", "/privacy/service-zh/2025-2/"),
    }


@pytest.mark.parametrize(("width", "scheme", "language"), WAYS)
def test_every_page_is_clean_for_everyone(visit, width, scheme, language):
    found: list[str] = []
    for name, (role, path) in addresses().items():
        watched = visit(role, width=width, scheme=scheme, language=language)
        page = watched.open(path)
        if KEPT:
            page.screenshot(path=Path(KEPT) / f"notice-{name}-{width}-{scheme}-{language}.png", full_page=True)
        assert watched.complaints == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways"
        found += [f"{name}: {one}" for one in violations(page)]
    assert found == []


def test_both_languages_stand_side_by_side_and_the_preview_shows_what_was_typed(visit):
    watched = visit("data_protection_officer")
    page = watched.open(addresses()["edit"][1])
    english, chinese = page.locator("#id_storage_en"), page.locator("#id_storage_zh")
    left, right = english.bounding_box(), chinese.bounding_box()
    assert left["x"] + left["width"] <= right["x"]
    assert abs(left["y"] - right["y"]) < 2
    english.fill("Kept for **forty** days.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview strong").filter(has_text="forty")).to_be_visible()
    expect(english).to_be_hidden()
    if KEPT:
        page.screenshot(path=Path(KEPT) / "notice-preview-1280.png", full_page=True)
    page.get_by_role("button", name="Write").click()
    expect(english).to_have_value("Kept for **forty** days.")
    assert watched.complaints == []


def test_on_a_phone_one_language_is_shown_at_a_time(visit):
    watched = visit("data_protection_officer", width=390)
    page = watched.open(addresses()["edit"][1])
    expect(page.locator("#id_use_en")).to_be_visible()
    expect(page.locator("#id_use_zh")).to_be_hidden()
    page.get_by_role("button", name="中文", exact=True).click()
    expect(page.locator("#id_use_zh")).to_be_visible()
    expect(page.locator("#id_use_en")).to_be_hidden()
    assert watched.complaints == []


def test_the_reading_time_follows_the_script_as_it_is_typed(visit):
    watched = visit("data_protection_officer")
    page = watched.open(addresses()["edit"][1])
    page.locator("#id_script_zh").fill("请稍等" * 60)
    expect(page.locator("#reading-zh")).to_contain_text("45 s")
    expect(page.locator("#reading-zh")).to_contain_text("Too long for an announcement")
    assert watched.complaints == []


def test_the_preview_works_without_scripts_and_keeps_what_was_typed(visit):
    page = visit("data_protection_officer", scripts=False).open(addresses()["edit"][1])
    page.locator("#id_sharing_en").fill("Nobody *else*.")
    page.get_by_role("button", name="Preview").press("Enter")
    expect(page.locator("#preview em").filter(has_text="else")).to_be_visible()
    expect(page.locator("#id_sharing_en")).to_have_value("Nobody *else*.")


def test_a_stranger_on_a_phone_reads_switches_and_follows_the_contents(visit):
    watched = visit(width=390, language="zh-hans")
    page = watched.open("/privacy/service-zh/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("个人信息处理告知")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("How we use your personal data")
    page.get_by_role("navigation", name="Contents").get_by_role("link", name="How it is deleted").click()
    assert page.url.endswith("#deletion")
    page.get_by_role("link", name="2025-2").click()
    expect(page.get_by_role("note")).to_contain_text("no longer in force")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert watched.complaints == []
    assert page.context.cookies() == [one for one in page.context.cookies() if one["name"] == "django_language"]


def test_the_notice_leads_to_asking_and_back(visit):
    page = visit(width=390, language="en").open("/privacy/service-zh/?language=en")
    page.get_by_role("link", name="Ask about your data").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ask about your data")
    page.get_by_role("link", name="How we use your personal data").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("How we use your personal data")
