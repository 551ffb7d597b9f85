"""The pages in a real browser: playing, following the text, revealing, and clean for everyone."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from callwarden.doors.console.demo import link_for
from tests.doors.console.conftest import Watched
from tests.doors.console.test_gallery import violations

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo centre")]

KEPT = os.environ.get("CALLWARDEN_TEST_SCREENSHOTS", "")


@pytest.fixture(scope="module")
def served(centre) -> Iterator[str]:
    """Address of the console over the demonstration centre."""
    server = LiveServerThread("127.0.0.1", StaticFilesHandler, connections_override={})
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    yield f"http://127.0.0.1:{server.port}"
    server.terminate()
    # The browser's connections end just after; those to the database must be closed before it is dropped.
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(timeout=5)


@pytest.fixture
def visit(db: None, browser: Browser, served: str) -> Iterator[object]:
    """`visit(role, width=, scheme=, language=)`: that person's browser, watched."""
    contexts = []

    def enter(role: str, *, width: int = 1280, scheme: str = "light", language: str = "en") -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, timezone_id="Asia/Shanghai"
        )
        context.add_cookies([{"name": "django_language", "value": language, "url": served}])
        contexts.append(context)
        watched = Watched(context.new_page(), served)
        watched.page.goto(served + link_for(role))
        watched.complaints.clear()
        return watched

    yield enter
    for context in contexts:
        context.close()


def opened(page: Page) -> Page:
    page.locator(".records-link").first.click()
    page.wait_for_load_state("networkidle")
    return page


def consents(page: Page) -> Page:
    opened(page)
    page.goto(page.url.partition("?")[0] + "consents/")
    page.wait_for_load_state("networkidle")
    return page


def drawn(page: Page) -> Page:
    """A set to be held is drawn and shown; nothing is held."""
    page.locator("#id_label").fill("C-2026-17")
    page.locator("input[name=categories]").first.check()
    page.locator("form.card button[type=submit]").click()
    expect(page.locator("#bulk-reason")).to_be_visible()
    return page


def narrowed(page: Page) -> Page:
    """The log asked about a customer: what was typed is in no address."""
    page.locator("#find-subject").fill("C-2002")
    page.locator("#find-subject").press("Enter")
    expect(page.locator(".narrowed")).to_be_visible()
    assert "C-2002" not in page.url
    return page


@pytest.mark.parametrize(("width", "scheme", "language"), [(1280, "light", "en"), (390, "dark", "zh-hans")])
def test_every_page_is_clean_for_everyone(visit, width, scheme, language):
    found: list[str] = []
    for role, path, further in (
        ("team_leader", "/calls/", opened),
        ("data_protection_officer", "/customers/", opened),
        ("team_leader", "/customers/", consents),
        ("data_protection_officer", "/lawful/calling/", None),
        ("agent", "/customers/", None),
        ("quality_reviewer", "/calls/", None),
        ("auditor", "/calls/", opened),
        ("team_leader", "/search/", None),
        ("data_protection_officer", "/findings/", None),
        ("data_protection_officer", "/findings/many/", None),
        ("data_protection_officer", "/requests/many/", None),
        ("data_protection_officer", "/lawful/consents/renew/", None),
        ("data_protection_officer", "/lawful/holds/many/", drawn),
        ("data_protection_officer", "/many/", None),
        ("data_protection_officer", "/audit/", narrowed),
        ("auditor", "/audit/", None),
    ):
        watched = visit(role, width=width, scheme=scheme, language=language)
        page = watched.open(path)
        if further:
            further(page)
        # The checker itself brings styles that the content policy refuses, so what the page complains of is read first.
        assert watched.complaints == []
        found += [f"{role} at {page.url}: {one}" for one in violations(page)]
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "scrolls sideways"
        if KEPT:
            name = f"{path.strip('/').replace('/', '-')}-{role}{'-one' if further else ''}-{width}-{scheme}-{language}"
            page.screenshot(path=Path(KEPT) / f"{name}.png", full_page=True)
    assert found == []


def test_a_call_is_heard_by_ranges_and_the_text_follows(visit):
    watched = visit("quality_reviewer")
    asked: list[str] = []
    watched.page.on("request", lambda request: asked.append(request.url) if "/audio/" in request.url else None)
    page = opened(watched.open("/calls/"))
    assert asked == []
    page.get_by_role("button", name="Play or pause").click()
    expect(page.locator(".player-clock strong")).not_to_have_text("0:00")
    assert asked
    turns = page.locator(".turn")
    turns.last.get_by_role("button").click()
    expect(turns.last).to_have_attribute("aria-current", "true")
    wave = page.get_by_role("slider", name="Position in the recording")
    wave.focus()
    page.keyboard.press("Home")
    expect(turns.first).to_have_attribute("aria-current", "true")
    assert len({url for url in asked}) == 1
    assert watched.complaints == []


def test_a_value_is_revealed_by_keyboard_and_leaves_no_trace(visit, people):
    watched = visit("team_leader")
    page = opened(watched.open("/calls/"))
    before = page.url
    page.get_by_role("link", name="Reveal Phone number").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Purpose")).to_be_focused()
    dialog.get_by_label("Reason").fill("The caller disputes the delivery.")
    dialog.get_by_role("button", name="Show and record").click()
    value = page.locator(".revealed-value")
    expect(value).to_be_visible()
    expect(dialog).to_be_hidden()
    number = value.inner_text().split(" · ")[0]
    assert number in {phone for row in people for phone in row["phones"].split(";")}
    page.get_by_role("button", name="Hide Phone number now").click()
    expect(value).to_have_count(0)
    expect(page.get_by_role("link", name="Reveal Phone number")).to_be_visible()
    assert number not in page.content()
    assert page.url == before
    page.goto(page.url)
    page.go_back()
    assert number not in page.content()
    assert watched.complaints == []


def test_another_purpose_changes_what_is_shown(visit):
    watched = visit("team_leader")
    page = opened(watched.open("/calls/"))
    expect(page.get_by_role("link", name="Reveal Name")).to_be_visible()
    page.get_by_label("You look at this for").select_option("quality")
    expect(page.get_by_role("link", name="Reveal Name")).to_have_count(0)
    expect(page.get_by_role("button", name="Play or pause")).to_be_visible()
    assert "purpose=quality" in page.url
    assert watched.complaints == []


def test_words_are_searched_without_entering_the_address(visit, served):
    watched = visit("team_leader")
    page = watched.open("/calls/")
    page.get_by_label("Words in the transcript").fill("投诉")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Words in the transcript")).to_have_value("投诉")
    assert page.url == served + reverse("console:calls")
    page.get_by_label("Language").select_option("zh")
    expect(page.locator(".records tbody tr")).not_to_have_count(0)
    assert page.url == served + reverse("console:calls")
    assert watched.complaints == []
