"""How every other process speaks to the keeper. One connection a thread, reopened when it broke."""

from __future__ import annotations

import os
import socket
import threading
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from callwarden.custody.keeper.protocol import ProtocolError, receive, send, to_bytes, to_text
from callwarden.engines.seal import Binding, Key, Suite
from callwarden.kernel.errors import CallwardenError, Refused, Unavailable

TIMEOUT_SECONDS = 10.0
# A provider may take several calls of 5 seconds; a change of provider wraps some thousand keys.
PROVIDER_SECONDS = 40.0
CHANGE_SECONDS = 1800.0
REWRAPPED_AT_ONCE = 500
_local = threading.local()


class NotPermitted(Refused):
    """The keeper holds no live permit for exactly this opening."""


class KeyDestroyed(Refused):
    """A lock is gone: the record can no longer be opened by anybody."""


class RootRefused(Refused):
    """The keeper will not do this to the root."""


class StoreClosed(Refused):
    """This store was restored, and two people have not signed that it opens."""


class EpochNeeded(Refused):
    """The keeper will not end this epoch's key yet."""


@dataclass(frozen=True)
class Moved:
    """How a run stands: `ended`, nothing is left to move; `running`, it was not paused or stopped."""

    ended: bool
    running: bool


class KeeperUnavailable(Unavailable):
    """The keeper, its provider or its database does not answer. Taking in goes on; opening does not."""


class ObjectDamaged(KeeperUnavailable):
    """What lies in the store, or the record's key, does not open."""


def socket_path() -> Path:
    return Path(os.environ.get("CALLWARDEN_KEEPER_SOCKET") or Path(settings.DATA_DIR) / "run" / "keeper.sock")


def status() -> dict[str, Any]:
    return _ask("status")


def root() -> dict[str, Any]:
    """Who holds the root: `kind`, `configured` kind, `root` id, `ready`, `detail`."""
    return _ask("root")


def probe() -> None:
    """Have a key that protects nothing wrapped and unwrapped by the provider.

    Raises:
        KeeperUnavailable: it did not come back.
    """
    _ask_once("probe", within=PROVIDER_SECONDS)


def unlock(shares: list[str]) -> None:
    """Open a locked root with recovery shares.

    Raises:
        RootRefused: they are not shares of this root, or it is not locked.
    """
    _ask_once("unlock", within=PROVIDER_SECONDS, shares=shares)


def candidate_root(to: str) -> str:
    """The id of the root another provider, as the keeper's settings describe it, would have.

    Raises:
        RootRefused: it is not set up, or cannot be used now.
    """
    return str(_ask_once("candidate", within=PROVIDER_SECONDS, to=to)["root"])


def change_provider(*, to: str, new_root: str, approval: UUID) -> int:
    """Have all keys wrapped by another provider; how many were.

    Raises:
        RootRefused: no approval for exactly this stands, or the provider has another root.
        KeeperUnavailable: it did not come to an end; ask again, it changes all or nothing.
    """
    answer = _ask_once("change_provider", within=CHANGE_SECONDS, to=to, new_root=new_root, approval=str(approval))
    return int(answer["changed"])


def new_epoch(epoch: UUID) -> None:
    _ask("new_epoch", epoch=str(epoch))


def move(run: UUID, *, seconds: float) -> Moved:
    """Have the keeper work on a run for so long, 5 seconds at most.

    Raises:
        KeeperUnavailable: it did not answer; what it has moved until then stays moved.
    """
    answer = _ask_once("move", within=PROVIDER_SECONDS, run=str(run), seconds=seconds)
    return Moved(ended=bool(answer["ended"]), running=bool(answer["running"]))


def destroy_epoch(epoch: UUID, *, approval: UUID | None = None) -> None:
    """End the key of an epoch. Repeating it changes nothing.

    Raises:
        EpochNeeded: keys are under it still, or its overlap lasts and no approval for exactly this stands.
        KeeperUnavailable: it did not come back; ask again.
    """
    _ask_once(
        "destroy_epoch",
        within=PROVIDER_SECONDS,
        epoch=str(epoch),
        approval=str(approval) if approval else None,
    )


