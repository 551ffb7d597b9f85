"""What an intruder tries at the door where people sign in, and what ends a sign-in."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from urllib.parse import urljoin, urlsplit

import pytest
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.core import signing
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from callwarden.custody.models import LedgerPending
from callwarden.doors.console.demo import SALT, link_for
from callwarden.kernel import clock, people, sessions
from callwarden.kernel.errors import Refused
from callwarden.kernel.models import Session, User
from tests.doors.console.signin_site import (
    ACTIVATE,
    CODE,
    LOGIN,
    PASSWORD,
    give_password,
    newcomer,
    person,
    quick,
    sign_in,
    site,
)

__all__ = ["quick", "site"]
pytestmark = pytest.mark.usefixtures("quick")
WRONG = "not the password at all"


def guess(times: int, name: str = "alice", **headers: str) -> None:
    """Wrong passwords, each from a fresh browser; the memory of the quick limits is lost in between."""
    for _time in range(times):
        Client(**headers).post(LOGIN, {"login": name, "password": WRONG})


def lost_memory() -> None:
    """As after a restart: nothing is left but the database's lasting tables."""
    cache.clear()
    AxesProxyHandler.implementation = None


# Guessing


def test_five_wrong_passwords_close_sign_in_for_the_right_one_too():
    person()
    guess(4)
    assert give_password(Client())["Location"] == "/"
    guess(5)
    assert give_password(Client()).status_code == 429


def test_a_locked_account_stays_locked_over_a_restart_and_opens_after_half_an_hour():
    person()
    guess(5)
    lost_memory()
    assert give_password(Client()).status_code == 429
    AccessAttempt.objects.update(attempt_time=clock.now() - timedelta(minutes=31))
    assert give_password(Client()).status_code == 302


def test_guesses_while_locked_do_not_keep_the_account_locked():
    person()
    guess(5)
    AccessAttempt.objects.update(attempt_time=clock.now() - timedelta(minutes=29))
    guess(1)
    AccessAttempt.objects.update(attempt_time=AccessAttempt.objects.get().attempt_time - timedelta(minutes=2))
    assert give_password(Client()).status_code == 302


def test_writing_the_name_differently_is_no_new_set_of_guesses():
    person(email="alice@example.com")
    for name in ("alice", "ALICE", " Alice", "alice@example.com", "Alice@Example.COM"):
        guess(1, name)
    assert give_password(Client()).status_code == 429


def test_another_program_or_a_forged_address_is_no_new_set_of_guesses():
    person()
    for number in range(5):
        forged = {"HTTP_X_FORWARDED_FOR": f"192.0.2.{number}", "HTTP_X_REAL_IP": f"192.0.2.{number}"}
        guess(1, HTTP_USER_AGENT=f"program {number}", **forged)
    assert give_password(Client()).status_code == 429


def test_guesses_against_one_account_leave_its_neighbours_open():
    person()
    person("bob")
    guess(6)
    assert give_password(Client(), "bob").status_code == 302


def test_guesses_from_many_addresses_meet_a_limit_of_the_account():
    person()
    for number in range(20):
        Client(REMOTE_ADDR=f"192.0.2.{number}").post(LOGIN, {"login": "alice", "password": WRONG})
    assert give_password(Client(REMOTE_ADDR="192.0.2.77")).status_code == 429
    assert Client(REMOTE_ADDR="192.0.2.77").get("/probe/").status_code == 302


def test_wrong_codes_of_the_second_factor_lock_like_wrong_passwords():
    someone = newcomer()
    browser = Client()
    give_password(browser)
    for _time in range(5):
        answer = browser.post(CODE, {"code": "000000"})
    assert answer.status_code == 429
    lost_memory()
    assert browser.post(CODE, {"code": someone.code()}).status_code == 429
    assert browser.get("/probe/").status_code == 302
    assert give_password(Client()).status_code == 429


