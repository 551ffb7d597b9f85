"""The log is searched, verified, proved and taken away; reasons open on purpose alone."""

from __future__ import annotations

import io
import tarfile
import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from callwarden.custody import permits
from callwarden.custody.mint import WITNESS
from callwarden.custody.models import Call, LedgerEntry, Record
from callwarden.custody.scope import client_scope
from callwarden.doors.console.labels import PURPOSES
from callwarden.engines.ledger import TlogProof, Verifier
from callwarden.kernel import journal
from callwarden.kernel.events import Event
from callwarden.lawful.purposes.models import Purpose
from callwarden.protection.signin import actions as keys
from tests.flows.centre_of_controls import call_on, record_on, sequence
from tests.work import do_all

STATED = "He asked for a copy."


@pytest.fixture
def hold(person) -> int:
    """Index of an entry with a stated reason."""
    with transaction.atomic():
        entry = journal.record(
            journal.Entry(event=Event.HOLD_SET, actor="system", purpose="audit", detail={"reason": STATED})
        )
    sequence()
    return LedgerEntry.objects.get(entry=entry).index


def rows(answer) -> list[int]:
    return [row.cells[0] for row in answer.context["table"].rows]


def test_entries_are_found_by_event_family_decision_and_purpose(person, hold):
    auditor = person("auditor")
    audit = reverse("console:audit")
    assert hold in rows(auditor.get(audit))
    assert rows(auditor.get(audit, {"event": str(Event.HOLD_SET)})) == [hold]
    assert rows(auditor.get(audit, {"family": "lawful", "purpose": "audit"})) == [hold]
    assert rows(auditor.get(audit, {"family": "disclose"})) == []
    assert rows(auditor.get(audit, {"decision": "refuse"})) == []


def test_entries_are_found_by_who_call_and_day(person, line):
    auditor = person("auditor")
    call = call_on(line)
    actor = str(auditor.user.pseudonym)
    with transaction.atomic():
        journal.record(journal.Entry(event=Event.REDACTION_DONE, actor=actor, client=line.client_id, call=call.id))
    sequence()
    audit = reverse("console:audit")
    (index,) = rows(auditor.get(audit, {"call": str(call.id)}))
    assert index in rows(auditor.get(audit, {"actor": actor}))
    assert rows(auditor.get(audit, {"call": str(uuid.uuid4())})) == []
    assert rows(auditor.get(audit, {"call": "no number"})) == []
    assert rows(auditor.get(audit, {"until": "2001-01-01"})) == []
    assert index in rows(auditor.get(audit, {"since": "2001-01-01"}))


def exported(records) -> int:
    """Index of an entry by which these records were taken away together; it names no data subject and no call."""
    with transaction.atomic():
        entry = journal.record(
            journal.Entry(event=Event.DISCLOSE_EXPORT, actor="job:sharing", decision="allow", count=len(records))
        )
        permits.issue(
            WITNESS, principal="job:sharing", session=None, action="export", purpose="partner_sharing",
            records={record.id: () for record in records}, policy="", entry=entry, lasts=timedelta(minutes=1),
        )  # fmt: skip
    sequence()
    return LedgerEntry.objects.get(entry=entry).index


def test_what_took_several_people_or_calls_along_is_found_by_each_of_them(person, line):
    calls = [call_on(line), call_on(line)]
    records = [record_on(line), record_on(line)]
    with client_scope(line.client_id):
        for record, call in zip(records, calls, strict=True):
            Record.objects.filter(pk=record.pk).update(call=call)
        stranger = record_on(line).subject_id
    index, auditor, audit = exported(records), person("auditor"), reverse("console:audit")
    for record, call in zip(records, calls, strict=True):
        assert index in rows(auditor.get(audit, {"subject": str(record.subject_id)}))
        assert index in rows(auditor.get(audit, {"call": str(call.pk)}))
    assert index not in rows(auditor.get(audit, {"subject": str(stranger)}))
    assert rows(auditor.get(audit, {"subject": "no pseudonym"})) == []


def test_a_program_is_named_and_asked_for_by_its_key(person, client):
    owner = person("system_administrator").user
    with transaction.atomic():
        key, _written = keys.create(
            owner=owner, purpose="screen-pop", scopes=["customers"], client=client, actor="system"
        )
        journal.record(journal.Entry(event=Event.DISCLOSE_VIEW_MASKED, actor=key.actor, client=client.id))
        journal.record(journal.Entry(event=Event.DISCLOSE_VIEW_MASKED, actor="system", client=client.id))
    sequence()
    answer = person("auditor").get(reverse("console:audit"), {"actor": key.actor})
    (row,) = answer.context["table"].rows
    assert row.cells[3] == f"Program screen-pop, key {key.prefix}"
    who = next(one for one in answer.context["table"].filters if one.name == "actor")
    assert key.actor in [option.value for option in who.options]


def test_a_purpose_of_the_site_is_a_choice_among_the_purposes(person, client):
    purpose = Purpose.objects.exclude(slug__in=PURPOSES).first() or Purpose.objects.create(
        slug="fleet_care", name="Fleet care", name_zh="车队服务"
    )
    answer = person("auditor").get(reverse("console:audit"))
    choices = next(one for one in answer.context["table"].filters if one.name == "purpose").options
    assert purpose.slug in [option.value for option in choices]


