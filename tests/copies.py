"""A copy of the store that is laid down again, and the journal of what happened since, as `read` would give it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from callwarden.custody.models import LedgerPending
from callwarden.protection.backup.journal import RESTRICTIVE
from tests.prove._lawful_world import LETTERS, Store


class Copied:
    """The store as it was when this was made; it and its ledger end there once it is laid down."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._told = LedgerPending.objects.count()
        store.copy()

    def journal(self) -> list[dict[str, Any]]:
        """What a copy is told of the time since, in the order of the ledger."""
        rows = LedgerPending.objects.order_by("id")[self._told :]
        told = [json.loads(bytes(row.body)) for row in rows]
        return [entry for entry in told if entry["event"] in {str(event) for event in RESTRICTIVE}]

    def lay_down(self) -> list[dict[str, Any]]:
        """Lose the present, and go back to the copy. Returns the journal of what was lost."""
        told = self.journal()
        self._store.lay_down()
        lost = LedgerPending.objects.order_by("id")[self._told :].values_list("pk", flat=True)
        LedgerPending.objects.filter(pk__in=list(lost)).delete()
        return told


def slug() -> str:
    """A name for a client, once; without digits, of which a few in a row would be taken for a number."""
    return uuid4().hex.translate(LETTERS)[:12]


@pytest.fixture
def tables(transactional_db: None) -> Iterator[Store]:
    """Before whatever is made in the store: its schema goes last."""
    store = Store()
    yield store
    store.run("DROP SCHEMA copy CASCADE")
    store.close()