@pytest.mark.parametrize(("language", "says"), [("en", "Too many attempts"), ("zh-hans", "尝试次数过多")])
def test_the_page_of_a_locked_account_says_what_to_do_in_both_languages(language, says, settings):
    person()
    guess(5)
    browser = Client()
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    answer = give_password(browser)
    assert says in answer.content.decode()
    assert "alice" not in answer.content.decode()
    assert browser.get(LOGIN).status_code == 200


def test_what_was_typed_at_sign_in_is_kept_nowhere():
    person()
    typed = "6222020200112233445 my-other-password"
    Client().post(f"{LOGIN}?login={typed}", {"login": typed, "password": typed, "code": typed})
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(axes_accessattempt)::text FROM axes_accessattempt")
        stored = cursor.fetchall()
    assert len(stored) == 1
    assert "6222" not in stored[0][0]
    assert "my-other" not in stored[0][0]


def test_failures_and_locks_of_known_people_are_in_the_ledger_without_their_names():
    user = person()
    guess(5)
    guess(5, "nobody.here")
    bodies = [json.loads(bytes(row.body)) for row in LedgerPending.objects.order_by("id")]
    told = [(body["event"], body["data"]["person"]) for body in bodies if "sign_in" in body["event"]]
    assert sorted(told) == [("people:sign_in:failed", user.actor)] * 5 + [("people:sign_in:locked", user.actor)]
    assert not [body for body in bodies if "nobody" in json.dumps(body) or "alice" in json.dumps(body)]


# Who has an account


def answer_to(name: str) -> tuple[int, str]:
    """Status and page for a wrong password, without what differs each time."""
    answer = Client().post(LOGIN, {"login": name, "password": WRONG})
    page = answer.content.decode().replace(name, "NAME")
    return answer.status_code, re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]+"', "", page)


def test_a_stranger_learns_from_no_answer_who_has_an_account():
    person()
    closed = person("carol")
    people.close_account(closed, actor="system")
    person("dora", password=None)
    assert answer_to("alice") == answer_to("nobody") == answer_to("carol") == answer_to("dora")


def test_passwords_are_not_reset_accounts_not_opened_and_addresses_not_changed_by_anybody():
    someone = newcomer()
    for browser in (Client(), someone.browser):
        for address in (
            "/accounts/password/reset/",
            "/accounts/password/set/",
            "/accounts/email/",
            "/accounts/confirm-email/",
            "/accounts/password/reset/key/1-set-password/",
            "/accounts/login/code/confirm/",
        ):
            for answer in (browser.get(address), browser.post(address, {"email": "alice@example.com"})):
                assert answer.status_code == 404 or answer["Location"].startswith(LOGIN), address
    before = Session.objects.count()
    Client().post("/accounts/signup/", {"username": "eve", "password1": PASSWORD, "password2": PASSWORD})
    assert not User.objects.filter(username="eve").exists()
    assert Session.objects.count() == before


def test_a_closed_account_learns_that_only_with_the_right_password():
    user = person()
    people.close_account(user, actor="system")
    assert give_password(Client())["Location"] == "/accounts/inactive/"
    assert not Session.objects.exists()


# Tricks with sessions, forms and addresses


def test_a_session_planted_before_sign_in_is_worth_nothing_after_it():
    someone = newcomer()
    planted = Client()
    planted.get(LOGIN)
    planted.session["x"] = 1
    session = planted.session
    session["planted"] = True
    session.save()
    planted.cookies["sessionid"] = session.session_key
    sign_in(someone, planted)
    assert planted.cookies["sessionid"].value != session.session_key
    intruder = Client()
    intruder.cookies["sessionid"] = session.session_key
    assert intruder.get("/probe/").status_code == 302


def test_the_steps_of_one_person_are_no_steps_of_another():
    alice, bob = newcomer(), person("bob")
    browser = Client()
    give_password(browser)
    give_password(browser, "bob")
    assert browser.get("/probe/")["Location"].startswith(LOGIN)
    browser.post("/accounts/logout/")
    give_password(browser, "bob")
    assert browser.get("/probe/")["Location"] == ACTIVATE
    assert Session.objects.get(user=bob).mfa_at is None
    assert Session.objects.filter(user=alice.user).count() == 1


