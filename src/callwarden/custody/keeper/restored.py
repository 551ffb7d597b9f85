"""A key folder that came from a copy is closed until two people have signed under which name its log goes on.

Two signs, neither of them in the database, so that nobody clears them there:

    restored              lies in every copy of the key files, so that a folder made from one is closed from the start;
                          `callwarden restore` writes into it what the two people sign
    origins/DIGEST        the names of the log for which this folder was opened, each wrapped by the root; the log of a
                          restored store has a new name, so without the mark it is closed as well

While it is closed the keeper gives no data key, opens no detail, makes, moves and ends no key. It answers how it is,
seals what people do meanwhile for the log, and can be unlocked.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import rfc8785

from callwarden.custody.keeper.folder import KeyFolder, KeyLost
from callwarden.custody.keeper.resealing import Peer
from callwarden.custody.keeper.root import Approvals, Refusal
from callwarden.custody.once import give_to_owner, sync_folder

RESTORE_OPEN: Final = "protection:restore:open"
MARK: Final = "restored"
# How the name of a restored log ends; a log of such a name was never the first one of its folder.
RESTORED: Final = "/restored-"
WHILE_CLOSED: Final = frozenset(
    {"status", "root", "probe", "unlock", "candidate", "change_provider", "seal_detail", "open_restored"}
)
Request = dict[str, Any]
Answer = dict[str, Any]
Operation = Callable[[Request], Answer]
Conversation = Callable[[Request, Peer], Answer]


class Restored:
    """Whether this folder is open, and the operation that opens it.

    Args:
        keys: the key folder's path.
        origin: the file that holds the log's name; there may be none yet, or none on this machine.
    """

    def __init__(self, folder: KeyFolder, keys: Path, origin: Path, approvals: Approvals) -> None:
        self._folder = folder
        self._keys = keys
        self._origin = origin
        self._approvals = approvals
        self._open_for = ""
        self._adopting = threading.Lock()
        self.operations: dict[str, Operation] = {"open_restored": self.open_restored}

    def guarded(self, operations: Mapping[str, Operation]) -> dict[str, Operation]:
        """The same operations; those that a closed store must not do are refused while it is one."""
        return {name: one if name in WHILE_CLOSED else self._guarded(one) for name, one in operations.items()}

    def guarded_conversations(self, conversations: Mapping[str, Conversation]) -> dict[str, Conversation]:
        """The same conversations, none of which a closed store leads."""

        def guarded(one: Conversation) -> Conversation:
            def refuse_or_speak(request: Request, peer: Peer) -> Answer:
                if self.is_closed():
                    raise Refusal("restored_closed")
                return one(request, peer)

            return refuse_or_speak

        return {name: guarded(one) for name, one in conversations.items()}

    def is_closed(self) -> bool:
        """
        Raises:
            KeyProviderError: whether it was opened for this log cannot be seen now.
        """
        if (self._keys / MARK).exists():
            return True
        origin = self._name()
        if origin and origin == self._open_for and (self._keys / "origins" / _digest(origin)).exists():
            return False
        if not origin:
            # Before its first start a log has no name. One that had a name and lost it is not that.
            return any((self._keys / "origins").glob("*"))
        try:
            self._folder.require_origin(_digest(origin))
        except KeyLost:
            with self._adopting:
                if RESTORED in origin or any((self._keys / "origins").glob("*")):
                    return True
                self._folder.accept_origin(_digest(origin))
        self._open_for = origin
        return False

    def open_restored(self, request: Request) -> Answer:
        """Open the folder for the log's new name, once two people have signed just this. Repeating changes nothing."""
        approval = UUID(str(request["approval"]))
        if not (self._keys / MARK).exists():
            if self.is_closed():
                raise Refusal("not_approved")
            return {}
        try:
            act = json.loads((self._keys / MARK).read_text(encoding="utf-8"))["act"]
            signed_for = str(act["new_origin"])
        except (ValueError, KeyError, TypeError):
            raise Refusal("not_approved") from None  # the restore did not come to its end
        digest = sha256(rfc8785.dumps({"kind": RESTORE_OPEN, "parameters": act})).hexdigest()
        if signed_for != _digest(self._name()):
            raise Refusal("not_approved")
        if not self._approvals.is_approved(approval=approval, kind=RESTORE_OPEN, digest=digest):
            raise Refusal("not_approved")
        self._folder.accept_origin(signed_for)
        (self._keys / MARK).unlink()
        sync_folder(self._keys)
        return {}

    def _name(self) -> str:
        try:
            return self._origin.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""

    def _guarded(self, operation: Operation) -> Operation:
        def refuse_or_do(request: Request) -> Answer:
            if self.is_closed():
                raise Refusal("restored_closed")
            return operation(request)

        return refuse_or_do


def close(keys: Path, act: Mapping[str, Any]) -> None:
    """Write into the mark of a restored folder what two people must sign: the parameters of the act."""
    part = keys / f".{MARK}"
    with part.open("w", encoding="utf-8") as file:
        json.dump({"act": dict(act)}, file)
        file.flush()
        give_to_owner(file.fileno(), keys)
    part.chmod(0o600)
    part.rename(keys / MARK)
    sync_folder(keys)


def _digest(origin: str) -> str:
    return sha256(origin.encode()).hexdigest()
