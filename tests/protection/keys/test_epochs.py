"""The turn of an epoch: nothing is lost, nothing old opens afterwards, and no stop anywhere matters."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from callwarden.custody.epochs import active_epoch
from callwarden.custody.keeper import client as keeper_client
from callwarden.custody.keeper.client import EpochNeeded, KeeperUnavailable, KeyDestroyed
from callwarden.custody.models import BucketKey, DataKey, Epoch, KeyRun, LedgerPending, Line, Record, SubjectKey
from callwarden.custody.scope import client_scope
from callwarden.engines.seal import Binding
from callwarden.kernel import approvals, clock
from callwarden.kernel.errors import Conflict, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.models import Session, User
from callwarden.protection.keys import epochs, runs
from callwarden.protection.keys.promise import Terms, kept
from tests.centre import KeeperProcess
from tests.custody.test_key_provider import make_record
from tests.custody.test_locks import SOUND, grant_for, open_record, put_sound
from tests.roots import at

__all__ = ["at"]  # fixture
NO_TIME = {"CALLWARDEN_OVERLAP_DAYS": "1e-10"}


@pytest.fixture
def kept_record(at: KeeperProcess) -> tuple[Record, Session]:
    at.start()
    return make_record()


@pytest.fixture
def officer(at: KeeperProcess) -> User:
    return User.objects.create(username="officer", roles=["security_administrator"])


@pytest.fixture
def second(at: KeeperProcess) -> User:
    return User.objects.create(username="second", roles=["data_protection_officer"])


def opens(record: Record, login: Session) -> bool:
    return open_record(grant_for(record, login), record).readall() == SOUND


def turned(client: UUID) -> KeyRun:
    run = epochs.start_turn(client, actor="system")
    ended = runs.carry_on(run.id, seconds=60)
    assert ended.state == "done"
    return ended


def state_of(epoch: UUID, client: UUID) -> str:
    with client_scope(client):
        return Epoch.objects.get(pk=epoch).state


def entries(event: Event) -> list[dict[str, object]]:
    told = [json.loads(bytes(row.body)) for row in LedgerPending.objects.order_by("id")]
    return [entry for entry in told if entry["event"] == event]


def under(epoch: UUID) -> int:
    return SubjectKey.objects.filter(epoch=epoch).count() + BucketKey.objects.filter(epoch=epoch).count()


@contextmanager
def old_wraps_back(record: Record) -> Iterator[None]:
    """What an old backup holds: the wraps of this record's two locks as they were before the block."""
    tables = {
        "custody_subjectkey": ("subject_id", record.subject_id),
        "custody_bucketkey": ("bucket_id", record.bucket_id),
    }
    with connection.cursor() as cursor:
        saved = {}
        for table, (column, key) in tables.items():
            cursor.execute(f"SELECT wrapped, epoch_id FROM {table} WHERE {column} = %s", [key])
            saved[table] = cursor.fetchone()
        yield
        for table, (column, key) in tables.items():
            cursor.execute(f"UPDATE {table} SET wrapped = %s, epoch_id = %s WHERE {column} = %s", [*saved[table], key])


def test_records_open_before_during_and_after_a_turn_and_new_ones_use_the_new_epoch_at_once(kept_record) -> None:
    record, login = kept_record
    client, line = record.client_id, record.line
    old = active_epoch(client)
    run = epochs.start_turn(client, actor="system")
    new = active_epoch(client)
    assert new != old
    assert opens(record, login)
    fresh = put_sound(line)
    assert SubjectKey.objects.get(subject=fresh.subject).epoch_id == new
    assert opens(fresh, login)
    ended = runs.carry_on(run.id, seconds=60)
    assert (ended.state, ended.done) == ("done", 2)
    assert ended.wal_bytes > 0
    assert under(old) == 0
    assert opens(record, login)
    assert opens(fresh, login)
    assert state_of(old, client) == "retired"
    (told,) = entries(Event.KEY_EPOCH_TURNED)
    assert told["data"]["from"] == str(old)  # type: ignore[index]


def test_a_turn_leaves_data_keys_alone(kept_record) -> None:
    record, _login = kept_record

    def wrap() -> bytes:
        with connection.cursor() as cursor:
            cursor.execute("SELECT wrapped FROM custody_datakey WHERE record_id = %s", [record.id])
            return bytes(cursor.fetchone()[0])

    before = wrap()
    turned(record.client_id)
    assert wrap() == before


