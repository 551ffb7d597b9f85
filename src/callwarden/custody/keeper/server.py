"""The keeper's operations. Each takes a request object and returns an answer object; refusals carry a code only."""

from __future__ import annotations

import logging
import os
import socket
import socketserver
import struct
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from callwarden.custody.keeper.beside import Beside
from callwarden.custody.keeper.closing import Closing
from callwarden.custody.keeper.folder import KeyFolder, KeyLost
from callwarden.custody.keeper.indexes import IndexOperations
from callwarden.custody.keeper.moves import Moves
from callwarden.custody.keeper.protocol import ProtocolError, receive, send, to_bytes, to_text
from callwarden.custody.keeper.resealing import Peer, Resealing
from callwarden.custody.keeper.restored import Restored
from callwarden.custody.keeper.root import Refusal, RootOperations
from callwarden.custody.keeper.store import DayKey, KeyRow, Store
from callwarden.custody.naming import bucket_id
from callwarden.engines.seal import (
    Binding,
    IntakeKeyPair,
    Key,
    KeyProviderError,
    SealError,
    Suite,
    open_bytes,
    open_from,
    seal_bytes,
    unwrap_data_key,
    unwrap_key,
    wrap_data_key,
    wrap_key,
)

log = logging.getLogger("callwarden.keeper")
# Seconds a frame may take once begun, and connections open at once: every thread of ours that asks holds one.
FRAME_SECONDS = 10.0
PLACES = 1024
# Records of one request to rewrap; their answer is one frame.
MOST_REWRAPPED = 1000
Request = dict[str, Any]
Answer = dict[str, Any]


def _uuid(request: Request, name: str) -> UUID:
    return UUID(str(request[name]))


def _optional_uuid(request: Request, name: str) -> UUID | None:
    value = request.get(name)
    return None if value is None else UUID(str(value))


def binding_of(fields: dict[str, Any]) -> Binding:
    return Binding(
        client=str(fields["client"]),
        line=str(fields["line"]),
        record=str(fields["record"]),
        subject=str(fields["subject"]),
        generation=int(fields["generation"]),
        bucket=str(fields["bucket"]),
        purposes=tuple(sorted(fields["purposes"])),
    )


