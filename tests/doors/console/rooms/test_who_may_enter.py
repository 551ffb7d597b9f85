"""Every page answers 403 to roles without business there, decided on the server, whatever the rail shows."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client as Browser
from django.urls import reverse

from callwarden.doors.console.navigation import MAP
from tests.doors.console.rooms.conftest import ROLES

MINE = (
    "audit",
    "approvals",
    "findings",
    "incidents",
    "imports",
    "lawful",
    "protection",
    "control",
    "partners",
    "settings",
)
PLACES = {place.name.removeprefix("console:"): place.roles for part in MAP for place in part.places}
DECIDERS = {"data_protection_officer", "security_administrator"}


@pytest.mark.parametrize("role", ROLES)
def test_a_page_opens_to_the_roles_the_map_names_and_to_no_other(person, role):
    somebody = person(role)
    for name in MINE:
        expected = 200 if role in PLACES[name] else 403
        assert somebody.get(reverse(f"console:{name}")).status_code == expected, name


def test_whoever_oversees_starts_with_the_overview_and_an_agent_with_their_calls(person):
    assert person("data_protection_officer").get("/").status_code == 200
    answer = person("agent").get("/")
    assert (answer.status_code, answer["Location"]) == (302, reverse("console:calls"))


@pytest.mark.parametrize("role", ROLES)
def test_forms_that_change_the_rules_open_to_those_who_decide_on_them_alone(person, line, role):
    somebody = person(role)
    expected = 200 if role in DECIDERS else 403
    for path in (
        reverse("console:retention"),
        reverse("console:notice_new", args=[line.pk]),
        reverse("console:matrix_propose"),
    ):
        assert somebody.get(path).status_code == expected, path


@pytest.mark.parametrize("role", [role for role in ROLES if role != "security_administrator"])
def test_nobody_but_security_ends_other_peoples_sessions(person, role):
    assert person(role).post(reverse("console:session_revoke", args=[uuid.uuid4()])).status_code == 403


@pytest.mark.parametrize("name", ["", *MINE])
def test_a_stranger_is_shown_the_way_to_sign_in(centre, name):
    path = reverse(f"console:{name}") if name else "/"
    answer = Browser().get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("role", ["agent", "quality_reviewer", "partner_manager"])
def test_the_ledger_cannot_be_verified_read_or_taken_by_others(person, role):
    somebody = person(role)
    for path in (reverse("console:verify"), reverse("console:ledger_export"), reverse("console:detail", args=[0])):
        assert somebody.post(path).status_code == 403
