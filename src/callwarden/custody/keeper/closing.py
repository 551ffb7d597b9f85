"""The keeper's end of a client: all of the client's keys go, once two people want it, and none is made again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import rfc8785

from callwarden.custody.keeper.folder import KeyFolder
from callwarden.custody.keeper.root import Refusal
from callwarden.custody.keeper.store import Store

CLOSE_CLIENT = "protection:client:close"
Request = dict[str, Any]
Answer = dict[str, Any]


class Closing:
    """The operation, apart from sockets."""

    def __init__(self, store: Store, folder: KeyFolder) -> None:
        self._store = store
        self._folder = folder
        self.operations: dict[str, Callable[[Request], Answer]] = {"close_client": self.close_client}

    def close_client(self, request: Request) -> Answer:
        """Destroy every epoch, index and detail key of a client. Repeating it changes nothing."""
        client, approval = UUID(str(request["client"])), UUID(str(request["approval"]))
        act = rfc8785.dumps({"kind": CLOSE_CLIENT, "parameters": {"client": str(client)}})
        digest = hashlib.sha256(act).hexdigest()
        if not self._store.is_approved(approval=approval, kind=CLOSE_CLIENT, digest=digest):
            raise Refusal("not_approved")
        with self._store.transaction() as connection:
            rows = connection.execute("SELECT id FROM custody_epoch WHERE client_id = %s", (client,)).fetchall()
        return {"destroyed": self._folder.close_client(client, [row["id"] for row in rows])}