def test_an_old_copy_opens_while_the_old_epoch_lasts_and_never_after(at: KeeperProcess) -> None:
    at.environment |= NO_TIME | {"CALLWARDEN_KEY_CACHE_SECONDS": "3600"}
    at.start()
    record, login = make_record()
    old = active_epoch(record.client_id)
    with old_wraps_back(record):
        turned(record.client_id)
    assert opens(record, login), "the positive control: an old backup opens while the old epoch's key exists"
    with old_wraps_back(record):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE custody_keyrun SET state = 'running', step = '', position = 0")
        assert runs.carry_on(KeyRun.objects.get().id, seconds=60).state == "done"
        epochs.destroy(old, actor="system")
        epochs.destroy(old, actor="system")
        assert len(entries(Event.KEY_EPOCH_DESTROYED)) == 1, "ending it again is no second act"
        assert opens(record, login), "what moved on is not touched"
    with pytest.raises(KeyDestroyed):
        opens(record, login)
    assert not list((at.keys / "epochs").glob(f"{old}*"))


def test_a_key_is_not_ended_while_a_row_is_under_it_whoever_approves(at: KeeperProcess, officer, second) -> None:
    at.environment |= NO_TIME
    at.start()
    record, login = make_record()
    old = active_epoch(record.client_id)
    with pytest.raises(EpochNeeded):
        epochs.destroy(old, actor="system")
    run = epochs.start_turn(record.client_id, actor="system")
    asked = epochs.ask_to_destroy(old, requester=officer, reason="a leak")
    approvals.approve(asked.pk, by=second)
    with pytest.raises(EpochNeeded) as refused:
        epochs.destroy_approved(asked.pk, by=officer)
    assert refused.value.code == "rows_remain"
    with old_wraps_back(record):
        runs.carry_on(run.id, seconds=60)
    with pytest.raises(EpochNeeded):
        epochs.destroy(old, actor="system")
    assert opens(record, login)
    assert state_of(old, record.client_id) == "retired"


def test_before_the_overlap_is_over_only_two_people_end_it_and_only_this_one(kept_record, officer, second) -> None:
    record, login = kept_record
    client, old = record.client_id, active_epoch(record.client_id)
    turned(client)
    other = active_epoch(client)
    with pytest.raises(EpochNeeded) as refused:
        epochs.destroy(old, actor="system")
    assert refused.value.code == "epoch_overlaps"
    for approval in (uuid4(), epochs.ask_to_destroy(old, requester=officer, reason="a leak").pk):
        with pytest.raises(EpochNeeded):
            epochs.destroy(old, actor="system", approval=approval)
    elsewhere = epochs.ask_to_destroy(other, requester=officer, reason="a leak")
    approvals.approve(elsewhere.pk, by=second)
    with pytest.raises(EpochNeeded):
        epochs.destroy(old, actor="system", approval=elsewhere.pk)
    asked = epochs.ask_to_destroy(old, requester=officer, reason="a leak")
    with pytest.raises(Refused):
        approvals.approve(asked.pk, by=officer)
    approvals.approve(asked.pk, by=second)
    epochs.destroy_approved(asked.pk, by=officer)
    assert state_of(old, client) == "destroyed"
    assert entries(Event.KEY_EPOCH_DESTROYED)[0]["approval"] == str(asked.pk)
    assert opens(record, login)


def as_application(client: UUID, statement: str) -> None:
    with client_scope(client), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE cw_app")
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE custody_epoch SET retired_at = now() - interval '99 days'",
        "UPDATE custody_epoch SET destroy_after = now()",
        "DELETE FROM custody_epoch",
        "UPDATE custody_subjectkey SET epoch_id = gen_random_uuid()",
        "UPDATE custody_bucketkey SET epoch_id = gen_random_uuid()",
    ],
)
def test_the_application_cannot_make_an_epoch_look_older_or_emptier_than_it_is(kept_record, statement: str) -> None:
    record, _login = kept_record
    with pytest.raises(ProgrammingError):
        as_application(record.client_id, statement)