class Keeper:
    """The operations, apart from sockets, so that tests can call them directly."""

    def __init__(
        self,
        store: Store,
        folder: KeyFolder,
        root: RootOperations | None = None,
        moves: Moves | None = None,
        restored: Restored | None = None,
    ) -> None:
        self._store = store
        self._folder = folder
        self.operations: dict[str, Callable[[Request], Answer]] = {
            "status": self.status,
            "new_epoch": self.new_epoch,
            "mint": self.mint,
            "rewrap": self.rewrap,
            "rewrap_many": self.rewrap_many,
            "release": self.release,
            "open_intake": self.open_intake,
            "new_intake_key": self.new_intake_key,
            "destroy_intake_key": self.destroy_intake_key,
            "sweep_intake_keys": self.sweep_intake_keys,
            "seal_detail": self.seal_detail,
            "open_detail": self.open_detail,
            **Beside(store, self._locks).operations,
            **Closing(store, folder).operations,
            **IndexOperations(store, folder, self._unwrap_row).operations,
            **(root.operations if root else {}),
            **(moves.operations if moves else {}),
        }
        # Those that go on speaking with who asked, over the same connection.
        self.conversations: dict[str, Callable[[Request, Peer], Answer]] = {
            **Resealing(store, self._unwrap_row, self._wrap_row).conversations,
        }
        if restored:
            self.operations = restored.guarded({**self.operations, **restored.operations})
            self.conversations = restored.guarded_conversations(self.conversations)

    def status(self, _request: Request) -> Answer:
        self._store.ping()
        status = self._folder.provider.status()
        return {"provider": status.kind, "ready": status.available, "detail": status.detail}

    def new_epoch(self, request: Request) -> Answer:
        self._folder.new_epoch(_uuid(request, "epoch"))
        return {}

    def mint(self, request: Request) -> Answer:
        """A fresh data key and its wrap; makes the subject's and the bucket's keys when they are new."""
        binding = binding_of(request["binding"])
        suite, epoch = Suite(request["suite"]), _uuid(request, "epoch")
        data_key = Key.generate(suite)
        wrapped = wrap_data_key(
            data_key,
            subject_key=self._subject_key(binding, suite, epoch),
            bucket_key=self._bucket_key(binding, suite, epoch),
            binding=binding,
        )
        return {"key": to_text(data_key.raw), "wrapped": to_text(wrapped)}

    def rewrap(self, request: Request) -> Answer:
        """The same data key under a new generation, bucket or set of purposes. The key itself does not leave."""
        record = _uuid(request, "record")
        wraps = self._rewrapped([{**request["binding"], "record": str(record)}], _uuid(request, "epoch"))
        if not wraps:
            raise Refusal("record_gone")
        return {"wrapped": wraps[str(record)]}

    def rewrap_many(self, request: Request) -> Answer:
        """As `rewrap`, for several records. One that is gone is left out."""
        if len(request["bindings"]) > MOST_REWRAPPED:
            raise Refusal("bad_request")
        return {"wraps": self._rewrapped(request["bindings"], _uuid(request, "epoch"))}

    def _rewrapped(self, told: list[dict[str, Any]], epoch: UUID) -> dict[str, str]:
        bindings = [binding_of(one) for one in told]
        rows = self._store.record_wraps([UUID(binding.record) for binding in bindings])
        locks: dict[tuple[object, ...], Key] = {}
        wraps = {}
        for binding in bindings:
            row = rows.get(UUID(binding.record))
            if row is None:
                continue
            key, same, bucket = self._locked_now(UUID(binding.record), row)
            holder = key.suite, binding.subject, binding.generation
            if holder == (key.suite, str(row["subject_id"]), row["generation"]):
                locks[holder] = same
            elif holder not in locks:
                locks[holder] = self._subject_key(binding, key.suite, epoch)
            place = key.suite, binding.line, binding.bucket
            if binding.bucket == str(row["bucket_id"]):
                locks[place] = bucket
            elif place not in locks:
                locks[place] = self._bucket_key(binding, key.suite, epoch)
            wrapped = wrap_data_key(key, subject_key=locks[holder], bucket_key=locks[place], binding=binding)
            wraps[binding.record] = to_text(wrapped)
        return wraps

    def release(self, request: Request) -> Answer:
        record = _uuid(request, "record")
        row = self._store.use_permit(
            permit=_uuid(request, "permit"),
            record=record,
            principal=str(request["principal"]),
            session=_optional_uuid(request, "session"),
        )
        if row is None:
            raise Refusal("no_permit")
        # Which object this key opens is said with it: a re-encrypt run changes both in one commit.
        key, place = self._unwrap_row(record, row), {"object": row["object_key"], "size": row["sealed_size"]}
        return {"key": to_text(key.raw), "suite": row["suite"], **place}

    def open_intake(self, request: Request) -> Answer:
        item = _uuid(request, "item")
        row = self._store.use_intake_permit(
            permit=_uuid(request, "permit"), item=item, principal=str(request["principal"])
        )
        if row is None:
            raise Refusal("no_permit")
        pair = self._folder.intake_pair(row["key_id"])
        context = ("intake", str(item), str(row["line_id"]), row["kind"])
        key = open_from(pair, bytes(row["sealed_key"]), context=context)
        return {"key": to_text(key.raw), "suite": key.suite.value}

    def new_intake_key(self, request: Request) -> Answer:
        key_id, day = _uuid(request, "id"), date.fromisoformat(str(request["day"]))
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        pair = IntakeKeyPair.generate(start, start + timedelta(days=1))
        self._folder.new_intake(key_id, pair)
        # Another caller may have won; answer with the pair that is really on disk.
        kept = self._folder.intake_pair(key_id)
        signature = self._folder.provider.sign_intake_key(kept.public_bytes, day)
        return {"public": to_text(kept.public_bytes), "signature": to_text(signature)}

    def destroy_intake_key(self, request: Request) -> Answer:
        """End a day key whose life is over by the primary's clock and ours, one that nothing needs any more, or one
        that was made and never registered.

        Whoever can talk to the keeper can therefore not end what is still needed.
        """
        key_id = _uuid(request, "id")
        if self._store.day_key(key_id) is DayKey.NEEDED:
            raise Refusal("still_in_force")
        self._folder.destroy_intake(key_id)
        return {}

    def sweep_intake_keys(self, _request: Request) -> Answer:
        """Destroy the private halves of all registered day keys that have ended."""
        ended = [key for key in self._folder.intake_ids() if self._store.day_key(key) is DayKey.ENDED]
        for key_id in ended:
            self._folder.destroy_intake(key_id)
        return {"destroyed": len(ended)}

    def seal_detail(self, request: Request) -> Answer:
        key = self._folder.detail_key(_optional_uuid(request, "client"))
        entry = _uuid(request, "entry")
        return {"blob": to_text(seal_bytes(key, to_bytes(request["plain"]), record_id=entry.bytes))}

    def open_detail(self, request: Request) -> Answer:
        if not self._store.may_read_details(
            permit=_uuid(request, "permit"),
            entry=_uuid(request, "entry"),
            principal=str(request["principal"]),
            session=_optional_uuid(request, "session"),
        ):
            raise Refusal("no_permit")
        key = self._folder.detail_key(_optional_uuid(request, "client"))
        plain = open_bytes(key, to_bytes(request["blob"]), record_id=_uuid(request, "entry").bytes)
        return {"plain": to_text(plain)}

    def _subject_key(self, binding: Binding, suite: Suite, epoch: UUID) -> Key:
        subject, generation = UUID(binding.subject), binding.generation
        row = self._store.subject_key(subject=subject, generation=generation, suite=suite.value)
        if row is None:
            fresh = Key.generate(suite)
            row = self._store.ensure_subject_key(
                subject=subject,
                generation=generation,
                suite=suite.value,
                client=UUID(binding.client),
                epoch=epoch,
                wrap=lambda under: self._wrap(fresh, under, _subject_context(binding, under)),
            )
        return self._unwrap(row, suite, _subject_context(binding, row.epoch))

    def _bucket_key(self, binding: Binding, suite: Suite, epoch: UUID) -> Key:
        bucket = UUID(binding.bucket)
        row = self._store.bucket_key(bucket)
        if row is None:
            fresh = Key.generate(suite)
            row = self._store.ensure_bucket_key(
                bucket=bucket,
                suite=suite.value,
                client=UUID(binding.client),
                epoch=epoch,
                wrap=lambda under: self._wrap(fresh, under, _bucket_context(binding, under)),
            )
        return self._unwrap(row, suite, _bucket_context(binding, row.epoch))

    def _wrap(self, key: Key, epoch: UUID, context: tuple[str, ...]) -> bytes:
        return wrap_key(self._folder.epoch_key(epoch, key.suite), key, context=context)

    def _unwrap(self, row: KeyRow, suite: Suite, context: tuple[str, ...]) -> Key:
        return unwrap_key(self._folder.epoch_key(row.epoch, suite), row.wrapped, context=context)

    def _unwrap_row(self, record: UUID, row: dict[str, Any]) -> Key:
        return self._locked_now(record, row)[0]

    def _locked_now(self, record: UUID, row: dict[str, Any]) -> tuple[Key, Key, Key]:
        """A record's data key, and the subject and bucket key it lies under."""
        binding, subject, bucket = self._locks(record, row)
        wrapped = bytes(row["wrapped"])
        return unwrap_data_key(wrapped, subject_key=subject, bucket_key=bucket, binding=binding), subject, bucket

    def _wrap_row(self, record: UUID, row: dict[str, Any], key: Key) -> bytes:
        binding, subject, bucket = self._locks(record, row)
        return wrap_data_key(key, subject_key=subject, bucket_key=bucket, binding=binding)

    def _locks(self, record: UUID, row: dict[str, Any]) -> tuple[Binding, Key, Key]:
        """What the data key of a record is bound to by its rows, and the two keys it lies under."""
        suite = Suite(row["suite"])
        told = bucket_id(row["line_id"], row["category"], row["expires_on"], hold=row["hold"])
        if told != row["bucket_id"] or not row["agrees"]:
            raise Refusal("rows_changed")
        binding = binding_of(
            {
                "client": row["client_id"],
                "line": row["line_id"],
                "record": record,
                "subject": row["subject_id"],
                "generation": row["generation"],
                "bucket": row["bucket_id"],
                "purposes": row["purposes"],
            }
        )
        subject = KeyRow(bytes(row["subject_wrapped"]), row["subject_epoch"])
        bucket = KeyRow(bytes(row["bucket_wrapped"]), row["bucket_epoch"])
        return (
            binding,
            self._unwrap(subject, suite, _subject_context(binding, subject.epoch)),
            self._unwrap(bucket, suite, _bucket_context(binding, bucket.epoch)),
        )


