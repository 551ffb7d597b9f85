"""Somebody who can write rows of the database, and has no key, makes nothing open that was not allowed."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import connection

from callwarden.custody import permits
from callwarden.custody.categories import Category
from callwarden.custody.keeper.client import KeeperUnavailable, NotPermitted
from callwarden.custody.mint import WITNESS
from callwarden.custody.models import PermitRecord, Record, Subject
from callwarden.custody.open import open_fields, open_record
from callwarden.custody.permits import Grant
from callwarden.custody.put import Place, put, put_fields
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import new_subject
from callwarden.engines.seal import SealError
from callwarden.kernel import journal
from callwarden.kernel.events import Event
from tests.centre import basis_for
from tests.custody.test_locks import grant_for, login, record

__all__ = ["login", "record"]


def write(statement: str, *values: object) -> None:
    """As the owner of the database would, whom no grant binds and who can say for which client."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))


def original_of(line, sound: bytes = b"everything the caller said") -> Record:
    with client_scope(line.client_id):
        return put(
            basis_for(line),
            category=Category.RECORDING_ORIGINAL,
            subject=new_subject(line.client_id, Subject.Kind.CALLER),
            write=lambda out: out.write(sound),
            place=Place(),
        )


def test_an_original_cannot_be_passed_off_as_a_redacted_copy(line, login):
    taken = original_of(line)
    with client_scope(line.client_id):
        write("UPDATE custody_record SET category = 'recording_redacted' WHERE id = %s", taken.id)
    with pytest.raises(KeeperUnavailable):
        open_record(grant_for(taken, login), taken)


def test_nor_together_with_its_bucket(line, login):
    taken = original_of(line)
    with client_scope(line.client_id):
        write("UPDATE custody_record SET category = 'recording_redacted' WHERE id = %s", taken.id)
        write("UPDATE custody_bucket SET category = 'recording_redacted' WHERE id = %s", taken.bucket_id)
    with pytest.raises(KeeperUnavailable):
        open_record(grant_for(taken, login), taken)


@pytest.mark.parametrize("change", ["expires_on = expires_on + 365", "hold = true"])
def test_the_time_of_a_bucket_cannot_be_lengthened(record, login, change):
    with client_scope(record.client_id):
        write("UPDATE custody_record SET due_at = due_at + interval '1 year' WHERE id = %s", record.id)
        write(f"UPDATE custody_bucket SET {change} WHERE id = %s", record.bucket_id)
    with pytest.raises(KeeperUnavailable):
        open_record(grant_for(record, login), record)


def test_a_record_past_the_week_of_its_bucket_is_refused_whatever_its_own_row_says(line, login, monkeypatch):
    from callwarden.custody import put as storing

    monkeypatch.setattr(storing, "expiry_week", lambda due: due.date() - timedelta(days=60))
    taken = original_of(line)
    with pytest.raises(NotPermitted):
        open_record(grant_for(taken, login), taken)


def test_a_record_cannot_be_given_to_another_subject(record, login, line):
    with client_scope(line.client_id):
        mine = new_subject(line.client_id, Subject.Kind.AGENT)
        write("UPDATE custody_record SET subject_id = %s WHERE id = %s", mine.id, record.id)
    with pytest.raises(KeeperUnavailable):
        open_record(grant_for(record, login), record)


def test_a_field_cannot_be_passed_off_as_one_that_is_shown_openly(line, login):
    with client_scope(line.client_id):
        kept = put_fields(
            basis_for(line),
            category=Category.GOVERNMENT_ID,
            subject=new_subject(line.client_id, Subject.Kind.CUSTOMER),
            fields=[("id_number", "11010119900307999X"), ("status", "x")],
            place=Place(),
        )
        write("UPDATE custody_sealedfield SET name = 'status' WHERE record_id = %s AND name = 'id_number'", kept.id)
    grant = grant_for(kept, login)
    with client_scope(line.client_id), pytest.raises(SealError):
        open_fields(grant, kept)


def bulk_permit(login, records: list[Record], *, said: list[Record] | None = None) -> Grant:
    """A permit for more records than an entry names."""
    with client_scope(records[0].client_id):
        principal = str(login.user.pseudonym)
        digest = permits.records_digest(one.id for one in said or records).hex()
        entry = journal.record(
            journal.Entry(
                event=Event.DISCLOSE_VIEW_MASKED,
                actor=principal,
                session=login.id,
                records=(),
                purpose="quality",
                decision="allow",
                count=len(said or records),
                data={"records_digest": digest},
            )
        )
        return permits.issue(
            WITNESS,
            principal=principal,
            session=login.id,
            action="view_masked",
            purpose="quality",
            records={one.id: () for one in records},
            policy="test",
            entry=entry,
            lasts=timedelta(minutes=1),
        )


@pytest.fixture
def many(line) -> list[Record]:
    with client_scope(line.client_id):
        subject = new_subject(line.client_id, Subject.Kind.CUSTOMER)
        return [
            put_fields(
                basis_for(line),
                category=Category.CONTACT,
                subject=subject,
                fields=[("phone", f"{number:03d}")],
                place=Place(),
            )
            for number in range(52)
        ]


def test_a_large_permit_opens_the_set_that_the_ledger_holds_the_digest_of(login, many, transactional_db):
    grant = bulk_permit(login, many)
    with client_scope(many[0].client_id):
        assert open_fields(grant, many[51]) == {"phone": ["051"]}


def test_nothing_can_be_added_to_a_large_permit_behind_the_back_of_the_ledger(login, many, line):
    extra = original_of(line)
    grant = bulk_permit(login, many)
    with client_scope(line.client_id):
        PermitRecord.objects.create(permit_id=grant.permit, record=extra)
    for one in (extra, many[0]):
        with pytest.raises(NotPermitted), client_scope(line.client_id):
            open_record(grant, extra) if one is extra else open_fields(grant, one)


def test_a_large_permit_for_another_set_than_was_written_down_opens_nothing(login, many):
    grant = bulk_permit(login, many, said=many[:51])
    with pytest.raises(NotPermitted), client_scope(many[0].client_id):
        open_fields(grant, many[0])


def test_the_name_of_a_bucket_is_made_of_all_it_stands_for():
    from datetime import date

    from callwarden.custody.naming import bucket_id

    line, day = uuid.uuid4(), date(2027, 1, 4)
    names = {
        bucket_id(line, "contact", day, hold=False),
        bucket_id(line, "contact", day, hold=True),
        bucket_id(line, "identity", day, hold=False),
        bucket_id(line, "contact", date(2027, 1, 11), hold=False),
        bucket_id(uuid.uuid4(), "contact", day, hold=False),
    }
    assert len(names) == 5
    assert bucket_id(line, "contact", day, hold=False) in names
