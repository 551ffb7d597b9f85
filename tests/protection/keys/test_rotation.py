"""Rotation runs: everything opens before, during and after, killed or not; an old version ends with its last row."""

from __future__ import annotations

import json
import os
import random
import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from typer.testing import CliRunner

from callwarden.custody import holds
from callwarden.custody.categories import Category
from callwarden.custody.keeper import client as keeper_client
from callwarden.custody.keeper.client import KeeperUnavailable
from callwarden.custody.models import DataKey, KeyRun, KeyVersion, Line, Record, Subject
from callwarden.custody.open import open_fields
from callwarden.custody.put import Place, put_fields
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import new_subject
from callwarden.doors.cli.main import app
from callwarden.kernel import clock
from callwarden.kernel.errors import Conflict
from callwarden.kernel.models import Finding, User
from callwarden.protection.keys import epochs, rotation, runs
from tests.centre import KeeperProcess, basis_for
from tests.custody.test_key_provider import make_record
from tests.custody.test_locks import SOUND, grant_for, open_record
from tests.roots import at

__all__ = ["at"]  # fixture
# `make prove NAME=custody` asks for more.
KILLS = int(os.environ.get("CALLWARDEN_TEST_KILLS", "10"))
FIELDS = [("phone", "13800000000"), ("email", "a@example.com")]


@pytest.fixture
def site(at: KeeperProcess, settings):  # type: ignore[no-untyped-def]
    at.start()
    settings.OBJECT_GRACE_SECONDS = 0
    return make_record()


def contacts(line: Line, count: int) -> list[Record]:
    with client_scope(line.client_id):
        subject = new_subject(line.client_id, Subject.Kind.CUSTOMER)
        return [
            put_fields(basis_for(line), category=Category.CONTACT, subject=subject, fields=FIELDS, place=Place())
            for _ in range(count)
        ]


def values(record: Record, login) -> dict[str, list[str]]:
    grant = grant_for(record, login)
    with client_scope(record.client_id):
        return open_fields(grant, record)


def right(records: list[Record], login) -> bool:
    return all(values(record, login) == {"phone": [FIELDS[0][1]], "email": [FIELDS[1][1]]} for record in records)


def stored(table: str, column: str) -> dict[object, bytes]:
    key = "id" if table == "custody_sealedfield" else "record_id"
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE cw_keeper")
        cursor.execute(f"SELECT {key}, {column} FROM {table}")
        rows = {row[0]: bytes(row[1]) for row in cursor.fetchall()}
        cursor.execute("RESET ROLE")
    return rows


def test_a_rewrap_changes_every_wrap_and_nothing_that_was_sealed(site) -> None:
    record, login = site
    records = contacts(record.line, 5)
    wraps, blobs = stored("custody_datakey", "wrapped"), stored("custody_sealedfield", "blob")
    run = rotation.rewrap(record.client_id, actor="system")
    ended = runs.carry_on(run.id, seconds=30)
    assert (ended.state, ended.done) == ("done", 6)
    after = stored("custody_datakey", "wrapped")
    assert after.keys() == wraps.keys()
    assert not set(after.values()) & set(wraps.values())
    assert stored("custody_sealedfield", "blob") == blobs
    assert right(records, login)
    assert open_record(grant_for(record, login), record).readall() == SOUND
    again = runs.carry_on(rotation.rewrap(record.client_id, actor="system").id, seconds=30)
    assert again.done == 6, "the next routine rewrap finds them all again"


def test_after_a_leak_values_lie_under_fresh_keys_and_the_leaked_one_opens_nothing(site) -> None:
    record, login = site
    (contact,) = contacts(record.line, 1)
    leaked = keeper_client.release(
        permit=(grant := grant_for(contact, login)).permit,
        record=contact.id,
        principal=grant.principal,
        session=grant.session,
    )
    before = stored("custody_sealedfield", "blob")
    run = rotation.reencrypt(record.client_id, actor="system", reason="leak")
    (fresh,) = contacts(record.line, 1)
    assert DataKey.objects.get(record=fresh).version == 2, "new records have the new version at once"
    assert right([contact], login), "the old version is readable until its row has moved"
    assert runs.carry_on(run.id, seconds=30).done == 2, "the value, and the recording"
    after = stored("custody_sealedfield", "blob")
    assert all(after[field] != blob for field, blob in before.items())
    assert right([contact, fresh], login)
    grant = grant_for(contact, login)
    now = keeper_client.release(
        permit=grant.permit, record=contact.id, principal=grant.principal, session=grant.session
    )
    assert now.key.raw != leaked.key.raw


