"""Closing a client: two people, all of its keys, nobody else's; nothing more comes in, and nothing is lost over it."""

from __future__ import annotations

import io
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection
from typer.testing import CliRunner

from callwarden.custody import clients, indexes
from callwarden.custody import intake as spool
from callwarden.custody.epochs import active_epoch, open_client
from callwarden.custody.keeper import client as keeper_client
from callwarden.custody.keeper.client import KeeperUnavailable, KeyDestroyed, NotPermitted, RootRefused
from callwarden.custody.models import Client, DataKey, Hold, IndexKey, IntakeItem, Line, Record, SubjectKey
from callwarden.custody.open import open_record
from callwarden.custody.scope import client_scope
from callwarden.doors.cli.main import app
from callwarden.flows.consents import Told, take_in_consent
from callwarden.flows.customers import take_in_customer
from callwarden.flows.formats import customer_of
from callwarden.kernel import approvals, clock
from callwarden.kernel.errors import Conflict, Refused
from callwarden.kernel.models import Approval, User
from callwarden.protection.keys import clients as closing
from tests.centre import _keeper, client, keeper, keeper_folder
from tests.custody.test_locks import SOUND, grant_for, login, put_sound
from tests.exchange import exchange, line
from tests.work import do_all

__all__ = ["_keeper", "client", "exchange", "keeper", "keeper_folder", "line", "login"]


@pytest.fixture
def officer(keeper) -> User:
    return User.objects.create(username="officer", roles=["security_administrator"])


@pytest.fixture
def second(keeper) -> User:
    return User.objects.create(username="second", roles=["data_protection_officer"])


@pytest.fixture
def other(line) -> Line:
    """A line of another client."""
    of = open_client(slug="other", name="Other", actor="system")
    return Line.objects.create(client=of, slug="other-line", name="Other", languages=["zh"], direction="inbound")


def approved(line: Line, officer: User, second: User) -> uuid.UUID:
    asked = closing.ask_to_close(line.client.slug, requester=officer, reason="the contract has ended")
    approvals.approve(asked.pk, by=second)
    return asked.pk


def close(line: Line, officer: User, second: User) -> None:
    closing.close(approved(line, officer, second), by=officer)


def files_of(keeper, client: uuid.UUID) -> list[str]:
    with client_scope(client), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM custody_epoch WHERE client_id = %s", [client])
        epochs = [str(row[0]) for row in cursor.fetchall()]
    found: list[Path] = [path for epoch in epochs for path in (keeper.keys / "epochs").glob(f"{epoch}.*")]
    found += (keeper.keys / "clients").glob(f"{client}.*")
    return sorted(path.name for path in found)


def test_a_closed_client_s_records_open_for_nobody_and_another_s_do(line, other, login, officer, second, keeper):
    mine, theirs = put_sound(line), put_sound(other)
    assert open_record(grant_for(mine, login), mine).readall() == SOUND
    kept = files_of(keeper, other.client_id)
    assert kept
    assert files_of(keeper, line.client_id)
    close(line, officer, second)
    assert files_of(keeper, line.client_id) == []
    assert files_of(keeper, other.client_id) == kept
    with pytest.raises((KeyDestroyed, NotPermitted)):
        open_record(grant_for(mine, login), mine)
    assert open_record(grant_for(theirs, login), theirs).readall() == SOUND


def test_nobody_closes_a_client_alone_nor_another_one_than_was_approved(line, other, officer, second, keeper):
    asked = closing.ask_to_close(line.client.slug, requester=officer, reason="alone")
    with pytest.raises(Refused):
        approvals.approve(asked.pk, by=officer)
    with pytest.raises(Conflict):
        closing.close(asked.pk, by=officer)
    approval = approved(other, officer, second)
    for of, given in ((line.client_id, approval), (line.client_id, asked.pk), (other.client_id, uuid.uuid4())):
        with pytest.raises(RootRefused):
            keeper_client.close_client(of, approval=given)
    assert files_of(keeper, line.client_id)
    assert files_of(keeper, other.client_id)