def mint(binding: Binding, *, suite: int, epoch: UUID) -> tuple[Key, bytes]:
    """A fresh data key for this binding, and its wrap to be stored."""
    answer = _ask("mint", binding=_fields(binding), suite=suite, epoch=str(epoch))
    return Key(Suite(suite), to_bytes(answer["key"])), to_bytes(answer["wrapped"])


def rewrap(binding: Binding, *, epoch: UUID) -> bytes:
    return to_bytes(_ask("rewrap", record=binding.record, binding=_fields(binding), epoch=str(epoch))["wrapped"])


def rewrap_many(bindings: list[Binding], *, epoch: UUID) -> dict[UUID, bytes]:
    """New wraps of records, by their ids, in a few questions; a record that is gone has none."""
    wraps: dict[UUID, bytes] = {}
    for start in range(0, len(bindings), REWRAPPED_AT_ONCE):
        some = [_fields(binding) for binding in bindings[start : start + REWRAPPED_AT_ONCE]]
        answer = _ask("rewrap_many", bindings=some, epoch=str(epoch))
        wraps |= {UUID(record): to_bytes(wrapped) for record, wrapped in answer["wraps"].items()}
    return wraps


@dataclass(frozen=True)
class Released:
    """A data key, and the object it opens with that object's size in bytes; none where the record has only values."""

    key: Key
    object_key: str
    sealed_size: int


def release(*, permit: UUID, record: UUID, principal: str, session: UUID | None) -> Released:
    answer = _ask("release", **_permitted(permit, record, principal, session))
    key = Key(Suite(answer["suite"]), to_bytes(answer["key"]))
    return Released(key, str(answer["object"]), int(answer["size"]))


def mint_beside(*, permit: UUID, record: UUID, principal: str, session: UUID | None, beside: UUID) -> tuple[Key, bytes]:
    """A fresh data key, under the locks of a record, for something beside it; and its wrap, which nobody else keeps."""
    answer = _ask("mint_beside", **_permitted(permit, record, principal, session), beside=str(beside))
    return Key(Suite(answer["suite"]), to_bytes(answer["key"])), to_bytes(answer["wrapped"])


def release_beside(
    *, permit: UUID, record: UUID, principal: str, session: UUID | None, beside: UUID, wrapped: bytes
) -> Key:
    """The data key of such a wrap.

    Raises:
        NotPermitted, KeyDestroyed: as for a record.
        ObjectDamaged: the wrap was made for something else, or changed.
    """
    told = _permitted(permit, record, principal, session)
    try:
        answer = _ask("release_beside", **told, beside=str(beside), wrapped=to_text(wrapped))
    except KeeperUnavailable as error:
        if error.data.get("cause") != "damaged":
            raise
        raise ObjectDamaged(
            "object_damaged", _("This does not open: it was changed, or made for something else.")
        ) from None
    return Key(Suite(answer["suite"]), to_bytes(answer["key"]))


def _permitted(permit: UUID, record: UUID, principal: str, session: UUID | None) -> dict[str, Any]:
    return {
        "permit": str(permit),
        "record": str(record),
        "principal": principal,
        "session": str(session) if session else None,
    }


def open_intake(*, permit: UUID, item: UUID, principal: str) -> Key:
    answer = _ask("open_intake", permit=str(permit), item=str(item), principal=principal)
    return Key(Suite(answer["suite"]), to_bytes(answer["key"]))


