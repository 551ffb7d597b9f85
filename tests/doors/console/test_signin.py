"""Signing in on a real site: password, then a second factor before anything else, then pages."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from callwarden.custody.models import LedgerPending
from callwarden.kernel import clock, people, sessions
from callwarden.kernel.errors import CallwardenError
from callwarden.kernel.models import Session, User
from tests.doors.console.signin_site import (
    ACTIVATE,
    CODE,
    LOGIN,
    PASSWORD,
    STEP_UP,
    code_of,
    give_password,
    newcomer,
    person,
    quick,
    set_up_factor,
    sign_in,
    site,
    stored_secret,
)

pytestmark = pytest.mark.usefixtures("quick")


__all__ = ["quick", "site"]


def events() -> list[str]:
    return [json.loads(bytes(row.body))["event"] for row in LedgerPending.objects.order_by("id")]


def test_the_first_sign_in_leads_to_a_second_factor_then_recovery_codes_then_pages():
    user, browser = person(), Client()
    assert give_password(browser)["Location"] == "/"
    assert browser.get("/")["Location"] == ACTIVATE
    secret, answer = set_up_factor(browser)
    assert answer["Location"] == "/accounts/2fa/recovery-codes/"
    assert browser.get(answer["Location"]).status_code == 200
    assert browser.get("/probe/").content.decode() == f"inside as {user.pseudonym}"
    assert stored_secret(user) == secret


def test_the_next_sign_in_asks_for_a_code_and_opens_a_session_that_proved_it():
    someone = newcomer()
    someone.browser.post("/accounts/logout/")
    browser = Client()
    assert give_password(browser)["Location"] == CODE
    assert browser.get("/probe/")["Location"].startswith(LOGIN)
    assert browser.post(CODE, {"code": someone.code()})["Location"] == "/"
    assert browser.get("/probe/").status_code == 200
    assert someone.session.mfa_at is not None
    assert not someone.session.demo


def test_signing_out_ends_the_session_and_says_so_in_the_ledger():
    someone = newcomer()
    someone.browser.post("/accounts/logout/")
    assert someone.session.revoked_at is not None
    assert events()[-1] == "people:session:revoked"
    assert someone.browser.get("/probe/")["Location"].startswith(LOGIN)


def test_nobody_signs_out_by_following_a_link():
    someone = newcomer()
    someone.browser.get("/accounts/logout/")
    assert someone.browser.get("/probe/").status_code == 200


# Programs speak to these with keys, or they say only how the site is.
NO_PAGES = ("/api/", "/scim/", "/healthz", "/readyz", "/metrics", "/demo/")


def every_console_address() -> list[str]:
    found: list[str] = []

    def walk(patterns, before):
        for pattern in patterns:
            route = before + str(pattern.pattern).lstrip("^").rstrip("$")
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, route)
            elif isinstance(pattern, URLPattern) and "(" not in route:
                found.append("/" + route.replace("<int:pk>", "1").replace("<str:link>", "x").replace("<uuid:", "<"))

    walk(get_resolver("callwarden.site.urls").url_patterns, "")
    return [address for address in found if "<" not in address and not address.startswith(NO_PAGES)]


# What somebody may do who has shown no second factor yet: set one up, prove the password anew, choose how it looks, go.
WITHOUT_FACTOR = {
    ACTIVATE,
    "/accounts/2fa/webauthn/add/",
    "/accounts/reauthenticate/",
    "/accounts/logout/",
    "/preferences/language/",
    "/preferences/theme/",
}


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
def test_before_the_second_factor_no_other_address_answers(headers):
    person()
    browser = Client()
    give_password(browser)
    addresses = every_console_address()
    assert len(addresses) > 20
    for address in addresses:
        if address in WITHOUT_FACTOR:
            continue
        for answer in (browser.get(address, headers=headers), browser.post(address, headers=headers)):
            target = answer.get("Location") or answer.get("HX-Redirect")
            assert target == ACTIVATE, address
            assert answer.content == b""


def test_strangers_reach_sign_in_and_nothing_else():
    open_to_all = {
        LOGIN,
        "/accounts/logout/",
        "/accounts/signup/",
        "/accounts/inactive/",
        "/accounts/2fa/webauthn/login/",
    }
    for address in every_console_address():
        if address in open_to_all or address.startswith("/preferences/"):
            continue
        answer = Client().get(address)
        assert answer.status_code == 404 or answer["Location"].startswith(LOGIN), address


def test_fragments_and_recordings_are_told_no_instead_of_a_sign_in_page():
    assert Client().get("/probe/", headers={"HX-Request": "true"})["HX-Redirect"] == LOGIN
    assert Client().get("/probe/sound/", headers={"Range": "bytes=0-9"}).status_code == 401
    assert Client().get("/probe/sound/", headers={"Sec-Fetch-Dest": "audio"}).status_code == 401


def test_a_recovery_code_signs_in_once():
    someone = newcomer()
    codes = Authenticator.objects.get(user=someone.user, type="recovery_codes").wrap().get_unused_codes()
    for expected in (302, 200):
        browser = Client()
        give_password(browser)
        assert browser.post(CODE, {"code": codes[0]}).status_code == expected
    assert browser.get("/probe/").status_code == 302


def test_a_code_counts_once_even_in_another_browser():
    someone = newcomer()
    code = someone.code()
    first, second = Client(), Client()
    give_password(first)
    give_password(second)
    assert first.post(CODE, {"code": code}).status_code == 302
    assert second.post(CODE, {"code": code}).status_code == 200
    assert second.get("/probe/").status_code == 302


def test_secrets_of_second_factors_are_not_readable_in_the_database():
    someone = newcomer()
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        stored = " ".join(row[0] for row in cursor.fetchall())
    seed = Authenticator.objects.get(user=someone.user, type="recovery_codes").data["seed"]
    assert someone.secret not in stored
    assert len(seed) > 80
    assert not set(seed) <= set("0123456789abcdef")


def test_showing_the_factor_again_renews_the_proof_and_the_password_alone_does_not():
    someone = newcomer()
    Session.objects.update(mfa_at=clock.now() - timedelta(hours=1))
    assert someone.browser.post("/accounts/reauthenticate/", {"password": PASSWORD})["Location"] == STEP_UP
    assert clock.now() - someone.session.mfa_at > timedelta(minutes=59)
    assert someone.browser.post(f"{STEP_UP}?next=/probe/", {"code": someone.code()})["Location"] == "/probe/"
    assert clock.now() - someone.session.mfa_at < timedelta(seconds=10)
    assert events()[-1] == "people:mfa:proved"


def test_an_old_proof_changes_no_factor():
    someone = newcomer()
    Session.objects.update(mfa_at=clock.now() - timedelta(hours=1))
    for address in ("/accounts/2fa/webauthn/add/", "/accounts/2fa/totp/deactivate/", "/accounts/2fa/recovery-codes/"):
        assert someone.browser.get(address)["Location"].startswith(STEP_UP), address


def test_who_removes_the_last_factor_stands_before_setting_one_up_again():
    someone = newcomer()
    assert someone.browser.post("/accounts/2fa/totp/deactivate/").status_code == 302
    assert someone.browser.get("/probe/")["Location"] == ACTIVATE


def test_a_changed_password_ends_every_other_session_and_keeps_this_one():
    someone = newcomer()
    elsewhere = sign_in(someone)
    new = "eight tall candles in the rain"
    answer = someone.browser.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new}
    )
    assert answer.status_code == 302
    assert someone.browser.get("/probe/").status_code == 200
    assert elsewhere.get("/probe/")["Location"].startswith(LOGIN)
    assert list(sessions.live(someone.user).values_list("mfa_at", flat=True)) != [None]
    assert sessions.live(someone.user).count() == 1


@pytest.mark.parametrize("weak", ["short", "password1234", "alice.reviewer.2026"])
def test_a_weak_password_is_refused(weak):
    someone = newcomer("alice.reviewer")
    answer = someone.browser.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": weak, "password2": weak}
    )
    assert answer.status_code == 200
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize("roles", [["system_administrator", "auditor"], ["security_administrator", "auditor"]])
def test_administrators_cannot_be_combined(roles):
    with pytest.raises(CallwardenError):
        people.open_account("x", roles=roles, actor="system")
    user = person()
    with pytest.raises(CallwardenError):
        people.set_roles(user, roles, actor="system")


@pytest.mark.parametrize("role", ["job:intake", "job:redaction", "service", "system", "door:console", ""])
def test_nobody_is_given_the_role_of_a_job(role):
    with pytest.raises(CallwardenError):
        people.open_account("x", roles=[role], actor="system")
    user = person()
    with pytest.raises(CallwardenError):
        people.set_roles(user, ["agent", role], actor="system")
    with pytest.raises(Exception, match="user_roles_known"):
        User.objects.filter(pk=user.pk).update(roles=[role])


def test_one_time_codes_and_addresses_are_not_readable_in_the_cache():
    someone = newcomer()
    sign_in(someone)
    code = code_of(someone.secret)
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM site_cache")
        keys = [row[0] for row in cursor.fetchall()]
    assert keys
    assert not [key for key in keys if code in key or "127.0.0.1" in key or "alice" in key]