def test_with_the_keeper_stopped_nothing_is_closed_and_the_approval_stands(line, officer, second, keeper):
    approval = approved(line, officer, second)
    keeper.stop()
    try:
        with pytest.raises(KeeperUnavailable):
            closing.close(approval, by=officer)
        assert not clients.is_closed(line.client_id)
    finally:
        keeper.start()
    closing.close(approval, by=officer)
    assert clients.is_closed(line.client_id)


def test_a_crash_after_the_keys_went_is_made_good_by_doing_it_again(line, officer, second, keeper):
    approval = approved(line, officer, second)
    keeper_client.close_client(line.client_id, approval=approval)  # and then the process died
    assert files_of(keeper, line.client_id) == []
    with pytest.raises(Exception, match=r"."):
        put_sound(line)
    closing.close(approval, by=officer)
    assert clients.is_closed(line.client_id)


def test_no_key_is_made_again_for_a_closed_client(line, officer, second, keeper):
    close(line, officer, second)
    with pytest.raises(clients.ClientClosed):
        active_epoch(line.client_id)
    for ask in (
        lambda: keeper_client.tokens(line.client_id, "phone", ["+8613800138000"]),
        lambda: keeper_client.new_index_key(line.client_id, "phone", 9),
        lambda: keeper_client.seal_detail(client=line.client_id, entry=uuid.uuid4(), plain=b"x"),
    ):
        with pytest.raises(KeyDestroyed):
            ask()
    assert files_of(keeper, line.client_id) == []


def test_a_client_with_records_on_hold_is_not_closed(line, officer, second, keeper):
    record = put_sound(line)
    with client_scope(line.client_id):
        Hold.objects.create(
            client_id=line.client_id, record=record, matter=uuid.uuid4(), set_by="system", set_at=clock.now()
        )
    with pytest.raises(Conflict) as refused:
        close(line, officer, second)
    assert refused.value.code == "client_on_hold"
    assert files_of(keeper, line.client_id)


def test_files_for_a_closed_client_stay_where_they_are(exchange, officer, second):
    close(exchange.line, officer, second)
    exchange.call("C1")
    waiting = exchange.waiting()
    looked = exchange.look()
    assert looked.sealed == 0
    assert len(looked.refused) == len(waiting) == 3
    assert all("closed" in says for _name, says in looked.refused)
    assert exchange.waiting() == waiting
    assert not IntakeItem.objects.exists()


def test_what_had_arrived_before_is_set_aside_with_the_reason_and_stays_sealed(exchange, officer, second, settings):
    exchange.call("C1")
    exchange.look()
    close(exchange.line, officer, second)
    do_all()
    assert exchange.states("cdr") == [("set_aside", "client_closed")]
    assert exchange.calls() == []
    assert all(spool.sealed_path(item.id).exists() for item in IntakeItem.objects.all())


def test_a_whole_call_that_waited_is_set_aside_too(exchange, officer, second):
    from callwarden.flows import arrivals, jobs

    exchange.call("C1")
    exchange.look()
    arrivals.read_list(IntakeItem.objects.get(kind="cdr").id)
    close(exchange.line, officer, second)
    jobs.match(str(exchange.line.id))
    do_all()
    assert exchange.states() == [("set_aside", "client_closed")]
    assert exchange.states("row") == [("set_aside", "client_closed")]
    assert exchange.calls() == []


@pytest.mark.parametrize("door", ["file", "row", "customer", "consent"])
def test_every_door_of_taking_in_refuses_and_says_so(line, officer, second, door):
    close(line, officer, second)
    arrival = spool.Arrival(line=line, kind="audio", name="a.wav", shown="a.wav", door="api")
    act = {
        "file": lambda: spool.receive(io.BytesIO(b"RIFF"), arrival),
        "row": lambda: spool.receive_inline(b"{}", arrival),
        "customer": lambda: take_in_customer(line, customer_of({"name": "Ann"}, customer_no="K1"), actor="system"),
        "consent": lambda: take_in_consent(line, "C1", Told("recording", "given", "web", clock.now()), actor="system"),
    }[door]
    with pytest.raises(clients.ClientClosed) as refused:
        act()
    assert (refused.value.code, refused.value.http_status) == ("client_closed", 403)
    assert not IntakeItem.objects.exists()


