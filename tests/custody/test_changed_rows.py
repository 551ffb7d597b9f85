"""Somebody who can write rows of the database, and has no key, makes nothing open that was not allowed."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction

from callwarden.custody import indexes, intake, permits
from callwarden.custody.categories import Category
from callwarden.custody.epochs import open_client
from callwarden.custody.keeper.client import KeeperUnavailable, NotPermitted
from callwarden.custody.mint import WITNESS
from callwarden.custody.models import Bucket, Customer, IdentifierToken, Line, PermitRecord, Record, Subject
from callwarden.custody.open import open_fields, open_record
from callwarden.custody.permits import Grant
from callwarden.custody.put import Place, put, put_fields
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import new_customer, new_subject
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


def test_nor_after_the_keeper_has_seen_what_it_covers(login, many, line, transactional_db):
    extra = original_of(line)
    grant = bulk_permit(login, many)
    with client_scope(line.client_id):
        assert open_fields(grant, many[0]) == {"phone": ["000"]}
        PermitRecord.objects.create(permit_id=grant.permit, record=extra)
    with pytest.raises(NotPermitted), client_scope(line.client_id):
        open_record(grant, extra)
    with client_scope(line.client_id):
        assert open_fields(grant, many[1]) == {"phone": ["001"]}


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


# Rows given to another client, line or purpose


@pytest.fixture
def elsewhere(line) -> Line:
    """A line of another client."""
    other = open_client(slug="other", name="Other", actor="system")
    return Line.objects.create(client=other, slug="other-line", name="Other", languages=["zh"], direction="inbound")


@pytest.fixture
def beside(line) -> Line:
    """Another line of the same client."""
    return Line.objects.create(
        client_id=line.client_id, slug="second", name="Second", languages=["zh"], direction="inbound"
    )


def as_owner(client: uuid.UUID, *statements: tuple[str, list[object]]) -> None:
    """The owner of the database may switch row-level security off; it is a wall against mistakes."""
    with transaction.atomic(), connection.cursor() as cursor:
        tables = (
            "custody_record",
            "custody_bucket",
            "custody_subject",
            "custody_sealedfield",
            "custody_identifiertoken",
        )
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        cursor.execute("SELECT set_config('callwarden.client', %s, true)", [str(client)])
        for statement, values in statements:
            cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def test_a_record_cannot_be_given_to_another_client(record, login, elsewhere):
    mine = record.client_id
    as_owner(mine, ("UPDATE custody_record SET client_id = %s WHERE id = %s", [elsewhere.client_id, record.id]))
    record.client_id = elsewhere.client_id
    with pytest.raises(KeeperUnavailable):
        open_record(grant_for(record, login), record)


def test_nor_with_its_line_bucket_and_subject(record, login, elsewhere):
    to, own = elsewhere.client_id, record.client_id
    as_owner(
        own,
        ("UPDATE custody_record SET client_id = %s, line_id = %s WHERE id = %s", [to, elsewhere.id, record.id]),
        ("UPDATE custody_bucket SET client_id = %s, line_id = %s WHERE id = %s", [to, elsewhere.id, record.bucket_id]),
        ("UPDATE custody_subject SET client_id = %s WHERE id = %s", [to, record.subject_id]),
    )
    record.client_id = to
    with pytest.raises(KeeperUnavailable):
        open_record(grant_for(record, login), record)


def test_a_record_cannot_be_given_to_another_line_of_its_client(record, login, beside):
    with client_scope(record.client_id):
        write("UPDATE custody_record SET line_id = %s WHERE id = %s", beside.id, record.id)
    with pytest.raises(KeeperUnavailable):
        open_record(grant_for(record, login), record)


def test_nor_into_a_bucket_of_that_line(record, login, beside):
    with client_scope(record.client_id):
        put(
            basis_for(beside),
            category=Category.RECORDING_REDACTED,
            subject=record.subject,
            write=lambda out: out.write(b"other"),
            place=Place(),
        )
        bucket = Bucket.objects.get(line=beside)
        write("UPDATE custody_record SET line_id = %s, bucket_id = %s WHERE id = %s", beside.id, bucket.id, record.id)
        write("UPDATE custody_datakey SET bucket_id = %s WHERE record_id = %s", bucket.id, record.id)
    with pytest.raises(KeeperUnavailable):
        open_record(grant_for(record, login), record)


@pytest.mark.parametrize("purposes", [["service", "marketing"], ["marketing"], []])
def test_a_purpose_cannot_be_written_to_a_record_afterwards(record, login, purposes):
    with client_scope(record.client_id):
        write("UPDATE custody_record SET purposes = %s WHERE id = %s", purposes, record.id)
    with pytest.raises(KeeperUnavailable):
        open_record(grant_for(record, login), record)


def test_a_suite_cannot_be_swapped(record, login):
    with client_scope(record.client_id):
        write("UPDATE custody_record SET suite = 3 - suite WHERE id = %s", record.id)
    with pytest.raises((KeeperUnavailable, NotPermitted)):
        open_record(grant_for(record, login), record)


def test_keys_of_two_subjects_cannot_be_swapped(line, login):
    one, two = original_of(line), original_of(line, b"another caller")
    with client_scope(line.client_id):
        write(
            "UPDATE custody_subjectkey k SET wrapped = o.wrapped FROM custody_subjectkey o"
            " WHERE k.subject_id = %s AND o.subject_id = %s",
            one.subject_id,
            two.subject_id,
        )
    with pytest.raises(KeeperUnavailable):
        open_record(grant_for(one, login), one)


def test_the_values_of_two_records_cannot_be_swapped(line, login):
    kept = []
    with client_scope(line.client_id):
        for number in ("13800000000", "13900000000"):
            subject = new_subject(line.client_id, Subject.Kind.CUSTOMER)
            place = Place()
            kept.append(
                put_fields(
                    basis_for(line), category=Category.CONTACT, subject=subject, fields=[("phone", number)], place=place
                )
            )
        write(
            "UPDATE custody_sealedfield f SET blob = o.blob FROM custody_sealedfield o"
            " WHERE f.record_id = %s AND o.record_id = %s",
            kept[0].id,
            kept[1].id,
        )
    grant = grant_for(kept[0], login)
    with client_scope(line.client_id), pytest.raises(SealError):
        open_fields(grant, kept[0])


def test_a_token_moved_to_another_column_or_client_finds_nobody(line, elsewhere):
    """One digit string may be telephone, card and customer number; its tokens are never the same."""
    value, to = "4111111111111", elsewhere.client_id
    with client_scope(line.client_id):
        version, (number,) = indexes.make(line.client_id, "customer_no", ["KH1"])
        customer = new_customer(line.client_id, number=number, version=version)
        _version, (token,) = indexes.make(line.client_id, "card", [value])
        IdentifierToken.objects.create(client_id=line.client_id, column="card", token=token, customer=customer)
        assert Customer.objects.filter(indexes.known_by(line.client_id, "card", value)).count() == 1
        write('UPDATE custody_identifiertoken SET "column" = %s', "phone")
        assert not Customer.objects.filter(indexes.known_by(line.client_id, "phone", value)).exists()
        write('UPDATE custody_identifiertoken SET "column" = %s', "card")
    as_owner(line.client_id, ("UPDATE custody_identifiertoken SET client_id = %s", [to]))
    with client_scope(to):
        assert token not in indexes.ask(to, "card", value)


@pytest.mark.parametrize("change", ["line", "kind"])
def test_an_arrival_cannot_be_given_to_another_client_or_passed_off_as_another_kind(line, elsewhere, change):
    from callwarden.control.access.actions import ensure_default
    from callwarden.flows import take_in
    from callwarden.flows.disclose import Ask, disclose

    ensure_default()
    intake.ensure_day_keys()
    arrival = intake.Arrival(line=line, kind="audio", name="a.wav", shown="a.wav", door="api")
    item = intake.receive(io.BytesIO(b"what a caller said"), arrival).item

    def opened() -> bytes:
        ask = Ask(actor=take_in.JOB, client=item.line.client_id, action="admit", purpose="intake", items=(item.id,))
        return intake.open_item(item, permit=disclose(ask).permit, principal=take_in.JOB.name).content

    assert opened() == b"what a caller said"
    if change == "line":
        write("UPDATE custody_intakeitem SET line_id = %s WHERE id = %s", elsewhere.id, item.id)
    else:
        write("UPDATE custody_intakeitem SET kind = 'words' WHERE id = %s", item.id)
    item.refresh_from_db()
    with pytest.raises(KeeperUnavailable):
        opened()
