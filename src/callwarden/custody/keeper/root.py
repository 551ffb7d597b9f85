"""The keeper's operations on the root itself: is it well, unlock it, change who holds it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import rfc8785

from callwarden.custody.keeper.folder import KeyFolder
from callwarden.custody.keeper.providers import PASSPHRASE, CannotStart, UntilUnlocked, candidate, in_force
from callwarden.engines.seal import Key, KeyProvider, SealError, Suite, recovery

CHANGE_PROVIDER = "protection:root:change_provider"
Request = dict[str, Any]
Answer = dict[str, Any]


class Refusal(Exception):
    """The keeper will not; `code` says why in terms that hold no personal data."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Approvals(Protocol):
    """Where the keeper sees for itself what people approved."""

    def is_approved(self, *, approval: UUID, kind: str, digest: str) -> bool:
        """Whether this very act stands approved now, by enough people, and was not carried out yet."""


class RootOperations:
    """Operations on the root, apart from sockets.

    The settings of a provider come from the keeper's own environment, never from who asks: whoever takes over a web
    process can not have the keys wrapped by a server of theirs.
    """

    def __init__(self, folder: KeyFolder, keys: Path, environment: Mapping[str, str], approvals: Approvals) -> None:
        self._folder = folder
        self._keys = keys
        self._environment = environment
        self._approvals = approvals
        self.operations: dict[str, Callable[[Request], Answer]] = {
            "root": self.root,
            "probe": self.probe,
            "unlock": self.unlock,
            "candidate": self.candidate,
            "change_provider": self.change_provider,
        }

    def root(self, _request: Request) -> Answer:
        """Who holds the root now, and who the settings say should."""
        status, known = self._folder.provider.status(), in_force(self._keys)
        return {
            "kind": known.kind if known else PASSPHRASE,
            "configured": self._environment.get("CALLWARDEN_KEY_PROVIDER") or PASSPHRASE,
            "root": status.key_id,
            "ready": status.available,
            "detail": status.detail,
        }

    def probe(self, _request: Request) -> Answer:
        """Wrap and unwrap a key that protects nothing."""
        provider, key = self._folder.provider, Key.generate(Suite.AES_256_GCM)
        context = ("probe", secrets.token_hex(8))
        if provider.unwrap(provider.wrap(key, context), context) != key:
            raise Refusal("provider_lies")
        return {}

    def unlock(self, request: Request) -> Answer:
        """Take recovery shares; the root they bring back stays in this process's memory."""
        provider = self._folder.provider
        if not isinstance(provider, UntilUnlocked):
            raise Refusal("not_locked")
        try:
            right = provider.unlock(recovery.combine([str(line) for line in request["shares"]]))
        except SealError:
            right = False
        if not right:
            raise Refusal("wrong_shares")
        return {}

    def candidate(self, request: Request) -> Answer:
        """The root another provider would have: what an approval names."""
        provider = self._candidate(str(request["to"]))
        try:
            return {"root": provider.status().key_id}
        finally:
            provider.close()

    def change_provider(self, request: Request) -> Answer:
        """Wrap all keys by another provider, once an approval for exactly this stands. Repeating it changes nothing."""
        kind, wanted, approval = str(request["to"]), str(request["new_root"]), UUID(str(request["approval"]))
        known = in_force(self._keys)
        if known is not None and (known.kind, known.key_id) == (kind, wanted):
            return {"changed": 0}
        parameters = {"root": self._folder.provider.status().key_id, "to": kind, "new_root": wanted}
        act = rfc8785.dumps({"kind": CHANGE_PROVIDER, "parameters": parameters})
        digest = hashlib.sha256(act).hexdigest()
        if not self._approvals.is_approved(approval=approval, kind=CHANGE_PROVIDER, digest=digest):
            raise Refusal("not_approved")
        new = self._candidate(kind)
        if new.status().key_id != wanted:
            new.close()
            raise Refusal("root_replaced")
        return {"changed": self._folder.change_provider(new, kind)}

    def _candidate(self, kind: str) -> KeyProvider:
        try:
            provider = candidate(kind, self._keys, self._environment, make=True)
        except (CannotStart, OSError):
            raise Refusal("candidate_not_set_up") from None
        try:
            if not provider.status().available:
                raise Refusal("candidate_unavailable")
        except BaseException:
            provider.close()
            raise
        return provider
