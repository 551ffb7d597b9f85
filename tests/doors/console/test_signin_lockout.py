"""Guessing ends, wherever it comes from; and nobody can shut somebody else out of the browser they work at."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.core.cache import cache
from django.test import Client

from callwarden.kernel import clock, people, sessions
from callwarden.kernel.models import Session
from callwarden.protection.signin import devices, lockouts
from callwarden.protection.signin.models import KnownDevice
from tests.doors.console.signin_site import CODE, LOGIN, give_password, newcomer, person, quick, sign_in, site

__all__ = ["quick", "site"]
pytestmark = pytest.mark.usefixtures("quick")
WRONG = "not the password at all"


def guess_from_everywhere(times: int, name: str = "alice") -> None:
    for number in range(times):
        Client(REMOTE_ADDR=f"198.51.100.{number}").post(LOGIN, {"login": name, "password": WRONG})
        cache.clear()


def restarted() -> None:
    cache.clear()
    AxesProxyHandler.implementation = None


@pytest.mark.parametrize(("profile", "guesses"), [("nist", 20), ("mlps3", 5)])
def test_guesses_spread_over_addresses_close_the_account_for_unknown_browsers(settings, profile, guesses):
    person()
    settings.CALLWARDEN_SIGN_IN_PROFILE = profile
    guess_from_everywhere(guesses - 1)
    assert give_password(Client(REMOTE_ADDR="203.0.113.1")).status_code == 302
    guess_from_everywhere(guesses)
    assert give_password(Client(REMOTE_ADDR="203.0.113.2")).status_code == 429
    restarted()
    assert give_password(Client(REMOTE_ADDR="203.0.113.3")).status_code == 429
    AccessAttempt.objects.update(attempt_time=clock.now() - timedelta(minutes=31))
    assert give_password(Client(REMOTE_ADDR="203.0.113.4")).status_code == 302


@pytest.mark.parametrize("profile", ["nist", "mlps3"])
def test_the_browser_somebody_works_at_stays_open_while_others_guess(settings, profile):
    someone = newcomer()
    someone.browser.post("/accounts/logout/")
    settings.CALLWARDEN_SIGN_IN_PROFILE = profile
    guess_from_everywhere(40)
    assert give_password(Client(REMOTE_ADDR="203.0.113.1")).status_code == 429
    assert give_password(someone.browser)["Location"] == CODE
    assert someone.browser.post(CODE, {"code": someone.code()}).status_code == 302
    assert someone.browser.get("/accounts/logout/").status_code in {200, 302}


def test_the_known_browser_has_a_limit_of_its_own():
    someone = newcomer()
    someone.browser.post("/accounts/logout/")
    for _time in range(5):
        give_password(someone.browser, password=WRONG)
    assert give_password(someone.browser).status_code == 429
    restarted()
    assert give_password(someone.browser).status_code == 429


@pytest.mark.parametrize("forged", ["", "x", "a" * 43, "b" * 5000])
def test_a_made_up_browser_cookie_is_worth_nothing(forged):
    person()
    guess_from_everywhere(20)
    browser = Client(REMOTE_ADDR="203.0.113.1")
    browser.cookies["callwarden_device"] = forged
    assert give_password(browser).status_code == 429


def test_a_known_browser_of_one_person_is_unknown_for_another():
    someone = newcomer()
    someone.browser.post("/accounts/logout/")
    person("bob")
    guess_from_everywhere(20, "bob")
    assert give_password(someone.browser, "bob").status_code == 429


def test_one_guess_for_each_of_many_people_closes_the_address_and_leaves_known_browsers_open():
    someone = newcomer()
    someone.browser.post("/accounts/logout/")
    for number in range(100):
        name = f"agent{number}"
        AccessAttempt.objects.create(
            username=lockouts.counter_of_name(name),
            ip_address="127.0.0.1",
            user_agent="",
            failures_since_start=1,
            attempt_time=clock.now(),
        )
    person("bob")
    assert give_password(Client(), "bob").status_code == 429
    assert give_password(Client(REMOTE_ADDR="203.0.113.1"), "bob").status_code == 302
    assert give_password(someone.browser)["Location"] == CODE
    assert [address for address, _count, _until in lockouts.closed_addresses()] == ["127.0.0.1"]
    assert lockouts.unlock_address("127.0.0.1", actor="system")
    assert give_password(Client(), "bob").status_code == 302


def test_opening_an_account_again_forgets_every_wrong_proof_and_is_in_the_ledger():
    someone = newcomer()
    someone.browser.post("/accounts/logout/")
    for _time in range(5):
        give_password(someone.browser, password=WRONG)
    guess_from_everywhere(20)
    standing = lockouts.standing(someone.user)
    assert standing.everywhere
    assert standing.failures == 25
    assert lockouts.unlock(someone.user, actor="system")
    assert not lockouts.unlock(someone.user, actor="system")
    assert not lockouts.standing(someone.user).closed
    assert give_password(Client(REMOTE_ADDR="203.0.113.1"))["Location"] == CODE
    assert give_password(someone.browser)["Location"] == CODE


def test_a_browser_is_forgotten_after_half_a_year_and_when_told():
    someone = newcomer()
    value = someone.browser.cookies["callwarden_device"].value
    assert devices.is_known(someone.user, value)
    KnownDevice.objects.update(last_at=clock.now() - timedelta(days=181))
    assert not devices.is_known(someone.user, value)
    devices.remember(someone.user, value)
    assert devices.forget(someone.user, actor="system") == 1
    assert not devices.is_known(someone.user, value)


def test_the_browser_cookie_opens_nothing_and_lies_nowhere_in_clear():
    someone = newcomer()
    cookie = someone.browser.cookies["callwarden_device"]
    assert cookie["httponly"]
    assert cookie["path"] == "/accounts/"
    assert cookie.value.encode() not in bytes(KnownDevice.objects.get().token)
    thief = Client()
    thief.cookies["callwarden_device"] = cookie.value
    assert thief.get("/probe/").status_code == 302


# Sessions


def test_a_session_that_leaves_its_browser_ends_for_the_thief_and_for_its_owner():
    someone = newcomer()
    stolen = Client(HTTP_USER_AGENT="another program")
    stolen.cookies["sessionid"] = someone.browser.cookies["sessionid"].value
    assert stolen.get("/probe/")["Location"].startswith(f"{LOGIN}?ended=1")
    assert someone.browser.get("/probe/").status_code == 302
    assert someone.session.revoked_at is not None


@pytest.mark.parametrize("role", ["system_administrator", "security_administrator", "auditor"])
def test_administrators_have_one_session_at_a_time(role):
    someone = newcomer(role=role)
    elsewhere = sign_in(someone)
    assert elsewhere.get("/probe/").status_code == 200
    assert someone.browser.get("/probe/")["Location"].startswith(f"{LOGIN}?ended=1")
    assert sessions.live(someone.user).count() == 1


def test_everybody_else_may_be_signed_in_at_two_desks():
    someone = newcomer(role="team_leader")
    elsewhere = sign_in(someone)
    assert elsewhere.get("/probe/").status_code == someone.browser.get("/probe/").status_code == 200


def test_signing_in_again_in_the_same_browser_leaves_no_session_behind():
    someone = newcomer()
    someone.browser.post("/accounts/logout/")
    sign_in(someone, someone.browser)
    assert Session.objects.filter(user=someone.user, revoked_at=None).count() == 1


def test_a_closed_account_is_no_more_told_apart_when_locked():
    closed = person("carol")
    people.close_account(closed, actor="system")
    guess_from_everywhere(20, "carol")
    guess_from_everywhere(20, "nobody")
    for name in ("carol", "nobody"):
        assert give_password(Client(REMOTE_ADDR="203.0.113.9"), name).status_code == 429
