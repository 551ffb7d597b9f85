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

from callwarden.custody.ledger import heads
from callwarden.custody.models import Checkpoint, Customer, LedgerEntry, PermitRecord
from callwarden.engines import ledger
from callwarden.engines.ledger import verifier
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


def tiles() -> ledger.TileStore:
    return heads.tiles()


def proof(index: int, *, packed: bool = False) -> bytes:
    """A self-contained `.tlog-proof` of one entry, against the newest signed checkpoint that covers it.

    `packed` by gzip, it is a quarter smaller and the same inside.

    Raises:
        NotFound: the entry is not covered by a checkpoint yet (it takes about a second).
    """
    newest = Checkpoint.objects.filter(size__gt=index).order_by("-size").first()
    if newest is None:
        raise NotFound("no_proof_yet", _("The proof is not ready yet. Try again in a few seconds."))
    view = ledger.TreeView(tiles(), newest.size)
    return ledger.prove(view, index, heads.note_of(newest), newest.size).write(packed=packed)


@dataclass(frozen=True)
class Verified:
    """Outcome of checking the whole ledger: entries checked, and the faults found (none: it holds)."""

    size: int
    faults: tuple[str, ...]


def verify() -> Verified:
    """Check the signed head, every tile and entry against it (by the independent verifier), and the rows people read
    against the entries of the tree."""
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is None:
        return Verified(0, ())
    folder = Path(settings.DATA_DIR) / "ledger"
    key = (folder / "verifier.key").read_text(encoding="utf-8").strip()
    report = verifier.verify_export(folder / "tiles", [key], live=True)
    faults = [fault.code for fault in report.faults]
    view = ledger.TreeView(tiles(), newest.size)
    rows = LedgerEntry.objects.filter(index__lt=newest.size).order_by("index").values_list("index", "body")
    expected = 0
    for (index, body), entry in zip(rows.iterator(chunk_size=5000), view.entries(0, newest.size), strict=False):
        if index != expected or bytes(body) != entry:
            faults.append("rows_changed")
            break
        expected += 1
    if expected != newest.size and "rows_changed" not in faults:
        faults.append("rows_missing")
    return Verified(newest.size, tuple(dict.fromkeys(faults)))


def export(to: Path) -> int:
    """Write the log as a folder that `callwarden verify` checks anywhere. Returns how many entries it holds.

    Raises:
        NotFound: nothing has been signed yet.
    """
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is None:
        raise NotFound("no_checkpoint_yet", _("The log has no signed head yet. Try again in a few seconds."))
    ledger.export(tiles(), heads.note_of(newest), ledger.FolderTileStore(to))
    return newest.size