@pytest.mark.parametrize(
    "address",
    [
        LOGIN,
        "/accounts/logout/",
        "/accounts/password/change/",
        "/accounts/2fa/totp/deactivate/",
        "/accounts/2fa/recovery-codes/generate/",
        "/preferences/language/",
        "/preferences/theme/",
    ],
)
def test_a_form_of_another_site_is_refused(address):
    someone = newcomer()
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = someone.browser.cookies
    answer = browser.post(address, {"login": "alice", "password": PASSWORD}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert someone.browser.get("/probe/").status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "https://testserver@evil.example/",
        "/\t/evil.example",
        "%2F%2Fevil.example",
    ],
)
def test_sign_in_leads_back_into_this_site_only(target):
    someone = newcomer()
    browser = Client()
    answer = give_password(browser, next=target)
    answer = browser.post(f"{CODE}?next={target}", {"code": someone.code(), "next": target})
    assert urlsplit(urljoin("http://testserver/accounts/", answer["Location"])).netloc == "testserver"
    for address in ("/preferences/language/", "/preferences/theme/"):
        answer = browser.post(address, {"next": target, "language": "en", "theme": "dark"})
        assert urlsplit(urljoin("http://testserver/accounts/", answer["Location"])).netloc == "testserver"


def test_a_page_asked_for_before_sign_in_is_shown_after_it():
    someone = newcomer()
    browser = Client()
    address = browser.get("/probe/?purpose=quality")["Location"]
    assert address == "/accounts/login/?next=%2Fprobe%2F%3Fpurpose%3Dquality"
    give_password(browser, next="/probe/?purpose=quality")
    assert browser.post(CODE, {"code": someone.code()})["Location"] == "/probe/?purpose=quality"


def test_nobody_gives_themselves_rights_through_a_form():
    someone = newcomer()
    for address in ("/accounts/password/change/", LOGIN, "/accounts/2fa/webauthn/add/"):
        someone.browser.post(address, {"roles": "auditor", "is_superuser": "1", "is_staff": "on", "lines": ""})
    someone.user.refresh_from_db()
    assert someone.user.roles == ["quality_reviewer"]
    assert not someone.user.is_superuser


def test_a_host_that_is_not_ours_gets_no_page():
    assert Client().get(LOGIN, headers={"Host": "evil.example"}).status_code == 400


# What ends a sign-in: at the next request, ranges of a recording included


def ended(someone) -> bool:
    page = someone.browser.get("/probe/")
    return page.status_code == 302 and page["Location"].startswith(f"{LOGIN}?ended=1")


def idle(someone) -> None:
    past = clock.now() - timedelta(seconds=1)
    Session.objects.filter(pk=someone.session.pk).update(expires_at=past)


def too_long(someone) -> None:
    past = clock.now() - timedelta(seconds=1)
    Session.objects.filter(pk=someone.session.pk).update(expires_at=past, ends_at=past)


def revoked(someone) -> None:
    sessions.revoke(someone.session, actor="system", reason="lost_device")


def closed(someone) -> None:
    people.close_account(someone.user, actor="system")


@pytest.mark.parametrize("end", [idle, too_long, revoked, closed])
def test_an_ended_sign_in_opens_no_page_and_no_further_range(end):
    someone = newcomer()
    assert someone.browser.get("/probe/sound/", headers={"Range": "bytes=0-9"}).status_code == 200
    end(someone)
    assert someone.browser.get("/probe/sound/", headers={"Range": "bytes=10-19"}).status_code == 401
    assert someone.browser.get("/probe/").status_code == 302


def test_an_ended_sign_in_says_so_and_is_not_revived_by_use():
    someone = newcomer()
    idle(someone)
    assert ended(someone)
    assert someone.browser.get("/probe/").status_code == 302
    assert "session has ended" in Client().get(f"{LOGIN}?ended=1").content.decode()


