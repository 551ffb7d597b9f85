"""The journal of acts that take access away, off the host of the database.

Pieces are `journal/ORIGIN/FIRST-NEXT`: what stands in the ledger from index FIRST up to NEXT, of which only these acts
are kept, as their ledger entries (random ids, no personal data). Each piece names the digest of the one before, so
none can be changed, left out or exchanged; only the loss of the newest ones is not seen by the chain itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from callwarden.kernel.events import Event
from callwarden.protection.backup.rules import refused
from callwarden.protection.backup.server import Server
from callwarden.protection.backup.vault import Vault

RESTRICTIVE: Final = frozenset(
    {
        Event.RECORD_DESTROYED,
        Event.RECORD_RESTRICTED,
        Event.RECORD_UNRESTRICTED,  # gives, but says which restrictions people have to lift once more
        Event.RECORD_MOVED,  # takes nothing away, but says what did not end with the key of its week, as the next two
        Event.RETENTION_RULE_CHANGED,
        Event.RETENTION_EVENT,
        Event.KEY_SUBJECT_DESTROYED,
        Event.KEY_SUBJECT_TURNED,
        Event.KEY_BUCKET_DESTROYED,
        Event.KEY_EPOCH_DESTROYED,
        Event.KEY_DAY_DESTROYED,
        Event.CONSENT_REFUSED,
        Event.CONSENT_WITHDRAWN,
        Event.CONSENT_EXPIRED,
        Event.CONSENT_INVALIDATED,
        Event.KEY_INDEX_DESTROYED,
        Event.DO_NOT_CALL_ADDED,
        Event.DO_NOT_CALL_REMOVED,  # gives, but says what is not to be put on the list again
        Event.RECIPIENT_CHANGED,
        Event.TRANSFER_ENDED,
        Event.PURPOSE_RETIRED,
        Event.PURPOSE_CHANGED,
        Event.LINE_PURPOSE_CHANGED,
        Event.CATEGORY_RULE_CHANGED,
        Event.MINOR_NOTED,
        Event.REQUEST_RECEIVED,  # takes nothing away, but says what came in and has to be entered again
        Event.REQUEST_ANSWERED,  # nor does this, but nobody is to be answered otherwise than they were
        Event.CLIENT_CLOSED,
        Event.HOLD_SET,
        Event.HOLD_RELEASED,  # takes nothing away, but says which holds are over
        Event.PERSON_UNLINKED,
        Event.PERSON_JOINED,  # a no of one reaches the other
        Event.PERSON_PARTED,
        Event.SERVICE_KEY_REVOKED,
        Event.SESSION_REVOKED,
        Event.ACCOUNT_CLOSED,
        Event.ACCOUNT_FROZEN,
        Event.ROLES_CHANGED,
        Event.APPROVAL_EXECUTED,
        Event.APPROVAL_TERMS_CHANGED,
        Event.SAML_KEY_MADE,  # says when the one before it was in wrong hands
        Event.SUPPRESSION_ENDED,
        Event.PARTNER_SUSPENDED,
        Event.PARTNER_EXITING,
        Event.PARTNER_LEFT,
        Event.PARTNER_CONTACT_FORGOTTEN,
        Event.QUARANTINE_ERASED,
        Event.QUARANTINE_DESTROYED,
    }
)
START: Final = "0" * 64
# Entries of one piece, and their bytes: a list of numbers makes thousands of long ones at once.
_MOST: Final = 20_000
_LARGEST: Final = 8 << 20
_NEW: Final = """
SELECT index, body FROM (
  SELECT index, body, sum(length(body)) OVER (ORDER BY index) - length(body) AS before FROM (
    SELECT index, body FROM custody_ledgerentry WHERE index >= %s AND index < %s AND event = ANY(%s)
    ORDER BY index LIMIT %s) AS most) AS sized
 WHERE before < %s ORDER BY index
"""


@dataclass(frozen=True)
class Head:
    """How far a chain goes: the next ledger index, and the digest of the last piece (hex)."""

    next: int = 0
    digest: str = START


class Shipper:
    """Appends what the ledger has more than the chain of this origin. Two at once do no harm: a piece is made once."""

    def __init__(self, server: Server, vault: Vault, origin: str) -> None:
        self._server, self._vault, self._folder = server, vault, folder_of(origin)
        self._head: Head | None = None

    @property
    def head(self) -> Head:
        """How far the chain goes, as the target says after a start and after a failure."""
        if self._head is None:
            self._head = Head()
            for _entries, head in _pieces(self._vault, self._folder):
                self._head = head
        return self._head

    def ship(self) -> int:
        """Ship what is new; how many acts that was. Without such acts no piece is made.

        Raises:
            BackupFailed, BackupRefused: the target did not take it, or does not give it back.
        """
        count, more = 0, True
        while more:
            head, self._head = self.head, None  # a piece may have arrived although we were told that it had not
            self._head, shipped, more = self._ship(head)
            count += shipped
        return count

    def _ship(self, head: Head) -> tuple[Head, int, bool]:
        """One piece: how far the chain goes with it, how many acts it holds, and whether there is more to ship."""
        with self._server.connect() as connection:
            ((end,),) = connection.execute("SELECT coalesce(max(index) + 1, 0) FROM custody_ledgerentry").fetchall()
            told = [str(event) for event in RESTRICTIVE]
            rows = connection.execute(_NEW, [head.next, end, told, _MOST, _LARGEST]).fetchall()
        if not rows:
            return head, 0, False
        more = len(rows) == _MOST or sum(len(raw) for _index, raw in rows) >= _LARGEST
        upto = rows[-1][0] + 1 if more else end
        first = head.next
        body = json.dumps(
            {
                "v": 1,
                "first": first,
                "next": upto,
                "previous": head.digest,
                "entries": [json.loads(bytes(raw)) for _index, raw in rows],
            },
            sort_keys=True,
            separators=(",", ":"),
        ).encode()
        if not self._vault.add(f"{self._folder}/{first:012d}-{upto:012d}", body):
            raise refused("journal_broken", part=f"{self._folder}/{first:012d}")
        return Head(upto, hashlib.sha256(body).hexdigest()), len(rows), more


def folder_of(origin: str) -> str:
    return f"journal/{hashlib.sha256(origin.encode()).hexdigest()[:12]}"


def read(vault: Vault) -> list[dict[str, Any]]:
    """Every act of every chain, each chain in its order.

    Raises:
        BackupRefused: a piece is damaged or missing.
    """
    entries: list[dict[str, Any]] = []
    for folder in sorted({"/".join(name.split("/")[:2]) for name in vault.names("journal/")}):
        for piece, _head in _pieces(vault, folder):
            entries += piece
    return entries


def _pieces(vault: Vault, folder: str) -> Iterator[tuple[list[dict[str, Any]], Head]]:
    head = Head()
    for name in vault.names(f"{folder}/"):
        body = vault.read_bytes(name)
        piece = json.loads(body)
        if (piece["first"], piece["previous"]) != (head.next, head.digest):
            raise refused("journal_broken", part=name)
        head = Head(piece["next"], hashlib.sha256(body).hexdigest())
        yield piece["entries"], head
