"""Anybody who is signed in can report an incident; who has to know is told; what was noticed stays sealed."""

from __future__ import annotations

import pytest
from django.urls import reverse

from callwarden.custody.models import LedgerPending
from callwarden.kernel.models import Incident, OutboxMessage
from tests.doors.console.rooms.conftest import ROLES

SUMMARY = "李娜 mailed the list of 13800138000 to herself."
REPORT = {"kind": "leak", "severity": "high", "summary": SUMMARY, "discovered_at": ""}


@pytest.mark.parametrize("role", ROLES)
def test_every_role_reports_and_finds_its_own_report(person, role):
    somebody = person(role)
    answer = somebody.post(reverse("console:incident_report"), REPORT)
    made = Incident.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, reverse("console:incident", args=[made.pk]))
    assert made.opened_by == somebody.user.actor
    for path in (reverse("console:incidents"), answer["Location"]):
        page = somebody.get(path)
        assert page.status_code == 200
        assert "13800138000" not in page.content.decode()
    assert not any(
        b"13800138000" in bytes(body) for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)
    )


def test_an_agent_sees_no_report_of_others(person):
    person("agent").post(reverse("console:incident_report"), REPORT)
    made = Incident.objects.get()
    other = person("agent")
    assert other.get(reverse("console:incident", args=[made.pk])).status_code == 404
    assert str(made.pk) not in other.get(reverse("console:incidents")).content.decode()
    assert str(made.pk) in person("auditor").get(reverse("console:incidents")).content.decode()


def test_those_who_have_to_know_are_told_where_and_nothing_else(person):
    officer = person("data_protection_officer", email="officer@example.com")
    person("security_administrator")  # has no address
    person("agent", email="agent@example.com").post(reverse("console:incident_report"), REPORT)
    (message,) = OutboxMessage.objects.all()
    assert message.recipient == officer.user
    assert officer.get(message.link).status_code == 200
    assert message.parameters == {"severity": "high"}


@pytest.mark.parametrize("wrong", [{"summary": "  "}, {"discovered_at": "2999-01-01T00:00"}, {"kind": "x"}])
def test_a_report_that_cannot_be_used_says_so_and_opens_nothing(person, wrong):
    page = person("agent").post(reverse("console:incident_report"), REPORT | wrong)
    assert page.status_code == 200
    assert "field-error" in page.content.decode() or "error" in page.content.decode()
    assert not Incident.objects.exists()
