"""The page of security systems: what each has got, what is wrong, and who may do something about it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from callwarden.control.siem import actions
from callwarden.control.siem.models import SiemReceiver
from callwarden.doors.console.siem.words import CAUSES, cause
from callwarden.site.siem import receivers
from tests.doors.console.rooms.conftest import ROLES

PAGE = "/audit/receivers/"
SEES = {"data_protection_officer", "security_administrator", "auditor"}


def text(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def soc(settings, tmp_path, centre) -> SiemReceiver:
    file = tmp_path / "siem.json"
    file.write_text('{"soc": {"kind": "syslog", "host": "127.0.0.1", "port": 1, "plain": true}}')
    settings.CALLWARDEN_SIEM = receivers(str(file))
    (row,) = actions.add_configured()
    return row


def test_without_a_receiver_it_says_what_to_do(person):
    page = text(person("auditor").get(PAGE))
    assert "CALLWARDEN_SIEM_FILE" in page
    assert 'class="tiles"' not in page


@pytest.mark.parametrize("role", ROLES)
def test_it_opens_to_those_who_prove(person, role, soc):
    assert person(role).get(PAGE).status_code == (200 if role in SEES else 403)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "security_administrator"])
@pytest.mark.parametrize("act", ["test", "try", "pause", "resume", "again"])
def test_only_security_administrators_act(person, role, act, soc):
    assert person(role).post(reverse(f"console:siem_{act}", args=[soc.pk])).status_code == 403
    soc.refresh_from_db()
    assert soc.state == SiemReceiver.State.ACTIVE


def test_an_auditor_sees_no_button(person, soc):
    page = text(person("auditor").get(PAGE))
    assert "127.0.0.1:1" in page
    assert f"/{soc.pk}/" not in page


def test_pausing_trying_and_going_on(person, soc):
    officer = person("security_administrator")
    officer.post(reverse("console:siem_pause", args=[soc.pk]))
    assert "Paused" in text(officer.get(PAGE))
    officer.post(reverse("console:siem_resume", args=[soc.pk]))
    officer.post(reverse("console:siem_try", args=[soc.pk]))
    soc.refresh_from_db()
    assert soc.state == SiemReceiver.State.ACTIVE


def test_a_test_that_fails_says_why_and_what_to_do(person, soc):
    officer = person("security_administrator")
    answer = officer.post(reverse("console:siem_test", args=[soc.pk]), follow=True)
    assert str(CAUSES["unreachable"]) in text(answer)
    actions._failed(soc, "unreachable")
    page = text(officer.get(PAGE))
    assert str(CAUSES["unreachable"]) in page
    assert "Not reached since" in page


def test_sending_again_needs_an_entry_that_was_sent(person, soc):
    officer = person("security_administrator")
    SiemReceiver.objects.update(next_index=9)
    for wrong, said in (("", "Give the number"), ("9", "Entries up to 9 were sent"), ("-1", "Give the number")):
        answer = officer.post(reverse("console:siem_again", args=[soc.pk]), {"first": wrong}, follow=True)
        assert said in text(answer)
    officer.post(reverse("console:siem_again", args=[soc.pk]), {"first": "4"})
    soc.refresh_from_db()
    assert soc.next_index == 4


def test_one_that_was_taken_out_of_the_file_is_not_found(person, soc, settings):
    settings.CALLWARDEN_SIEM = {}
    assert person("security_administrator").post(reverse("console:siem_pause", args=[soc.pk])).status_code == 404


def test_every_answer_of_a_webhook_has_words():
    assert cause("") == ""
    assert str(cause("http_500")) == "It answered with the error 500."