def binding(line: Line, subject: UUID, record: Record) -> Binding:
    return Binding(
        client=str(line.client_id),
        line=str(line.id),
        record=str(uuid4()),
        subject=str(subject),
        generation=1,
        bucket=str(record.bucket_id),
        purposes=("service",),
    )


def make_keys(record: Record, count: int) -> list[UUID]:
    """So many subject keys, made by the keeper."""
    epoch, subjects = active_epoch(record.client_id), [uuid4() for _ in range(count)]
    for subject in subjects:
        keeper_client.mint(binding(record.line, subject, record), suite=1, epoch=epoch)
    return subjects


def wraps() -> dict[UUID, bytes]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT subject_id, wrapped FROM custody_subjectkey")
        return {subject: bytes(wrapped) for subject, wrapped in cursor.fetchall()}


def test_a_keeper_killed_in_its_batches_goes_on_and_each_key_is_moved_once(at: KeeperProcess) -> None:
    at.start()
    record, login = make_record()
    subjects = make_keys(record, 600)
    old = active_epoch(record.client_id)
    run = epochs.start_turn(record.client_id, actor="system", rate=320)  # a page at a time
    chance, kills = random.Random(3), 0
    while True:
        killer = threading.Timer(chance.uniform(0.02, 0.3), at.kill)
        killer.start()
        try:
            # Batches of one page, so that a kill falls into one of many; the end comes in a run of its own.
            keeper_client.move(run.id, seconds=5)
        except KeeperUnavailable:
            kills += 1
        killer.join()
        at.start()
        moved = KeyRun.objects.get(pk=run.id)
        assert 602 - under(old) == moved.done, "rows and position are of one transaction"
        if moved.done > 300:
            break
    runs.set_rate(run.id, rate=0)
    ended = runs.carry_on(run.id, seconds=60)
    assert kills > 3
    assert (ended.state, ended.done, under(old)) == ("done", 602, 0)
    assert opens(record, login)
    # A key that no longer opened could not be given to another record of its subject.
    for subject in subjects[::20]:
        keeper_client.mint(binding(record.line, subject, record), suite=1, epoch=old)
    assert len(wraps()) == 601


def test_a_key_asked_for_under_the_old_epoch_is_made_under_the_new_one(kept_record) -> None:
    """Whoever began to store before the turn asks with the epoch of then."""
    record, _login = kept_record
    old = active_epoch(record.client_id)
    epochs.start_turn(record.client_id, actor="system")
    subject = uuid4()
    keeper_client.mint(binding(record.line, subject, record), suite=1, epoch=old)
    assert SubjectKey.objects.get(subject_id=subject).epoch_id == active_epoch(record.client_id)


def test_a_row_that_came_to_lie_on_a_page_already_done_is_moved_all_the_same(kept_record) -> None:
    record, login = kept_record
    make_keys(record, 60)
    old = active_epoch(record.client_id)
    run = epochs.start_turn(record.client_id, actor="system")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE custody_keyrun SET step = 'buckets', position = 0 WHERE id = %s", [run.id])
    ended = runs.carry_on(run.id, seconds=60)
    assert (ended.done, under(old)) == (62, 0)
    assert opens(record, login)


def test_a_row_somebody_changed_stops_the_run_and_nothing_is_lost(kept_record) -> None:
    record, login = kept_record
    make_keys(record, 3)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, wrapped FROM custody_subjectkey WHERE subject_id <> %s LIMIT 1", [record.subject_id])
        row, good = cursor.fetchone()
        cursor.execute("UPDATE custody_subjectkey SET wrapped = %s WHERE id = %s", [bytes(good)[:-1] + b"x", row])
    run = epochs.start_turn(record.client_id, actor="system")
    with pytest.raises(KeeperUnavailable):
        runs.carry_on(run.id, seconds=60)
    assert runs.find(run.id).done == 0
    assert opens(record, login)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE custody_subjectkey SET wrapped = %s WHERE id = %s", [good, row])
    assert runs.carry_on(run.id, seconds=60).state == "done"


