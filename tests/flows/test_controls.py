"""Each control turns to "fail" when its fact is broken, and none passes on nothing."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection, transaction

from callwarden.control.access.actions import ensure_default
from callwarden.control.access.models import PolicyVersion
from callwarden.custody.keeper import client as keeper_client
from callwarden.custody.ledger.health import health
from callwarden.custody.models import (
    Checkpoint,
    Client,
    DataKey,
    Epoch,
    IntakeItem,
    IntakeKey,
    LedgerPending,
    Record,
)
from callwarden.custody.scope import client_scope
from callwarden.flows import controls, verification
from callwarden.flows.controls import CHAPTERS, CONTROLS, Outcome, Reading, find, measure
from callwarden.flows.controls.reading import MARKS
from callwarden.kernel import approvals, clock, deadlines, findings, journal
from callwarden.kernel.approvals import Act, ActKind
from callwarden.kernel.events import Event
from callwarden.kernel.models import ScanVerdict, Severity, User
from callwarden.kernel.roles import Role
from callwarden.lawful.consent import actions as consent
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.requests import statements
from callwarden.lawful.retention.models import RetentionRule
from callwarden.protection.signin import identities
from callwarden.protection.signin.providers import Provider
from tests import centre
from tests.flows.centre_of_controls import (
    arrival_on,
    call_on,
    notice_for,
    person,
    purpose_for,
    ran,
    record_on,
    says,
    sequence,
)
from tests.forging import forged
from tests.work import forget_jobs

PASS, FAIL, NOT_MEASURED, NOT_APPLICABLE = (
    Outcome.PASS,
    Outcome.FAIL,
    Outcome.NOT_MEASURED,
    Outcome.NOT_APPLICABLE,
)


# A plain line: these tests add what they look at themselves.
line = centre.line


@pytest.fixture(autouse=True)
def _no_jobs(keeper) -> None:
    forget_jobs()


def read(slug: str) -> Reading:
    return measure(find(slug))


def outcome(slug: str) -> Outcome:
    return read(slug).outcome


def test_on_an_empty_site_nothing_passes_that_has_no_evidence():
    """Only what can be seen without any data may pass: the walls and the process that holds the keys."""
    passing = {control.slug for control in CONTROLS if measure(control).outcome == PASS}
    assert passing <= {"keeper", "row-security"}


def test_every_control_says_something_in_both_languages_and_belongs_to_a_chapter():
    assert {control.chapter for control in CONTROLS} == set(CHAPTERS)
    assert len({control.slug for control in CONTROLS}) == len(CONTROLS)
    for control in CONTROLS:
        assert str(measure(control).says)


def test_every_control_names_provisions_with_edition_and_mark_of_certainty():
    for control in CONTROLS:
        assert control.provisions, control.slug
        for provision in control.provisions:
            assert provision.edition
            assert provision.mark in MARKS


def test_a_check_that_breaks_has_measured_nothing(monkeypatch):
    broken = controls.Control("broken", "lawful", "", "", ("A1",), lambda: 1 // 0)
    assert measure(broken).outcome == NOT_MEASURED
    assert "ZeroDivisionError" in str(measure(broken).says)


# Chapter 1


def test_notices_pass_when_every_line_has_one_and_fail_when_one_is_taken_away(line):
    assert outcome("notices") == FAIL
    notice = notice_for(line)
    assert outcome("notices") == PASS
    Notice.objects.filter(pk=notice.pk).update(state="superseded")
    assert outcome("notices") == FAIL


def test_a_notice_whose_text_is_not_what_was_published_fails(line):
    notice_for(line)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE lawful_notice DISABLE TRIGGER stays")
        cursor.execute("UPDATE lawful_notice SET text_en = 'We record nothing.'")
        cursor.execute("ALTER TABLE lawful_notice ENABLE TRIGGER stays")
    assert outcome("notices") == FAIL


def test_a_call_admitted_with_consent_passes(line):
    purpose_for(line)
    says(line, call_on(line), "given")
    assert outcome("consent") == PASS


@pytest.mark.parametrize("said", ["refused", "withdrawn", None])
def test_a_call_admitted_without_consent_fails(line, said):
    purpose_for(line)
    call = call_on(line)
    if said:
        says(line, call, said)
    reading = read("consent")
    assert reading.outcome == FAIL
    assert "1" in str(reading.faults[0])


def test_a_no_after_an_earlier_yes_counts_and_a_yes_to_another_purpose_does_not(line):
    purpose_for(line)
    purpose_for(line, "quality", core=False)
    call = call_on(line)
    says(line, call, "given", purpose="quality")
    assert outcome("consent") == FAIL


def test_a_withdrawal_after_the_call_was_admitted_does_not_make_the_admission_wrong(line):
    purpose_for(line)
    call = call_on(line, admitted_ago=timedelta(hours=2))
    says(line, call, "given")
    with client_scope(line.client_id):
        consent.record(
            line, reference=bytes(call.reference), purpose="recording", state="withdrawn", how=consent.How("web"),
            at=clock.now(), actor="job:intake",
        )  # fmt: skip
    assert outcome("consent") == PASS


def test_stored_data_without_a_retention_rule_fails(line):
    purpose_for(line)
    record_on(line)
    assert outcome("retention") == FAIL
    RetentionRule.objects.create(line=line, category="recording_redacted", purpose_id="recording", ceiling_days=30)
    assert outcome("retention") == PASS


def test_what_somebody_said_with_a_request_has_its_date_from_a_setting_and_needs_no_rule(line):
    with client_scope(line.client_id):
        statements.seal(line, "My name is written wrongly.")
    assert outcome("retention") == PASS


def test_a_record_past_its_time_fails_and_one_on_hold_does_not(line):
    record = record_on(line)
    assert outcome("destruction") == PASS
    with client_scope(line.client_id):
        Record.objects.filter(pk=record.pk).update(due_at=clock.now() - timedelta(hours=2))
    assert outcome("destruction") == FAIL
    with client_scope(line.client_id):
        record.bucket.hold = True
        record.bucket.save(update_fields=["hold"])
    assert outcome("destruction") == PASS


def test_quarantine_is_not_measured_before_the_timers_ran_and_fails_when_they_stand_still(line):
    arrival_on(line)
    assert outcome("quarantine") == NOT_MEASURED
    ran("clock.timers", seconds_ago=3600)
    assert outcome("quarantine") == FAIL
    ran("clock.timers")
    assert outcome("quarantine") == PASS


def test_an_arrival_that_outlived_its_time_fails(line):
    ran("clock.timers")
    item = arrival_on(line)
    assert outcome("quarantine") == PASS
    IntakeItem.objects.filter(pk=item.pk).update(delete_at=clock.now() - timedelta(hours=1))
    assert outcome("quarantine") == FAIL


# Chapter 2


def test_a_record_without_its_data_key_fails(line):
    record = record_on(line)
    assert outcome("sealed") == PASS
    DataKey.objects.filter(record=record).delete()
    assert outcome("sealed") == FAIL


def test_a_record_whose_ciphertext_is_gone_fails(line, settings):
    record_on(line)
    for path in (settings.DATA_DIR / "objects").rglob("*.cws"):
        path.unlink()
    assert outcome("sealed") == FAIL


def test_a_table_without_its_wall_fails():
    assert outcome("row-security") == PASS
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE custody_call NO FORCE ROW LEVEL SECURITY")
    try:
        reading = read("row-security")
        assert reading.outcome == FAIL
        assert "custody_call" in str(reading.faults[0])
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE custody_call FORCE ROW LEVEL SECURITY")


def test_a_silent_keeper_fails(keeper, monkeypatch):
    assert outcome("keeper") == PASS
    monkeypatch.setenv("CALLWARDEN_KEEPER_SOCKET", str(keeper.folder / "nobody.sock"))
    keeper_client._forget()
    try:
        assert outcome("keeper") == FAIL
    finally:
        keeper_client._forget()


def test_an_old_epoch_fails_and_a_client_without_one_too(client, settings):
    assert outcome("epochs") == PASS
    with client_scope(client.id):
        Epoch.objects.update(opened_at=clock.now() - timedelta(days=91))
    assert outcome("epochs") == FAIL
    with client_scope(client.id):
        Epoch.objects.update(state="retired", opened_at=clock.now())
    assert outcome("epochs") == FAIL


def test_a_client_that_has_left_needs_no_epoch(client):
    with client_scope(client.id):
        Epoch.objects.update(state="destroyed")
    Client.objects.filter(pk=client.pk).update(closed_at=clock.now())
    assert outcome("epochs") == NOT_MEASURED


def test_a_day_without_a_key_fails_and_a_key_past_its_week_too(line):
    arrival_on(line)
    assert outcome("day-keys") == PASS
    IntakeKey.objects.update(day=clock.now().date() - timedelta(days=1))
    assert outcome("day-keys") == FAIL
    IntakeKey.objects.update(day=clock.now().date(), expires_at=clock.now() - timedelta(hours=1))
    assert outcome("day-keys") == FAIL


@pytest.mark.parametrize(
    ("redaction", "ago", "expected"),
    [
        ("done", timedelta(), PASS),
        ("pending", timedelta(minutes=5), PASS),
        ("pending", timedelta(hours=2), FAIL),
        ("failed", timedelta(), FAIL),
    ],
)
def test_calls_not_redacted_in_time_fail(line, redaction, ago, expected):
    call_on(line, redaction=redaction, admitted_ago=ago)
    assert outcome("redaction") == expected


def test_an_account_without_a_second_factor_fails_and_a_demonstration_is_not_measured(settings):
    alice = person("alice", "auditor")
    assert outcome("second-factor") == FAIL
    Authenticator.objects.create(user=alice, type="recovery_codes", data={})
    assert outcome("second-factor") == FAIL
    Authenticator.objects.create(user=alice, type="totp", data={})
    assert outcome("second-factor") == PASS
    settings.DEMO = True
    assert outcome("second-factor") == NOT_MEASURED


def test_rules_of_signing_in_pass_only_where_they_are_really_in_force(settings):
    assert outcome("sign-in-rules") == NOT_MEASURED
    person("alice", "auditor")
    assert outcome("sign-in-rules") == PASS
    settings.AUTH_PASSWORD_VALIDATORS = settings.AUTH_PASSWORD_VALIDATORS[1:]
    assert outcome("sign-in-rules") == FAIL


def test_without_the_lock_out_the_rules_of_signing_in_fail(settings):
    person("alice", "auditor")
    settings.AUTHENTICATION_BACKENDS = settings.AUTHENTICATION_BACKENDS[1:]
    assert outcome("sign-in-rules") == FAIL


def test_links_to_a_provider_that_is_gone_fail(settings):
    assert outcome("identity-providers") == Outcome.NOT_APPLICABLE
    company = Provider("company", "Company", "公司", "https://id.example.com", "cw", "secret")
    settings.CALLWARDEN_IDENTITY_PROVIDERS = {"company": company}
    assert outcome("identity-providers") == NOT_MEASURED
    identities.link(person("alice", "auditor"), company, "s", actor="system")
    assert outcome("identity-providers") == PASS
    settings.CALLWARDEN_IDENTITY_PROVIDERS = {"other": company}
    assert outcome("identity-providers") == FAIL


def test_tls_with_cookies_that_travel_without_it_fails(settings):
    assert outcome("tls") == NOT_MEASURED
    settings.TLS = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    assert outcome("tls") == PASS
    settings.CSRF_COOKIE_SECURE = False
    assert outcome("tls") == FAIL
    settings.TLS, settings.DEMO = False, True
    assert outcome("tls") == NOT_APPLICABLE


def test_a_site_that_accepts_unscanned_uploads_fails_and_a_silent_scanner_is_not_measured(settings):
    assert outcome("malware") == NOT_MEASURED
    settings.CALLWARDEN_MALWARE_SCANNER = "none-accepted"
    assert outcome("malware") == FAIL
    settings.CALLWARDEN_MALWARE_SCANNER = "unix:/run/clamav/clamd.ctl"
    assert outcome("malware") == NOT_MEASURED
    ScanVerdict.objects.create(outcome="clean", content=b"c" * 32, size=1, scanner="clamd", at=clock.now())
    assert outcome("malware") == PASS


# Chapter 3


def test_a_matrix_that_is_not_what_its_digest_says_fails():
    assert outcome("matrix") == FAIL
    ensure_default()
    assert outcome("matrix") == PASS
    with connection.cursor() as cursor:  # somebody with the database in their hands
        cursor.execute("ALTER TABLE control_policyversion DISABLE TRIGGER keep_written")
    PolicyVersion.objects.update(digest="sha256:" + "0" * 64)
    assert outcome("matrix") == FAIL


def test_two_administrations_in_one_hand_fail_and_so_does_one_in_no_hand():
    for role in ("system_administrator", "security_administrator"):
        person(role, role)
    assert outcome("separation") == FAIL
    person("auditor", "auditor")
    assert outcome("separation") == PASS
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE kernel_user DROP CONSTRAINT user_not_auditor_and_security_administrator")
    try:
        User.objects.filter(username="auditor").update(roles=["auditor", "security_administrator"])
        assert outcome("separation") == FAIL
    finally:
        User.objects.filter(username="auditor").update(roles=["auditor"])
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE kernel_user ADD CONSTRAINT user_not_auditor_and_security_administrator"
                " CHECK (NOT (roles @> ARRAY['auditor', 'security_administrator']::varchar(30)[]))"
            )


def test_an_act_carried_out_with_too_few_votes_fails():
    kind = approvals.register(ActKind("test:controls", title="Test", roles=(Role.DPO,), quorum=1, run=_nothing))
    asker, voter = person("dora", "data_protection_officer"), person("dirk", "data_protection_officer")
    act = Act(kind.name, {"n": 1})
    asked = approvals.request(act, requester=asker, reason="test")
    assert outcome("two-people") == PASS
    approvals.approve(asked.pk, by=voter)
    approvals.execute(asked.pk, act, by=asker)
    assert outcome("two-people") == PASS
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE kernel_approval DISABLE TRIGGER USER")
        cursor.execute("UPDATE kernel_approval SET quorum = 2")
        cursor.execute("ALTER TABLE kernel_approval ENABLE TRIGGER USER")
    assert outcome("two-people") == FAIL


def _nothing(_execution: object) -> None:
    """An act that changes nothing."""


def test_a_look_that_stands_still_fails():
    assert outcome("watch") == NOT_MEASURED
    ran("clock.watch", seconds_ago=3600)
    assert outcome("watch") == FAIL
    ran("clock.watch")
    assert outcome("watch") == PASS


def test_an_overdue_finding_fails():
    ran("clock.watch")
    assert outcome("findings") == PASS
    found = findings.report("files-set-aside", severity=Severity.LOW, actor="job:watch", where="site:ledger")
    assert outcome("findings") == PASS
    with clock.frozen(found.due_at + timedelta(minutes=1)):
        assert outcome("findings") == FAIL


def test_a_deadline_that_passed_unfiled_fails():
    assert outcome("deadlines") == NOT_APPLICABLE
    now = clock.now()
    about = ("incident", User().pk)
    deadline = deadlines.start("gdpr-33", about=about, started_at=now, lasts=timedelta(hours=72), actor="system")
    assert outcome("deadlines") == PASS
    with clock.frozen(deadline.due_at + timedelta(minutes=1)):
        assert outcome("deadlines") == FAIL


def test_a_ledger_that_lags_fails():
    person("alice", "auditor")
    assert outcome("ledger") == NOT_MEASURED
    sequence()
    assert outcome("ledger") == PASS
    LedgerPending.objects.create(at=clock.now() - timedelta(minutes=2), body=b"{}")
    assert outcome("ledger") == FAIL


def test_a_verified_ledger_passes_and_one_whose_rows_were_changed_fails():
    person("alice", "auditor")
    sequence()
    assert outcome("verified") == NOT_MEASURED
    verification.run(uuid4(), "job:watch")
    sequence()
    assert outcome("verified") == PASS
    with forged(0, "body", b'{"event": "nothing:happened"}'):
        verification.run(uuid4(), "job:watch")
    sequence()
    assert outcome("verified") == FAIL


def test_a_check_of_the_ledger_grows_old():
    person("alice", "auditor")
    sequence()
    verification.run(uuid4(), "job:watch")
    sequence()
    with clock.frozen(clock.now() + timedelta(days=3)):
        assert outcome("verified") == NOT_MEASURED


def test_heads_that_do_not_leave_the_host_fail_and_a_demonstration_has_not_measured_it(
    settings, tmp_path, another_disk
):
    assert outcome("exported") == FAIL
    settings.DEMO = True
    assert outcome("exported") == NOT_MEASURED
    settings.DEMO, settings.LEDGER_SINKS = False, [str(tmp_path / "beside")]
    assert outcome("exported") == FAIL
    settings.LEDGER_SINKS += [str(tmp_path / "elsewhere")]
    assert outcome("exported") == NOT_MEASURED
    person("alice", "auditor")
    sequence()
    assert outcome("exported") == PASS
    settings.LEDGER_SINKS = ["/proc/nowhere"]
    person("bob", "auditor")
    sequence()
    Checkpoint.objects.filter(exported_at=None).update(signed_at=clock.now() - timedelta(minutes=16))
    assert health().exported_at is not None
    assert outcome("exported") == FAIL


# Chapter 4


def test_a_delivery_without_a_registered_partner_fails():
    assert {outcome(slug) for slug in ("vetting", "agreements", "sharing", "oversight")} == {NOT_APPLICABLE}
    with transaction.atomic():
        journal.record(journal.Entry(event=Event.DISCLOSE_SHARE, actor="job:sharing", decision="allow"))
    sequence()
    assert outcome("sharing") == FAIL


def test_many_refusals_on_a_line_stop_its_timers_and_the_quarantine_says_so(line, settings):
    ran("clock.timers")
    for _ in range(settings.REFUSALS_AT_LEAST + 1):
        arrival_on(line)
    assert outcome("quarantine") == FAIL
