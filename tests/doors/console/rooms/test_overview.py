"""The overview shows each control as it is, and leads to its evidence in one click."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from callwarden.flows import controls
from callwarden.kernel import clock, findings
from callwarden.kernel.models import Severity
from tests.flows.centre_of_controls import arrival_on, notice_for


@pytest.fixture(autouse=True)
def _looks_anew(monkeypatch) -> None:
    monkeypatch.setattr(controls, "_newest", None)


def test_each_control_is_there_with_its_state_and_a_way_to_its_evidence(person, line):
    page = person("data_protection_officer").get("/").content.decode()
    for control in controls.CONTROLS:
        assert reverse("console:evidence", args=[control.slug]) in page
    assert "Not measured" in page


def test_what_is_not_measured_is_never_shown_as_passing(person):
    page = person("data_protection_officer").get("/")
    for chapter in page.context["chapters"]:
        for light in chapter.lights:
            assert (light.look.tone == "pass") == (light.reading.outcome == "pass")


def test_the_state_follows_the_fact(person, line, monkeypatch):
    officer = person("data_protection_officer")

    def state() -> str:
        monkeypatch.setattr(controls, "_newest", None)
        lights = officer.get("/").context["chapters"][0].lights
        return next(light.reading.outcome for light in lights if light.control.slug == "notices")

    assert state() == "fail"
    notice_for(line)
    assert state() == "pass"


def test_the_live_part_alone_answers_the_regular_look(person):
    answer = person("auditor").get("/", headers={"HX-Request": "true", "HX-Target": "overview-live"})
    assert answer.content.decode().lstrip().startswith('<div class="stack" id="overview-live"')


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_evidence_of_every_control_says_what_was_found_and_what_it_is_evidence_toward(person, line, language):
    officer = person("auditor")
    officer.browser.cookies["django_language"] = language
    for control in controls.CONTROLS:
        answer = officer.get(reverse("console:evidence", args=[control.slug]))
        assert answer.status_code == 200
        with translation.override(language):
            assert str(control.provisions[0].title) in answer.content.decode()


def test_no_page_says_that_a_law_is_complied_with(person):
    officer = person("auditor")
    for control in controls.CONTROLS:
        page = officer.get(reverse("console:evidence", args=[control.slug])).content.decode().lower()
        assert "compliant" not in page
        assert "satisfies" not in page


def test_an_unknown_control_is_not_found(person):
    assert person("auditor").get("/controls/nothing/").status_code == 404


def test_decisions_of_today_are_those_of_the_viewer_and_empty_when_nothing_waits(person, line):
    officer, partner = person("data_protection_officer"), person("partner_manager")
    assert officer.get("/").context["decisions"] == []
    arrival_on(line, state="set_aside", kind="audio", reason="audio_corrupt")
    arrival_on(line, delete_at=clock.now() + timedelta(hours=3))
    findings.report("files-set-aside", severity=Severity.CRITICAL, actor="job:watch", where="site:ledger")
    titles = [str(decision.title) for decision in officer.get("/").context["decisions"]]
    assert titles == [
        "Findings are due within three days",
        "New findings have nobody to answer for them",
        "Files were set aside",
        "Refused calls will be destroyed within a day",
    ]
    assert "Files were set aside" not in [str(one.title) for one in partner.get("/").context["decisions"]]
