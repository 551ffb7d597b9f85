"""The page of security systems: what each has got, what is wrong, and who may do something about it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from callwarden.control.siem import actions, rules
from callwarden.control.siem.models import SiemReceiver
from callwarden.doors.console.siem.words import CAUSES, cause
from callwarden.kernel import clock
from callwarden.kernel.models import Approval, OutboxMessage
from callwarden.site.siem import receivers
from tests.doors.console.rooms.conftest import ROLES
from tests.doors.console.rooms.test_two_people import approve, carry_out

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
    stop = reverse("console:siem_pause", args=[soc.pk])
    officer.post(stop, {"way": "pause"})
    assert not Approval.objects.exists(), "not without a reason"
    officer.post(stop, {"way": "pause", "reason": "Its store is being moved"})
    soc.refresh_from_db()
    assert soc.state == SiemReceiver.State.ACTIVE, "nobody does it alone"
    decided(officer, person("data_protection_officer"))
    soc.refresh_from_db()
    assert soc.state == SiemReceiver.State.PAUSED
    assert "Paused" in text(officer.get(PAGE))
    officer.post(reverse("console:siem_resume", args=[soc.pk]))
    officer.post(reverse("console:siem_try", args=[soc.pk]))
    soc.refresh_from_db()
    assert soc.state == SiemReceiver.State.ACTIVE


def decided(officer, other) -> None:
    asked = Approval.objects.latest("requested_at")
    assert "soc" in text(other.get(reverse("console:approval", args=[asked.pk])))
    approve(other, asked)
    carry_out(officer, asked)


def test_alone_it_is_paused_for_an_hour_once_a_day_and_the_others_are_told(person, soc):
    officer, other = person("security_administrator"), person("auditor", email="a@example.org")
    stop = reverse("console:siem_pause", args=[soc.pk])
    officer.post(stop, {"way": "alone", "reason": "It is flooded"})
    soc.refresh_from_db()
    assert soc.state == SiemReceiver.State.PAUSED
    assert "Goes on by itself" in text(officer.get(PAGE))
    assert [message.recipient_id for message in OutboxMessage.objects.all()] == [other.user.pk]
    assert actions.end_pauses() == 0
    with clock.frozen(clock.now() + rules.ALONE):
        assert actions.end_pauses() == 1
        soc.refresh_from_db()
        assert soc.state == SiemReceiver.State.ACTIVE
    officer.post(stop, {"way": "alone", "reason": "Once more"})
    soc.refresh_from_db()
    assert soc.state == SiemReceiver.State.ACTIVE


def test_what_one_person_paused_stays_paused_once_two_have_decided_it(person, soc):
    officer = person("security_administrator")
    stop = reverse("console:siem_pause", args=[soc.pk])
    officer.post(stop, {"way": "alone", "reason": "It is flooded"})
    officer.post(stop, {"way": "pause", "reason": "For longer"})
    decided(officer, person("data_protection_officer"))
    with clock.frozen(clock.now() + rules.ALONE * 2):
        assert actions.end_pauses() == 0
        soc.refresh_from_db()
    assert soc.state == SiemReceiver.State.PAUSED


def test_what_two_people_took_out_of_use_is_not_missed_and_anything_else_is(person, soc, settings):
    officer = person("security_administrator")
    known, settings.CALLWARDEN_SIEM = settings.CALLWARDEN_SIEM, {}
    assert actions.taken_away() == 1
    settings.CALLWARDEN_SIEM = known
    officer.post(
        reverse("console:siem_pause", args=[soc.pk]), {"way": "remove", "reason": "The contract with it has ended"}
    )
    decided(officer, person("data_protection_officer"))
    assert "Taken out of use" in text(officer.get(PAGE))
    assert actions.due() == []
    settings.CALLWARDEN_SIEM = {}
    assert actions.taken_away() == 0


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
