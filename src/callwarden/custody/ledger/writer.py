"""The sink behind `kernel.journal`: one insert in the caller's transaction, sensitive detail outside the tree."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from callwarden.custody.keeper import client as keeper
from callwarden.custody.ledger.tables import sealed
from callwarden.custody.models import LedgerDetail
from callwarden.engines.ledger import Commitment, canonical
from callwarden.kernel import clock
from callwarden.kernel.journal import Entry

VERSION = 1
# Plain SQL: building this statement anew for every entry costs as much as all the rest of it.
INSERT = "INSERT INTO custody_ledgerpending (entry, at, body) VALUES (%s, %s, %s)"


def write(entry: Entry) -> UUID:
    """Insert the entry into the pending table. Whoever called is inside the transaction of the act itself."""
    entry_id, now = uuid4(), clock.now()
    body: dict[str, Any] = {
        "v": VERSION,
        "id": str(entry_id),
        "at": now.isoformat(timespec="milliseconds"),
        **_body(entry),
    }
    if entry.detail:
        plain = json.dumps(entry.detail, ensure_ascii=False, sort_keys=True).encode()
        commitment = Commitment.make(plain)
        blob = keeper.seal_detail(client=entry.client, entry=entry_id, plain=plain)
        body["detail"], body["sealed"] = commitment.digest.hex(), sealed(commitment.key, blob)
        LedgerDetail.objects.create(entry=entry_id, client=entry.client, commitment_key=commitment.key, blob=blob)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [entry_id, now, canonical(body)])
    return entry_id


def _body(entry: Entry) -> dict[str, Any]:
    """Structural facts only: random ids, slugs, field names, counts."""
    raw: dict[str, Any] = {
        "event": str(entry.event),
        "actor": entry.actor,
        "session": entry.session,
        "client": entry.client,
        "subject": entry.subject,
        "call": entry.call,
        "records": [str(record) for record in entry.records],
        "purpose": entry.purpose,
        "decision": entry.decision,
        "reasons": list(entry.reasons),
        "fields": list(entry.fields),
        "policy": entry.policy,
        "permit": entry.permit,
        "approval": entry.approval,
        "count": entry.count,
        "data": dict(entry.data),
    }
    return {
        name: str(value) if isinstance(value, UUID) else value
        for name, value in raw.items()
        if value not in (None, [], {})
    }