def _subject_context(binding: Binding, epoch: UUID) -> tuple[str, ...]:
    return ("subject", binding.client, binding.subject, str(binding.generation), str(epoch))


def _bucket_context(binding: Binding, epoch: UUID) -> tuple[str, ...]:
    return ("bucket", binding.client, binding.line, binding.bucket, str(epoch))


class PeerLost(Exception):
    """Who asked went away in the middle of a conversation."""


class SocketPeer:
    """Who asked, at the other end of a connection."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def tell(self, message: Answer) -> None:
        self._sock.settimeout(FRAME_SECONDS)
        try:
            send(self._sock, message)
        except OSError:
            raise PeerLost from None

    def ask(self, message: Answer) -> Request:
        self.tell(message)
        try:
            said = receive(self._sock, within=FRAME_SECONDS)
        except (OSError, ProtocolError):
            raise PeerLost from None
        if said is None:
            raise PeerLost
        return said


def answer(keeper: Keeper, request: Request, peer: Peer | None = None) -> Answer:
    """Run one operation. Whatever goes wrong, the caller learns a code, never a value."""
    name = str(request.get("op"))
    operation, conversation = keeper.operations.get(name), keeper.conversations.get(name)
    try:
        if operation is not None:
            return {"ok": operation(request)}
        if conversation is not None and peer is not None:
            return {"ok": conversation(request, peer)}
        return {"error": "unknown_operation"}
    except PeerLost:
        return {"error": "gone_away"}
    except Refusal as refusal:
        if refusal.code == "rows_changed":
            log.error("keeper_rows_changed")
        return {"error": refusal.code}
    except KeyLost:
        return {"error": "key_destroyed"}
    except KeyProviderError:
        return {"error": "provider_unavailable"}
    except SealError as error:
        log.error("keeper_seal_error", extra={"code": error.code})
        return {"error": "damaged"}
    except (psycopg.Error, TimeoutError):
        return {"error": "database_unavailable"}
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return {"error": "bad_request"}
    except Exception as error:
        # A full disk, a fault of ours: the caller learns that it failed, the log where.
        log.error("keeper_failed", exc_info=error)
        return {"error": "internal"}


class _Handler(socketserver.BaseRequestHandler):
    server: KeeperServer

    def handle(self) -> None:
        if not self.server.admits(self.request):
            return
        try:
            while (request := receive(self.request, within=FRAME_SECONDS)) is not None:
                reply = answer(self.server.keeper, request, SocketPeer(self.request))
                self.request.settimeout(FRAME_SECONDS)
                send(self.request, reply)
        except (ProtocolError, OSError, ValueError):
            return


class KeeperServer(socketserver.ThreadingUnixStreamServer):
    """Listens on a socket of mode 0660 and admits only peers of its own users (SO_PEERCRED), and only so many at once.

    Each connection has a thread; one that begins a frame must end it, one that asks must read its answer.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, path: Path, keeper: Keeper, *, allowed_uids: frozenset[int]) -> None:
        self.keeper = keeper
        self._places = threading.BoundedSemaphore(PLACES)
        self._allowed = allowed_uids
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        super().__init__(str(path), _Handler)
        os.chmod(path, 0o660)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Where and what, never the text of the error: the library would print a traceback."""
        log.error("keeper_connection_failed", exc_info=True)

    def admits(self, sock: socket.socket) -> bool:
        credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _pid, uid, _gid = struct.unpack("3i", credentials)
        return uid in self._allowed
