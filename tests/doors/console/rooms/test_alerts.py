"""The board of alerts: who may look and act, what each act does, and what people set about alerts."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from ipaddress import ip_network
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from callwarden.control.alerts import actions, queries, reports
from callwarden.control.alerts.models import (
    AccessDay,
    Alert,
    Canary,
    Suppression,
    Tuning,
    UsageReport,
    WatchState,
)
from callwarden.control.alerts.rules import ALWAYS, EVERY
from callwarden.control.emergency import actions as emergency
from callwarden.custody.models import LedgerEntry, LedgerPending
from callwarden.engines import watch
from callwarden.flows.watching import Stream
from callwarden.kernel import approvals, clock, findings, sessions
from callwarden.kernel.approvals import Act
from callwarden.kernel.errors import Conflict, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.models import Approval, Finding, Incident, OutboxMessage, User
from callwarden.kernel.people import open_account
from callwarden.protection.signin import actions as keys
from callwarden.protection.signin.places import Place
from tests.doors.console.rooms.conftest import ROLES, Person
from tests.doors.console.rooms.test_two_people import approve, carry_out
from tests.flows.centre_of_controls import sequence

WATCH = {"data_protection_officer", "security_administrator", "auditor"}
JUDGE = {"data_protection_officer", "security_administrator"}


@pytest.fixture
def suspect(centre) -> User:
    return open_account("suspect", roles=["agent"], actor="system", display_name="Li Na")


def told(actor: str, kind: str = "bulk_unexplained", **facts: float) -> Alert:
    now = clock.now()
    numbers = {"seen": 9.0, "minutes": 10.0, "chance": 1e-9, **facts}
    with transaction.atomic():
        return actions.raise_alert(
            watch.Alert("D1", kind, actor, now.timestamp(), now.timestamp() - 600, (3, 4, 5), tuple(numbers.items())),
            committed_at=now,
        )


@pytest.fixture
def alert(suspect) -> Alert:
    return told(suspect.actor)


def act(somebody: Person, alert: Alert, step: str, **given: object):
    return somebody.post(reverse("console:alert_act", args=[alert.pk, step]), given, follow=True)


def events() -> list[str]:
    return [
        json.loads(bytes(body))["event"] for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)
    ]


@pytest.mark.parametrize("role", ROLES)
def test_the_board_and_its_acts_open_to_those_who_watch_and_no_other(person, line, alert, role):
    somebody = person(role)
    for name in ("alerts", "suppressions", "thresholds", "usage"):
        assert somebody.get(reverse(f"console:{name}")).status_code == (200 if role in WATCH else 403), name
    assert somebody.get(reverse("console:alert", args=[alert.pk])).status_code == (200 if role in WATCH else 403)
    expected = 200 if role == "data_protection_officer" else 403
    assert somebody.get(reverse("console:canaries")).status_code == expected
    status = somebody.post(reverse("console:alert_act", args=[alert.pk, "acknowledge"])).status_code
    assert status == (302 if role in JUDGE else 403)
    assert Alert.objects.get().state == ("acknowledged" if role in JUDGE else "open")


def test_an_alert_says_why_with_its_numbers_in_the_readers_language(person, alert):
    officer = person("data_protection_officer")
    page = officer.get(reverse("console:alert", args=[alert.pk])).content.decode()
    assert "9 people within 10 minutes" in page
    assert "Li Na" in page
    officer.browser.cookies["django_language"] = "zh-hans"
    officer.user.language = "zh-hans"
    officer.user.save(update_fields=["language"])
    assert "10 分钟" in officer.get(reverse("console:alert", args=[alert.pk])).content.decode()


def test_somebody_in_two_places_is_told_with_the_names_of_both(person, suspect, settings):
    settings.CALLWARDEN_PLACES = {
        "north": Place("north", "North site", "北区中心", (ip_network("192.0.2.0/25"),)),
        "south": Place("south", "South site", "南区中心", (ip_network("192.0.2.128/25"),)),
    }
    for index, place in ((3, "north"), (4, "south"), (5, "")):
        body = {"event": str(Event.SESSION_OPENED), "actor": suspect.actor, "data": {"region": place}}
        LedgerEntry.objects.create(
            index=index,
            entry=uuid4(),
            body=json.dumps(body).encode(),
            at=clock.now(),
            event=Event.SESSION_OPENED,
            actor=suspect.actor,
        )
    officer, alert = person("data_protection_officer"), told(suspect.actor, "two_places", minutes=12.0)
    page = officer.get(reverse("console:alert", args=[alert.pk])).content.decode()
    assert page.index("North site") < page.index("South site")
    assert "192.0.2" not in page
    officer.user.language = "zh-hans"
    officer.user.save(update_fields=["language"])
    officer.browser.cookies["django_language"] = "zh-hans"
    page = officer.get(reverse("console:alert", args=[alert.pk])).content.decode()
    assert "北区中心" in page
    assert "南区中心" in page


def test_numbers_an_older_version_did_not_keep_break_no_page(person, suspect):
    for kind in EVERY:
        Alert.objects.all().delete()
        one = told(suspect.actor, kind)
        Alert.objects.filter(pk=one.pk)  # as it is
        answer = person("auditor").get(reverse("console:alert", args=[one.pk]))
        assert answer.status_code == 200, kind


def test_sessions_end_at_once_and_the_log_says_for_which_alert(person, alert, suspect):
    sessions.open(suspect, "desk", mfa=True)
    act(person("security_administrator"), alert, "end_sessions")
    assert sessions.find("desk") is None
    assert "control:alert:acted_on" in events()


def test_one_freezes_and_two_unfreeze(person, alert, suspect):
    security, officer = person("security_administrator"), person("data_protection_officer")
    act(security, alert, "freeze", **{"freeze-reason": "Nobody answers for these look-ups"})
    suspect.refresh_from_db()
    assert suspect.frozen_at is not None
    act(security, alert, "unfreeze", **{"unfreeze-reason": "The team leader explained it"})
    asked = Approval.objects.get(kind="people:account:unfreeze")
    approvals.approve(asked.pk, by=officer.user)
    suspect.refresh_from_db()
    assert not suspect.is_active, "an approval alone does nothing"
    approvals.execute(asked.pk, approvals.act_of(asked), by=security.user)
    suspect.refresh_from_db()
    assert suspect.is_active


def test_freezing_asks_why(person, alert, suspect):
    act(person("security_administrator"), alert, "freeze", **{"freeze-reason": " "})
    suspect.refresh_from_db()
    assert suspect.is_active


def test_an_incident_is_opened_once_with_the_evidence(person, alert):
    officer = person("data_protection_officer")
    for _twice in range(2):
        act(officer, alert, "incident", **{"incident-reason": "Nine strangers in ten minutes"})
    incident = Incident.objects.get()
    assert (incident.kind, incident.discovered_at) == ("misuse", alert.raised_at)
    assert Alert.objects.get().incident == incident


def test_nobody_works_the_alert_about_themselves(person):
    officer = person("data_protection_officer")
    mine = told(officer.user.actor)
    page = officer.get(reverse("console:alert", args=[mine.pk])).content.decode()
    assert "about you" in page
    for step, more in (("acknowledge", {}), ("close", {"was": "false", "reason": "It was nothing"})):
        act(officer, mine, step, **more)
    act(officer, mine, "incident", **{"incident-reason": "x"})
    assert (Alert.objects.get().state, Incident.objects.count()) == ("open", 0)
    assert queries.unsettled(but=officer.user.actor).count() == 0


def test_an_alert_about_a_partner_or_program_offers_no_sessions_to_end(person):
    one = told("service:00000000-0000-4000-8000-000000000001")
    officer = person("security_administrator")
    assert "At once" not in officer.get(reverse("console:alert", args=[one.pk])).content.decode()
    act(officer, one, "freeze", **{"freeze-reason": "x"})
    assert "control:alert:acted_on" not in events()


def test_an_alert_about_a_program_names_its_key_and_ends_it_at_once(person, client):
    with transaction.atomic():
        key, _written = keys.create(
            owner=person("system_administrator").user,
            purpose="screen-pop",
            scopes=["customers"],
            client=client,
            actor="system",
        )
    one, officer = told(key.actor), person("data_protection_officer")
    there = reverse("console:alert", args=[one.pk])
    page = officer.get(there).content.decode()
    assert "screen-pop" in page
    assert key.prefix in page
    auditor = person("auditor")
    assert "End the key" not in auditor.get(there).content.decode()
    act(auditor, one, "end_key")
    key.refresh_from_db()
    assert key.revoked_at is None
    act(officer, one, "end_key")
    key.refresh_from_db()
    assert (key.revoked_at is not None, key.ended_for) == (True, "alert")
    assert events().count("control:alert:acted_on") == 1
    assert "End the key" not in officer.get(there).content.decode()
    act(officer, one, "end_key")
    assert events().count("control:alert:acted_on") == 1


def test_marks_propose_a_step_that_a_person_takes_and_takes_back(person, suspect):
    officer = person("data_protection_officer")
    for chance in (1e-7, 5e-7, 1e-9):
        act(officer, told(suspect.actor, chance=chance), "close", was="false", reason="Sorted post")
    tuned = next(one for one in queries.thresholds() if one.kind == "bulk_unexplained")
    assert (tuned.proposal.after, tuned.raised, tuned.would_remain) == (0.5, 3, 2)
    assert "The marks propose" in officer.get(reverse("console:thresholds")).content.decode()
    path = reverse("console:threshold_tune", args=["bulk_unexplained"])
    officer.post(path, {"before": "0", "after": "0.5", "why": "feedback", "reason": "Three false ones"})
    assert actions.strictness() == {"bulk_unexplained": 0.5}
    again = next(one for one in queries.thresholds() if one.kind == "bulk_unexplained")
    assert not again.proposal.changes, "the same marks are not heard twice"
    officer.post(path, {"before": "0.5", "after": "0", "why": "reverted", "reason": "Taken back"})
    assert actions.strictness() == {}
    assert Tuning.objects.count() == 2
    assert events().count("control:alerts:tuned") == 2


@pytest.mark.parametrize("given", [{"after": "3"}, {"after": "-2"}, {"reason": ""}, {"before": "1"}, {"after": "nan"}])
def test_a_threshold_stays_within_bounds_and_nobody_overwrites_another(person, given):
    path = reverse("console:threshold_tune", args=["bulk_unexplained"])
    person("security_administrator").post(
        path, {"before": "0", "after": "0.5", "why": "decided", "reason": "x", **given}
    )
    assert not Tuning.objects.exists()


def test_canaries_are_neither_tuned_nor_suppressed(person):
    officer = person("data_protection_officer")
    officer.post(
        reverse("console:threshold_tune", args=["canary"]),
        {"before": "0", "after": "1", "why": "decided", "reason": "x"},
    )
    until = (clock.now() + timedelta(days=9)).date().isoformat()
    officer.post(reverse("console:suppressions"), {"kind": "canary", "person": "", "until": until, "reason": "x"})
    assert not Tuning.objects.exists()
    assert not Suppression.objects.exists()


def test_a_suppression_has_an_owner_a_reason_and_an_end_and_can_be_ended(person, suspect):
    officer = person("security_administrator")
    path = reverse("console:suppressions")
    given = {"kind": "outside_shift", "person": suspect.actor, "reason": "Night shift not in the roster yet"}
    for days in (0, 120):
        officer.post(path, {**given, "until": (clock.now() + timedelta(days=days)).date().isoformat()})
    assert not Suppression.objects.exists()
    assert not Approval.objects.exists()
    officer.post(path, {**given, "until": (clock.now() + timedelta(days=9)).date().isoformat()})
    assert not Suppression.objects.exists(), "nobody does it alone"
    asked = Approval.objects.get()
    carry_out(officer, asked)
    assert not Suppression.objects.exists(), "nor before somebody else has approved"
    approve(person("data_protection_officer"), asked)
    carry_out(officer, asked)
    one = Suppression.objects.get()
    assert (one.owner, one.entry) == (officer.user, asked.entry)
    assert told(suspect.actor, "outside_shift").state == "suppressed"
    assert told(officer.user.actor, "outside_shift").state == "open"
    officer.post(reverse("console:suppression_end", args=[one.pk]))
    assert told(suspect.actor, "outside_shift").state == "open"


def test_alone_somebody_silences_a_kind_for_four_hours_once_a_day_and_the_others_are_told(person, suspect):
    officer, other = person("security_administrator"), person("data_protection_officer", email="d@example.org")
    path, given = reverse("console:suppressions"), {"kind": "outside_shift", "person": "", "way": "alone"}
    officer.post(path, given)
    assert not Suppression.objects.exists(), "not without a reason"
    officer.post(path, {**given, "reason": "The recorder is being tested"})
    one = Suppression.objects.get()
    assert timedelta(0) <= actions.ALONE - (one.expires_at - one.created_at) < timedelta(seconds=2)
    assert told(suspect.actor, "outside_shift").state == "suppressed"
    assert [(message.recipient_id, message.template) for message in OutboxMessage.objects.all()] == [
        (other.user.pk, "alerts-silenced")
    ]
    for somebody, whom in ((officer, suspect.actor), (other, "")):
        somebody.post(path, {**given, "person": whom, "reason": "Once more"})
    assert Suppression.objects.count() == 1, "neither for another person nor by another one"
    with clock.frozen(clock.now() + actions.ALONE):
        assert told(suspect.actor, "outside_shift").state == "open"


def test_whom_alerts_are_about_does_not_decide_that_they_are_silenced(person):
    officer, accused = person("security_administrator"), person("data_protection_officer")
    until = (clock.now() + timedelta(days=9)).date().isoformat()
    given = {"kind": "outside_shift", "person": accused.user.actor, "until": until, "reason": "x"}
    officer.post(reverse("console:suppressions"), given)
    asked = Approval.objects.get()
    approve(accused, asked)
    carry_out(officer, asked)
    assert not Suppression.objects.exists()


def test_what_somebody_silenced_for_everybody_silences_nothing_about_themselves(person, suspect):
    officer = person("security_administrator")
    given = {"kind": "outside_shift", "person": "", "way": "alone", "reason": "The recorder is being tested"}
    officer.post(reverse("console:suppressions"), given)
    assert told(suspect.actor, "outside_shift").state == "suppressed"
    assert told(officer.user.actor, "outside_shift").state == "open"


def test_nor_does_what_they_approved_for_everybody(person, suspect):
    officer, second = person("security_administrator"), person("data_protection_officer")
    until = (clock.now() + timedelta(days=9)).date().isoformat()
    given = {"kind": "outside_shift", "person": "", "until": until, "reason": "Night shift not in the roster yet"}
    officer.post(reverse("console:suppressions"), given)
    asked = Approval.objects.get()
    approve(second, asked)
    carry_out(officer, asked)
    states = [told(one.actor, "outside_shift").state for one in (suspect, officer.user, second.user)]
    assert states == ["suppressed", "open", "open"]


def test_what_two_people_decided_for_a_short_time_keeps_nobody_from_silencing_alone(person):
    officer = person("security_administrator").user
    asked = approvals.request(Act("control:alerts:suppress"), requester=officer, reason="The recorder is being tested")
    until = clock.now() + timedelta(hours=1)
    actions.suppress("outside_shift", person="", until=until, owner=officer, approval=asked)
    actions.suppress_alone("outside_shift", person="", owner=officer, reason="It takes longer")
    with pytest.raises(Conflict):
        actions.suppress_alone("outside_shift", person="", owner=officer, reason="It takes longer still")


def test_without_an_approval_no_part_of_the_program_silences_for_longer(person):
    owner = person("security_administrator").user
    with pytest.raises(Refused):
        actions.suppress(
            "outside_shift", person="", until=clock.now() + timedelta(hours=5), owner=owner, reason="No second person"
        )


def test_nobody_silences_alerts_about_themselves(person):
    officer = person("security_administrator")
    until = (clock.now() + timedelta(days=9)).date().isoformat()
    given = {"kind": "outside_shift", "person": officer.user.actor, "until": until, "reason": "x"}
    officer.post(reverse("console:suppressions"), given)
    assert not Suppression.objects.exists()


def test_the_usage_review_puts_first_who_differs_most_and_taking_it_away_is_logged(person, suspect):
    today = clock.now().date()
    others = [open_account(f"peer{i}", roles=["agent"], actor="system", display_name=f"Peer {i}") for i in range(3)]
    rows = [(one, "call", 40) for one in others] + [(suspect, "call", 20), (suspect, "", 30)]
    for user, link, count in rows:
        AccessDay.objects.create(
            day=today,
            actor=user.actor,
            peers="agent/all",
            action="view_masked",
            link=link,
            purpose="service",
            count=count,
        )
    auditor = person("auditor")
    page = auditor.get(reverse("console:usage")).content.decode()
    assert page.index("Li Na") < page.index("Peer 0")
    assert queries.usage(today, today)[0].unexplained == pytest.approx(0.6)
    answer = auditor.post(reverse("console:usage_export"), {"month": today.strftime("%Y-%m")})
    assert suspect.actor in answer.content.decode()
    assert "control:usage:reviewed" in events()


def test_the_board_counts_the_alerts_of_each_day(person, suspect):
    assert "days-chart" not in person("auditor").get(reverse("console:alerts")).content.decode()
    for kind in ("canary", "bulk_unexplained", "probing"):
        told(suspect.actor, kind)
    days = queries.raised_by_day(timezone.localdate(), 3)
    assert [(one.severe, one.other) for one in days] == [(0, 0), (0, 0), (2, 1)]
    page = person("auditor").get(reverse("console:alerts"))
    assert page.context["chart"].most == 3
    assert "days-chart" in page.content.decode()


def used(month: date, somebody: User, count: int = 7) -> None:
    AccessDay.objects.create(
        day=month,
        actor=somebody.actor,
        peers="agent/all",
        action="view_masked",
        link="",
        purpose="service",
        count=count,
    )


def test_a_month_is_signed_once_when_it_is_over_and_somebody_says_what_they_saw(person, suspect):
    month = (clock.now().date().replace(day=1) - timedelta(days=1)).replace(day=1)
    used(month, suspect)
    used(clock.now().date(), suspect)
    auditor = person("auditor")
    assert "usage-report" not in auditor.get(reverse("console:usage")).content.decode()
    assert [reports.make_due(), reports.make_due()] == [1, 0]  # this month is not over
    report = UsageReport.objects.get()
    assert report.month == month
    assert json.loads(bytes(report.body))["people"][0]["actor"] == suspect.actor
    assert hashlib.sha256(bytes(report.body)).hexdigest() == report.digest
    there = {"month": f"{month:%Y-%m}"}
    auditor.post(reverse("console:usage_look"), there | {"saw": " "})
    report.refresh_from_db()
    assert report.looked_at is None
    auditor.post(reverse("console:usage_look"), there | {"saw": "Li Na worked for two on the third."})
    report.refresh_from_db()
    assert report.looked_by == auditor.user
    assert auditor.user.get_full_name() in auditor.get(reverse("console:usage"), there).content.decode()
    person("security_administrator").post(reverse("console:usage_look"), there | {"saw": "Me too."})
    assert events().count("control:usage:looked_at") == 1
    assert "worked for two" not in "".join(
        bytes(one).decode() for one in LedgerPending.objects.order_by("id").values_list("body", flat=True)
    )
    for changed in ({"body": b"{}"}, {"looked_at": None, "looked_by": None, "look_entry": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            UsageReport.objects.filter(pk=report.pk).update(**changed)
    assert auditor.get(reverse("console:usage_report", args=[f"{month:%Y-%m}"])).status_code == 404  # not in a tree yet
    assert auditor.get(reverse("console:usage_report", args=["2001-01"])).status_code == 404


def test_a_month_nobody_looked_at_within_two_weeks_is_a_finding_until_somebody_has(suspect, person, monkeypatch):
    month = (clock.now().date().replace(day=1) - timedelta(days=40)).replace(day=1)
    used(month, suspect)
    reports.make_due()
    reports.tell_of_waiting()
    assert not Finding.objects.filter(kind="usage-review-not-looked-at").exists()
    monkeypatch.setattr(reports, "LOOKED_AT_WITHIN", timedelta(0))
    reports.tell_of_waiting()
    reports.tell_of_waiting()
    finding = Finding.objects.get(kind="usage-review-not-looked-at", where=f"month:{month:%Y-%m}")
    officer = person("data_protection_officer").user
    findings.triage(finding, actor=officer.actor, owner=officer)
    findings.start(finding, actor=officer.actor)
    findings.remedied(finding, actor=officer.actor)
    reports.tell_of_waiting()
    finding.refresh_from_db()
    assert finding.state == Finding.State.REMEDIATING  # seen again: it was not remedied
    assert reports.still_waiting(finding) == 1
    reports.look(month, by=officer, saw="Nothing that is not explained.")
    findings.remedied(finding, actor=officer.actor)
    reports.tell_of_waiting()
    finding.refresh_from_db()
    assert finding.state == Finding.State.CLOSED


def test_a_canary_is_planted_by_the_address_of_its_page_and_taken_away(person, line):
    from callwarden.custody.models import Customer, Subject
    from callwarden.custody.models import Person as Someone
    from callwarden.custody.scope import client_scope

    now = clock.now()
    with client_scope(line.client_id):
        subject = Subject.objects.create(client_id=line.client_id, kind="customer", created_at=now)
        someone = Someone.objects.create(client_id=line.client_id, created_at=now)
        customer = Customer.objects.create(
            client_id=line.client_id, person=someone, subject=subject, number=b"n" * 32, created_at=now, updated_at=now
        )
    officer = person("data_protection_officer")
    officer.post(reverse("console:canaries"), {"customer": "not an address"})
    assert not Canary.objects.exists()
    officer.post(reverse("console:canaries"), {"customer": f"http://localhost/customers/{customer.pk}/"})
    planted = Canary.objects.get()
    assert planted.subject == subject.pk
    assert actions.canaries([subject.pk]) == {subject.pk}
    officer.post(reverse("console:canary_remove", args=[planted.pk]))
    assert actions.canaries([subject.pk]) == set()


@pytest.mark.parametrize("kind", sorted(ALWAYS))
def test_what_is_told_each_time_is_acted_on_like_any_and_never_silenced(person, suspect, kind):
    security, alert = person("security_administrator"), told(suspect.actor, kind)
    assert not OutboxMessage.objects.filter(template="alert-raised").exists(), "the act itself told them"
    sessions.open(suspect, "desk", mfa=True)
    act(security, alert, "end_sessions")
    assert sessions.find("desk") is None
    with pytest.raises(Refused) as caught:
        actions.suppress_alone(kind, person="", owner=security.user, reason="Noise")
    assert caught.value.code == "never_suppressed"
    assert reverse("console:alert", args=[alert.pk]) in security.get(reverse("console:alerts")).content.decode()


def test_an_alert_about_emergency_access_leads_to_where_it_is_reviewed(person, client):
    leader, security = person("team_leader"), person("security_administrator")
    WatchState.objects.create(learn_until=clock.now() - timedelta(days=1))
    access = emergency.begin(client.pk, purpose="service", reason="Somebody is threatened.", by=leader.user)
    sequence()
    Stream().step()
    page = security.get(reverse("console:alert", args=[Alert.objects.get(kind="emergency_taken").pk])).content.decode()
    assert reverse("console:emergency", args=[access.pk]) in page
    assert leader.user.get_full_name() in page
    assert "30 minutes" in page
