"""Holds, generations and the end of buckets: what must go goes in every copy, what must stay stays readable."""

from __future__ import annotations

import io
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, connections

from callwarden.custody import generations, holds, objects
from callwarden.custody.categories import Category
from callwarden.custody.destroy import buckets_over, destroy_buckets, destroy_record, destroy_subject, purge
from callwarden.custody.keeper import client as keeper
from callwarden.custody.keeper.client import KeeperUnavailable, KeyDestroyed, NotPermitted
from callwarden.custody.models import Bucket, BucketKey, DataKey, Hold, Record, SealedField, Subject, SubjectKey
from callwarden.custody.put import Place, put
from callwarden.custody.scope import client_scope
from callwarden.flows import timers
from callwarden.kernel import clock
from callwarden.kernel.errors import CallwardenError, Refused
from tests.centre import basis_for
from tests.custody.test_intruder import store
from tests.custody.test_locks import SOUND, grant_for, login, open_record, put_sound, record

__all__ = ["login", "record"]  # fixtures
CLOSED = (KeyDestroyed, NotPermitted, KeeperUnavailable)


@contextmanager
def scope(line) -> Iterator[None]:
    """As the application works: in its own role, and for one client."""
    with client_scope(line.client_id):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE cw_app")
        yield


def opens(record: Record, login) -> bool:
    return open_record(grant_for(record, login), record).readall() == SOUND


def closed(record: Record, login) -> bool:
    try:
        opens(record, login)
    except CLOSED:
        return True
    return False


def sibling(record: Record) -> Record:
    """Another record of the same subject."""
    with scope(record.line):
        return store(record.line, record.subject, content=SOUND)


def fresh(record: Record) -> Record:
    with client_scope(record.client_id):
        return Record.objects.select_related("bucket", "subject", "line").get(pk=record.pk)


def hold(record: Record, matter: uuid.UUID | None = None) -> Hold:
    with scope(record.line):
        return holds.hold(record, matter=matter or uuid.uuid4(), actor="system")


def release(held: Hold, line) -> bool:
    with scope(line):
        return holds.release(held.id, actor="system")


def expire(line, day) -> int:
    with scope(line):
        return destroy_buckets(buckets_over(line.client_id, today=day), actor="system")


def wrap_row(record: Record) -> tuple[object, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT record_id, subject_id, generation, bucket_id, wrapped FROM custody_datakey WHERE record_id = %s",
            [record.id],
        )
        return cursor.fetchone()


def put_back(record: Record, row: tuple[object, ...]) -> None:
    """What an old copy of the database holds of this record, and of its bucket."""
    with client_scope(record.client_id), connection.cursor() as cursor:
        cursor.execute("DELETE FROM custody_datakey WHERE record_id = %s", [record.id])
        cursor.execute(
            "INSERT INTO custody_datakey (record_id, subject_id, generation, bucket_id, wrapped)"
            " VALUES (%s, %s, %s, %s, %s)",
            row,
        )
        cursor.execute("UPDATE custody_record SET state = 'stored', bucket_id = %s WHERE id = %s", [row[3], record.id])


# Generations


def test_an_old_wrap_of_a_destroyed_record_opens_until_the_subjects_next_generation_and_never_after(
    record, login, line
):
    other = sibling(record)
    row = wrap_row(record)
    sealed = objects.ObjectRange(record.object_key, record.sealed_size).read_at(0, record.sealed_size)
    with scope(line):
        assert destroy_record(record, actor="system", reason="corrected")
    objects.create(record.object_key, io.BytesIO(sealed))
    put_back(record, row)
    assert opens(record, login), "the positive control: an old copy opens while the generation lives"
    with client_scope(line.client_id):
        DataKey.objects.filter(record=record).delete()
    assert generations.due(line.client_id) == [record.subject_id]
    assert generations.turn(record.subject_id, line.client_id, actor="system") == 1
    put_back(record, row)
    assert closed(record, login)
    assert opens(other, login)
    assert list(SubjectKey.objects.filter(subject=record.subject_id).values_list("generation", flat=True)) == [2]
    assert generations.turn(record.subject_id, line.client_id, actor="system") is None


def test_what_is_stored_after_a_turn_of_the_subject_opens(record, login, line):
    with scope(line):
        destroy_record(record, actor="system", reason="corrected")
    generations.turn(record.subject_id, line.client_id, actor="system")
    later = sibling(record)
    assert opens(later, login)


def test_a_turn_that_fails_in_the_middle_changes_nothing(record, login, line, monkeypatch):
    others = [sibling(record) for _ in range(3)]
    with scope(line):
        destroy_record(record, actor="system", reason="corrected")
    real, calls = keeper._ask, []

    def fails(operation: str, **arguments: object) -> dict[str, object]:
        if operation == "rewrap_many":
            calls.append(1)
            if len(calls) == 3:
                raise keeper._error("keeper_unreachable")
        return real(operation, **arguments)

    monkeypatch.setattr(keeper, "_ask", fails)
    monkeypatch.setattr(keeper, "REWRAPPED_AT_ONCE", 1)
    with pytest.raises(KeeperUnavailable):
        generations.turn(record.subject_id, line.client_id, actor="system")
    monkeypatch.undo()
    assert all(opens(other, login) for other in others)
    assert timers.turn_generations() == 1
    assert all(opens(other, login) for other in others)


def test_two_who_store_and_destroy_under_one_subject_do_not_stop_each_other(record, line):
    """Each holds the subject for its own new record when both come to mark it."""
    victims, both, failed = [record, sibling(record)], threading.Barrier(2), []

    def correct(victim: Record) -> None:
        try:
            with scope(line):
                store(line, victim.subject, content=SOUND)
                both.wait(10)
                destroy_record(victim, actor="system", reason="corrected")
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=correct, args=(victim,)) for victim in victims]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert failed == []


