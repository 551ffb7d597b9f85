"""Service keys: their form, their end, and from where they count."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.kernel.errors import InvalidInput
from callwarden.protection.signin import rules

SECRET = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", min_size=43, max_size=43)


def test_a_fresh_key_is_read_back_and_proves_its_digest():
    written = rules.fresh()
    again = rules.parse(str(written))
    assert again is not None
    assert again.proves(written.digest)
    assert written.digest == hashlib.sha256(written.secret.encode()).digest()


def test_no_two_keys_are_alike():
    keys = [rules.fresh() for _ in range(200)]
    assert len({key.prefix for key in keys}) == len({key.secret for key in keys}) == 200


def test_a_key_shown_by_accident_shows_nothing():
    written = rules.fresh()
    assert written.secret not in repr(written)


@given(SECRET)
def test_another_secret_proves_nothing(secret):
    written = rules.fresh()
    assert not rules.Written(written.prefix, secret).proves(written.digest)


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_without_an_error(text):
    assert rules.parse(text) is None


@pytest.mark.parametrize(
    "change", [str.upper, lambda text: text + "A", lambda text: text[:-1], lambda text: f" {text}"]
)
def test_a_changed_key_is_no_key(change):
    assert rules.parse(change(str(rules.fresh()))) is None


@pytest.mark.parametrize("days", [0, -1, 91, 10_000])
def test_there_is_no_key_without_an_end(days):
    with pytest.raises(InvalidInput):
        rules.check_life(days)


def test_a_key_lasts_ninety_days_at_most():
    assert rules.check_life(90) == timedelta(days=90)


@pytest.mark.parametrize("scopes", [[], ["everything"], ["intake", "admin"]])
def test_scopes_are_those_of_the_list(scopes):
    with pytest.raises(InvalidInput):
        rules.check_scopes(scopes)


def test_networks_are_kept_in_one_form():
    assert rules.check_networks(["2001:0db8::/32", " 192.0.2.0/24", "192.0.2.0/24"]) == [
        "192.0.2.0/24",
        "2001:db8::/32",
    ]


@pytest.mark.parametrize("network", ["192.0.2.1/24", "everywhere", "300.0.0.0/8", ""])
def test_what_is_no_network_is_refused(network):
    with pytest.raises(InvalidInput):
        rules.check_networks([network])


@pytest.mark.parametrize(
    ("address", "networks", "counts"),
    [
        ("192.0.2.7", [], True),
        ("192.0.2.7", ["192.0.2.0/24"], True),
        ("192.0.3.7", ["192.0.2.0/24"], False),
        ("::ffff:192.0.2.7", ["192.0.2.0/24"], True),
        ("2001:db8::1", ["192.0.2.0/24", "2001:db8::/32"], True),
        ("2001:db9::1", ["2001:db8::/32"], False),
        ("", ["192.0.2.0/24"], False),
        ("unix:", ["0.0.0.0/0"], False),
    ],
)
def test_a_key_counts_only_from_its_networks(address, networks, counts):
    assert rules.comes_from(address, networks) is counts
