"""What goes wrong becomes one finding, and only a later look closes it again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callwarden.control.siem import actions as siem
from callwarden.control.siem.models import SiemReceiver
from callwarden.custody.models import Call, IntakeItem
from callwarden.custody.scope import client_scope
from callwarden.flows import troubles
from callwarden.kernel import clock, findings
from callwarden.kernel.errors import Refused
from callwarden.kernel.models import Finding, Outcome
from tests.flows.centre_of_controls import arrival_on, call_on, person, sequence

State, Kind = IntakeItem.State, IntakeItem.Kind


@pytest.fixture(autouse=True)
def _a_sink(settings, keeper, tmp_path, another_disk) -> None:
    settings.LEDGER_SINKS = [str(tmp_path / "elsewhere")]


def kinds() -> list[str]:
    return sorted(finding.kind for finding in Finding.objects.exclude(state="closed"))


def test_a_centre_where_all_is_well_has_no_finding(line):
    call_on(line)
    sequence()
    troubles.look()
    assert kinds() == []


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        ({"state": State.WAITING, "kind": Kind.ROW, "reason": "recording_missing", "needs": 1}, "recording-missing"),
        ({"state": State.WAITING, "kind": Kind.AUDIO, "reason": "cdr_missing"}, "call-record-missing"),
        ({"state": State.SET_ASIDE, "kind": Kind.AUDIO, "reason": "audio_corrupt"}, "files-set-aside"),
    ],
)
def test_what_waits_or_was_set_aside_is_one_finding_of_its_line_however_often_it_is_seen(line, broken, kind):
    arrival_on(line, **broken)
    troubles.look()
    arrival_on(line, **broken)
    troubles.look()
    finding = Finding.objects.get()
    assert (finding.kind, finding.where, finding.times_seen) == (kind, f"line:{line.id}", 2)
    assert finding.data["count"] == 2


def test_a_call_that_could_not_be_redacted_is_a_finding_at_once(line):
    call_on(line, redaction=Call.Redaction.FAILED)
    troubles.redaction_failed(line)
    assert kinds() == ["redaction-failed"]


def test_many_refusals_of_one_line_are_a_finding_and_few_are_not(line, settings):
    for _ in range(settings.REFUSALS_AT_LEAST - 1):
        arrival_on(line)
    troubles.look()
    assert kinds() == []
    arrival_on(line)
    troubles.look()
    assert kinds() == ["refusal-rate-high"]


def test_many_refusals_among_more_admissions_are_no_finding(line, settings):
    for _ in range(settings.REFUSALS_AT_LEAST):
        arrival_on(line)
        arrival_on(line, state=State.ADMITTED)
    troubles.look()
    assert kinds() == []


def test_heads_that_do_not_leave_this_host_are_a_finding(line, settings):
    settings.LEDGER_SINKS = []
    troubles.look()
    assert kinds() == ["checkpoint-sink-missing"]


def test_heads_that_stopped_leaving_are_a_finding_after_a_quarter_of_an_hour(line, settings):
    person("alice", "auditor")
    sequence()
    troubles.look()
    assert kinds() == []
    settings.LEDGER_SINKS = ["/proc/nowhere"]
    person("bob", "agent")
    sequence()
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        troubles.look()
        assert kinds() == ["checkpoint-sink-missing"]


def test_a_finding_said_to_be_remedied_is_closed_by_the_next_look_that_sees_nothing(line):
    item = arrival_on(line, state=State.SET_ASIDE, kind=Kind.AUDIO)
    troubles.look()
    finding = Finding.objects.get()
    owner = person("tara", "team_leader")
    findings.triage(finding, owner=owner, actor=owner.actor)
    findings.start(finding, actor=owner.actor)
    findings.remedied(finding, actor=owner.actor)
    IntakeItem.objects.filter(pk=item.pk).update(state=State.DESTROYED)
    troubles.look()
    closed = Finding.objects.get()
    assert closed.state == "closed"
    assert closed.closed_by_check.by == troubles.ACTOR


def test_a_finding_said_to_be_remedied_that_is_still_seen_goes_back(line):
    arrival_on(line, state=State.SET_ASIDE, kind=Kind.AUDIO)
    troubles.look()
    finding = Finding.objects.get()
    for step in (findings.triage, findings.start, findings.remedied):
        step(finding, actor="system")
    troubles.look()
    assert Finding.objects.get().state == "remediating"


def test_whoever_remedied_cannot_be_the_one_whose_check_closes(line):
    arrival_on(line, state=State.SET_ASIDE, kind=Kind.AUDIO)
    troubles.look()
    finding = Finding.objects.get()
    owner = person("tara", "team_leader").actor
    for step in (findings.triage, findings.start, findings.remedied):
        step(finding, actor=owner)
    with pytest.raises(Refused):
        findings.check(finding, outcome=Outcome.PASS, actor=owner, evidence="seen:0")
    assert Finding.objects.get().state == "verifying"


def test_a_call_that_was_redacted_after_all_is_no_trouble_any_more(line):
    call = call_on(line, redaction=Call.Redaction.FAILED)
    troubles.redaction_failed(line)
    with client_scope(line.client_id):
        Call.objects.filter(pk=call.pk).update(redaction=Call.Redaction.DONE)
    finding = Finding.objects.get()
    for step in (findings.triage, findings.start, findings.remedied):
        step(finding, actor="system")
    troubles.look()
    assert Finding.objects.get().state == "closed"


def test_a_security_system_taken_out_of_the_settings_by_one_person_is_a_finding(line, settings):
    settings.CALLWARDEN_SIEM = {"soc": {"kind": "syslog"}}
    siem.add_configured()
    troubles.look()
    assert kinds() == []
    settings.CALLWARDEN_SIEM = {}
    troubles.look()
    assert kinds() == ["siem-taken-away"]
    settings.CALLWARDEN_SIEM = {"soc": {"kind": "syslog"}}
    assert troubles.see_again(Finding.objects.get()) == 0


def test_a_security_system_that_takes_nothing_for_an_hour_is_a_finding_until_it_does(line, settings):
    settings.CALLWARDEN_SIEM = {"soc": {"kind": "syslog"}}
    (receiver,) = siem.add_configured()
    siem._failed(receiver, "unreachable")
    troubles.look()
    assert kinds() == []
    SiemReceiver.objects.update(failing_since=clock.now() - timedelta(hours=1, minutes=1))
    troubles.look()
    assert kinds() == ["siem-silent"]
    finding = Finding.objects.get()
    assert (finding.where, troubles.see_again(finding)) == ("siem", 1)
    SiemReceiver.objects.update(failing_since=None)
    assert troubles.see_again(finding) == 0
