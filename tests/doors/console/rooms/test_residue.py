"""Searches after erasures are shown to those who keep the site, in words, and asked for again by those who decide."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from callwarden.custody.models import ResidueScan
from callwarden.doors.console.residue.words import REPLICAS, WHY, why
from callwarden.flows.residue import NotCovered, Place, Replica, ScanReport, note
from callwarden.kernel import clock
from callwarden.kernel.models import Outcome
from tests.doors.console.rooms.conftest import ROLES
from tests.work import waiting

PAGE = "/protection/erasures/"
KEEPERS = {"data_protection_officer", "security_administrator", "system_administrator", "auditor"}


@pytest.fixture
def scan(centre, client) -> ResidueScan:
    now = clock.now()
    replicas = (
        Replica("temporary", Outcome.FAIL, rows=1, found=(Place("temporary:tmp", "value", "utf-8", 1),), control=True),
        Replica("logs", Outcome.NOT_MEASURED, not_covered=(NotCovered("logs", "control_not_found"),), control=False),
    )  # fmt: skip
    report = ScanReport(
        scan=uuid4(),
        client=client.pk,
        subjects=(uuid4(),),
        started_at=now - timedelta(seconds=3),
        finished_at=now,
        values_known=False,
        marks={"id": 2},
        replicas=replicas,
        ends_on=now.date(),
    )
    return note(report, actor="job:erasure")


def text(answer) -> str:
    return answer.content.decode()


@pytest.mark.parametrize("role", ROLES)
def test_those_who_keep_the_site_look_and_nobody_else(person, scan, role):
    somebody = person(role)
    expected = 200 if role in KEEPERS else 403
    assert somebody.get(PAGE).status_code == expected
    assert somebody.get(reverse("console:residue_scan", args=[scan.pk])).status_code == expected


def test_where_nobody_was_erased_the_page_says_so(person):
    assert "Nobody was erased yet" in text(person("auditor").get(PAGE))


def test_a_search_tells_places_controls_and_what_it_could_not_look_at(person, scan):
    page = text(person("auditor").get(reverse("console:residue_scan", args=[scan.pk])))
    assert "A value in the open" in page
    for told in ("temporary:tmp", "Not found", "counts for nothing", "Random ids alone", scan.digest):
        assert told in page
    assert person("auditor").get(reverse("console:residue_scan", args=[uuid4()])).status_code == 404


def test_whoever_decides_has_it_searched_again_and_an_auditor_does_not(person, scan):
    path = reverse("console:residue_again", args=[scan.pk])
    assert person("auditor").post(path).status_code == 403
    assert not waiting()
    assert "has been asked for" in text(person("data_protection_officer").post(path, follow=True))
    assert waiting() == ["erasure.search"]


def test_every_code_has_words():
    assert all(str(words) for words in (*REPLICAS.values(), *WHY.values()))
    assert "access_refused" in str(why("access_refused"))
