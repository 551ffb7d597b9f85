"""Dangerous acts ask for a second factor shown within the last fifteen minutes, and nothing happens without it."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from callwarden.doors.console import stepup
from callwarden.kernel import clock
from callwarden.kernel.models import Session
from tests.doors.console.signin_site import STEP_UP, newcomer, quick, site

__all__ = ["quick", "site"]
pytestmark = pytest.mark.usefixtures("quick")

ALARMING = re.compile(
    r"approv|account|key|matrix|policy|export|reveal|original|sign_in|restore|deput|grant|scim|link"
    r"|emergenc|suppress|threshold|canar|siem|tie_|(^|_)ties?($|_)"
)
# Alarming by name; why each needs no fresh proof, or asks for it elsewhere.
HARMLESS = {
    "keys": "a page to read",
    "keys_runs": "a page to read",
    "keys_pause": "only stops",
    "keys_resume": "goes on with what was decided",
    "approvals": "a page to read",
    "approval": "a page to read",
    "approval_reason": "a reason that whoever decides has to know; it is on record",
    "approval_withdraw": "takes back one's own request",
    "deputy_end": "takes access away",
    "matrix_version": "a page to read",
    "matrix_compare": "a page to read",
    "matrix_effective": "a page to read",
    "matrix_csv": "rules, no data",
    "matrix_json": "rules, no data",
    "matrix_shadow": "a page to read",
    "matrix_draft": "changes nothing until it is asked for",
    "matrix_cells": "changes nothing until it is asked for",
    "matrix_parts": "changes nothing until it is asked for",
    "matrix_part_out": "changes nothing until it is asked for",
    "matrix_guards": "changes nothing until it is asked for",
    "matrix_drop": "takes back a draft",
    "accounts": "a page to read",
    "account": "a page to read",
    "account_posts": "a page to read",
    "account_close": "takes access away",
    "grants": "a page to read",
    "grant": "a page to read",
    "grant_ask": "others decide; the policy asks at each use",
    "grant_begin": "what others decided; the policy asks at each use",
    "grant_end": "takes access away",
    "grant_sound": "under what others decided; the policy asks by its own limit",
    "grant_transcripts": "under what others decided; the policy asks by its own limit",
    "grant_values": "under what others decided; the policy asks by its own limit",
    "reveal": "the page asks itself, by kind of data; the policy by its own limit",
    "sign_ins": "a page to read",
    "sign_in_person": "a page to read",
    "sign_in_browsers": "takes trust away",
    "sign_in_unlink": "takes access away",
    "processing_export": "no personal data",
    "corrections_export": "cases without value, person or call",
    "imports": "a page to read",
    "emergencies": "a page to read",
    "emergency": "a page to read",
    "emergency_end": "takes access away",
    "emergency_review": "a judgement afterwards, opens nothing",
    "suppression_end": "shows more",
    "thresholds": "a page to read",
    "canaries": "watches more",
    "siem": "a page to read",
    "siem_test": "sends a message without data",
    "siem_try": "sends on what was decided",
    "siem_resume": "sends on what was decided",
    "ties": "declaring one takes access away",
    "tie_confirm": "a second person bears out what takes access away",
}


def console() -> dict[str, str]:
    """Every address of the console by name, as a route."""
    found: dict[str, str] = {}

    def walk(patterns, before: str) -> None:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, route)
            elif isinstance(pattern, URLPattern) and pattern.name and not route.startswith(("api/", "accounts/")):
                found[pattern.name] = route

    walk(get_resolver("callwarden.site.urls").url_patterns, "")
    return found


def address(route: str) -> str:
    filled = re.sub(r"<uuid:\w+>", str(uuid4()), route)
    filled = re.sub(r"<int:\w+>", "1", filled)
    return "/" + re.sub(r"<(slug|str):\w+>", "x", filled)


DANGEROUS = sorted(name.removeprefix("console:") for name in stepup.DANGEROUS if name.partition(":")[2] in console())


def stale(someone, minutes: float = 15.1) -> None:
    Session.objects.filter(pk=someone.session.pk).update(mfa_at=clock.now() - timedelta(minutes=minutes))


def test_no_address_with_an_alarming_name_is_forgotten():
    known = {name.removeprefix("console:") for name in stepup.DANGEROUS}
    forgotten = {name for name in console() if ALARMING.search(name)} - known - HARMLESS.keys()
    assert forgotten == set(), "name it in stepup.DANGEROUS, or here with a reason"


def test_each_dangerous_act_leads_to_a_fresh_proof_and_back_and_does_nothing():
    someone = newcomer(role="security_administrator")
    stale(someone)
    routes = console()
    for name in DANGEROUS:
        page = "http://testserver/protection/?at=1"
        answer = someone.browser.post(address(routes[name]), {"decision": "approve"}, headers={"Referer": page})
        assert answer["Location"] == f"{STEP_UP}?next=%2Fprotection%2F%3Fat%3D1", name
        fragment = someone.browser.post(address(routes[name]), headers={"HX-Request": "true"})
        assert fragment["HX-Redirect"].startswith(f"{STEP_UP}?next="), name


@pytest.mark.parametrize(("name", "steps"), list(stepup.DANGEROUS_STEPS.items()))
def test_of_addresses_with_several_acts_only_the_dangerous_ask(name, steps):
    someone = newcomer(role="security_administrator")
    stale(someone)
    for step in steps:
        answer = someone.browser.post(reverse(name, kwargs={"pk": uuid4(), "step": step}))
        assert answer["Location"].startswith(STEP_UP), step
    answer = someone.browser.post(reverse(name, kwargs={"pk": uuid4(), "step": "stop"}))
    assert not answer.get("Location", "").startswith(STEP_UP)


@pytest.mark.parametrize(("minutes", "asked"), [(14.5, False), (15.5, True), (-5, True)])
def test_fifteen_minutes_are_the_limit_and_a_proof_from_the_future_is_none(minutes, asked):
    someone = newcomer(role="security_administrator")
    stale(someone, minutes)
    answer = someone.browser.post("/protection/sign-in/addresses/open/", {"address": "192.0.2.1"})
    assert answer["Location"].startswith(STEP_UP) == asked


def test_what_only_takes_access_away_always_works():
    someone = newcomer(role="security_administrator")
    other = newcomer("bob")
    stale(someone)
    someone.browser.post(reverse("console:session_revoke", args=[other.session.pk]))
    assert other.session.revoked_at is not None


def test_after_the_proof_the_person_is_back_and_told():
    someone = newcomer(role="security_administrator")
    stale(someone)
    someone.browser.post(
        "/protection/sign-in/addresses/open/", headers={"Referer": "http://testserver/protection/sign-in/"}
    )
    answer = someone.browser.post(f"{STEP_UP}?next=/protection/sign-in/", {"code": someone.code()})
    assert answer["Location"] == "/protection/sign-in/"
    assert not stepup.is_stale(someone.session)


@pytest.mark.parametrize(
    "referer",
    ["https://evil.example/x", "//evil.example/", "javascript:alert(1)", "http://testserver//evil.example", ""],
)
def test_the_way_back_never_leaves_this_site(referer):
    someone = newcomer(role="security_administrator")
    stale(someone)
    answer = someone.browser.post("/protection/sign-in/addresses/open/", headers={"Referer": referer})
    back = answer["Location"].partition("next=")[2]
    assert back in {"%2Foverview%2F", "%2F", "%2Fevil.example"}


def test_without_a_session_nobody_is_asked_for_a_factor():
    assert Client().post("/protection/sign-in/addresses/open/")["Location"] == "/accounts/login/"
