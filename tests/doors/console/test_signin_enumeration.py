"""Whoever guesses learns nothing about accounts: neither from what is answered nor from how much work it was.

Work is counted, not timed: what takes long in signing in is hashing, so an answer that hashes as often as every other
takes as long.
"""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.hashers import BasePasswordHasher, MD5PasswordHasher
from django.core.cache import cache
from django.test import Client

from callwarden.kernel import people
from callwarden.kernel.models import User
from tests.doors.console.signin_site import LOGIN, PASSWORD, newcomer, person, quick, site

__all__ = ["quick", "site"]
pytestmark = pytest.mark.usefixtures("quick")
WRONG = "nine green boats at anchor"


class Counting(MD5PasswordHasher):
    """Counts how often a password is hashed."""

    algorithm = "counting"
    hashed = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).hashed += 1
        return super().encode(password, salt)


assert issubclass(Counting, BasePasswordHasher)


@pytest.fixture
def centre(site, settings) -> dict[str, str]:
    """One account of each kind, by what is typed to reach it."""
    settings.PASSWORD_HASHERS = [f"{__name__}.Counting"]
    person("known", email="known@example.com")
    newcomer("with.factor", email="with.factor@example.com")
    person("no.password", email="no.password@example.com", password=None)
    person("closed", email="closed@example.com")
    people.close_account(User.objects.get(username="closed"), actor="system")
    person("frozen", email="frozen@example.com")
    User.objects.filter(username="frozen").update(is_active=False)
    person("administrator", email="administrator@example.com", role="security_administrator")
    return {
        "unknown": "nobody.here",
        "unknown address": "nobody@example.com",
        "in capitals": "KNOWN",
        "long": "a" * 150,
        "written in Chinese": "不存在",
        **{name: name for name in ("known", "with.factor", "no.password", "closed", "frozen", "administrator")},
        **{f"{name}, by address": f"{name}@example.com" for name in ("known", "with.factor", "no.password", "closed")},
    }


def try_(typed: str, *, address: str = "198.51.100.1") -> tuple[int, int, str]:
    """(status, hashes, page without what is new in every page or was typed)."""
    cache.clear()
    Counting.hashed = 0
    answer = Client(REMOTE_ADDR=address).post(LOGIN, {"login": typed, "password": WRONG})
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"|nonce="[^"]*"', "", answer.content.decode())
    return answer.status_code, Counting.hashed, text.replace(f'value="{typed}"', "")


def test_every_refusal_costs_one_hash_and_reads_the_same(centre):
    told = {kind: try_(typed, address=f"198.51.100.{number}") for number, (kind, typed) in enumerate(centre.items())}
    assert {kind: hashes for kind, (_status, hashes, _text) in told.items()} == dict.fromkeys(told, 1)
    assert {status for status, _hashes, _text in told.values()} == {200}
    for form, like in ((False, "unknown"), (True, "unknown address")):
        texts = {kind: told[kind][2] for kind, typed in centre.items() if ("@" in typed) is form}
        assert texts == dict.fromkeys(texts, told[like][2])


def test_a_shut_account_answers_as_one_that_nobody_has_and_hashes_nothing(centre):
    told = {}
    for number, (kind, typed) in enumerate(centre.items()):
        if kind in {"in capitals", "known, by address", "with.factor, by address"}:
            continue  # the same account is shut already
        address = f"203.0.113.{number}"
        before = [try_(typed, address=address) for _attempt in range(5)]
        told[kind] = ([(status, hashes) for status, hashes, _text in before], try_(typed, address=address))
    known = told["unknown"]
    assert known[1][0] == 429
    assert known[1][1] == 0
    assert {kind: one for kind, one in told.items() if one != known} == {}


def test_the_right_password_of_a_shut_account_is_not_looked_at(centre):
    for _attempt in range(5):
        try_("known")
    cache.clear()
    Counting.hashed = 0
    answer = Client(REMOTE_ADDR="198.51.100.1").post(LOGIN, {"login": "known", "password": PASSWORD})
    assert (answer.status_code, Counting.hashed) == (429, 0)


def test_an_account_without_a_password_takes_none(centre):
    for typed in ("", "!", User.objects.get(username="no.password").password):
        answer = Client().post(LOGIN, {"login": "no.password", "password": typed})
        assert answer.status_code == 200
    assert not Client().get("/probe/").content


def test_of_two_accounts_with_one_address_the_open_one_is_meant(site):
    old, new = person("old", email="shared@example.com"), person("new", email="shared@example.com")
    assert Client().post(LOGIN, {"login": "shared@example.com", "password": PASSWORD}).status_code == 302
    people.close_account(old, actor="system")
    browser = Client()
    assert browser.post(LOGIN, {"login": "Shared@Example.com", "password": PASSWORD})["Location"] == "/"
    assert str(new.pk) == browser.session["_auth_user_id"]
