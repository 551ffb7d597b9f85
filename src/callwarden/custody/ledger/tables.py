"""The log's other tables against what was signed: its heads, its years, and the details beside the entries.

Faults read as in `comparing`. What no entry and no signature vouches for is not compared: when a head was signed and
left this host, and that an earlier head or an erased detail is gone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection

from callwarden.custody.ledger import heads
from callwarden.custody.ledger.comparing import PIECE, fault
from callwarden.custody.models import Checkpoint, LedgerEntry, LedgerPending, LedgerYear
from callwarden.engines import ledger
from callwarden.kernel.events import Event

# Between a mark on a year and the time in the entry of it, both taken in one transaction.
TOGETHER = timedelta(minutes=1)
ERASURE = "control:ledger:erase-year"
# In the name that a restore gives a log.
RESTORED = "/restored-"


def sealed(commitment_key: bytes, blob: bytes) -> str:
    """What an entry says of its detail as it is kept, so that a changed one is found without opening it."""
    return sha256(commitment_key + blob).hexdigest()


def laid(year: LedgerYear) -> int:
    """The size that the head beside the tiles speaks of; 0 where none lies there. Trust nothing else in it."""
    try:
        return ledger.Checkpoint.peek(heads.tiles(year).get(ledger.CHECKPOINT) or b"").size
    except (ledger.LedgerError, ValueError):
        return 0


def of_heads(year: LedgerYear, laid: int) -> Iterator[str]:
    """Faults of a year's heads.

    Args:
        laid: what `laid` said before any row was read: a head's row is committed before its note is laid.
    """
    last, end = heads.last_of(year), heads.end_of(year)
    size = last.size if last else year.first
    if year.first + laid > size or (end is not None and size != end):
        yield fault("head_missing", max(year.first + laid, end or 0))
    if last is None:
        return
    view = None if year.erased_at is not None else ledger.TreeView(heads.tiles(year), last.size - year.first)
    rows, key, own = Checkpoint.objects.filter(size__lte=last.size), _key(year), False
    if year.first:
        rows = rows.filter(size__gt=year.first)
    for head in rows.order_by("size").iterator():
        try:
            told = ledger.Checkpoint.peek(head.note.encode())
            genuine = (year.first + told.size, told.root) == (head.size, bytes(head.root))
            own = own or told.origin == year.origin or head.size == last.size
            if own:
                ledger.Checkpoint.open(head.note.encode(), *([key] if key else []), origin=year.origin)
            else:  # signed by the log that was lost, before this one was restored
                known = RESTORED in year.origin and (view is None or view.root(told.size) == told.root)
                genuine = genuine and known
        except (ledger.LedgerError, ValueError):
            genuine = False
        if not genuine:
            yield fault("head_changed", head.size)


def of_years() -> Iterator[str]:
    """Faults of the years: their names and keys, and the marks on which they are kept and destroyed."""
    known = heads.years()
    for year in known:
        key = _key(year)
        wrong = {"origin": key is None or key.name != year.origin, "opened_at": not _opened_then(year)}
        wrong["year"] = year is known[0] and year.opened_at.astimezone(UTC).year != year.year
        if mark := year.erasure_approved_at:
            wrong["erasure_approved_at"] = not _told(known, mark, Event.APPROVAL_EXECUTED, "act", ERASURE)
        if mark := year.erased_at:
            wrong["erased_at"] = not _told(known, mark, Event.LEDGER_YEAR_ERASED, "origin", year.origin)
        yield from (f"year_changed:{year.year}:{column}" for column, is_wrong in wrong.items() if is_wrong)


def _key(year: LedgerYear) -> ledger.Verifier | None:
    try:
        return ledger.Verifier.parse(year.key)
    except (ledger.LedgerError, ValueError):
        return None


def _opened_then(year: LedgerYear) -> bool:
    """Whether a year was opened when the entry that closed the one before says."""
    before = LedgerEntry.objects.filter(index=year.first - 1).values_list("at", flat=True).first()
    return before is None or abs(before - year.opened_at) < TOGETHER


def _told(known: list[LedgerYear], at: datetime, event: Event, name: str, value: str) -> bool:
    """Whether the log tells of that at that time; where the year that would is destroyed, nobody can say."""
    holding = next((year for year in reversed(known) if year.opened_at <= at), None)
    if holding is not None and holding.erased_at is not None and holding.erased_at > at:
        return True
    during = {"at__gt": at - TOGETHER, "at__lt": at + TOGETHER}
    bodies = [
        *LedgerEntry.objects.filter(event=event, **during).values_list("body", flat=True),
        *LedgerPending.objects.filter(**during).values_list("body", flat=True),
    ]
    told = (one.get("data", {}) for one in map(_parsed, bodies) if one.get("event") == event)
    return any(isinstance(one, dict) and one.get(name) == value for one in told)


def _parsed(body: bytes | memoryview) -> dict[str, Any]:
    """An entry; nothing where a row's bytes are none, which `comparing` tells of."""
    try:
        entry = json.loads(bytes(body))
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


NEXT = """
SELECT d.entry, d.client, d.commitment_key, d.blob, e.index, coalesce(e.body, p.body)
  FROM custody_ledgerdetail d
  LEFT JOIN custody_ledgerentry e ON e.entry = d.entry
  LEFT JOIN custody_ledgerpending p ON p.entry = d.entry
 WHERE d.entry > %s ORDER BY d.entry LIMIT %s
"""


def of_details() -> Iterator[str]:
    """Faults of what was stated with entries, none of it opened."""
    after = UUID(int=0)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(NEXT, [after, PIECE])
            rows = cursor.fetchall()
        for entry, client, commitment_key, blob, index, body in rows:
            if body is None:
                yield f"detail_extra:{entry}"
            elif not _stated(client, commitment_key, blob, _parsed(body)):
                yield f"detail_changed:{'-' if index is None else f'{index:,}'}"
        if len(rows) < PIECE:
            return
        after = rows[-1][0]


def _stated(client: UUID | None, commitment_key: bytes, blob: bytes, body: dict[str, Any]) -> bool:
    """Whether the entry speaks of exactly this. Entries older than their digest of it are judged when it is read."""
    told = body.get("sealed")
    of_whom = str(client) if client else None
    same = told is None or told == sealed(bytes(commitment_key), bytes(blob))
    return same and "detail" in body and body.get("client") == of_whom