def test_a_version_is_retired_with_its_last_row_and_not_before(site) -> None:
    record, login = site
    contacts(record.line, 2)
    client = record.client_id
    run = rotation.reencrypt(client, actor="system")
    for version in (1, 2):
        with pytest.raises(Conflict):
            rotation.retire(client, version, actor="system")
    while not keeper_client.move(run.id, seconds=5).ended:
        pass
    assert rotation.left(client) == {1: 1, 2: 2}
    with pytest.raises(Conflict) as refused:
        rotation.retire(client, 1, actor="system")
    assert refused.value.data == {"rows": 1}, "a recording is of it still"
    assert open_record(grant_for(record, login), record).readall() == SOUND
    runs.carry_on(run.id, seconds=30)
    assert rotation.left(client) == {2: 3}
    rotation.retire(client, 1, actor="system")
    with client_scope(client):
        assert KeyVersion.objects.get(number=1).state == "retired"


@pytest.mark.parametrize("kind", ["rewrap", "reencrypt"])
def test_a_keeper_killed_in_any_batch_goes_on_and_no_value_is_lost(
    at: KeeperProcess, site, kind: str, record_property
) -> None:
    record, login = site
    records = contacts(record.line, 15 * KILLS)
    start = {"rewrap": rotation.rewrap, "reencrypt": rotation.reencrypt}[kind]
    run = start(record.client_id, actor="system", rate=160)
    chance, kills = random.Random(kind), 0
    for _ in range(KILLS):
        killer = threading.Timer(chance.uniform(0.003, 0.06), at.kill)
        killer.start()
        try:
            keeper_client.move(run.id, seconds=5)
        except KeeperUnavailable:
            kills += 1
        killer.join()
        at.start()
        column = {"rewrap": "wrap", "reencrypt": "version"}[kind]
        assert DataKey.objects.filter(**{column: run.version}).count() == KeyRun.objects.get(pk=run.id).done
    runs.set_rate(run.id, rate=0)
    ended = runs.carry_on(run.id, seconds=60)
    record_property("kills", kills)
    assert kills > KILLS // 3
    assert (ended.state, ended.done) == ("done", len(records) + 1)
    assert right(records[::10], login)


def test_a_hold_and_a_turn_of_the_epoch_go_on_beside_a_rotation(site) -> None:
    record, login = site
    records = contacts(record.line, 30)
    run = rotation.reencrypt(record.client_id, actor="system", rate=320)
    turn = epochs.start_turn(record.client_id, actor="system")
    keeper_client.move(run.id, seconds=0.05)
    with client_scope(record.client_id):
        holds.hold(records[-1], matter=uuid.uuid4(), actor="system")
    assert runs.carry_on(turn.id, seconds=30).state == "done"
    runs.set_rate(run.id, rate=0)
    assert runs.carry_on(run.id, seconds=30).state == "done"
    assert rotation.left(record.client_id)[2] == 31
    assert right(records, login)


def test_keys_that_should_have_moved_are_a_finding_and_a_later_look_checks_it(site, settings) -> None:
    record, _login = site
    assert rotation.look() == 0
    run = rotation.rewrap(record.client_id, actor="system")
    KeyRun.objects.filter(pk=run.id).update(moved_at=clock.now() - timedelta(days=2))
    assert rotation.look() == 1
    assert Finding.objects.get(kind="keys-due").data == {"epoch_overdue": 0, "runs": 1}
    runs.carry_on(run.id, seconds=30)
    assert rotation.look() == 0
    settings.EPOCH_DAYS = 0
    assert rotation.look(late=-timedelta(days=1)) == 1


def test_runs_are_led_from_the_command_line_by_those_who_may(at: KeeperProcess, site, monkeypatch) -> None:
    monkeypatch.setenv("CALLWARDEN_KEYS_DIR", str(at.keys))
    monkeypatch.setenv("CALLWARDEN_LANGUAGE", "en")
    for name, role in (("officer", "security_administrator"), ("clerk", "quality_reviewer")):
        person = User(username=name, roles=[role])
        person.set_password("a password of theirs")
        person.save()

    def keys(*arguments: str):  # type: ignore[no-untyped-def]
        return CliRunner().invoke(app, ["keys", *arguments], input="a password of theirs\n")

    refused = keys("turn", "--as", "clerk")
    assert refused.exit_code != 0
    assert not KeyRun.objects.exists()
    for command in (["turn"], ["rotate"], ["rotate", "--reencrypt"]):
        done = keys(*command, "--as", "officer")
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout.splitlines()[-1])["state"] == "done"
    told = json.loads(keys("runs").stdout)
    assert [run["kind"] for run in told["runs"]] == ["reencrypt", "rewrap", "turn"]
    assert told["erased_within_days"] == 30
    assert (told["runs"][0]["objects"], told["runs"][0]["failed"]) == (1, 0)
    assert told["runs"][0]["bytes"] == told["runs"][0]["bytes_total"] == site[0].sealed_size
    assert keys("retire", "2", "--as", "officer").exit_code != 0, "it is the one in use"
    assert keys("retire", "1", "--as", "officer").exit_code == 0


def test_a_second_run_of_a_kind_is_refused(site) -> None:
    record, _login = site
    for start in (rotation.rewrap, rotation.reencrypt):
        start(record.client_id, actor="system")
        with pytest.raises(Conflict):
            start(record.client_id, actor="system")
