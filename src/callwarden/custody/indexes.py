"""Blind indexes: tokens of what people are known by, one key for each client and column, in versions.

While the key of an index changes, new tokens are written under the new version and look-ups ask both. All of it
happens inside `client_scope`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import Client, Customer, IdentifierToken, IndexKey, KeyRun
from callwarden.custody.scope import client_scope
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.structural import Value

COLUMNS: Final = ("phone", "email", "customer_no", "id", "card")
NUMBER: Final = "customer_no"
BATCH: Final = 200
State = IndexKey.State


def current(client: UUID, column: str) -> int:
    """The version new tokens are made under. It cannot be given up while this transaction lasts."""
    version = _current(client, column)
    if version is None:
        IndexKey.objects.get_or_create(
            client_id=client, column=column, version=1, defaults={"opened_at": clock.now(), "state": State.CURRENT}
        )
        version = _current(client, column)
    assert version is not None
    return version


def _current(client: UUID, column: str) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT version FROM custody_indexkey WHERE client_id = %s AND "column" = %s AND state = %s FOR SHARE',
            [client, column, State.CURRENT],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def make(client: UUID, column: str, values: Iterable[str]) -> tuple[int, list[bytes]]:
    """(version, tokens) of normalised values, to be stored."""
    version = current(client, column)
    return version, keeper.tokens(client, column, list(values), version=version)


def ask(client: UUID, column: str, value: str) -> list[bytes]:
    """Every token under which a normalised value may be stored, that of the version in use first."""
    newest = current(client, column)
    leaving = IndexKey.objects.filter(client_id=client, column=column, state=State.LEAVING)
    versions = [newest, *leaving.order_by("-version").values_list("version", flat=True)]
    return [keeper.tokens(client, column, [value], version=version)[0] for version in versions]


def ask_many(client: UUID, column: str, values: list[str]) -> list[list[bytes]]:
    """For each version under which they may be stored, the tokens of normalised values, in their order."""
    newest = current(client, column)
    leaving = IndexKey.objects.filter(client_id=client, column=column, state=State.LEAVING)
    versions = [newest, *leaving.order_by("-version").values_list("version", flat=True)]
    return [keeper.tokens(client, column, values, version=version) for version in versions]


def known_by(client: UUID, column: str, value: str) -> Q:
    """Which customers are known by this normalised value."""
    tokens = ask(client, column, value)
    if column == NUMBER:
        return Q(number__in=tokens)
    stored = IdentifierToken.objects.filter(customer=OuterRef("pk"), column=column, token__in=tokens)
    return Q(Exists(stored))


def start(client: UUID, column: str, *, actor: str) -> KeyRun:
    """Give an index a new key. From its commit on new tokens are of the new version; the run moves the old ones.

    Raises:
        InvalidInput: no such index.
        Conflict: the key before it is still being given up.
        KeeperUnavailable: no key can be made now.
    """
    if column not in COLUMNS:
        raise InvalidInput("unknown_index", _("Choose one of phone, email, customer_no, id and card."))
    with client_scope(client):
        version = current(client, column)
        # Waits for every transaction that is storing tokens of the version so far.
        held = IndexKey.objects.select_for_update().get(client_id=client, column=column, version=version)
        others = IndexKey.objects.filter(client_id=client, column=column)
        if held.state != State.CURRENT or others.filter(state=State.LEAVING).exists():
            raise Conflict("reindex_running", _("This index is still moving to a new key. Wait until that has ended."))
        newest = max(others.values_list("version", flat=True)) + 1
        keeper.new_index_key(client, column, newest)
        now = clock.now()
        held.state = State.LEAVING
        held.save(update_fields=["state"])
        IndexKey.objects.create(client_id=client, column=column, version=newest, opened_at=now)
        facts: dict[str, Value] = {"column": column, "version": newest}
        entry = journal.record(journal.Entry(event=Event.KEY_INDEX_OPENED, actor=actor, client=client, data=facts))
        return KeyRun.objects.create(
            client_id=client,
            kind=KeyRun.Kind.REINDEX,
            column=column,
            version=newest,
            total=_left(client, column, newest).count(),
            actor=actor,
            entry=entry,
            started_at=now,
            moved_at=now,
        )


def advance(run_id: UUID, *, batch: int = BATCH) -> bool:
    """Move the tokens of some customers to the new version, in one transaction. False when none was left.

    Killed at any point it leaves the state before or after a batch; whoever goes on calls it again.
    """
    client = KeyRun.objects.values_list("client_id", flat=True).get(pk=run_id)
    with client_scope(client):
        run = KeyRun.objects.select_for_update().get(pk=run_id)
        if run.state != KeyRun.State.RUNNING:
            return False
        left = _left(client, run.column, run.version).select_for_update(of=("self",)).order_by("id")
        customers = list(left[:batch])
        if customers:
            _move(run, customers)
            run.done += len(customers)
            run.moved_at = clock.now()
            run.save(update_fields=["done", "moved_at"])
            return True
        for key in IndexKey.objects.filter(client_id=client, column=run.column, state=State.LEAVING):
            give_up(key, actor=run.actor)
        run.state, run.finished_at = KeyRun.State.DONE, clock.now()
        run.save(update_fields=["state", "finished_at"])
    return False


def _left(client: UUID, column: str, version: int) -> QuerySet[Customer]:
    """Customers with a token of an earlier version."""
    customers = Customer.objects.filter(client_id=client)
    if column == NUMBER:
        return customers.filter(number_version__lt=version)
    earlier = IdentifierToken.objects.filter(customer=OuterRef("pk"), column=column, version__lt=version)
    return customers.filter(Exists(earlier))


def _move(run: KeyRun, customers: list[Customer]) -> None:
    made = keeper.reindex(run.client_id, run.column, run.version, [customer.id for customer in customers])
    if run.column == NUMBER:
        for customer in customers:
            # A number that is kept nowhere any more cannot be found by its value, and no earlier token may stay.
            numbers = made.get(customer.id) or [os.urandom(32)]
            customer.number, customer.number_version = numbers[0], run.version
            customer.save(update_fields=["number", "number_version"])
        return
    IdentifierToken.objects.filter(customer__in=customers, column=run.column, version__lt=run.version).delete()
    known = set(
        IdentifierToken.objects.filter(customer__in=customers, column=run.column).values_list("customer_id", "token")
    )
    held = {(customer, bytes(token)) for customer, token in known}
    IdentifierToken.objects.bulk_create(
        IdentifierToken(
            client_id=run.client_id, column=run.column, token=token, customer_id=customer, version=run.version
        )
        for customer, tokens in made.items()
        for token in tokens
        if (customer, token) not in held
    )


def give_up(key: IndexKey, *, actor: str) -> None:
    """Say that a version is not used any more; its key goes after the commit, at the latest with `destroy_given_up`.

    Raises:
        Conflict: it is in use, or tokens of it are left.
    """
    held = IndexKey.objects.select_for_update().get(pk=key.pk)
    left = rows_left(held)
    if held.state == State.CURRENT or left:
        raise Conflict(
            "index_key_in_use",
            _("Tokens of this key are still in use. Give the index a new key and let the run come to its end."),
            data={"rows": left},
        )
    if held.state == State.DESTROYED:
        return
    held.state = State.DESTROYED
    held.save(update_fields=["state"])
    facts: dict[str, Value] = {"column": held.column, "version": held.version}
    journal.record(journal.Entry(event=Event.KEY_INDEX_DESTROYED, actor=actor, client=held.client_id, data=facts))
    transaction.on_commit(lambda: destroy_given_up(held.client_id), robust=True)


def rows_left(key: IndexKey) -> int:
    """Stored tokens of this version."""
    tokens = IdentifierToken.objects.filter(client_id=key.client_id, column=key.column, version=key.version).count()
    if key.column != NUMBER:
        return tokens
    return tokens + Customer.objects.filter(client_id=key.client_id, number_version=key.version).count()


def destroy_given_up(client: UUID) -> int:
    """Have the keeper destroy the keys of versions that were given up. Returns how many were."""
    with client_scope(client):
        keys = list(IndexKey.objects.filter(client_id=client, state=State.DESTROYED, destroyed_at__isnull=True))
    for key in keys:
        keeper.destroy_index_key(client, key.column, key.version)
        with client_scope(client):
            IndexKey.objects.filter(pk=key.pk).update(destroyed_at=clock.now())
    return len(keys)


def with_work() -> list[UUID]:
    """Clients with a run under way, or with a key that was given up and is still there."""
    running = KeyRun.objects.filter(kind=KeyRun.Kind.REINDEX, state=KeyRun.State.RUNNING)
    found = set(running.values_list("client_id", flat=True))
    for client in Client.objects.exclude(pk__in=found).values_list("id", flat=True):
        with client_scope(client):
            if IndexKey.objects.filter(state=State.DESTROYED, destroyed_at__isnull=True).exists():
                found.add(client)
    return sorted(found)


def go_on(client: UUID, *, until: datetime | None = None) -> None:
    """Take up the runs of a client that are under way, and what a crash left of keys that were given up."""
    runs = KeyRun.objects.filter(client_id=client, kind=KeyRun.Kind.REINDEX, state=KeyRun.State.RUNNING)
    for run in runs.values_list("id", flat=True):
        while advance(run):
            if until is not None and clock.now() >= until:
                return
    destroy_given_up(client)
