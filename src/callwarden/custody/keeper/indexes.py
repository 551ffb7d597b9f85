"""The keeper's operations on blind indexes: tokens, and new tokens when the key of an index changes.

To make new tokens the values must be read again. That happens here alone: what leaves are tokens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol
from uuid import UUID

from callwarden.custody.keeper.folder import KeyFolder
from callwarden.custody.keeper.protocol import to_text
from callwarden.custody.keeper.root import Refusal
from callwarden.custody.naming import field_part
from callwarden.engines.seal import InvalidInput, Key, SealError, open_bytes
from callwarden.engines.seal.normalise import (
    normalise_card,
    normalise_customer_no,
    normalise_email,
    normalise_id,
    normalise_phone,
)

Request = dict[str, Any]
Answer = dict[str, Any]
# Bytes of a keyed token: shorter ones would take different values for the same.
MIN_TOKEN, MAX_TOKEN = 16, 32
MOST_CUSTOMERS = 1000
# Column -> (name of the sealed field it indexes, how that is written).
INDEXED: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "phone": ("phone", normalise_phone),
    "email": ("email", normalise_email),
    "customer_no": ("customer_no", normalise_customer_no),
    "id": ("id_number", normalise_id),
    "card": ("card_number", normalise_card),
}


class Rows(Protocol):
    """What the database says of indexes."""

    def reindexing(self, *, client: UUID, column: str, version: int) -> bool:
        """Whether a run that makes tokens of this version is under way."""

    def indexed_values(self, *, client: UUID, customers: list[UUID], field: str) -> list[dict[str, Any]]:
        """Sealed fields of this name in live records of these customers, with the wraps of their records."""

    def index_rows_left(self, *, client: UUID, column: str, version: int) -> int | None:
        """Tokens of this version that are still stored; None while the version is not given up."""


class IndexOperations:
    """Operations on blind indexes, apart from sockets."""

    def __init__(self, rows: Rows, folder: KeyFolder, data_key: Callable[[UUID, dict[str, Any]], Key]) -> None:
        self._rows = rows
        self._folder = folder
        self._data_key = data_key
        self.operations: dict[str, Callable[[Request], Answer]] = {
            "tokens": self.tokens,
            "new_index_key": self.new_index_key,
            "reindex": self.reindex,
            "destroy_index_key": self.destroy_index_key,
        }

    def tokens(self, request: Request) -> Answer:
        """Blind index tokens of normalised values; `size` bytes of each (search tokens are truncated)."""
        client, column, size = UUID(str(request["client"])), str(request["column"]), int(request.get("size", MAX_TOKEN))
        if not MIN_TOKEN <= size <= MAX_TOKEN:
            raise Refusal("bad_request")
        made = self._tokens(client, column, int(request.get("version", 1)), request["values"])
        return {"tokens": [to_text(token[:size]) for token in made]}

    def new_index_key(self, request: Request) -> Answer:
        """Make the key of a version, unless it is there."""
        self._folder.new_index(UUID(str(request["client"])), str(request["column"]), int(request["version"]))
        return {}

    def reindex(self, request: Request) -> Answer:
        """Tokens under a new version of everything these customers are known by in a column."""
        client, column, version = UUID(str(request["client"])), str(request["column"]), int(request["version"])
        customers = [UUID(str(one)) for one in request["customers"]]
        if column not in INDEXED or len(customers) > MOST_CUSTOMERS:
            raise Refusal("bad_request")
        if not self._rows.reindexing(client=client, column=column, version=version):
            raise Refusal("not_running")
        field, normalise = INDEXED[column]
        values: dict[UUID, list[str]] = defaultdict(list)
        for row in self._rows.indexed_values(client=client, customers=customers, field=field):
            value = self._open(row)
            try:
                values[row["customer_id"]].append(normalise(value))
            except InvalidInput:
                continue  # it was not indexed before either
        return {
            "tokens": {
                str(customer): [to_text(token) for token in self._tokens(client, column, version, set(normal))]
                for customer, normal in values.items()
            }
        }

    def destroy_index_key(self, request: Request) -> Answer:
        """Destroy the key of a version that was given up, once no token of it is left."""
        client, column, version = UUID(str(request["client"])), str(request["column"]), int(request["version"])
        if self._rows.index_rows_left(client=client, column=column, version=version) != 0:
            raise Refusal("still_in_force")
        self._folder.destroy_index(client, column, version)
        return {}

    def _tokens(self, client: UUID, column: str, version: int, values: Iterable[str]) -> list[bytes]:
        return self._folder.index(client, column, version).tokens(str(client), column, values)

    def _open(self, row: dict[str, Any]) -> str:
        record = row["id"]
        key = self._data_key(record, row)
        part = field_part(row["name"], row["position"])
        try:
            return open_bytes(key, bytes(row["blob"]), record_id=record.bytes, part=part).decode()
        except SealError:
            raise Refusal("rows_changed") from None
