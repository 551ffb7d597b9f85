"""A redaction is checked in a real browser: by keyboard, on a phone, in both languages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.doors.console.centre.test_in_browser import served, visit
from tests.doors.console.test_gallery import violations

__all__ = ["served", "visit"]
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo centre")]


def checking(watched, number: int = 0) -> Page:
    """The page on which a call's redaction is checked, by the way a person takes."""
    page = watched.open("/calls/")
    page.locator(".records-link").nth(number).click()
    page.wait_for_load_state("networkidle")
    page.locator("a[href$='/redaction/']").click()
    page.wait_for_load_state("networkidle")
    return page


@pytest.mark.parametrize(("width", "scheme", "language"), [(1280, "light", "en"), (390, "dark", "zh-hans")])
def test_checking_is_clean_for_everyone(visit, width, scheme, language):
    watched = visit("quality_reviewer", width=width, scheme=scheme, language=language)
    page = checking(watched)
    page.locator("a.redacted").first.click()
    expect(page.locator(".mark-panel:target")).to_be_visible()
    assert watched.complaints == []
    assert not (found := violations(page)), "\n".join(found)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "scrolls sideways"
    page.goto(page.url.split("/calls/")[0] + "/corrections/")
    assert not (found := violations(page)), "\n".join(found)


def test_words_are_chosen_and_hidden_by_keyboard_alone(visit):
    watched = visit("quality_reviewer")
    page = checking(watched, 2)
    marks = page.locator("a.redacted").count()
    hide = page.locator(".checking-hide button[type=submit]")
    expect(hide).to_be_disabled()
    page.locator(".word").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    chosen = page.locator(".word.is-chosen")
    expect(chosen).to_have_count(2)
    said = "".join(chosen.all_inner_texts())
    page.keyboard.press("Enter")
    expect(page.get_by_label("Kind of data")).to_be_focused()
    page.get_by_label("Kind of data").select_option("PERSON")
    hide.focus()
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")
    expect(page.locator("a.redacted")).not_to_have_count(marks)
    first = page.locator(".turn-text").first
    assert said not in re.sub(r"\s", "", first.inner_text())
    assert watched.complaints == []


def test_a_mark_says_what_it_rests_on_and_somebody_else_is_asked_to_give_it_back(visit):
    watched = visit("quality_reviewer")
    page = checking(watched, 1)
    page.locator("a.redacted").first.focus()
    page.keyboard.press("Enter")
    panel = page.locator(".mark-panel:target")
    expect(panel.get_by_text("What speaks for it")).to_be_visible()
    expect(panel.get_by_text("%")).to_be_visible()
    panel.get_by_label("Why it is no personal data").fill("It is the number of our own hotline.")
    panel.get_by_role("button", name="Ask to give it back").click()
    expect(page.get_by_text("Somebody else decides in the approvals").first).to_be_visible()
    officer = visit("data_protection_officer")
    asked = officer.open("/approvals/")
    expect(asked.get_by_text("Give a redacted place back to be read").first).to_be_visible()
    assert watched.complaints == []


def test_an_agent_is_not_offered_to_check(visit):
    watched = visit("agent")
    page = watched.open("/calls/")
    page.locator(".records-link").first.click()
    page.wait_for_load_state("networkidle")
    expect(page.locator("a[href$='/redaction/']")).to_have_count(0)