def test_a_paused_run_rests_with_both_epochs_open_and_goes_on(kept_record) -> None:
    record, login = kept_record
    run = epochs.start_turn(record.client_id, actor="system")
    runs.pause(run.id, actor="system")
    with pytest.raises(Conflict):
        runs.pause(run.id, actor="system")
    assert runs.carry_on(run.id, seconds=5).done == 0
    assert opens(record, login)
    epochs.tend(seconds=1)
    assert runs.find(run.id).done == 0
    runs.resume(run.id, actor="system")
    epochs.tend(seconds=10)
    assert runs.find(run.id).state == "done"
    assert [len(entries(event)) for event in (Event.KEY_RUN_PAUSED, Event.KEY_RUN_RESUMED)] == [1, 1]


def test_a_run_keeps_to_its_rate(kept_record) -> None:
    record, _login = kept_record
    make_keys(record, 300)
    run = epochs.start_turn(record.client_id, actor="system", rate=200)
    began = time.monotonic()
    assert not keeper_client.move(run.id, seconds=0.5).ended
    moved = runs.find(run.id).done
    assert 0 < moved <= 200 * (time.monotonic() - began) + 20


def test_two_turns_at_once_are_refused(kept_record) -> None:
    record, _login = kept_record
    run = epochs.start_turn(record.client_id, actor="system")
    with pytest.raises(Conflict):
        epochs.start_turn(record.client_id, actor="system")
    runs.pause(run.id, actor="system")
    with pytest.raises(Conflict):
        epochs.start_turn(record.client_id, actor="system")


def test_what_waits_for_the_turn_to_begin_is_stored_under_the_next_epoch(kept_record) -> None:
    """A key being made holds its epoch; the turn waits for it, or it waits for the turn: never in between."""
    record, _login = kept_record
    old = active_epoch(record.client_id)
    made: list[UUID] = []

    def make() -> None:
        subject = uuid4()
        keeper_client.mint(binding(record.line, subject, record), suite=1, epoch=old)
        made.append(subject)

    with client_scope(record.client_id), transaction.atomic():
        Epoch.objects.filter(pk=old).update(state=Epoch.State.TURNING)
        thread = threading.Thread(target=make)
        thread.start()
        time.sleep(0.3)
        assert not made
        new = uuid4()
        Epoch.objects.create(id=new, client_id=record.client_id, number=2, opened_at=clock.now())
        keeper_client.new_epoch(new)
    thread.join(10)
    assert SubjectKey.objects.get(subject_id=made[0]).epoch_id == new


def test_an_epoch_turns_by_itself_when_its_time_is_over_and_its_key_ends_after_the_overlap(
    at: KeeperProcess, settings
) -> None:
    at.environment |= NO_TIME
    at.start()
    record, login = make_record()
    old = active_epoch(record.client_id)
    epochs.tend(seconds=5)
    assert active_epoch(record.client_id) == old
    settings.EPOCH_DAYS = 0
    epochs.tend(seconds=5)
    assert active_epoch(record.client_id) != old
    settings.EPOCH_DAYS = 14
    epochs.tend(seconds=5)
    assert state_of(old, record.client_id) == "destroyed"
    assert [entry["reasons"] for entry in entries(Event.KEY_EPOCH_OPENED)[1:]] == [["epoch_over"]]
    assert opens(record, login)


def test_a_client_whose_run_cannot_go_on_does_not_stop_the_others(kept_record) -> None:
    record, _login = kept_record
    with connection.cursor() as cursor:
        cursor.execute("UPDATE custody_subjectkey SET wrapped = 'x'")
    stuck = epochs.start_turn(record.client_id, actor="system")
    from callwarden.custody.epochs import open_client

    other = open_client(slug="other", name="Other", actor="system")
    fine = epochs.start_turn(other.id, actor="system")
    epochs.tend(seconds=5)
    assert runs.find(stuck.id).state == "running"
    assert runs.find(fine.id).state == "done"


def test_the_promise_counts_an_erasure_just_after_an_epoch_began(at: KeeperProcess) -> None:
    terms = Terms(epoch=14, overlap=2, key_backup=14)
    assert terms.erased_within == 30
    opened = clock.now()
    assert terms.turn_due(opened) == opened + timedelta(days=14)
    assert kept(terms, opened_at=opened, destroyed_at=opened + timedelta(days=16))
    assert not kept(terms, opened_at=opened, destroyed_at=opened + timedelta(days=16, seconds=1))


def test_data_keys_know_their_version_and_form(kept_record) -> None:
    record, _login = kept_record
    assert list(DataKey.objects.filter(record=record).values_list("version", "wrap")) == [(1, 1)]