# Holds


def test_a_held_record_outlives_its_bucket_and_ends_with_its_last_hold(record, login, line):
    first, second = hold(record), hold(record)
    day = fresh(record).bucket.expires_on
    with client_scope(line.client_id):
        Record.objects.filter(pk=record.pk).update(due_at=clock.now() - timedelta(days=1))
    assert expire(line, day) == 1
    assert timers.end_retention() == 0
    assert opens(fresh(record), login)
    assert not release(first, line)
    assert opens(fresh(record), login)
    assert release(second, line)
    assert closed(record, login)
    assert fresh(record).state == "destroyed"
    assert expire(line, day) == 1, "the empty hold bucket's own key goes too"
    assert not BucketKey.objects.exists()


def test_a_record_let_go_in_time_goes_back_and_ends_with_its_own_bucket(record, login, line):
    held = hold(record)
    copy = wrap_row(record)
    assert fresh(record).bucket.hold
    assert not release(held, line)
    assert not fresh(record).bucket.hold
    assert opens(fresh(record), login)
    assert timers.turn_generations() == 1
    assert expire(line, fresh(record).bucket.expires_on) == 2
    put_back(record, copy)
    assert closed(record, login), "nor does a copy of the wrap it had while on hold open it"


@pytest.mark.parametrize("reason", ["corrected", "erased"])
def test_whoever_destroys_a_held_record_leaves_word_and_its_release_carries_it_out(record, login, line, reason):
    held = hold(record)
    with scope(line):
        assert not destroy_record(record, actor="system", reason=reason)
    assert opens(fresh(record), login)
    assert release(held, line)
    assert closed(record, login)


def test_an_erasure_spares_what_is_held_refuses_more_and_is_carried_out_by_the_last_release(record, login, line):
    other = sibling(record)
    held = hold(record)
    with scope(line):
        subject = Subject.objects.get(pk=record.subject_id)
        assert destroy_subject(subject, actor="system", reason="erased") == 1
    assert closed(other, login)
    assert opens(fresh(record), login)
    with pytest.raises(Refused):
        sibling(record)
    assert timers.turn_generations() == 1
    assert opens(fresh(record), login)
    assert release(held, line)
    assert closed(record, login)
    assert not SubjectKey.objects.filter(subject=record.subject_id).exists()
    with client_scope(line.client_id):
        assert Subject.objects.get(pk=record.subject_id).destroyed_at


def test_a_destroyed_record_cannot_be_held_and_a_hold_is_released_once(record, line):
    held = hold(record)
    assert hold(record, held.matter).id == held.id
    release(held, line)
    with pytest.raises(CallwardenError):
        release(held, line)
    with scope(line):
        destroy_record(record, actor="system", reason="corrected")
    with pytest.raises(Refused):
        hold(record)


def test_the_end_of_a_bucket_waits_for_a_hold_that_is_moving_a_record_out_of_it(record, login, line):
    day, moved, ended = fresh(record).bucket.expires_on, threading.Event(), []

    def end() -> None:
        try:
            moved.wait(10)
            ended.append(expire(line, day))
        finally:
            connections.close_all()

    thread = threading.Thread(target=end)
    thread.start()
    with scope(line):
        holds.hold(record, matter=uuid.uuid4(), actor="system")
        moved.set()
        time.sleep(0.3)
        assert ended == [], "the end of the bucket did not wait"
    thread.join(10)
    assert ended == [1]
    assert opens(fresh(record), login)


def test_a_hold_that_comes_when_the_bucket_has_ended_is_refused(record, line):
    expire(line, fresh(record).bucket.expires_on)
    with pytest.raises(Refused):
        hold(record)


# The end of buckets


def test_a_bucket_ends_in_one_act_for_all_its_records_and_is_cleared_away_later(record, login, line):
    others = [put_sound(line) for _ in range(5)]
    day = fresh(record).bucket.expires_on
    assert expire(line, day - timedelta(days=1)) == 0
    assert opens(record, login)
    assert expire(line, day) == 1
    with client_scope(line.client_id):
        assert Record.objects.exclude(state="destroyed").count() == 6, "not one row of them was touched"
    assert all(closed(each, login) for each in [record, *others])
    cleared = []
    while not cleared or cleared[-1]:
        with scope(line):
            cleared.append(purge(line.client_id, actor="system", batch=4))
    assert cleared == [4, 2, 0]
    with client_scope(line.client_id):
        assert not Record.objects.exclude(state="destroyed").exists()
        assert not DataKey.objects.exists()
        assert not SealedField.objects.exists()
        assert Bucket.objects.get().purged_at


def test_the_clearing_of_one_bucket_does_not_stop_at_an_empty_one(record, line):
    with client_scope(line.client_id):
        Bucket.objects.create(
            client_id=line.client_id,
            line=line,
            category="contact",
            expires_on=fresh(record).bucket.expires_on,
        )
        Bucket.objects.filter(category="contact").update(destroyed_at=clock.now() - timedelta(days=1))
    expire(line, fresh(record).bucket.expires_on)
    timers.purge_ended(seconds=10)
    assert fresh(record).state == "destroyed"


def test_a_subject_turns_although_some_of_its_records_ended_with_their_bucket(record, login, line):
    with scope(line):
        longer = put(
            basis_for(line, days=90),
            category=Category.RECORDING_REDACTED,
            subject=record.subject,
            write=lambda out: out.write(SOUND),
            place=Place(),
        )
        doomed = store(line, record.subject, content=SOUND)
    with scope(line):
        destroy_record(doomed, actor="system", reason="corrected")
    expire(line, fresh(record).bucket.expires_on)
    assert timers.turn_generations() == 1
    assert opens(longer, login)
    assert closed(record, login)
