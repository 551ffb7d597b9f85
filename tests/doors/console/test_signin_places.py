"""Where sign-ins come from: in their entry, in lists of sessions, and on the alert of somebody in two places."""

from __future__ import annotations

import json
from ipaddress import ip_network

import pytest
from django.test import Client

from callwarden.custody.models import LedgerPending
from callwarden.protection.signin.places import Place
from tests.doors.console.signin_site import CODE, Someone, give_password, newcomer, quick, site

__all__ = ["quick", "site"]
pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture(autouse=True)
def named(settings) -> None:
    settings.CALLWARDEN_PLACES = {
        "north": Place("north", "North site", "北区中心", (ip_network("192.0.2.0/25"),)),
        "south": Place("south", "South site", "南区中心", (ip_network("192.0.2.128/25"),)),
    }


def entries() -> list[dict[str, object]]:
    bodies = [json.loads(bytes(row.body)) for row in LedgerPending.objects.order_by("id")]
    return [body["data"] for body in bodies if body["event"] == "people:session:opened"]


def come_in(someone: Someone, address: str, **more: str) -> Client:
    browser = Client(REMOTE_ADDR=address, **more)
    assert give_password(browser, someone.user.username)["Location"] == CODE
    assert browser.post(CODE, {"code": someone.code()}).status_code == 302
    return browser


def test_a_sign_in_names_its_place_and_never_its_address():
    someone = newcomer()
    come_in(someone, "192.0.2.7")
    assert (someone.session.place, entries()[-1]["region"]) == ("north", "north")
    come_in(someone, "198.51.100.1")
    assert someone.session.place == ""
    assert "region" not in entries()[-1]
    written = b"".join(bytes(row.body) for row in LedgerPending.objects.all())
    assert b"192.0.2" not in written
    assert b"198.51.100" not in written


def test_what_a_browser_says_of_its_way_changes_no_place():
    someone = newcomer()
    come_in(someone, "192.0.2.200", HTTP_X_FORWARDED_FOR="192.0.2.7")
    assert someone.session.place == "south"


def test_behind_a_trusted_proxy_the_address_before_it_counts(settings):
    settings.TRUSTED_PROXIES = ["198.51.100.0/24"]
    someone = newcomer()
    come_in(someone, "198.51.100.1", HTTP_X_FORWARDED_FOR="192.0.2.7")
    assert someone.session.place == "north"


def test_the_list_of_sessions_says_from_where_in_both_languages(settings):
    someone = newcomer()
    here = come_in(someone, "192.0.2.7")
    come_in(someone, "203.0.113.9")
    page = here.get("/settings/").content.decode()
    assert "From where" in page
    assert "North site" in page
    assert "None of the named networks" in page
    here.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    assert "北区中心" in here.get("/settings/").content.decode()


def test_a_site_that_names_no_networks_shows_no_such_column(settings):
    settings.CALLWARDEN_PLACES = {}
    assert "From where" not in newcomer().browser.get("/settings/").content.decode()
