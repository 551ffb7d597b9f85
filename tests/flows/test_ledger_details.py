"""What was stated with an entry opens only through the door, and reading it is itself on record."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import transaction

from callwarden.control.access.actions import ensure_default
from callwarden.control.grants.actions import GIVE
from callwarden.custody.keeper import client as keeper_client
from callwarden.custody.keeper.client import NotPermitted
from callwarden.custody.models import LedgerDetail, LedgerEntry, Permit
from callwarden.flows import ledger_details
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import AccessRefused, Ask, disclose
from callwarden.kernel import approvals, clock, journal, sessions
from callwarden.kernel.errors import NotFound
from callwarden.kernel.events import Event
from callwarden.kernel.models import Approval, User
from tests.flows.centre_of_controls import login_of, person, sequence

STATED = "She asked what we know of her."
WHY = {"purpose": "audit", "reason": "Checking the trail of March."}


@pytest.fixture
def auditor(keeper) -> Actor:
    ensure_default()
    user = person("anna", "auditor")
    return Actor.person(user, login_of(user))


@pytest.fixture(params=["of a client", "of no client"])
def entry(request, keeper):
    client = request.getfixturevalue("client") if request.param == "of a client" else None
    with transaction.atomic():
        return journal.record(
            journal.Entry(
                event=Event.HOLD_SET, actor="system", client=client.id if client else None, detail={"reason": STATED}
            )
        )


def test_an_auditor_with_purpose_and_reason_reads_exactly_what_was_stated(auditor, entry):
    sequence()
    detail = ledger_details.read(auditor, entry, **WHY)
    assert dict(detail.values) == {"reason": STATED}
    assert detail.committed


def test_the_reading_and_its_own_reason_are_on_record(auditor, entry):
    ledger_details.read(auditor, entry, **WHY)
    sequence()
    row = LedgerEntry.objects.get(event=Event.DISCLOSE_READ_LEDGER)
    body = json.loads(bytes(row.body))
    assert (row.actor, row.purpose, row.decision) == (auditor.name, "audit", "allow")
    assert body["data"]["entries"] == [str(entry)]
    assert LedgerDetail.objects.filter(entry=row.entry).exists()
    assert STATED not in bytes(row.body).decode()


@pytest.mark.parametrize(
    "role", ["agent", "team_leader", "quality_reviewer", "system_administrator", "partner_manager"]
)
def test_roles_without_business_there_read_nothing_and_are_on_record_as_refused(keeper, entry, role):
    ensure_default()
    user = person("someone", role)
    somebody = Actor.person(user, login_of(user))
    assert ledger_details.may_read(somebody) == []
    with pytest.raises(AccessRefused):
        ledger_details.read(somebody, entry, **WHY)
    assert not Permit.objects.exists()
    sequence()
    assert LedgerEntry.objects.get(event=Event.DISCLOSE_READ_LEDGER).decision == "refuse"


def wanted_by(somebody: User, *, ago: timedelta = timedelta()) -> Approval:
    """A grant of access that somebody asked for, as an approval on which a team leader decides."""
    ensure_default()
    kind = approvals.kind_of(GIVE)
    with transaction.atomic():
        entry = journal.record(
            journal.Entry(event=Event.APPROVAL_REQUESTED, actor=somebody.actor, detail={"reason": STATED})
        )
        at = clock.now() - ago
        asked = Approval.objects.create(
            kind=kind.name, digest="0" * 64, parameters={}, roles=list(kind.roles), quorum=1, requester=somebody,
            requested_at=at, expires_at=at + kind.lasts, entry=entry,
        )  # fmt: skip
    sequence()
    return asked


@pytest.fixture
def asked(keeper) -> Approval:
    return wanted_by(person("nora", "agent"))


def test_whoever_decides_reads_why_it_was_asked_for_and_the_reading_is_on_record(asked):
    leader = person("tom", "team_leader")
    actor = Actor.person(leader, login_of(leader))
    assert ledger_details.may_read(actor) == []
    assert dict(ledger_details.read_to_decide(actor, asked).values) == {"reason": STATED}
    sequence()
    body = json.loads(bytes(LedgerEntry.objects.get(event=Event.DISCLOSE_READ_LEDGER).body))
    assert (body["decision"], body["approval"], body["actor"]) == ("allow", str(asked.pk), leader.actor)


@pytest.mark.parametrize("who", ["another role", "the requester", "after the vote", "after it expired"])
def test_whoever_does_not_decide_reads_no_reason_and_the_refusal_is_on_record(asked, who):
    role = {"another role": "system_administrator"}.get(who, "team_leader")
    somebody = person("tom", role)
    if who == "the requester":
        asked = wanted_by(somebody)
    if who == "after the vote":
        approvals.refuse(asked.pk, by=somebody, reason="Not needed.")
        sequence()
    if who == "after it expired":
        asked = wanted_by(asked.requester, ago=timedelta(days=1))
    with pytest.raises(AccessRefused):
        ledger_details.read_to_decide(Actor.person(somebody, login_of(somebody)), asked)
    assert not Permit.objects.exists()
    sequence()
    assert LedgerEntry.objects.get(event=Event.DISCLOSE_READ_LEDGER).decision == "refuse"


def test_deciding_on_one_act_opens_no_other_reason(asked, entry):
    leader = person("tom", "team_leader")
    sequence()
    wanted = Ask(
        actor=Actor.person(leader, login_of(leader)), client=LedgerDetail.objects.get(entry=entry).client,
        action="read_ledger", purpose="administration", entries=(entry,), deciding=asked.pk,
    )  # fmt: skip
    with pytest.raises(AccessRefused):
        disclose(wanted)


def test_another_purpose_than_the_role_has_reads_nothing(auditor, entry):
    with pytest.raises(AccessRefused):
        ledger_details.read(auditor, entry, purpose="marketing", reason="curious")


def test_a_session_that_ended_reads_nothing_with_the_permit_it_had(auditor, entry):
    ledger_details.read(auditor, entry, **WHY)
    permit = Permit.objects.get()
    sessions.revoke(auditor.session, actor="system")
    row = LedgerDetail.objects.get(entry=entry)
    with pytest.raises(NotPermitted):
        keeper_client.open_detail(
            client=row.client, entry=entry, blob=bytes(row.blob), permit=permit.id,
            principal=auditor.name, session=auditor.session,
        )  # fmt: skip


def test_a_text_that_is_not_the_one_the_entry_commits_to_is_told_apart(auditor, entry):
    sequence()
    row = LedgerDetail.objects.get(entry=entry)
    forged = json.dumps({"reason": "Nothing of note."}).encode()
    row.blob = keeper_client.seal_detail(client=row.client, entry=entry, plain=forged)
    row.save(update_fields=["blob"])
    assert not ledger_details.read(auditor, entry, **WHY).committed


def test_an_erased_detail_is_gone_and_says_so(auditor, entry):
    LedgerDetail.objects.all().delete()
    with pytest.raises(NotFound):
        ledger_details.read(auditor, entry, **WHY)


def test_the_exported_log_verifies_by_the_program_of_its_own_and_one_changed_byte_does_not(auditor, entry, tmp_path):
    sequence()
    with ledger_details.exported(auditor, **WHY) as folder:
        kept = tmp_path / "kept"
        subprocess.run(["cp", "-r", str(folder), str(kept)], check=True)
    assert not folder.exists()
    verify = [
        sys.executable,
        "-m",
        "callwarden.engines.ledger.verifier",
        str(kept / "ledger"),
        "--key",
        str(kept / "verifier.key"),
    ]
    assert subprocess.run(verify, capture_output=True).returncode == 0
    bundle = next(path for path in (kept / "ledger" / "tile" / "entries").rglob("*") if path.is_file())
    raw = bytearray(bundle.read_bytes())
    raw[-1] ^= 1
    bundle.write_bytes(bytes(raw))
    assert subprocess.run(verify, capture_output=True).returncode == 1


def test_an_export_is_on_record_before_anything_is_written(auditor, entry):
    sequence()
    with ledger_details.exported(auditor, **WHY):
        sequence()
        assert LedgerEntry.objects.get(event=Event.DISCLOSE_EXPORT).decision == "allow"


def test_a_role_that_may_not_export_gets_nothing(keeper, entry):
    ensure_default()
    user = person("tom", "team_leader")
    with pytest.raises(AccessRefused), ledger_details.exported(Actor.person(user, login_of(user)), **WHY):
        pytest.fail("the log was written for somebody who may not have it")
