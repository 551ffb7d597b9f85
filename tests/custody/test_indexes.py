"""Blind indexes: what people are known by is found by keyed tokens, and the key of an index can be changed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connection

from callwarden.custody import indexes
from callwarden.custody.categories import Category
from callwarden.custody.epochs import open_client
from callwarden.custody.keeper import client as keeper_client
from callwarden.custody.keeper.client import KeeperUnavailable
from callwarden.custody.models import Customer, IdentifierToken, IndexKey, KeyRun, Record, Subject
from callwarden.custody.put import Place, put_fields
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import new_customer
from callwarden.engines.seal.normalise import normalise_phone
from callwarden.kernel import clock
from callwarden.kernel.errors import Conflict
from tests.centre import basis_for, database_url

ID = "11010519491231002X"


def add(line, number: int, *, phone: str = "") -> Customer:
    """A customer with one of everything that is indexed."""
    of = line.client_id
    told = {
        "phone": phone or f"+86138{number:08d}",
        "email": f"c{number}@example.com",
        "customer_no": f"KH{number:05d}",
        "id_number": ID,
        "card_number": "6222021234567890",
    }
    with client_scope(of):
        version, (token,) = indexes.make(of, "customer_no", [told["customer_no"]])
        customer = new_customer(of, number=token, version=version)
        for category, names in (
            (Category.CONTACT, ("phone", "email", "customer_no")),
            (Category.GOVERNMENT_ID, ("id_number",)),
            (Category.PAYMENT_CARD, ("card_number",)),
        ):
            fields = [(name, told[name]) for name in names]
            place = Place(customer=customer)
            put_fields(basis_for(line), category=category, subject=customer.subject, fields=fields, place=place)
        for column, value in (
            ("phone", normalise_phone(told["phone"])),
            ("email", told["email"]),
            ("id", ID),
            ("card", told["card_number"]),
        ):
            version, (token,) = indexes.make(of, column, [value])
            IdentifierToken.objects.create(client_id=of, column=column, token=token, customer=customer, version=version)
    return customer


def found(client: UUID, column: str, value: str) -> list[UUID]:
    with client_scope(client):
        known = indexes.known_by(client, column, value)
        return list(Customer.objects.filter(known).order_by("id").values_list("id", flat=True))


def index_files(keeper, client: UUID, column: str) -> list[str]:
    return sorted(path.name.rpartition(".")[2] for path in (keeper.keys / "clients").glob(f"{client}.index.{column}.*"))


def run_to_its_end(run: KeyRun, *, batch: int = 2) -> None:
    while indexes.advance(run.id, batch=batch):
        pass


def test_tokens_of_one_value_match_in_no_other_column_and_under_no_other_client(line):
    other = open_client(slug="other", name="Other", actor="system")
    made = {
        keeper_client.tokens(of, column, ["12345678"])[0]
        for of in (line.client_id, other.id)
        for column in indexes.COLUMNS
    }
    assert len(made) == 2 * len(indexes.COLUMNS)


def test_every_column_of_a_client_has_a_key_of_its_own(line, keeper):
    add(line, 1)
    files = {column: index_files(keeper, line.client_id, column) for column in indexes.COLUMNS}
    assert files == {column: ["1"] for column in indexes.COLUMNS}
    raw = {(keeper.keys / "clients" / f"{line.client_id}.index.{column}.1").read_bytes() for column in files}
    assert len(raw) == len(indexes.COLUMNS)


@pytest.mark.parametrize("column", indexes.COLUMNS)
def test_a_key_of_an_index_is_changed_and_everybody_is_still_found(line, keeper, column):
    customers = [add(line, number) for number in range(5)]
    value = {"phone": "+8613800000003", "email": "c3@example.com", "customer_no": "KH00003"}.get(column)
    value = value or {"id": ID, "card": "6222021234567890"}[column]
    before = found(line.client_id, column, value)
    run = indexes.start(line.client_id, column, actor="system")
    assert found(line.client_id, column, value) == before, "before the run"
    assert indexes.advance(run.id, batch=2)
    assert found(line.client_id, column, value) == before, "in the middle of the run"
    assert index_files(keeper, line.client_id, column) == ["1", "2"]
    run_to_its_end(run)
    assert found(line.client_id, column, value) == before
    assert index_files(keeper, line.client_id, column) == ["2"], "the old key is gone"
    run.refresh_from_db()
    assert (run.state, run.done) == ("done", len(customers))


def test_what_comes_in_during_a_run_is_of_the_new_version_and_is_found(line):
    add(line, 1)
    run = indexes.start(line.client_id, "phone", actor="system")
    late = add(line, 2)
    assert found(line.client_id, "phone", "+8613800000002") == [late.id]
    with client_scope(line.client_id):
        assert IdentifierToken.objects.get(customer=late, column="phone").version == run.version


def test_who_stores_a_token_while_a_run_begins_is_waited_for_and_moved_too(line):
    """Were it not, a token of the old version would be left behind unseen, and die with the old key."""
    started = []

    def start_elsewhere() -> None:
        try:
            started.append(indexes.start(line.client_id, "phone", actor="system"))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with client_scope(line.client_id):
            assert indexes.current(line.client_id, "phone") == 1
            begun = pool.submit(start_elsewhere)
            time.sleep(0.3)
            assert not started
            customer = add(line, 7)
        begun.result(timeout=20)
    run_to_its_end(started[0])
    assert found(line.client_id, "phone", "+8613800000007") == [customer.id]


def test_no_key_is_given_up_while_tokens_of_it_are_left(line, keeper):
    add(line, 1)
    run = indexes.start(line.client_id, "phone", actor="system")
    with client_scope(line.client_id):
        (old,) = IndexKey.objects.filter(column="phone", state="leaving")
        with pytest.raises(Conflict) as refused:
            indexes.give_up(old, actor="system")
    assert refused.value.data == {"rows": 1}
    with pytest.raises(KeeperUnavailable):
        keeper_client.destroy_index_key(line.client_id, "phone", 1)
    with client_scope(line.client_id):
        IndexKey.objects.filter(pk=old.pk).update(state="destroyed")
    with pytest.raises(KeeperUnavailable):  # the keeper counts for itself
        keeper_client.destroy_index_key(line.client_id, "phone", 1)
    assert index_files(keeper, line.client_id, "phone") == ["1", str(run.version)]


def test_the_key_in_use_is_given_up_by_nobody(line, keeper):
    with client_scope(line.client_id):
        indexes.current(line.client_id, "email")
        with pytest.raises(Conflict):
            indexes.give_up(IndexKey.objects.get(column="email"), actor="system")
    with pytest.raises(KeeperUnavailable):
        keeper_client.destroy_index_key(line.client_id, "email", 1)


def test_a_destroyed_version_is_not_made_anew_by_asking_for_it(line, keeper):
    add(line, 1)
    run_to_its_end(indexes.start(line.client_id, "phone", actor="system"))
    with pytest.raises(Exception, match=r"."):
        keeper_client.tokens(line.client_id, "phone", ["+8613800000001"], version=1)
    assert index_files(keeper, line.client_id, "phone") == ["2"]


def test_two_changes_of_one_index_do_not_overlap(line):
    add(line, 1)
    run = indexes.start(line.client_id, "phone", actor="system")
    with pytest.raises(Conflict):
        indexes.start(line.client_id, "phone", actor="system")
    run_to_its_end(run)
    again = indexes.start(line.client_id, "phone", actor="system")
    assert again.version == 3
    run_to_its_end(again)


def test_the_keeper_makes_new_tokens_for_a_run_under_way_only(line):
    customer = add(line, 1)
    with pytest.raises(KeeperUnavailable):
        keeper_client.reindex(line.client_id, "phone", 1, [customer.id])
    other = open_client(slug="other", name="Other", actor="system")
    run = indexes.start(other.id, "phone", actor="system")
    assert keeper_client.reindex(other.id, "phone", run.version, [customer.id]) == {}, "nobody of another client"


def test_whose_values_are_gone_is_found_no_more_and_holds_up_no_key(line, keeper):
    from callwarden.custody.destroy import destroy_record

    customer = add(line, 1)
    with client_scope(line.client_id):
        for record in Record.objects.filter(customer=customer):
            destroy_record(record, actor="system", reason="test")
    for column in ("phone", "customer_no"):
        run_to_its_end(indexes.start(line.client_id, column, actor="system"))
        assert index_files(keeper, line.client_id, column) == ["2"]
    assert found(line.client_id, "customer_no", "KH00001") == []


def test_a_changed_row_stops_the_run_instead_of_losing_a_token(line, keeper):
    add(line, 1)
    with client_scope(line.client_id):
        stranger = Subject.objects.create(client_id=line.client_id, kind="customer", created_at=clock.now())
        Record.objects.filter(category=Category.CONTACT).update(subject=stranger)
    run = indexes.start(line.client_id, "phone", actor="system")
    with pytest.raises(KeeperUnavailable):
        indexes.advance(run.id)
    assert index_files(keeper, line.client_id, "phone") == ["1", "2"]
    with client_scope(line.client_id):
        assert IdentifierToken.objects.filter(column="phone", version=1).count() == 1


def test_a_crash_between_giving_up_a_key_and_destroying_it_is_made_good(line, keeper, monkeypatch):
    add(line, 1)
    run = indexes.start(line.client_id, "phone", actor="system")
    with monkeypatch.context() as broken:
        broken.setattr(indexes, "destroy_given_up", lambda client: None)
        run_to_its_end(run)
    assert index_files(keeper, line.client_id, "phone") == ["1", "2"]
    assert indexes.with_work() == [line.client_id]
    indexes.go_on(line.client_id)
    assert index_files(keeper, line.client_id, "phone") == ["2"]
    assert indexes.with_work() == []


WORKER = """
import os, sys, django
django.setup()
from uuid import UUID
from callwarden.custody import indexes
print("ready", flush=True)
while indexes.advance(UUID(sys.argv[1]), batch=1):
    pass
"""


def test_killed_anywhere_the_run_is_gone_on_with_and_nobody_is_lost(line, keeper):
    customers = [add(line, number) for number in range(24)]
    run = indexes.start(line.client_id, "phone", actor="system")
    environment = {
        **os.environ,
        "CALLWARDEN_DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "callwarden.site.settings",
    }
    progress = 0
    for milliseconds in (5, 25, 60):
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(run.id)], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        time.sleep(milliseconds / 1000)
        worker.send_signal(signal.SIGKILL)
        worker.wait(timeout=10)
        run.refresh_from_db()
        assert run.done >= progress
        progress = run.done
        with client_scope(line.client_id):
            tokens = IdentifierToken.objects.filter(column="phone")
            assert tokens.count() == len(customers), "no token twice, none lost"
            assert tokens.filter(version=run.version).count() == run.done
    run_to_its_end(run)
    for number, customer in enumerate(customers):
        assert found(line.client_id, "phone", f"+86138{number:08d}") == [customer.id]