def test_whoever_is_taking_in_at_that_moment_is_waited_for(line, officer, second):
    approval = approved(line, officer, second)

    def close_elsewhere() -> None:
        try:
            closing.close(approval, by=officer)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with client_scope(line.client_id):
            clients.require_open(line.client_id)
            begun = pool.submit(close_elsewhere)
            with pytest.raises(TimeoutError):
                begun.result(timeout=0.5)
            assert not clients.is_closed(line.client_id)
        begun.result(timeout=20)
    assert clients.is_closed(line.client_id)


def test_what_is_left_of_its_records_is_purged_and_another_client_s_stays(line, other, login, officer, second):
    put_sound(line)
    theirs = put_sound(other)
    close(line, officer, second)
    assert clients.purge_closed() == 1
    assert clients.purge_closed() == 0
    with client_scope(line.client_id):
        assert not Record.objects.exclude(state=Record.State.DESTROYED).exists()
    assert DataKey.objects.count() == 1
    assert SubjectKey.objects.count() == 1
    assert open_record(grant_for(theirs, login), theirs).readall() == SOUND


def test_a_run_over_an_index_of_a_closed_client_ends(line, officer, second):
    with client_scope(line.client_id):
        indexes.current(line.client_id, "phone")
    run = indexes.start(line.client_id, "phone", actor="system")
    close(line, officer, second)
    run.refresh_from_db()
    assert (run.state, run.reason) == ("stopped", "client_closed")
    assert not indexes.advance(run.id)


PASSWORD = "a password of the officer"


@pytest.fixture
def at_the_host(keeper, officer, monkeypatch) -> User:
    """Somebody with a password, at the command line, in English."""
    monkeypatch.setenv("CALLWARDEN_LANGUAGE", "en")
    officer.set_password(PASSWORD)
    officer.save()
    return officer


def run(*arguments: str):
    return CliRunner().invoke(app, [*arguments, "--as", "officer"], input=PASSWORD + "\n")


def test_from_the_command_line_asked_approved_and_closed(line, second, at_the_host):
    slug = line.client.slug
    asked = run("client", "ask-close", "--client", slug, "--reason", "the contract has ended")
    assert asked.exit_code == 0, asked.output
    (approval,) = Approval.objects.values_list("pk", flat=True)
    assert run("client", "close", "--approval", str(approval)).exit_code != 0
    assert not clients.is_closed(line.client_id)
    approvals.approve(approval, by=second)
    done = run("client", "close", "--approval", str(approval))
    assert done.exit_code == 0, done.output
    assert clients.is_closed(line.client_id)
    shown = CliRunner().invoke(app, ["client", "show"])
    assert json.loads(shown.output.splitlines()[0])["closed_at"]


def test_an_index_is_given_a_new_key_from_the_command_line_by_the_right_people_only(line, at_the_host):
    with client_scope(line.client_id):
        indexes.current(line.client_id, "phone")
    change = ("index-keys", "change", "--client", line.client.slug, "--column", "phone")
    done = run(*change)
    assert done.exit_code == 0, done.output
    shown = CliRunner().invoke(app, ["index-keys", "show", "--client", line.client.slug])
    states = {(told["version"], told["state"]) for told in map(json.loads, shown.output.splitlines())}
    assert states == {(1, "leaving"), (2, "current")}
    indexes.go_on(line.client_id)
    User.objects.update(roles=["auditor"])
    assert run(*change).exit_code != 0
    with client_scope(line.client_id):
        assert IndexKey.objects.filter(column="phone").count() == 2


def test_closing_twice_is_refused(line, officer, second):
    close(line, officer, second)
    with pytest.raises(Conflict):
        closing.ask_to_close(line.client.slug, requester=officer, reason="again")
    assert Client.objects.filter(closed_at__isnull=False).count() == 1
