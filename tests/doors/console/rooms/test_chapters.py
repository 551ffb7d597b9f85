"""The chapter pages show what is in force, in both languages, and end sessions at once."""

from __future__ import annotations

import pytest
from django.urls import reverse

from callwarden.custody.models import Line
from callwarden.custody.scope import client_scope
from callwarden.doors.console.audit.words import MORE
from callwarden.doors.console.chapters.words import ACTIONS, CATEGORIES
from callwarden.doors.console.deeds import DEEDS
from callwarden.doors.console.labels import PURPOSES
from callwarden.engines import policy
from callwarden.kernel import clock, sessions
from callwarden.kernel.events import Event
from callwarden.kernel.models import Session, User
from callwarden.lawful.consent import actions as consent
from callwarden.lawful.retention.models import RetentionRule
from tests.flows.centre_of_controls import call_on, notice_for, purpose_for, record_on, says

PAGES = ("lawful", "protection", "control", "partners", "settings")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("name", PAGES)
def test_a_chapter_opens_in_both_languages_on_an_empty_site(person, name, language):
    officer = person("data_protection_officer")
    officer.browser.cookies["django_language"] = language
    assert officer.get(reverse(f"console:{name}")).status_code == 200


def test_the_lawful_page_shows_what_is_configured(person, line):
    notice_for(line)
    purpose_for(line)
    call = call_on(line)
    says(line, call, "given")
    RetentionRule.objects.create(line=line, category="recording_original", purpose_id="recording", ceiling_days=180)
    answer = person("data_protection_officer").get(reverse("console:lawful"))
    page = answer.content.decode()
    assert "180 days" in page
    assert "Original recording" in page
    (row,) = answer.context["consent"].rows
    assert [str(getattr(cell, "label", cell)) for cell in row.cells] == ["Recording", "Service", "1", "", ""]
    # The record of processing is a page of its own, made of what is configured; there is no second one here.
    assert reverse("console:processing") in page


def test_a_later_no_takes_the_place_of_an_earlier_yes_in_the_counts(person, line):
    purpose_for(line)
    call = call_on(line)
    says(line, call, "given")
    with client_scope(line.client_id):
        consent.record(
            line, reference=bytes(call.reference), purpose="recording", state="withdrawn", how=consent.How("web"),
            at=clock.now(), actor="job:intake",
        )  # fmt: skip
    answer = person("data_protection_officer").get(reverse("console:lawful"))
    (row,) = answer.context["consent"].rows
    assert [str(getattr(cell, "label", cell)) for cell in row.cells][2:] == ["", "", "1"]


def test_the_protection_page_does_not_call_sm4_an_all_domestic_chain(person, line):
    Line.objects.filter(pk=line.pk).update(suite=Line.Suite.SM4)
    record_on(line)
    page = person("security_administrator").get(reverse("console:protection")).content.decode()
    assert "This is not an all-domestic chain" in page


def test_security_ends_a_session_and_the_person_is_out_with_their_next_click(person):
    security, agent = person("security_administrator"), person("agent")
    session = Session.objects.get(user=agent.user, revoked_at=None)
    assert agent.get(reverse("console:settings")).status_code == 200
    security.post(reverse("console:session_revoke", args=[session.pk]))
    assert agent.get(reverse("console:settings")).status_code == 302


def test_one_ends_ones_own_sessions_and_nobody_elses(person):
    alice, bob = person("agent"), person("agent")
    hers = Session.objects.get(user=alice.user, revoked_at=None)
    assert bob.post(reverse("console:own_session_end", args=[hers.pk])).status_code == 404
    assert list(sessions.live(alice.user)) == [hers]
    alice.post(reverse("console:own_session_end", args=[hers.pk]))
    assert list(sessions.live(alice.user)) == []


def test_the_matrix_page_shows_for_a_role_exactly_what_is_granted(person):
    answer = person("auditor").get(reverse("console:control"), {"role": "auditor"})
    shown = {
        (str(row.cells[0]), str(kind.label), str(act.label))
        for row in answer.context["matrix"].rows
        for kind in row.cells[1].items
        for act in row.cells[2].items
    }
    granted = {
        (str(PURPOSES[cell.purpose]), str(CATEGORIES[cell.category]), str(ACTIONS[cell.action]))
        for cell in policy.Matrix.default().cells
        if cell.role == "auditor"
    }
    assert shown == granted


def test_what_is_decided_is_what_is_granted(person):
    answer = person("auditor").get(reverse("console:control"), {"view": "decided", "role": "agent"})
    assert answer.context["differs"] == []
    assert "is exactly what is granted" in answer.content.decode()


def test_everybody_sets_their_own_language_and_zone(person):
    agent = person("agent")
    answer = agent.post(reverse("console:settings"), {"language": "zh-hans", "time_zone": "Asia/Shanghai"})
    assert answer.cookies["django_language"].value == "zh-hans"
    user = User.objects.get(pk=agent.user.pk)
    assert (user.language, user.time_zone) == ("zh-hans", "Asia/Shanghai")


def test_a_zone_that_does_not_exist_is_not_taken(person):
    agent = person("agent")
    assert agent.post(reverse("console:settings"), {"language": "en", "time_zone": "Moon/Sea"}).status_code == 422


def test_settings_of_the_site_are_for_administrators_and_hold_no_secret(person, settings):
    assert person("agent").get(reverse("console:settings")).context["site"] is None
    page = person("system_administrator").get(reverse("console:settings"))
    assert page.context["site"] is not None
    assert settings.SECRET_KEY not in page.content.decode()


def test_every_kind_of_entry_has_words():
    assert [event for event in Event if event not in DEEDS and event not in MORE] == []


def test_every_part_of_the_matrix_has_words():
    matrix = policy.Matrix.default()
    assert [action for action in policy.ACTIONS if action not in ACTIONS] == []
    assert [category for category in matrix.categories if category not in CATEGORIES] == []
    assert [purpose for purpose in matrix.purposes if purpose not in PURPOSES] == []
