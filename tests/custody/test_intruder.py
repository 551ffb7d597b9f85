"""Ways past the permit, the scope and the locks that somebody inside the application might try."""

from __future__ import annotations

import threading
import uuid
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, connections, transaction

from callwarden.custody import permits
from callwarden.custody.categories import Category
from callwarden.custody.destroy import buckets_over, destroy_buckets, destroy_subject
from callwarden.custody.keeper import client as keeper_client
from callwarden.custody.keeper.client import NotPermitted
from callwarden.custody.mint import WITNESS
from callwarden.custody.models import Bucket, BucketKey, Client, LedgerPending, Permit, Record, Subject, SubjectKey
from callwarden.custody.open import open_record
from callwarden.custody.permits import Grant
from callwarden.custody.put import Place, bucket_for, put
from callwarden.custody.scope import SETTING, client_scope
from callwarden.custody.subjects import new_subject
from callwarden.flows import timers
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import CallwardenError, Refused
from callwarden.kernel.events import Event
from tests.centre import basis_for
from tests.custody.test_locks import grant_for, login, record

__all__ = ["login", "record"]


def scope_now() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [SETTING])
        return str(cursor.fetchone()[0] or "")


def store(line, subject: Subject, *, content: bytes = b"words") -> Record:
    return put(
        basis_for(line),
        category=Category.RECORDING_REDACTED,
        subject=subject,
        write=lambda out: out.write(content),
        place=Place(),
    )


