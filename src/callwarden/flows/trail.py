"""Who opened what, when, why, with proof: the ledger as people read it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Checkpoint, Customer, LedgerEntry, PermitRecord
from callwarden.engines import ledger
from callwarden.kernel.errors import NotFound
from callwarden.kernel.models import User


@dataclass(frozen=True)
class Line:
    """One entry, ready to show. `who` is a colleague's name, a job or the system; never a caller."""

    index: int
    at: datetime
    event: str
    who: str
    purpose: str
    decision: str
    reasons: tuple[str, ...]
    fields: tuple[str, ...]
    count: int | None
    entry: UUID
    call: UUID | None
    has_detail: bool


def of_call(call: UUID) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(call=call).order_by("-index")


def of_subjects(subjects: Iterable[UUID]) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(subject__in=list(subjects)).order_by("-index")


def of_customer(customer: Customer) -> QuerySet[LedgerEntry]:
    """Entries about a customer: under their name, and those by which any of their records was opened among others.

    Call it inside `client_scope`.
    """
    permits = PermitRecord.objects.filter(record__customer=customer).values("permit__entry")
    return LedgerEntry.objects.filter(Q(subject=customer.subject_id) | Q(entry__in=permits)).order_by("-index")


def lines(entries: Iterable[LedgerEntry]) -> list[Line]:
    """Entries with the names of those who acted."""
    rows = list(entries)
    names = _names({row.actor for row in rows})
    return [_line(row, names) for row in rows]


def _line(row: LedgerEntry, names: dict[str, str]) -> Line:
    body = json.loads(bytes(row.body))
    return Line(
        index=row.index,
        at=row.at,
        event=row.event,
        who=names.get(row.actor, row.actor),
        purpose=row.purpose,
        decision=row.decision,
        reasons=tuple(body.get("reasons", ())),
        fields=tuple(body.get("fields", ())),
        count=body.get("count"),
        entry=row.entry,
        call=row.call,
        has_detail="detail" in body,
    )


def _names(actors: set[str]) -> dict[str, str]:
    pseudonyms = [actor for actor in actors if len(actor) == 36]
    return {str(user.pseudonym): user.get_full_name() for user in User.objects.filter(pseudonym__in=pseudonyms)}


def tiles() -> ledger.FolderTileStore:
    return ledger.FolderTileStore(Path(settings.DATA_DIR) / "ledger" / "tiles")


def proof(index: int) -> bytes:
    """A self-contained `.tlog-proof` of one entry, against the newest signed checkpoint that covers it.

    Raises:
        NotFound: the entry is not covered by a checkpoint yet (it takes about a second).
    """
    newest = Checkpoint.objects.filter(size__gt=index).order_by("-size").first()
    if newest is None:
        raise NotFound("no_proof_yet", _("The proof is not ready yet. Try again in a few seconds."))
    view = ledger.TreeView(tiles(), newest.size)
    return ledger.prove(view, index, newest.note.encode(), newest.size).write()


@dataclass(frozen=True)
class Verified:
    """Outcome of checking the whole ledger: entries checked, and the faults found (none: it holds)."""

    size: int
    faults: tuple[str, ...]


def verify() -> Verified:
    """Check rows against tiles, tiles against the root, and the root against the newest signed checkpoint."""
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is None:
        return Verified(0, ())
    key = (Path(settings.DATA_DIR) / "ledger" / "verifier.key").read_text(encoding="utf-8").strip()
    faults: list[str] = []
    view = ledger.TreeView(tiles(), newest.size)
    try:
        head = ledger.Checkpoint.open(newest.note.encode(), ledger.Verifier.parse(key))
        if head.size != newest.size or head.root != view.root():
            faults.append("root_mismatch")
    except ledger.LedgerError as error:
        faults.append(error.code)
    rows = LedgerEntry.objects.filter(index__lt=newest.size).order_by("index").values_list("index", "body")
    rebuilt = ledger.Tree(ledger.MemoryTileStore(), 0)
    expected, batch = 0, []
    for index, body in rows.iterator(chunk_size=5000):
        if index != expected:
            faults.append(f"missing_entry:{expected}")
            return Verified(newest.size, tuple(faults))
        expected += 1
        batch.append(bytes(body))
        if len(batch) == 5000:
            rebuilt.append(batch)
            batch = []
    rebuilt.append(batch)
    if expected != newest.size or rebuilt.root() != bytes(newest.root):
        faults.append("entries_changed")
    return Verified(newest.size, tuple(dict.fromkeys(faults)))