def test_use_moves_the_idle_limit_and_never_the_absolute_one():
    someone = newcomer()
    before = someone.session
    soon = clock.now() + timedelta(minutes=5)
    Session.objects.filter(pk=before.pk).update(
        last_seen_at=clock.now() - timedelta(minutes=5), expires_at=soon, ends_at=soon
    )
    someone.browser.get("/probe/")
    assert someone.session.expires_at == soon


def test_no_session_opens_behind_the_back_of_closing_an_account():
    user = person()
    stale = type(user).objects.get(pk=user.pk)
    people.close_account(user, actor="system")
    with pytest.raises(Refused):
        sessions.open(stale, "some-web-key", mfa=True)


# Demonstration links


@pytest.fixture
def demo_person(settings):
    return person("demo.auditor", role="auditor", password=None)


def test_demonstration_links_do_not_exist_outside_a_demonstration(demo_person):
    assert Client().get(link_for("auditor")).status_code == 404
    assert Client().get(reverse("console:demo")).status_code == 404


def test_a_demonstration_link_enters_as_its_role_and_as_nobody_else(demo_person, settings):
    settings.DEMO = True
    browser = Client()
    assert browser.get(link_for("auditor")).status_code == 302
    assert browser.get("/probe/").content.decode().endswith(demo_person.actor)
    assert Session.objects.get().demo
    assert Session.objects.get().mfa_at is None


def test_a_session_of_the_demonstration_ends_with_it(demo_person, settings):
    settings.DEMO = True
    browser = Client()
    browser.get(link_for("auditor"))
    settings.DEMO = False
    assert browser.get("/probe/")["Location"].startswith(LOGIN)


def test_a_demonstration_link_never_enters_as_a_real_person(settings):
    settings.DEMO = True
    person("real.auditor", role="auditor")
    assert Client().get(link_for("auditor")).status_code == 404
    assert not Session.objects.exists()


@pytest.mark.parametrize("role", ["job:intake", "quality_reviewer,auditor", "", "superuser"])
def test_a_demonstration_link_for_another_kind_of_role_enters_nowhere(demo_person, settings, role):
    settings.DEMO = True
    signed = signing.dumps(role, salt=SALT)
    elsewhere = signing.dumps("auditor", salt="another purpose")
    cut = link_for("auditor").split("/")[2][:-2]
    for link in (signed, elsewhere, cut):
        assert Client().get(reverse("console:demo_enter", args=[link])).status_code == 404


@pytest.mark.parametrize(
    "address", [ACTIVATE, "/accounts/2fa/webauthn/add/", "/accounts/password/change/", "/accounts/2fa/"]
)
def test_a_guest_of_the_demonstration_leaves_no_way_in_behind(demo_person, settings, address):
    settings.DEMO = True
    browser = Client()
    browser.get(link_for("auditor"))
    assert browser.get(address)["Location"] == "/"
    assert browser.post(address, {"code": "123456"})["Location"] == "/"
    assert Session.objects.get().mfa_at is None


def test_the_kernel_opens_no_demonstration_session_outside_one(demo_person):
    with pytest.raises(Refused):
        sessions.open(demo_person, "some-web-key", mfa=False, demo=True)


# Cookies


def test_cookies_are_kept_from_scripts_and_other_sites():
    someone = newcomer()
    cookie = someone.browser.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert someone.browser.cookies["csrftoken"]["samesite"] == "Lax"


def test_behind_tls_cookies_travel_by_tls_only(tmp_path):
    seen = "from callwarden.site import settings as s; print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE,"
    seen += " s.LANGUAGE_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0)"
    for tls, expected in (("1", "True True True True"), ("", "False False False False")):
        environment = {**os.environ, "CALLWARDEN_TLS": tls}
        done = subprocess.run([sys.executable, "-c", seen], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == expected