def in_a_thread(act) -> list[BaseException]:
    """Run in another connection; what it raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as error:
            raised.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    return raised


# The second wall


def test_a_scope_that_has_ended_shows_nothing_more_to_the_transaction_around_it(record):
    with transaction.atomic():
        with client_scope(record.client_id):
            assert Record.objects.exists()
        assert scope_now() == ""
        assert not Record.objects.exists()


def test_an_inner_scope_gives_the_outer_one_back(record):
    other = uuid.uuid4()
    with client_scope(record.client_id):
        with client_scope(other):
            assert not Record.objects.exists()
        assert Record.objects.exists()
        with pytest.raises(ValueError, match="on purpose"), client_scope(other):
            raise ValueError("on purpose")
        assert Record.objects.exists()


@pytest.mark.parametrize("nested", [False, True])
def test_what_the_database_refuses_inside_a_scope_is_told_as_it_was(record, client, nested):
    def twice() -> None:
        with client_scope(client.id):
            Client.objects.create(slug=client.slug, name="again")

    def inside() -> None:
        with client_scope(record.client_id):
            twice()

    with pytest.raises(IntegrityError):
        (inside if nested else twice)()
    assert scope_now() == ""


def test_a_connection_that_is_used_again_has_forgotten_whose_rows_it_showed(record):
    with client_scope(record.client_id):
        pass
    assert scope_now() == ""
    assert not Record.objects.exists()


# Permits


def forged(record: Record, login, entry: uuid.UUID, **changes) -> Grant:
    """A permit as a hijacked process could write one into the table: well-formed, but nobody decided it."""
    now = clock.now()
    values = {
        "principal": str(login.user.pseudonym),
        "session": login.id,
        "action": "play_redacted",
        "purpose": "quality",
        "records_digest": permits.records_digest([record.id]),
        "policy": "test",
        "entry": entry,
        "issued_at": now,
        "expires_at": now + timedelta(minutes=1),
    } | changes
    permit = Permit.objects.create(**values)
    with client_scope(record.client_id):
        permit.records.create(record=record, max_uses=5)
    return Grant(permit.id, values["principal"], values["session"], entry)


def written(**facts) -> uuid.UUID:
    with transaction.atomic():
        return journal.record(journal.Entry(event=Event.DISCLOSE_PLAY_REDACTED, **facts))


def test_a_permit_cannot_lean_on_an_entry_that_says_no(record, login):
    me = str(login.user.pseudonym)
    entry = written(actor=me, session=login.id, records=(record.id,), purpose="quality", decision="refuse")
    with pytest.raises(NotPermitted):
        open_record(forged(record, login, entry), record)


def test_a_permit_cannot_lean_on_an_entry_about_something_else(record, login):
    me = str(login.user.pseudonym)
    right = {"actor": me, "session": login.id, "records": (record.id,), "purpose": "quality", "decision": "allow"}
    wrong = (
        {"actor": str(uuid.uuid4())},
        {"session": uuid.uuid4()},
        {"records": (uuid.uuid4(),)},
        {"purpose": "marketing"},
        {"decision": None},
    )
    for change in wrong:
        grant = forged(record, login, written(**right | change))
        with pytest.raises(NotPermitted):
            open_record(grant, record)
    open_record(forged(record, login, written(**right)), record).close()


def test_one_entry_carries_one_permit(record, login):
    grant = grant_for(record, login)
    with pytest.raises(IntegrityError):
        forged(record, login, grant.entry)


def test_a_permit_of_a_job_is_worth_nothing_in_a_session_and_the_other_way_round(record, login):
    entry = written(actor="job:redaction", records=(record.id,), purpose="redaction", decision="allow")
    job = forged(record, login, entry, principal="job:redaction", session=None, purpose="redaction")
    for thief in (
        Grant(job.permit, str(login.user.pseudonym), login.id, entry),
        Grant(job.permit, "job:redaction", login.id, entry),
        Grant(job.permit, "job:intake", None, entry),
    ):
        with pytest.raises(NotPermitted):
            open_record(thief, record)
    mine = grant_for(record, login)
    with pytest.raises(NotPermitted):
        open_record(Grant(mine.permit, "job:redaction", None, mine.entry), record)


def test_nobody_but_a_job_or_a_program_has_a_permit_without_a_session(record, login):
    with pytest.raises(IntegrityError):
        forged(record, login, uuid.uuid4(), session=None)


def as_the_application(statement: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE cw_app")
        cursor.execute(statement, values)


@pytest.mark.parametrize("change", ["expires_at = now() + interval '1 year'", "principal = 'job:x'", "session = NULL"])
def test_the_application_cannot_make_a_permit_last_longer_or_change_hands(record, login, change):
    grant = grant_for(record, login)
    with pytest.raises(Exception, match="permission denied"):
        as_the_application(f"UPDATE custody_permit SET {change} WHERE id = %s", grant.permit)


def test_a_revoked_permit_stays_revoked(record, login):
    grant = grant_for(record, login)
    permits.revoke(grant.permit)
    with pytest.raises(Exception, match="stays revoked"):
        as_the_application("UPDATE custody_permit SET revoked_at = NULL WHERE id = %s", grant.permit)


@pytest.mark.parametrize("change", ["uses = 0", "max_uses = 1000000", "record_id = NULL"])
def test_the_application_cannot_give_a_permit_more_uses(record, login, change):
    grant = grant_for(record, login)
    with pytest.raises(Exception, match="permission denied"):
        as_the_application(f"UPDATE custody_permitrecord SET {change} WHERE permit_id = %s", grant.permit)


def test_the_application_can_end_permits(record, login):
    grant = grant_for(record, login)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE cw_app")
        permits.revoke_of_session(login.id)
    with pytest.raises(NotPermitted):
        open_record(grant, record)


def sealed_detail(client_id, text: bytes = b'{"reason": "because"}') -> tuple[uuid.UUID, bytes]:
    entry = uuid.uuid4()
    return entry, keeper_client.seal_detail(client=client_id, entry=entry, plain=text)


def reader_of(login, entry: uuid.UUID, client_id) -> Grant:
    """A permit to read what was stated with this one entry."""
    principal = str(login.user.pseudonym)
    with client_scope(client_id):
        said = journal.record(
            journal.Entry(
                event=Event.DISCLOSE_READ_LEDGER,
                actor=principal,
                session=login.id,
                purpose="audit",
                decision="allow",
            )
        )
        return permits.issue(
            WITNESS,
            principal=principal,
            session=login.id,
            action="read_ledger",
            purpose="audit",
            records={},
            entries=(entry,),
            policy="test",
            entry=said,
            lasts=timedelta(minutes=1),
        )


def test_a_permit_to_read_one_stated_reason_opens_no_other(line, login):
    mine, blob = sealed_detail(line.client_id)
    other, other_blob = sealed_detail(line.client_id)
    grant = reader_of(login, mine, line.client_id)

    def read(entry: uuid.UUID, sealed: bytes, who: Grant = grant) -> bytes:
        return keeper_client.open_detail(
            client=line.client_id,
            entry=entry,
            blob=sealed,
            permit=who.permit,
            principal=who.principal,
            session=who.session,
        )

    assert b"because" in read(mine, blob)
    with pytest.raises(NotPermitted):
        read(other, other_blob)
    with pytest.raises(CallwardenError):
        read(mine, other_blob)


# The locks


def test_nothing_is_stored_under_a_subject_that_was_erased_meanwhile(line):
    with client_scope(line.client_id):
        subject = new_subject(line.client_id, Subject.Kind.CALLER)
        store(line, subject)
    stale = Subject(**{field.attname: getattr(subject, field.attname) for field in Subject._meta.concrete_fields})
    with client_scope(line.client_id):
        destroy_subject(subject, actor="system", reason="test")
    with pytest.raises(Refused), client_scope(line.client_id):
        store(line, stale)
    assert not SubjectKey.objects.filter(subject=subject.id).exists()


def test_an_erasure_waits_for_what_is_being_stored_and_takes_it_along(line):
    with client_scope(line.client_id):
        subject = new_subject(line.client_id, Subject.Kind.CALLER)
    stored, erased = threading.Event(), threading.Event()

    def slow() -> None:
        with client_scope(line.client_id):
            store(line, subject)
            stored.set()
            assert not erased.wait(1), "the erasure did not wait"

    thread = threading.Thread(target=lambda: in_a_thread(slow))
    thread.start()
    assert stored.wait(20)
    with client_scope(line.client_id):
        gone = destroy_subject(Subject.objects.get(pk=subject.pk), actor="system", reason="test")
    erased.set()
    thread.join(20)
    assert gone == 1
    with client_scope(line.client_id):
        assert not Record.objects.exclude(state="destroyed").exists()
    assert not SubjectKey.objects.filter(subject=subject.id).exists()


def test_a_bucket_that_has_ended_takes_nothing_more(line):
    with client_scope(line.client_id):
        old = store(line, new_subject(line.client_id, Subject.Kind.CALLER))
        bucket = old.bucket
        destroy_buckets(buckets_over(line.client_id, today=bucket.expires_on), actor="system")
    with pytest.raises(Refused), client_scope(line.client_id):
        store(line, new_subject(line.client_id, Subject.Kind.CALLER))
    assert not BucketKey.objects.exists()
    with client_scope(line.client_id):
        assert Record.objects.count() == 1


def test_the_end_of_retention_spares_a_record_that_is_put_on_hold_at_that_moment(record, line, monkeypatch):
    """The hold commits after the due records were listed and before this one's turn comes."""
    with client_scope(line.client_id):
        Record.objects.filter(pk=record.pk).update(due_at=clock.now() - timedelta(minutes=1))
        held = Bucket.objects.create(
            client_id=line.client_id, line=line, category=record.category, expires_on=date(2099, 1, 5), hold=True
        )

    def hold() -> None:
        with client_scope(line.client_id):
            Record.objects.filter(pk=record.pk).update(bucket=held)

    real = timers.destroy_record

    def late(*args, **named) -> bool:
        assert in_a_thread(hold) == []
        return real(*args, **named)

    monkeypatch.setattr(timers, "destroy_record", late)
    timers.end_retention()
    with client_scope(line.client_id):
        assert Record.objects.get(pk=record.pk).state == Record.State.STORED


def test_entries_and_keys_carry_no_word_of_what_was_stored(line):
    with client_scope(line.client_id):
        store(line, new_subject(line.client_id, Subject.Kind.CALLER), content=b"13800138000")
    assert not [row for row in LedgerPending.objects.all() if b"138001" in bytes(row.body)]


def test_a_bucket_is_shared_by_its_week_and_not_by_its_client(line):
    with client_scope(line.client_id):
        one = bucket_for(line, Category.RECORDING_REDACTED, clock.now() + timedelta(days=30))
        same = bucket_for(line, Category.RECORDING_REDACTED, clock.now() + timedelta(days=30))
    assert one == same
