"""Two locks and one keeper: what opens a record, and everything that must not."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction

from callwarden.custody import permits
from callwarden.custody.categories import Category
from callwarden.custody.destroy import destroy_record, destroy_subject
from callwarden.custody.keeper.client import KeeperUnavailable, KeyDestroyed, NotPermitted
from callwarden.custody.mint import WITNESS
from callwarden.custody.models import DataKey, Record, Subject
from callwarden.custody.open import open_fields, open_record
from callwarden.custody.permits import Grant
from callwarden.custody.put import Place, put, put_fields
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import new_subject
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event
from callwarden.kernel.models import Session, User
from tests.centre import basis_for

SOUND = bytes(range(256)) * 1000


@pytest.fixture
def login(keeper) -> Session:
    return sign_in()


def sign_in() -> Session:
    user = User.objects.create(username="reviewer", roles=["quality_reviewer"])
    now = clock.now()
    return Session.objects.create(
        user=user,
        key=uuid.uuid4().bytes,
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=12),
    )


@pytest.fixture
def record(line) -> Record:
    return put_sound(line)


def put_sound(line) -> Record:
    with client_scope(line.client_id):
        subject = new_subject(line.client_id, Subject.Kind.CALLER)
        return put(
            basis_for(line),
            category=Category.RECORDING_REDACTED,
            subject=subject,
            write=lambda out: out.write(SOUND),
            place=Place(),
        )


def grant_for(record: Record, login: Session, *, lasts: int = 60, max_uses: int = 1, written: bool = True) -> Grant:
    with client_scope(record.client_id):
        principal = str(login.user.pseudonym)
        entry = uuid.uuid4()
        if written:
            entry = journal.record(
                journal.Entry(
                    event=Event.DISCLOSE_PLAY_REDACTED,
                    actor=principal,
                    session=login.id,
                    records=(record.id,),
                    purpose="quality",
                    decision="allow",
                )
            )
        return permits.issue(
            WITNESS,
            principal=principal,
            session=login.id,
            action="play_redacted",
            purpose="quality",
            records={record.id: ()},
            policy="test",
            entry=entry,
            lasts=timedelta(seconds=lasts),
            max_uses=max_uses,
        )


def test_a_permit_opens_exactly_what_was_put(record, login):
    reader = open_record(grant_for(record, login), record)
    assert reader.readall() == SOUND


def test_the_object_in_the_store_shows_nothing_of_it(record, settings):
    stored = [path.read_bytes() for path in (settings.DATA_DIR / "objects").rglob("*.cws")]
    assert len(stored) == 1
    assert SOUND[:64] not in stored[0]


def test_a_used_permit_opens_nothing_more(record, login):
    grant = grant_for(record, login)
    open_record(grant, record)
    with pytest.raises(NotPermitted):
        open_record(grant, record)


def test_an_expired_permit_opens_nothing(record, login):
    with pytest.raises(NotPermitted):
        open_record(grant_for(record, login, lasts=-1), record)


def test_a_permit_of_another_principal_opens_nothing(record, login):
    grant = grant_for(record, login)
    with pytest.raises(NotPermitted):
        open_record(Grant(grant.permit, str(uuid.uuid4()), grant.session, grant.entry), record)


def test_a_permit_in_another_session_opens_nothing(record, login):
    grant = grant_for(record, login)
    with pytest.raises(NotPermitted):
        open_record(Grant(grant.permit, grant.principal, uuid.uuid4(), grant.entry), record)
    with pytest.raises(NotPermitted):
        open_record(Grant(grant.permit, grant.principal, None, grant.entry), record)


def test_a_permit_for_one_record_does_not_open_another(record, login, line):
    with client_scope(line.client_id):
        other = put(
            basis_for(line),
            category=Category.RECORDING_REDACTED,
            subject=record.subject,
            write=lambda out: out.write(b"other"),
            place=Place(),
        )
    with pytest.raises(NotPermitted):
        open_record(grant_for(record, login), other)


def test_an_uncommitted_permit_opens_nothing(record, login):
    with transaction.atomic():
        grant = grant_for(record, login)
        with pytest.raises(NotPermitted):
            open_record(grant, record)


def test_a_permit_whose_ledger_entry_does_not_exist_opens_nothing(record, login):
    with pytest.raises(NotPermitted):
        open_record(grant_for(record, login, written=False), record)


def test_a_revoked_session_ends_a_player_at_its_next_range(record, login):
    grant = grant_for(record, login, max_uses=100)
    assert open_record(grant, record).read(16) == SOUND[:16]
    login.revoked_at = clock.now()
    login.save()
    with pytest.raises(NotPermitted):
        open_record(grant, record)


def test_a_destroyed_record_opens_for_nobody(record, login):
    grant = grant_for(record, login, max_uses=10)
    with client_scope(record.client_id):
        destroy_record(record, actor="system", reason="test")
    with pytest.raises((KeyDestroyed, NotPermitted)):
        open_record(grant, record)


def test_a_destroyed_subject_takes_its_records_along_and_leaves_others(record, login, line):
    with client_scope(line.client_id):
        other = put(
            basis_for(line),
            category=Category.RECORDING_REDACTED,
            subject=new_subject(line.client_id, Subject.Kind.CALLER),
            write=lambda out: out.write(b"stays"),
            place=Place(),
        )
        assert destroy_subject(record.subject, actor="system", reason="test") == 1
    with pytest.raises((KeyDestroyed, NotPermitted)):
        open_record(grant_for(record, login), record)
    assert open_record(grant_for(other, login), other).readall() == b"stays"


def test_past_its_due_date_a_record_is_refused_before_anything_is_destroyed(record, login):
    with client_scope(record.client_id):
        Record.objects.filter(pk=record.pk).update(due_at=clock.now() - timedelta(seconds=1))
    with pytest.raises(NotPermitted):
        open_record(grant_for(record, login), record)


def test_swapped_data_keys_open_nothing(record, login, line):
    with client_scope(line.client_id):
        other = put(
            basis_for(line),
            category=Category.RECORDING_REDACTED,
            subject=record.subject,
            write=lambda out: out.write(b"other"),
            place=Place(),
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE custody_datakey SET wrapped = (SELECT wrapped FROM custody_datakey WHERE record_id = %s)"
                " WHERE record_id = %s",
                [other.id, record.id],
            )
    with pytest.raises(KeeperUnavailable):
        open_record(grant_for(record, login), record)


def test_fields_open_one_by_one_by_name(line, login):
    with client_scope(line.client_id):
        record = put_fields(
            basis_for(line),
            category=Category.CONTACT,
            subject=new_subject(line.client_id, Subject.Kind.CUSTOMER),
            fields=[("phone", "13800000000"), ("phone", "13900000000"), ("email", "a@example.com")],
            place=Place(),
        )
    grant = grant_for(record, login)
    with client_scope(line.client_id):
        assert open_fields(grant, record) == {"phone": ["13800000000", "13900000000"], "email": ["a@example.com"]}


@pytest.mark.parametrize("table", ["custody_subjectkey", "custody_bucketkey", "custody_datakey"])
def test_the_application_role_cannot_read_a_wrapped_key(record, table):
    assert DataKey.objects.count() == 1
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE cw_app")
        with pytest.raises(Exception, match="permission denied"):
            cursor.execute(f"SELECT wrapped FROM {table}")


def test_without_a_client_no_row_is_seen(record):
    assert not Record.objects.exists()
    with client_scope(record.client_id):
        assert Record.objects.filter(pk=record.pk).exists()
    with client_scope(uuid.uuid4()):
        assert not Record.objects.exists()


def test_a_day_key_in_force_is_not_destroyed_for_anybody(line):
    from callwarden.custody.intake import ensure_day_keys
    from callwarden.custody.keeper import client as keeper_client
    from callwarden.custody.models import IntakeKey

    ensure_day_keys()
    key = IntakeKey.objects.order_by("day").first()
    with pytest.raises(KeeperUnavailable):
        keeper_client.destroy_intake_key(key.id)
    IntakeKey.objects.filter(pk=key.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    keeper_client.destroy_intake_key(key.id)
