"""Who opened what, when, why, with proof: the ledger as people read it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from callwarden.custody.ledger import comparing, heads, tables
from callwarden.custody.models import Checkpoint, Client, Customer, LedgerEntry, LedgerYear, PermitRecord
from callwarden.custody.scope import client_scope
from callwarden.engines import ledger
from callwarden.engines.ledger import years_verifier
from callwarden.kernel.errors import NotFound
from callwarden.kernel.models import User
from callwarden.protection.signin.models import ServiceKey

# More of them tell nobody more.
MOST_FAULTS = 20


@dataclass(frozen=True)
class Line:
    """One entry, ready to show. `who` is a colleague's name, a program's, a job or the system; never a caller."""

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


def opening(*, subject: UUID | None = None, call: UUID | None = None) -> list[UUID]:
    """Ids of the entries by which any record of this data subject, or of this call, was opened, alone or among others.

    An entry names a data subject only where everything opened was theirs; what exactly was opened stands in its permit.
    """
    found: list[UUID] = []
    theirs = Q(record__subject=subject) | Q(record__customer__subject=subject)
    wanted = theirs if subject else Q(record__call=call)
    for client in Client.objects.values_list("id", flat=True):
        with client_scope(client):
            permits = PermitRecord.objects.filter(wanted).values_list("permit__entry", flat=True)
            found += permits.distinct()
    return found


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
    return programs(actors) | {
        str(user.pseudonym): user.get_full_name() for user in User.objects.filter(pseudonym__in=pseudonyms)
    }


def programs(actors: Iterable[str]) -> dict[str, str]:
    """Of those that are programs, what they are for and the open part of their key, in the reader's language."""
    keys = [actor.removeprefix("service:") for actor in actors if actor.startswith("service:")]
    return {key.actor: program_name(key) for key in ServiceKey.objects.filter(pk__in=keys)}


def program_name(key: ServiceKey) -> str:
    return gettext("Program %(purpose)s, key %(prefix)s") % {"purpose": key.purpose, "prefix": key.prefix}


def proof(index: int, *, packed: bool = False) -> bytes:
    """A self-contained `.tlog-proof` of one entry, against the newest signed checkpoint that covers it.

    `packed` by gzip, it is a quarter smaller and the same inside.

    Raises:
        NotFound: the entry is not covered by a checkpoint yet (it takes about a second).
    """
    year = heads.year_of(index)
    newest = heads.last_of(year) if year else None
    if year is None or newest is None or newest.size <= index:
        raise NotFound("no_proof_yet", _("The proof is not ready yet. Try again in a few seconds."))
    require_entries(year)
    view = ledger.TreeView(heads.tiles(year), newest.size - year.first)
    return ledger.prove(view, index - year.first, heads.note_of(newest), view.size).write(packed=packed)


@dataclass(frozen=True)
class Verified:
    """Outcome of checking the whole ledger: entries checked, and the faults found (none: it holds)."""

    size: int
    faults: tuple[str, ...]


def verify() -> Verified:
    """Check every year's signed head, every tile and entry against it (by the independent verifier), that each year
    continues the one before, and every column of the tables against the entries of the trees and the signatures."""
    laid = {year.year: tables.laid(year) for year in heads.years()}  # before the rows, which are committed first
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is None and not any(laid.values()):
        return Verified(0, ())
    faults: list[str] = []
    with tempfile.TemporaryDirectory(prefix="callwarden-verify-") as scratch:
        places = [_lying(year, Path(scratch)) for year in heads.years() if heads.last_of(year)]
        report = years_verifier.verify_years(places, heads.verifier_keys(), live=True)
        faults += [fault.code for fault in report.faults]
    years = heads.years()
    of_heads = (tables.of_heads(year, laid.get(year.year, 0)) for year in years)
    rows = chain(*map(_rows, years), comparing.beyond())
    faults += islice(chain(rows, *of_heads, tables.of_years(), tables.of_details()), MOST_FAULTS)
    return Verified(newest.size if newest else 0, tuple(dict.fromkeys(faults)))


def _lying(year: LedgerYear, scratch: Path) -> Path:
    """Where the verifier finds a year's files: where they lie, or copied there from wherever else they are."""
    store = heads.tiles(year)
    if isinstance(store, ledger.FolderTileStore):
        return store.folder
    _export_year(year, ledger.FolderTileStore(scratch / str(year.year)))
    return scratch / str(year.year)


def _rows(year: LedgerYear) -> Iterator[str]:
    head = heads.last_of(year)
    if head is None or year.erased_at is not None:
        return
    try:
        yield from comparing.rows(year, ledger.TreeView(heads.tiles(year), head.size - year.first))
    except ledger.LedgerError as damaged:
        yield damaged.code


def require_entries(year: LedgerYear) -> None:
    """Raises NotFound: the entries of that year were destroyed, or none of them is under a signed head yet."""
    if year.erased_at is not None:
        raise NotFound("ledger_year_erased", _("The entries of this year were given up already."))
    if heads.last_of(year) is None:
        raise NotFound("no_checkpoint_yet", _("The log has no signed head yet. Try again in a few seconds."))


def export(to: Path, *, year: LedgerYear | None = None) -> int:
    """Write the log as a folder that `callwarden verify` checks anywhere: a folder for each year, once there are
    several, each with its public key. With `year` that one alone. Returns how many entries there are.

    Raises:
        NotFound: nothing has been signed yet, or the year's entries were destroyed.
    """
    if year is not None:
        require_entries(year)
        _export_year(year, ledger.FolderTileStore(to))
        head = heads.last_of(year)
        return head.size - year.first if head else 0
    years = [(year, head) for year in heads.years() if (head := heads.last_of(year))]
    if not years:
        raise NotFound("no_checkpoint_yet", _("The log has no signed head yet. Try again in a few seconds."))
    for year, _head in years:
        into = to if len(years) == 1 else to / str(year.year)
        _export_year(year, ledger.FolderTileStore(into))
        if len(years) > 1:
            (into / "verifier.key").write_text(year.key + "\n", encoding="utf-8")
    return years[-1][1].size


def _export_year(year: LedgerYear, to: ledger.TileStore) -> None:
    head = heads.last_of(year)
    if head is None:
        return
    if year.erased_at is None:
        ledger.export(heads.tiles(year), heads.note_of(head), to)
    else:
        to.put(ledger.CHECKPOINT, heads.note_of(head))
