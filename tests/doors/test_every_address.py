"""Every address outside the console: a stranger is let in at those named here, and at no other.

Those of the console stand in `console/centre/addresses.py`, with the roles that may ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import URLResolver, get_resolver

pytestmark = pytest.mark.django_db

# Routes that answer a stranger, and what with; everything else needs a key (api, scim) or a session (accounts).
PUBLIC = {
    "healthz": "whether this process answers",
    "readyz": "outcomes of checks, without their details",
    "metrics": "counts, for this machine or the bearer of a token",
    "api/v1/openapi.json": "what the API is",
    "accounts/login/": "the form",
    "accounts/logout/": "ends what is not there",
    "accounts/inactive/": "that accounts can be closed",
    "accounts/signup/": "who opens accounts",
}
METHODS = ("get", "post", "put", "patch", "delete")
# In the place of what stands in an address.
_PLACES = (
    (r"\^?accounts/\^", "accounts/"),
    (r"\(\?P<\w+>(?:[^()\[\]]|\[[^]]*\])*\)", "x"),
    (r"<int:\w+>", "1"),
    (r"<(?:\w+:)?\w+>", "x"),
    (r"\$$", ""),
)


def routes(patterns: list[Any], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if getattr(pattern, "namespace", "") == "console":
            continue
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def filled(route: str) -> str:
    for place, value in _PLACES:
        route = re.sub(place, value, route)
    return f"/{route}"


OTHERS = sorted(set(routes(get_resolver("callwarden.site.urls").url_patterns)))


def test_the_named_addresses_are_there():
    assert PUBLIC.keys() <= set(OTHERS)
    assert len(OTHERS) > 60


def test_a_stranger_comes_in_nowhere_else():
    stranger, let_in = Browser(raise_request_exception=False), []
    for route in OTHERS:
        if route in PUBLIC:
            continue
        for method in METHODS:
            answer = getattr(stranger, method)(filled(route))
            led = answer.get("Location", "")
            away = answer.status_code == 302 and led.startswith("/accounts/login/")
            if not (away or answer.status_code in (401, 404, 405)):
                let_in.append(f"{method} {route}: {answer.status_code} {led}")
    assert let_in == []


def test_nothing_at_public_addresses_names_anybody(django_user_model):
    django_user_model.objects.create(username="zhao-unmistakable", email="zhao@example.org")
    for route in PUBLIC:
        for method in ("get", "post"):
            answer = getattr(Browser(), method)(filled(route))
            assert b"zhao" not in answer.content, route
