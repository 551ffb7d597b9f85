"""A second person in a real browser: at pages they may not see, by address and by the back button, they see nothing."""

from __future__ import annotations

import os

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from callwarden.custody.models import Client
from callwarden.doors.console.demo import link_for
from tests.doors.console.centre import addresses
from tests.doors.console.centre.test_in_browser import served, visit
from tests.doors.console.centre.walking import Filled, console

__all__ = ["served", "visit"]
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo centre")]

EVERY = os.environ.get("CALLWARDEN_TEST_WALK") == "all"
STEP = 1 if EVERY else 9


def closed_to(role: str) -> list[str]:
    """Pages this role may not see, by name: all, or each ninth where time is short."""
    pages = sorted(name for (name, method), one in addresses.table().items() if method == "GET" and role in one.refused)
    return pages[::STEP]


@pytest.mark.parametrize("role", ["agent", "partner_manager"])
def test_a_second_person_sees_nothing_of_pages_that_are_none_of_theirs(visit, centre: Client, secrets, role):
    watched, filled, routes = visit(role), Filled(centre), console()
    page = watched.page
    assert len(closed_to(role)) > 3
    for name in closed_to(role):
        answer = page.goto(watched.address + filled.path(name, routes[name]))
        assert answer is not None
        assert answer.status in (403, 404), name
        seen = page.content()
        assert [value for value in secrets if value in seen] == [], name
        expect(page.locator("h1")).to_be_visible()
    assert watched.complaints == []


def test_what_one_person_opened_the_next_at_the_same_desk_does_not_get_back(visit, calls):
    watched = visit("quality_reviewer")
    call = next(call for call in calls["service-zh"] if call.customer_id)
    path = watched.address + reverse("console:call", args=[call.pk])
    page = watched.page
    assert page.goto(path).status == 200
    page.goto(watched.address + link_for("partner_manager"))
    page.go_back()
    assert page.goto(path).status == 403
    page.context.clear_cookies()
    page.goto(path)
    assert "/accounts/login/" in page.url
