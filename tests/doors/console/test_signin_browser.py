"""A person's way in, in a real browser: password, authenticator app, recovery codes, passkey."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from playwright.sync_api import Browser, CDPSession, Page, expect
from pytest_django.live_server_helper import LiveServer

from callwarden.kernel.models import Session
from tests.doors.console.conftest import Watched
from tests.doors.console.signin_site import PASSWORD, code_of, person, site

__all__ = ["site"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def address(transactional_db: None, site: None, settings) -> Iterator[str]:
    # Passkeys are bound to names, so the site is called by one: an address is none.
    server = LiveServer("localhost")
    yield server.url
    server.stop()


def visit(browser: Browser, address: str, language: str) -> Watched:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": django_settings.LANGUAGE_COOKIE_NAME, "value": language, "url": address}])
    return Watched(context.new_page(), address)


def fill_in_password(page: Page, user: str = "alice") -> None:
    page.locator("input[name=login]").fill(user)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_load_state("networkidle")


def titled(words: str) -> re.Pattern[str]:
    return re.compile(re.escape(words))


def sign_out(page: Page, address: str) -> None:
    page.goto(f"{address}/accounts/logout/")
    page.locator("main form button[type=submit]").click()
    page.wait_for_load_state("networkidle")


WORDS = {
    "en": ("Sign in", "Set up an authenticator app", "Recovery codes", "Second factor"),
    "zh-hans": ("登录", "设置身份验证器应用", "恢复码", "第二重验证"),
}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_newcomer_sets_up_an_app_then_a_passkey_and_signs_in_by_either(browser, address, language):
    user = person()
    watched = visit(browser, address, language)
    page = watched.open("/probe/")
    sign_in, set_up, codes, second = WORDS[language]
    expect(page).to_have_title(titled(sign_in))
    fill_in_password(page)
    expect(page).to_have_title(titled(set_up))
    secret = page.locator("code.secret").inner_text()
    page.locator("input[name=code]").fill(code_of(secret))
    page.locator("input[name=code]").press("Enter")
    expect(page).to_have_title(titled(codes))
    page.goto(f"{address}/probe/")
    expect(page.locator("body")).to_contain_text(user.actor)

    sign_out(page, address)
    page.goto(f"{address}/probe/")
    fill_in_password(page)
    expect(page).to_have_title(titled(second))
    cache.clear()  # codes count once, and the clock of the tests stands still
    page.locator("input[name=code]").fill(code_of(secret))
    page.locator("input[name=code]").press("Enter")
    expect(page.locator("body")).to_contain_text(user.actor)
    assert Session.objects.latest("created_at").mfa_at is not None

    register_passkey(page, address)
    sign_out(page, address)
    page.goto(f"{address}/accounts/login/?next=/probe/")
    page.locator("#passkey_login").click()
    expect(page.locator("body")).to_contain_text(user.actor)
    assert Session.objects.latest("created_at").mfa_at is not None
    assert watched.complaints == []


def register_passkey(page: Page, address: str) -> tuple[CDPSession, str]:
    """A platform authenticator that verifies its holder, as the browser's own test tool makes one."""
    tool = page.context.new_cdp_session(page)
    tool.send("WebAuthn.enable")
    made = tool.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    page.goto(f"{address}/accounts/2fa/webauthn/add/")
    page.locator("input[name=name]").fill("office key")
    page.locator("input[name=passwordless]").check()
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url("**/accounts/2fa/**")
    page.wait_for_load_state("networkidle")
    return tool, str(made["authenticatorId"])
