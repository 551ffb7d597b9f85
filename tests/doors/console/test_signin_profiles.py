"""The two profiles: what a password must be, when it is changed, and which ones may not come back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from callwarden.custody.models import LedgerPending
from callwarden.kernel import clock, people
from callwarden.kernel.errors import CallwardenError
from callwarden.kernel.models import User
from callwarden.protection.signin import passwords
from callwarden.protection.signin.models import PasswordChange
from callwarden.site.outside import BadSetting, sign_in_profile
from tests.doors.console.signin_site import (
    ACTIVATE,
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
)

__all__ = ["quick", "site"]
pytestmark = pytest.mark.usefixtures("quick")
CHANGE = "/accounts/password/change/"
STRONG = "Harbour-7-plums"


@pytest.fixture
def mlps3(settings) -> None:
    settings.CALLWARDEN_SIGN_IN_PROFILE = "mlps3"


def change(browser: Client, old: str, new: str):
    return browser.post(CHANGE, {"oldpassword": old, "password1": new, "password2": new})


def events() -> list[str]:
    return [json.loads(bytes(row.body))["event"] for row in LedgerPending.objects.order_by("id")]


def test_a_password_alone_is_longer_than_one_beside_a_second_factor():
    for password, enough in (("kelp-drum-91x", False), ("kelp drum over 9", True)):
        if not enough:
            with pytest.raises(CallwardenError):
                people.open_account("bob", roles=["auditor"], actor="system", password=password)
    someone = newcomer()
    assert change(someone.browser, PASSWORD, "kelp-9x").status_code == 200
    assert change(someone.browser, PASSWORD, "kelp-91x").status_code == 302


def test_nist_asks_for_no_kinds_of_characters_and_no_periodic_change():
    someone = newcomer()
    assert change(someone.browser, PASSWORD, "plumharbour").status_code == 302
    User.objects.update(date_joined=clock.now() - timedelta(days=4000))
    PasswordChange.objects.update(at=clock.now() - timedelta(days=4000))
    assert sign_in_with(someone, "plumharbour").get("/probe/").status_code == 200


@pytest.mark.parametrize("weak", ["harbour-plums-seven", "HARBOUR PLUMS", "Harbour-7-p", "Password-2026!"])
def test_mlps3_asks_for_length_and_three_kinds_of_characters(mlps3, weak):
    user = person(password=STRONG)
    with pytest.raises(ValidationError):
        validate_password(weak, user)
    validate_password("Seven-plums-9", user)


def sign_in_with(someone, password: str) -> Client:
    browser = Client()
    assert give_password(browser, someone.user.username, password).status_code == 302
    browser.post("/accounts/2fa/authenticate/", {"code": someone.code()})
    return browser


def test_mlps3_has_the_first_password_and_an_old_one_changed_before_anything_else(mlps3, settings):
    settings.CALLWARDEN_SIGN_IN_PROFILE = "nist"
    someone = newcomer()
    settings.CALLWARDEN_SIGN_IN_PROFILE = "mlps3"
    browser = sign_in(someone)
    assert browser.get("/probe/")["Location"] == CHANGE
    assert "Somebody else chose your password" in browser.get(CHANGE).content.decode()
    assert browser.get("/probe/", headers={"HX-Request": "true"})["HX-Redirect"] == CHANGE
    assert change(browser, PASSWORD, STRONG).status_code == 302
    assert browser.get("/probe/").status_code == 200
    PasswordChange.objects.update(at=clock.now() - timedelta(days=91))
    later = sign_in_with(someone, STRONG)
    assert later.get("/probe/")["Location"] == CHANGE
    assert "older than this site allows" in later.get(CHANGE).content.decode()
    later.post("/accounts/logout/")
    PasswordChange.objects.update(at=clock.now() - timedelta(days=89))
    assert sign_in_with(someone, STRONG).get("/probe/").status_code == 200


def test_a_demand_to_change_the_password_opens_nothing_by_another_address(mlps3, settings):
    settings.CALLWARDEN_SIGN_IN_PROFILE = "nist"
    someone = newcomer()
    settings.CALLWARDEN_SIGN_IN_PROFILE = "mlps3"
    browser = sign_in(someone)
    for address in ("/calls/", "/settings/", "/search/", "/accounts/2fa/", "/accounts/2fa/webauthn/add/"):
        assert browser.get(address)["Location"] == CHANGE, address


def test_five_former_passwords_and_the_present_one_do_not_come_back_under_mlps3(mlps3):
    user = person(password=STRONG)
    words = [f"Orchard-{letter}-{number}{letter}7" for number, letter in enumerate("kmprtvx")]
    for word in words:
        passwords.replace(user, word, actor=user.actor)
        user.refresh_from_db()
    for refused in words[-6:]:
        with pytest.raises(ValidationError):
            passwords.NotUsedBefore().validate(refused, user)
    for allowed in (STRONG, words[0]):
        passwords.NotUsedBefore().validate(allowed, user)


def test_former_passwords_lie_sealed_and_no_more_than_asked_for(mlps3):
    user = person(password=STRONG)
    for number in range(9):
        passwords.replace(user, f"Orchard-{number}-night", actor=user.actor)
    with connection.cursor() as cursor:
        cursor.execute("SELECT former FROM protection_passwordchange")
        stored = [bytes(row[0]) for row in cursor.fetchall()]
    assert len(stored) == 5
    assert not [row for row in stored if b"md5" in row or b"argon2" in row or b"Orchard" in row]
    assert events().count("people:password:changed") == 9


def test_nist_keeps_no_former_passwords():
    user = person()
    for number in range(3):
        passwords.replace(user, f"orchard by night {number}", actor=user.actor)
    assert list(PasswordChange.objects.values_list("former", flat=True)) == [None]
    with pytest.raises(ValidationError):
        passwords.NotUsedBefore().validate("orchard by night 2", user)


@pytest.mark.parametrize("profile", ["nist", "mlps3"])
def test_a_newcomer_with_a_given_password_sets_up_a_factor_then_changes_it_then_is_inside(settings, profile):
    """Neither demand sends them back to the other."""
    settings.CALLWARDEN_SIGN_IN_PROFILE = profile
    given = passwords.reset(person(password="Seven long lanterns, 7"), actor="system")
    browser = Client()
    assert give_password(browser, password=given).status_code == 302
    assert browser.get("/probe/")["Location"] == ACTIVATE
    assert browser.get(CHANGE)["Location"] == ACTIVATE
    set_up_factor(browser)
    assert browser.get("/accounts/2fa/recovery-codes/").status_code == 200
    assert browser.get("/probe/")["Location"] == CHANGE
    page = browser.get(CHANGE)
    assert page.status_code == 200
    assert "password/reset" not in page.content.decode()
    assert change(browser, given, STRONG).status_code == 302
    assert browser.get("/probe/").status_code == 200


def test_a_factor_set_up_in_another_session_is_shown_in_this_one():
    person()
    first, second = Client(), Client()
    give_password(first)
    give_password(second)
    secret, _answer = set_up_factor(second)
    assert first.get("/probe/")["Location"] == STEP_UP
    assert first.get(STEP_UP).status_code == 200
    cache.clear()
    assert first.post(f"{STEP_UP}?next=/probe/", {"code": code_of(secret)})["Location"] == "/probe/"
    assert first.get("/probe/").status_code == 200


@pytest.mark.parametrize("profile", ["nist", "mlps3"])
def test_a_given_password_ends_every_session_and_is_good_for_changing_it(settings, profile):
    someone = newcomer()
    settings.CALLWARDEN_SIGN_IN_PROFILE = profile
    written = passwords.reset(someone.user, actor="system")
    assert len(written) >= 20
    assert check_password(written, User.objects.get().password)
    assert someone.browser.get("/probe/")["Location"].startswith(LOGIN)
    browser = sign_in_with(someone, written)
    assert browser.get("/probe/")["Location"] == CHANGE
    assert change(browser, written, written).status_code == 200
    assert change(browser, written, STRONG).status_code == 302
    assert browser.get("/probe/").status_code == 200
    assert written not in json.dumps([bytes(row.body).decode() for row in LedgerPending.objects.all()])


@pytest.mark.parametrize("profile", ["nist", "mlps3"])
def test_both_profiles_let_nobody_in_without_a_second_factor(settings, profile):
    person()
    settings.CALLWARDEN_SIGN_IN_PROFILE = profile
    browser = Client()
    give_password(browser)
    assert browser.get("/probe/")["Location"] == "/accounts/2fa/totp/activate/"


def test_a_profile_that_does_not_exist_stops_the_start():
    with pytest.raises(BadSetting):
        sign_in_profile("pci")
    assert sign_in_profile("") == "nist"