class Conversation:
    """The sealing of one object anew, as the keeper leads it (see `keeper.resealing`), over a connection of its own."""

    def __init__(self, *, run: UUID, record: UUID, size: int) -> None:
        self._first = {"op": "reseal", "run": str(run), "record": str(record), "size": size}
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def __enter__(self) -> Conversation:
        self._sock.settimeout(PROVIDER_SECONDS)
        try:
            self._sock.connect(str(socket_path()))
        except OSError:
            self._sock.close()
            raise _error("keeper_unreachable") from None
        self.say(self._first)
        return self

    def __exit__(self, *_error: object) -> None:
        self._sock.close()

    def say(self, message: dict[str, Any]) -> None:
        try:
            send(self._sock, message)
        except (OSError, ProtocolError):
            raise _error("keeper_unreachable") from None

    def hear(self) -> dict[str, Any]:
        """What the keeper says next.

        Raises:
            ObjectDamaged: the object it reads does not open.
            KeyDestroyed, KeeperUnavailable: as everywhere.
        """
        try:
            said = receive(self._sock)
        except (OSError, ProtocolError, ValueError):
            said = None
        if said is None:
            raise _error("keeper_unreachable")
        if said.get("error") == "damaged":
            raise ObjectDamaged(
                "object_damaged",
                _("This object cannot be opened. Bring it back from a backup, then start the run again."),
                data={"cause": "damaged"},
            )
        if "error" in said:
            raise _error(str(said["error"]))
        return said


def new_intake_key(key_id: UUID, day: date) -> tuple[bytes, bytes]:
    """(public bytes, root signature) of a new day key."""
    answer = _ask("new_intake_key", id=str(key_id), day=day.isoformat())
    return to_bytes(answer["public"]), to_bytes(answer["signature"])


def destroy_intake_key(key_id: UUID) -> None:
    _ask("destroy_intake_key", id=str(key_id))


def close_client(client: UUID, *, approval: UUID) -> int:
    """Have all keys of a client destroyed; how many files went. Repeating it changes nothing.

    Raises:
        RootRefused: no approval for exactly this stands.
        KeeperUnavailable: it did not come back; ask again.
    """
    answer = _ask_once("close_client", within=PROVIDER_SECONDS, client=str(client), approval=str(approval))
    return int(answer["destroyed"])


def open_restored(*, approval: UUID) -> None:
    """Have the keeper open a restored store. Repeating it changes nothing.

    Raises:
        RootRefused: no approval for exactly this stands.
        KeeperUnavailable: it did not come back; the approval stands.
    """
    _ask_once("open_restored", within=PROVIDER_SECONDS, approval=str(approval))


def sweep_intake_keys() -> int:
    """Have the private halves destroyed of all day keys that have ended; how many that were."""
    return int(_ask("sweep_intake_keys")["destroyed"])


def tokens(client: UUID, column: str, values: list[str], *, size: int = 32, version: int = 1) -> list[bytes]:
    if not values:
        return []
    answer = _ask("tokens", client=str(client), column=column, values=values, size=size, version=version)
    return [to_bytes(token) for token in answer["tokens"]]


def new_index_key(client: UUID, column: str, version: int) -> None:
    _ask("new_index_key", client=str(client), column=column, version=version)


def reindex(client: UUID, column: str, version: int, customers: list[UUID]) -> dict[UUID, list[bytes]]:
    """Customer -> tokens under this version of what they are known by; nothing for whom nothing is kept."""
    wanted = [str(customer) for customer in customers]
    answer = _ask("reindex", client=str(client), column=column, version=version, customers=wanted)
    return {UUID(one): [to_bytes(token) for token in made] for one, made in answer["tokens"].items()}


def destroy_index_key(client: UUID, column: str, version: int) -> None:
    _ask("destroy_index_key", client=str(client), column=column, version=version)


def seal_detail(*, client: UUID | None, entry: UUID, plain: bytes) -> bytes:
    answer = _ask("seal_detail", client=str(client) if client else None, entry=str(entry), plain=to_text(plain))
    return to_bytes(answer["blob"])


def open_detail(
    *, client: UUID | None, entry: UUID, blob: bytes, permit: UUID, principal: str, session: UUID | None
) -> bytes:
    answer = _ask(
        "open_detail",
        client=str(client) if client else None,
        entry=str(entry),
        blob=to_text(blob),
        permit=str(permit),
        principal=principal,
        session=str(session) if session else None,
    )
    return to_bytes(answer["plain"])


