"""Keys of what is sealed beside a record and handed out, such as a token vault: under the record's own two locks.

The wrap is handed out too and stands in no row. It opens while both locks live, against a permit for the record, and
for the very thing it was made for; who erases the record's subject ends it with everything else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol
from uuid import UUID

from callwarden.custody.keeper.protocol import to_bytes, to_text
from callwarden.custody.keeper.root import Refusal
from callwarden.engines.seal import Binding, Key, unwrap_data_key, wrap_data_key

Request = dict[str, Any]
Answer = dict[str, Any]
# Stands where a record's wrap has its purposes, so that neither can pass for the other.
PURPOSES = ("beside",)


class Rows(Protocol):
    """What the database says of permits."""

    def use_permit(self, *, permit: UUID, record: UUID, principal: str, session: UUID | None) -> dict[str, Any] | None:
        """The record's wrapped keys if this permit covers it now; the use is counted."""


class Beside:
    """The operations, apart from sockets.

    Args:
        locks: a record's binding, subject key and bucket key by its wraps.
    """

    def __init__(self, rows: Rows, locks: Callable[[UUID, dict[str, Any]], tuple[Binding, Key, Key]]) -> None:
        self._rows = rows
        self._locks = locks
        self.operations = {"mint_beside": self.mint, "release_beside": self.release}

    def mint(self, request: Request) -> Answer:
        """A fresh data key for something beside a record, and its wrap."""
        row, (binding, subject, bucket) = self._of(request)
        key = Key.generate(subject.suite)
        wrapped = wrap_data_key(key, subject_key=subject, bucket_key=bucket, binding=binding)
        return {"key": to_text(key.raw), "suite": row["suite"], "wrapped": to_text(wrapped)}

    def release(self, request: Request) -> Answer:
        """The data key of such a wrap."""
        row, (binding, subject, bucket) = self._of(request)
        key = unwrap_data_key(to_bytes(request["wrapped"]), subject_key=subject, bucket_key=bucket, binding=binding)
        return {"key": to_text(key.raw), "suite": row["suite"]}

    def _of(self, request: Request) -> tuple[dict[str, Any], tuple[Binding, Key, Key]]:
        record, session = UUID(str(request["record"])), request.get("session")
        row = self._rows.use_permit(
            permit=UUID(str(request["permit"])),
            record=record,
            principal=str(request["principal"]),
            session=None if session is None else UUID(str(session)),
        )
        if row is None:
            raise Refusal("no_permit")
        binding, subject, bucket = self._locks(record, row)
        return row, (replace(binding, record=str(UUID(str(request["beside"]))), purposes=PURPOSES), subject, bucket)