def test_filters_that_mean_nothing_break_nothing(person, hold):
    answer = person("auditor").get(reverse("console:audit"), {"event": "'; drop", "since": "yesterday", "page": "-3"})
    assert answer.status_code == 200


def test_verifying_runs_as_a_job_and_its_outcome_is_an_entry(person, hold):
    auditor = person("auditor")
    answer = auditor.post(reverse("console:verify"), headers={"HX-Request": "true"})
    progress = answer.context["it"]
    assert progress.state == "running"
    do_all()
    sequence()
    done = auditor.get(progress.href)
    assert "The log holds" in done.content.decode()
    assert "The log holds" in auditor.get(reverse("console:audit")).content.decode()
    assert LedgerEntry.objects.get(event=Event.LEDGER_VERIFIED).actor == str(auditor.user.pseudonym)


def test_a_log_with_one_changed_bit_does_not_hold_and_says_so(person, hold, settings):
    auditor = person("auditor")
    entries = settings.DATA_DIR / "ledger" / "tiles" / "tile" / "entries"
    bundle = max((path for path in entries.rglob("*") if path.is_file()), key=lambda path: path.stat().st_mtime_ns)
    sound = bundle.read_bytes()
    bundle.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
    progress = auditor.post(reverse("console:verify"), headers={"HX-Request": "true"}).context["it"]
    do_all()
    bundle.write_bytes(sound)  # the sequencer itself would not go on from a damaged tree
    sequence()
    assert "The log does not hold" in auditor.get(progress.href).content.decode()


def test_the_proof_of_an_entry_verifies_against_the_published_key_alone(person, hold, settings):
    answer = person("auditor").get(reverse("console:proof", args=[hold]))
    assert answer["Content-Disposition"] == f'attachment; filename="entry-{hold}.tlog-proof"'
    key = Verifier.parse((settings.DATA_DIR / "ledger" / "verifier.key").read_text().strip())
    proof = TlogProof.parse(answer.content)
    assert proof.extra == bytes(LedgerEntry.objects.get(index=hold).body)
    assert proof.verify(proof.extra, key).size > hold


def test_an_agent_gets_proofs_of_their_own_calls_alone(person, line, hold):
    agent, other = person("agent"), person("agent")
    call = call_on(line)
    with client_scope(line.client_id):
        Call.objects.filter(pk=call.pk).update(agent=agent.user)
    with transaction.atomic():
        entry = journal.record(
            journal.Entry(event=Event.REDACTION_DONE, actor="job:redaction", client=line.client_id, call=call.id)
        )
    sequence()
    index = LedgerEntry.objects.get(entry=entry).index
    assert agent.get(reverse("console:proof", args=[index])).status_code == 200
    assert other.get(reverse("console:proof", args=[index])).status_code == 403
    assert agent.get(reverse("console:proof", args=[hold])).status_code == 403


def test_the_page_of_an_entry_does_not_hold_what_was_stated(person, hold):
    page = person("auditor").get(reverse("console:entry", args=[hold])).content.decode()
    assert STATED not in page
    assert reverse("console:detail", args=[hold]) in page


def test_what_was_stated_opens_for_purpose_and_reason_and_nothing_less(person, hold):
    auditor = person("auditor")
    path = reverse("console:detail", args=[hold])
    assert STATED not in auditor.get(path).content.decode()
    refused = auditor.post(path, {"purpose": "audit", "reason": ""})
    assert refused.status_code == 422
    assert STATED not in refused.content.decode()
    assert STATED in auditor.post(path, {"purpose": "audit", "reason": "Complaint 7"}).content.decode()
    sequence()
    assert LedgerEntry.objects.filter(event=Event.DISCLOSE_READ_LEDGER, decision="allow").count() == 1


def test_a_purpose_the_role_does_not_have_is_no_choice(person, hold):
    answer = person("auditor").post(
        reverse("console:detail", args=[hold]), {"purpose": "marketing", "reason": "curious"}
    )
    assert answer.status_code == 422
    assert STATED not in answer.content.decode()


def test_the_export_is_a_tar_with_the_log_and_its_key_and_without_reasons(person, hold):
    officer = person("data_protection_officer")
    path = reverse("console:ledger_export")
    assert officer.post(path, {"purpose": "audit", "reason": ""}).status_code == 422
    answer = officer.post(path, {"purpose": "audit", "reason": "Yearly audit"})
    assert answer["Content-Type"] == "application/x-tar"
    with tarfile.open(fileobj=io.BytesIO(b"".join(answer.streaming_content))) as archive:
        names = archive.getnames()
        content = b"".join(archive.extractfile(name).read() for name in names)
    assert any(name.endswith("/verifier.key") for name in names)
    assert any(name.endswith("/ledger/checkpoint") for name in names)
    assert STATED.encode() not in content
    sequence()
    assert LedgerEntry.objects.get(event=Event.DISCLOSE_EXPORT).actor == str(officer.user.pseudonym)


def test_an_entry_that_does_not_exist_is_not_found(person):
    assert person("auditor").get(reverse("console:entry", args=[10**9])).status_code == 404
