"""Passkeys by Chromium's own test authenticator: register, sign in, confirm, and a copy of one is found out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from callwarden.kernel import clock, sessions
from callwarden.kernel.models import Session
from tests.doors.console.signin_site import code_of, person, site
from tests.doors.console.test_signin_browser import address, fill_in_password, register_passkey, sign_out, visit

__all__ = ["address", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def newcomer_with_passkey(browser, address):
    user = person()
    page = visit(browser, address, "en").open("/probe/")
    fill_in_password(page)
    page.locator("input[name=code]").fill(code_of(page.locator("code.secret").inner_text()))
    page.locator("input[name=code]").press("Enter")
    page.wait_for_load_state("networkidle")
    tool, authenticator = register_passkey(page, address)
    return user, page, tool, authenticator


def sign_in_by_passkey(page, address) -> None:
    page.goto(f"{address}/accounts/login/?next=/probe/")
    page.locator("#passkey_login").click()


def test_a_passkey_confirms_a_dangerous_act(browser, address):
    user, page, _tool, _authenticator = newcomer_with_passkey(browser, address)
    Session.objects.update(mfa_at=clock.now() - timedelta(hours=1))
    page.goto(f"{address}/accounts/2fa/webauthn/reauthenticate/?next=/probe/")
    page.locator("#mfa_webauthn_reauthenticate").click()
    expect(page.locator("body")).to_contain_text(user.actor)
    proved = Session.objects.latest("created_at").mfa_at
    assert proved is not None
    assert clock.now() - proved < timedelta(minutes=5)


def test_a_copied_passkey_is_found_out_and_signs_in_nobody_any_more(browser, address):
    user, page, tool, authenticator = newcomer_with_passkey(browser, address)
    copy = tool.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"][0]
    for _time in range(2):
        sign_out(page, address)
        sign_in_by_passkey(page, address)
        expect(page.locator("body")).to_contain_text(user.actor)
    now = tool.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"][0]
    assert now["signCount"] > copy["signCount"]
    tool.send("WebAuthn.removeCredential", {"authenticatorId": authenticator, "credentialId": copy["credentialId"]})
    tool.send("WebAuthn.addCredential", {"authenticatorId": authenticator, "credential": copy})
    sign_out(page, address)
    sign_in_by_passkey(page, address)
    expect(page.locator("h1")).to_have_text("This key may have been copied")
    assert not sessions.live(user).exists()
    page.goto(f"{address}/probe/")
    expect(page.locator("#passkey_login")).to_be_visible()
    # The one who holds the original is told as well.
    tool.send("WebAuthn.removeCredential", {"authenticatorId": authenticator, "credentialId": copy["credentialId"]})
    tool.send("WebAuthn.addCredential", {"authenticatorId": authenticator, "credential": now | {"signCount": 99}})
    sign_in_by_passkey(page, address)
    expect(page.locator("h1")).to_have_text("This key may have been copied")
    assert not sessions.live(user).exists()