def _fields(binding: Binding) -> dict[str, Any]:
    return {
        "client": binding.client,
        "line": binding.line,
        "record": binding.record,
        "subject": binding.subject,
        "generation": binding.generation,
        "bucket": binding.bucket,
        "purposes": list(binding.purposes),
    }


def _ask(operation: str, **arguments: Any) -> dict[str, Any]:
    answer = _exchange({"op": operation, **arguments})
    if "ok" in answer:
        result: dict[str, Any] = answer["ok"]
        return result
    raise _error(str(answer.get("error")))


def _ask_once(operation: str, *, within: float, **arguments: Any) -> dict[str, Any]:
    """Over a connection of its own, and never a second time by itself."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(within)
            sock.connect(str(socket_path()))
            send(sock, {"op": operation, **arguments})
            answer = receive(sock) or {}
    except (OSError, ProtocolError, ValueError):
        answer = {}
    if "ok" in answer:
        result: dict[str, Any] = answer["ok"]
        return result
    raise _error(str(answer.get("error") or "keeper_unreachable"))


_ROOT_REFUSALS = {
    "not_approved": _("No approval for exactly this stands. Ask for it, and let somebody else approve."),
    "root_replaced": _("The new provider's root is not the one that was approved. Ask for approval again."),
    "candidate_not_set_up": _("The settings of that key provider are missing. Set them, restart, try again."),
    "candidate_unavailable": _("That key provider cannot be used now. See whether it runs and holds its keys."),
    "wrong_shares": _("These shares do not bring this root back. Use shares of one export of this root."),
    "not_locked": _("The root is not locked."),
    "provider_lies": _("The key provider gives other keys back than it was given. Do not trust it."),
}


_EPOCH_REFUSALS = {
    "no_such_epoch": _("There is no such epoch."),
    "rows_remain": _("Keys are wrapped under this epoch still. Let its turn come to an end, then try again."),
    "epoch_overlaps": _("This epoch's key is kept for the overlap. To end it sooner, ask for approval."),
}


def _error(code: str) -> CallwardenError:
    if code in _EPOCH_REFUSALS:
        return EpochNeeded(code, _EPOCH_REFUSALS[code])
    if code in _ROOT_REFUSALS:
        return RootRefused(code, _ROOT_REFUSALS[code])
    if code == "restored_closed":
        return StoreClosed(
            code, _("This store was restored and is closed until two people have signed. Go to the approvals.")
        )
    if code == "no_permit":
        return NotPermitted("no_permit", _("This may not be opened now. Ask for access again and state your purpose."))
    if code in {"key_destroyed", "record_gone"}:
        return KeyDestroyed("key_destroyed", _("This record has been erased. It cannot be opened by anybody."))
    return KeeperUnavailable(
        "keeper_unavailable",
        _("Sealed data cannot be opened now. Try again shortly; if it lasts, tell the security administrator."),
        data={"cause": code},
    )


def _exchange(message: dict[str, Any]) -> dict[str, Any]:
    # Tried twice, because a connection kept from earlier dies with a restarted keeper. If that happened after a
    # use of a permit was counted, the second try is refused: the safe side.
    for _attempt in range(2):
        try:
            sock = _connection()
            send(sock, message)
            if (answer := receive(sock)) is not None:
                return answer
        except (OSError, ProtocolError, ValueError):
            pass
        _forget()
    raise _error("keeper_unreachable")


def _connection() -> socket.socket:
    if getattr(_local, "pid", None) != os.getpid():
        _local.sock = None
    sock: socket.socket | None = getattr(_local, "sock", None)
    if sock is None:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(TIMEOUT_SECONDS)
        sock.connect(str(socket_path()))
        _local.sock, _local.pid = sock, os.getpid()
    return sock


def _forget() -> None:
    sock = getattr(_local, "sock", None)
    _local.sock = None
    if sock is not None:
        sock.close()
