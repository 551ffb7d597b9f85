"""Sealing an object anew under a fresh data key: it streams through the keeper, which alone holds both keys.

The asker, who reaches the store, hands sealed bytes in and gets sealed bytes back; neither a key nor a value leaves.
One request is a conversation over its connection:

    asker:   {"op": "reseal", "run", "record", "size"}
    keeper:  {"need": [offset, length], "of": "old"}        asker: {"bytes": ...}      as often as it likes
    keeper:  {"put": ...}                                   no answer                  the new object, piece by piece
    keeper:  {"sealed": true}                               asker: {"size": ...}       it is stored by now
    keeper:  {"need": [offset, length], "of": "new"}        asker: {"bytes": ...}      read back and compared
    keeper:  {"same": size of the plaintext}                asker: {}                  it holds the record's rows now
    keeper:  {"ok": {"wrapped": ...}}                       the fresh key under the record's locks of this moment
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Protocol
from uuid import UUID

from cryptography.utils import Buffer

from callwarden.custody.keeper.protocol import to_bytes, to_text
from callwarden.custody.keeper.root import Refusal
from callwarden.engines.seal import Key, SealedReader, SealedWriter

PIECE_BYTES = 1024 * 1024
Request = dict[str, Any]
Answer = dict[str, Any]


class Peer(Protocol):
    """Who asked, and listens while the request goes on."""

    def tell(self, message: Answer) -> None:
        """Say something that needs no answer."""

    def ask(self, message: Answer) -> Request:
        """Say something and wait for what is said to it."""


class Rows(Protocol):
    """What the database says of records that are sealed anew."""

    def resealable(self, *, run: UUID, record: UUID) -> dict[str, Any] | None:
        """The record's wraps while a re-encrypt run of its client is under way that has not moved it yet."""

    def record_wrap(self, record: UUID) -> dict[str, Any] | None:
        """The record's wraps as they are now."""


class Resealing:
    """The operation, apart from sockets.

    Args:
        data_key: opens a record's data key from its wraps.
        wrap: wraps a data key under the locks its record has by these wraps.
    """

    def __init__(
        self,
        rows: Rows,
        data_key: Callable[[UUID, dict[str, Any]], Key],
        wrap: Callable[[UUID, dict[str, Any], Key], bytes],
    ) -> None:
        self._rows = rows
        self._data_key = data_key
        self._wrap = wrap
        self.conversations: dict[str, Callable[[Request, Peer], Answer]] = {"reseal": self.reseal}

    def reseal(self, request: Request, peer: Peer) -> Answer:
        """Seal the object of a record anew and say under which wrap it opens."""
        run, record = UUID(str(request["run"])), UUID(str(request["record"]))
        row = self._rows.resealable(run=run, record=record)
        if row is None:
            raise Refusal("not_running")
        old = self._data_key(record, row)
        fresh = Key.generate(old.suite)
        digest, size = _seal_again(record, old, fresh, int(request["size"]), peer)
        stored = int(peer.ask({"sealed": True})["size"])
        if _digest_of(SealedReader(_Ranges(peer, "new", stored), fresh, record_id=record.bytes)) != digest:
            raise Refusal("not_the_same")
        peer.ask({"same": size})
        # A hold or a new generation may have moved the record meanwhile, another run may have been here: look again.
        now = self._rows.record_wrap(record)
        if now is None or self._data_key(record, now) != old:
            raise Refusal("record_gone")
        return {"wrapped": to_text(self._wrap(record, now, fresh))}


def _seal_again(record: UUID, old: Key, fresh: Key, size: int, peer: Peer) -> tuple[bytes, int]:
    """SHA-256 and length in bytes of the plaintext, once all of it has been handed back sealed."""
    digest = hashlib.sha256()
    reader = SealedReader(_Ranges(peer, "old", size), old, record_id=record.bytes)
    sink = _Sink(peer)
    with SealedWriter(sink, fresh, record_id=record.bytes) as writer:
        while piece := reader.read(PIECE_BYTES):
            digest.update(piece)
            writer.write(piece)
    sink.flush()
    return digest.digest(), writer.plain_size


def _digest_of(reader: SealedReader) -> bytes:
    digest = hashlib.sha256()
    while piece := reader.read(PIECE_BYTES):
        digest.update(piece)
    return digest.digest()


class _Ranges:
    """Sealed bytes by range, from the asker."""

    def __init__(self, peer: Peer, of: str, size: int) -> None:
        self._peer = peer
        self._of = of
        self.size = size

    def read_at(self, offset: int, length: int) -> bytes:
        return to_bytes(self._peer.ask({"need": [offset, length], "of": self._of})["bytes"])


class _Sink:
    """Sealed bytes to the asker, in pieces of a useful size."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._held = bytearray()

    def write(self, data: Buffer) -> int:
        self._held += data
        if len(self._held) >= PIECE_BYTES:
            self.flush()
        return len(memoryview(data))

    def flush(self) -> None:
        if self._held:
            self._peer.tell({"put": to_text(bytes(self._held))})
            self._held.clear()
