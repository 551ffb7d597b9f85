"""Every page answers 403 to roles without business there, decided on the server, whatever the rail shows."""

from __future__ import annotations

import re
import uuid

import pytest
from django.test import Client as Browser
from django.urls import reverse

from callwarden.control.access.models import PolicyVersion
from callwarden.doors.console.navigation import MAP
from callwarden.kernel import findings
from callwarden.kernel.models import Severity
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
    "keys",
    "backups",
    "accounts",
    "programs",
    "reviews",
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
        reverse("console:matrix_guards", args=[PolicyVersion.objects.get(state="active").pk]),
        reverse("console:matrix_parts", args=[PolicyVersion.objects.get(state="active").pk]),
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


def reached(somebody) -> dict[str, tuple[int, str]]:
    """Every page that links lead this person to, up to two of a kind: its status, and the page the link is on."""
    answers: dict[str, tuple[int, str]] = {}
    kinds: dict[str, int] = {}
    waiting = [("/", "")]
    while waiting:
        path, source = waiting.pop(0)
        kind = re.sub(r"[0-9a-f-]{36}|=[^&]*|/\d+", "N", path)
        kinds[kind] = kinds.get(kind, 0) + 1
        if path in answers or kinds[kind] > 2:
            continue
        answer = somebody.get(path)
        answers[path] = answer.status_code, source
        if answer.status_code == 302:
            waiting.append((answer["Location"], path))
        elif answer.get("Content-Type", "").startswith("text/html"):
            links = re.findall(r'<a [^>]*href="(/[^"#]*)', answer.content.decode())
            waiting += [(link.replace("&amp;", "&"), path) for link in links]
    return answers


@pytest.mark.parametrize("role", ROLES)
def test_no_link_leads_anybody_to_a_closed_door(person, line, role):
    kinds = ("recording-missing", "call-record-missing", "files-set-aside", "files-left", "checkpoint-sink-missing")
    for kind in kinds:
        findings.report(kind, severity=Severity.HIGH, actor="job:watch", where=f"line:{line.id}", data={"count": 3})
    answers = reached(person(role))
    assert len(answers) > 5
    assert {path: found for path, found in answers.items() if found[0] not in (200, 302)} == {}
