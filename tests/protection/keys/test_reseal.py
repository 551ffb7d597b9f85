"""Objects sealed anew after a leak: killed between any two steps, none is lost and none stays behind."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.conf import settings as live_settings

from callwarden.custody import holds, objects, reseal
from callwarden.custody.categories import Category
from callwarden.custody.destroy import destroy_record, destroy_subject
from callwarden.custody.keeper import client as keeper_client
from callwarden.custody.models import DataKey, KeyRun, KeyVersion, ObjectMove, Record, Subject
from callwarden.custody.open import open_record
from callwarden.custody.put import Place, put
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import new_subject
from callwarden.engines.seal import SealedReader, WrongKey
from callwarden.kernel.errors import Conflict, Unavailable
from callwarden.protection.keys import epochs, rotation, runs
from tests.centre import KeeperProcess, basis_for, database_url
from tests.custody.test_key_provider import make_record
from tests.custody.test_locks import SOUND, grant_for
from tests.protection.keys.killed import STEPS
from tests.protection.keys.test_rotation import stored
from tests.roots import at

__all__ = ["at"]  # fixture


@pytest.fixture
def site(at: KeeperProcess, settings):  # type: ignore[no-untyped-def]
    at.start()
    settings.OBJECT_GRACE_SECONDS = 0
    return make_record()


def recordings(line, count: int, *, size: int = 200_000) -> list[Record]:  # type: ignore[no-untyped-def]
    made = []
    with client_scope(line.client_id):
        for number in range(count):
            made.append(
                put(
                    basis_for(line),
                    category=Category.RECORDING_REDACTED,
                    subject=new_subject(line.client_id, Subject.Kind.CALLER),
                    write=lambda out, number=number: out.write(sound(number, size)),
                    place=Place(),
                )
            )
    return made


def sound(number: int, size: int = 200_000) -> bytes:
    return (number.to_bytes(4, "big") * (size // 4 + 1))[:size]


def lying() -> set[str]:
    base = Path(live_settings.DATA_DIR) / "objects"
    return {str(path.relative_to(base)) for path in base.rglob("*") if path.is_file()}


def named(client: uuid.UUID) -> set[str]:
    with client_scope(client):
        return set(Record.objects.exclude(state="destroyed").values_list("object_key", flat=True))


def played(record: Record, login) -> bytes:  # type: ignore[no-untyped-def]
    grant = grant_for(record, login)
    with client_scope(record.client_id):
        return open_record(grant, Record.objects.get(pk=record.pk)).readall()


def left(client: uuid.UUID) -> int:
    with client_scope(client):
        return ObjectMove.objects.count()


def test_after_a_leak_a_recording_lies_anew_and_what_leaked_opens_nothing_of_it(site) -> None:
    record, login = site
    client = record.client_id
    grant = grant_for(record, login)
    leaked = keeper_client.release(
        permit=grant.permit, record=record.id, principal=grant.principal, session=grant.session
    )
    wrap, before = stored("custody_datakey", "wrapped")[record.id], lying()
    run = rotation.reencrypt(client, actor="system", reason="leak")
    assert (run.items_total, run.bytes_total) == (1, record.sealed_size)
    ended = runs.carry_on(run.id, seconds=30)
    assert (ended.state, ended.done, ended.items, ended.bytes) == ("done", 1, 1, record.sealed_size)
    assert played(record, login) == SOUND
    with client_scope(client):
        now = Record.objects.get(pk=record.pk)
    assert lying() == {now.object_key}
    assert not before & lying(), "the old object is gone"
    assert stored("custody_datakey", "wrapped")[record.id] != wrap
    with pytest.raises(WrongKey):
        SealedReader(objects.ObjectRange(now.object_key, now.sealed_size), leaked.key, record_id=record.id.bytes)
    rotation.retire(client, 1, actor="system")
    with client_scope(client):
        assert KeyVersion.objects.get(number=1).state == "retired"
    assert left(client) == 0


def test_the_old_wrap_put_back_opens_nothing(site) -> None:
    record, login = site
    wrap = stored("custody_datakey", "wrapped")[record.id]
    runs.carry_on(rotation.reencrypt(record.client_id, actor="system").id, seconds=30)
    with client_scope(record.client_id):
        DataKey.objects.filter(record=record.id).update(wrapped=wrap)
    with pytest.raises(WrongKey):
        played(record, login)


@pytest.mark.parametrize("step", STEPS)
def test_killed_between_any_two_steps_no_object_is_lost_and_none_stays(site, step: str) -> None:
    record, login = site
    made = recordings(record.line, 3)
    client = record.client_id
    run = rotation.reencrypt(client, actor="system")
    environment = {**os.environ, "CALLWARDEN_DATABASE_URL": database_url()}
    environment["CALLWARDEN_DATA_DIR"] = str(live_settings.DATA_DIR)
    killed = subprocess.run(
        [sys.executable, "-m", "tests.protection.keys.killed", step, str(run.id)],
        env=environment,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert left(client) == 1, "what was under way is known"
    assert played(record, login) == SOUND
    assert all(played(one, login) == sound(number) for number, one in enumerate(made)), "everything opens in between"
    ended = runs.carry_on(run.id, seconds=60)
    assert (ended.state, ended.done, ended.items) == ("done", 4, 4)
    assert all(played(one, login) == sound(number) for number, one in enumerate(made))
    assert lying() == named(client)
    assert left(client) == 0
    assert rotation.left(client) == {2: 4}


@pytest.mark.parametrize("said", ["put", "sealed", "same"])
def test_a_keeper_killed_in_the_middle_of_an_object_leaves_it_as_it_was(at, site, monkeypatch, said: str) -> None:
    record, login = site
    client = record.client_id
    (made,) = recordings(record.line, 1, size=5_000_000)
    run = rotation.reencrypt(client, actor="system")
    real = keeper_client.Conversation.hear

    def hear(conversation):  # type: ignore[no-untyped-def]
        heard = real(conversation)
        if said in heard:
            at.kill()
        return heard

    with monkeypatch.context() as dying:
        dying.setattr(keeper_client.Conversation, "hear", hear)
        with pytest.raises(keeper_client.KeeperUnavailable):
            runs.carry_on(run.id, seconds=30)
    at.start()
    assert runs.carry_on(run.id, seconds=30).state == "done"
    assert played(made, login) == sound(0, 5_000_000)
    assert lying() == named(client)


def test_a_record_on_hold_moves_and_one_that_is_destroyed_takes_its_new_object_along(site, monkeypatch) -> None:
    record, login = site
    client = record.client_id
    held, gone, kept = recordings(record.line, 3)
    run = rotation.reencrypt(client, actor="system")
    real, met = reseal._store, []

    def store(move, sealed):  # type: ignore[no-untyped-def]
        """While the new object is being written the one comes on hold and the other ends."""
        if move.record == held.id:
            with client_scope(client):
                holds.hold(held, matter=uuid.uuid4(), actor="system")
            met.append("held")
        if move.record == gone.id:
            with client_scope(client):
                destroy_record(gone, actor="system", reason="test")
            met.append("gone")
        return real(move, sealed)

    monkeypatch.setattr(reseal, "_store", store)
    ended = runs.carry_on(run.id, seconds=30)
    assert sorted(met) == ["gone", "held"]
    assert (ended.state, ended.items, ended.failed) == ("done", 3, 0)
    assert played(held, login) == sound(0)
    assert played(kept, login) == sound(2)
    assert lying() == named(client)
    assert rotation.left(client) == {2: 3}


def test_a_new_generation_and_a_turn_of_the_epoch_go_on_beside_it(site, monkeypatch) -> None:
    from callwarden.custody import generations

    record, login = site
    client = record.client_id
    made = recordings(record.line, 2)
    run = rotation.reencrypt(client, actor="system")
    real = reseal._store

    def store(move, sealed):  # type: ignore[no-untyped-def]
        subject = Record.objects.filter(pk=move.record)
        with client_scope(client):
            of = subject.values_list("subject_id", flat=True).get()
            Subject.objects.filter(pk=of).update(turn_due=True)
        generations.turn(of, client, actor="system")
        return real(move, sealed)

    monkeypatch.setattr(reseal, "_store", store)
    turn = epochs.start_turn(client, actor="system")
    assert runs.carry_on(run.id, seconds=30).items == 3
    assert runs.carry_on(turn.id, seconds=30).state == "done"
    assert all(played(one, login) == sound(number) for number, one in enumerate(made))


def test_an_object_that_cannot_be_opened_is_passed_over_and_its_version_stays(site) -> None:
    record, login = site
    client = record.client_id
    missing, bent, good = recordings(record.line, 3)
    base = Path(live_settings.DATA_DIR) / "objects"
    (base / missing.object_key).unlink()
    content = bytearray((base / bent.object_key).read_bytes())
    content[100_000] ^= 1
    (base / bent.object_key).write_bytes(content)
    ended = runs.carry_on(rotation.reencrypt(client, actor="system").id, seconds=30)
    assert (ended.state, ended.items, ended.failed) == ("done", 2, 2)
    assert played(good, login) == sound(2)
    assert (base / bent.object_key).read_bytes() == bytes(content), "what is damaged stays for whoever mends it"
    with pytest.raises(Conflict) as refused:
        rotation.retire(client, 1, actor="system")
    assert refused.value.data == {"rows": 2}
    content[100_000] ^= 1
    (base / bent.object_key).write_bytes(content)
    with client_scope(client):
        destroy_subject(missing.subject, actor="system", reason="test")
    again = runs.carry_on(rotation.reencrypt(client, actor="system").id, seconds=30)
    assert (again.state, again.items, again.failed) == ("done", 3, 0), "a later run takes it along"
    rotation.retire(client, 1, actor="system")


def test_a_store_that_loses_what_it_was_given_costs_nothing(site, monkeypatch) -> None:
    record, login = site
    before = lying()
    real = objects.create

    def forgets(key: str, sealed: io.BytesIO):  # type: ignore[no-untyped-def]
        size, digest = real(key, sealed)
        path = Path(live_settings.DATA_DIR) / "objects" / key
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
        return size, digest

    run = rotation.reencrypt(record.client_id, actor="system")
    with monkeypatch.context() as lying_store:
        lying_store.setattr(objects, "create", forgets)
        with pytest.raises(Unavailable):
            runs.carry_on(run.id, seconds=30)
    assert before <= lying()
    assert played(record, login) == SOUND
    assert KeyRun.objects.get(pk=run.id).failed == 0
    assert runs.carry_on(run.id, seconds=30).state == "done"
    assert lying() == named(record.client_id)
    assert played(record, login) == SOUND


def test_no_faster_than_the_limit_and_not_while_it_is_paused(site) -> None:
    record, _login = site
    recordings(record.line, 4, size=300_000)
    run = rotation.reencrypt(record.client_id, actor="system", byte_rate=600_000)
    runs.carry_on(run.id, seconds=0.6)
    some = runs.pause(run.id, actor="system")
    assert 0 < some.items < 5, "1.2 MB at 600 kB a second takes two seconds"
    assert runs.carry_on(run.id, seconds=1).items == some.items
    runs.resume(run.id, actor="system")
    runs.set_rate(run.id, rate=0)
    assert runs.carry_on(run.id, seconds=30).items == 5


def test_an_old_object_stays_for_those_who_read_it_and_the_run_waits_for_its_end(site, settings) -> None:
    record, login = site
    settings.OBJECT_GRACE_SECONDS = 3600
    grant = grant_for(record, login)
    with client_scope(record.client_id):
        reading = open_record(grant, record)
    run = rotation.reencrypt(record.client_id, actor="system")
    assert runs.carry_on(run.id, seconds=1).state == "running"
    assert reading.readall() == SOUND, "whoever began before reads on"
    assert len(lying()) == 2
    settings.OBJECT_GRACE_SECONDS = 0
    assert runs.carry_on(run.id, seconds=5).state == "done"
    assert lying() == named(record.client_id)


def test_what_a_closed_clients_run_has_left_is_cleared(site, settings) -> None:
    record, _login = site
    settings.OBJECT_GRACE_SECONDS = 3600
    run = rotation.reencrypt(record.client_id, actor="system")
    runs.carry_on(run.id, seconds=1)
    KeyRun.objects.filter(pk=run.id).update(state=KeyRun.State.STOPPED)
    settings.OBJECT_GRACE_SECONDS = 0
    assert reseal.clear_ended() == 1
    assert lying() == named(record.client_id)
    assert json.dumps(runs.facts(KeyRun.objects.get(pk=run.id)))
