"""The public pages of requests in a real browser, on a phone first: clean for everyone, without a script."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core import mail
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from callwarden.flows.customers import take_in_customer
from callwarden.flows.formats import customer_of
from tests.doors.console.conftest import Watched
from tests.doors.console.rooms.test_requests import customer, own_temporary_folder
from tests.doors.console.test_gallery import violations
from tests.purposes import serve

__all__ = ["customer", "own_temporary_folder"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

KEPT = os.environ.get("CALLWARDEN_TEST_SCREENSHOTS", "")
WAYS = [(390, "light", "en"), (390, "dark", "zh-hans")]
if KEPT:
    WAYS += [(1280, "dark", "en"), (1280, "light", "zh-hans")]
WORDS = {
    "en": (
        "Erasure",
        "Send the request",
        "Your request was taken in",
        "How does my request stand?",
        "Show how it stands",
    ),
    "zh-hans": ("删除", "提交请求", "您的请求已受理", "我的请求办到哪一步了？", "查询进展"),
}


BACK = {
    "en": ("Withdrawal of consent", "E-mail address", "This is me", "What you took back holds from now on"),
    "zh-hans": ("撤回同意", "电子邮箱", "确认是我本人", "您撤回的同意从现在起生效"),
}


@pytest.fixture
def address(centre, line, settings) -> Iterator[str]:
    settings.ALLOWED_HOSTS = ["localhost"]
    server = LiveServer("localhost")
    yield server.url
    server.stop()


@pytest.mark.parametrize(("width", "scheme", "language"), WAYS)
def test_somebody_asks_notes_number_and_code_and_follows_it(browser: Browser, address, width, scheme, language):
    erasure, send, taken, stand, show = WORDS[language]
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, timezone_id="Asia/Shanghai"
    )
    watched = Watched(context.new_page(), address)
    page = watched.open(f"/privacy/service-zh/request/?language={language}")
    found: list[str] = []

    def looked_at(name: str) -> None:
        if KEPT:
            page.screenshot(path=Path(KEPT) / f"public-{name}-{width}-{scheme}-{language}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways"
        found.extend(f"{name}: {one}" for one in violations(page))

    looked_at("ask")
    page.get_by_label(erasure, exact=True).check()
    page.locator("#id_value").fill("!")
    page.get_by_role("button", name=send).click()
    expect(page.get_by_role("alert")).to_be_visible()
    looked_at("refused")
    page.locator("#id_value").fill("13900001111")
    page.get_by_role("button", name=send).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(taken)
    looked_at("asked")
    number, code = page.locator(".receipt dd").nth(0).inner_text(), page.locator(".receipt dd").nth(1).inner_text()
    page.get_by_role("link", name=stand).click()
    page.locator("#id_number").fill(number)
    page.locator("#id_code").fill(code)
    looked_at("follow")
    page.get_by_role("button", name=show).click()
    expect(page.get_by_role("status")).to_contain_text(number)
    looked_at("standing")
    assert number not in page.url
    assert code.replace(" ", "") not in page.url
    assert watched.complaints == []
    assert found == []
    context.close()


@pytest.mark.parametrize(("width", "scheme", "language"), WAYS)
def test_somebody_takes_back_a_consent_with_the_code_sent_to_them(
    browser: Browser, address, line, customer, width, scheme, language
):
    serve(line, "quality")
    row = {"name": "林秋白", "phones": ["13900001111"], "emails": ["lin@example.org"]}
    take_in_customer(line, customer_of(row, customer_no="K1"), actor="system")
    back, by_mail, me, done = BACK[language]
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, timezone_id="Asia/Shanghai"
    )
    watched = Watched(context.new_page(), address)
    page = watched.open(f"/privacy/service-zh/request/?language={language}")
    found: list[str] = []

    def looked_at(name: str) -> None:
        if KEPT:
            page.screenshot(path=Path(KEPT) / f"public-{name}-{width}-{scheme}-{language}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways"
        found.extend(f"{name}: {one}" for one in violations(page))

    expect(page.locator("input[name=purposes]").first).to_be_hidden()
    page.get_by_label(back, exact=True).check()
    page.locator("input[name=purposes]").first.check()
    page.get_by_label(by_mail, exact=True).check()
    page.locator("#id_value").fill("lin@example.org")
    looked_at("take-back")
    page.locator("main button[type=submit]").click()
    looked_at("code-sent")
    deadline = time.monotonic() + 20
    while not mail.outbox and time.monotonic() < deadline:
        time.sleep(0.02)
    code = re.search(r"\b\d{6}\b", mail.outbox[0].body)
    assert code is not None
    page.locator("#id_code").fill("00000x")
    page.get_by_role("button", name=me).click()
    expect(page.get_by_role("alert")).to_be_visible()
    looked_at("code-refused")
    page.locator("#id_code").fill(code.group())
    page.get_by_role("button", name=me).click()
    expect(page.locator("main")).to_contain_text(done)
    looked_at("taken-back")
    assert code.group() not in page.url
    assert found == []
    context.close()
