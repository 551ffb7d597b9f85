"""Evidence: a chosen set of entries as one bundle with a proof for each, put on record before a byte of it leaves.

The log gets the digest of the list of entries, and the bundle a proof of that entry. So the bundle cannot be thinned
out or added to afterwards, by whoever took it away or by whoever got it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.custody.ledger import columns, comparing, heads
from callwarden.custody.models import LedgerEntry, LedgerYear
from callwarden.engines import ledger
from callwarden.engines.ledger.evidence_verifier import FORMAT, LIST, MOST, TAKEN
from callwarden.flows import trail
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import Ask, disclose
from callwarden.flows.ledger_details import EXPORT
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Conflict, InvalidInput, NotFound, Unavailable
from callwarden.kernel.events import Event

# Seconds to wait for the entry to get its place under a signed head; the sequencer takes about one.
PATIENCE: Final = 10.0


@dataclass(frozen=True)
class Taken:
    """A bundle that is on record and not written yet.

    Attributes:
        listed: the list of entries, as canonical JSON.
        positions: of the entries, oldest first.
        entry: id of the entry that put it on record.
    """

    listed: bytes
    positions: tuple[int, ...]
    entry: UUID


def countable(found: QuerySet[LedgerEntry]) -> int:
    """How many there are, counted no further than one too many."""
    return found.order_by()[: MOST + 1].count()


def take(actor: Actor, found: QuerySet[LedgerEntry], asked: Mapping[str, str], *, purpose: str, reason: str) -> Taken:
    """Decide, list the entries and put on record that they are taken away; committed when this returns.

    Args:
        asked: filters and their values, all of them pseudonyms, words of the system, or days.

    Raises:
        InvalidInput: there are more than a bundle holds.
        NotFound: there are none.
        Conflict: a row by which one of them was found does not say what the entry says.
        AccessRefused: this person may not take entries away for this purpose.
    """
    stored = list(found.order_by("index").values_list("index", "body", *columns.READ)[: MOST + 1])
    rows = [(row[0], row[2]) for row in stored]
    if len(rows) > MOST:
        raise InvalidInput(
            "too_many_entries", _("More than %(most)s entries fit. Narrow the filters."), data={"most": f"{MOST:,}"}
        )
    if not rows:
        raise NotFound("no_entries", _("No entry fits these filters. Widen them."))
    for row in stored:
        _require_unchanged(row)
    wanted = Ask(actor=actor, client=None, action=EXPORT, purpose=purpose, whole_ledger=True, reason=reason)
    disclose(replace(wanted, ledger_part="evidence"))
    listed = _listed(rows, {name: value for name, value in asked.items() if value})
    with transaction.atomic(durable=True):
        entry = journal.record(
            journal.Entry(
                event=Event.LEDGER_EVIDENCE_TAKEN,
                actor=actor.name,
                session=actor.session,
                purpose=purpose,
                fields=tuple(sorted(name for name, value in asked.items() if value)),
                count=len(rows),
                data={"digest": sha256(listed).hexdigest()},
            )
        )
    return Taken(listed, tuple(index for index, _entry in rows), entry)


def _require_unchanged(row: tuple[Any, ...]) -> None:
    """Raises Conflict: what the entry was found by is not what it says."""
    for fault in comparing.changed(row, bytes(row[1])):
        _code, index, column = fault.split(":")
        raise Conflict(
            "row_changed",
            _(
                "The row of entry %(index)s says something else than the entry in the column “%(column)s”, so nothing"
                " was taken away. Keep everything as it is and verify the log."
            ),
            data={"index": index, "column": column},
        )


def _listed(rows: list[tuple[int, UUID]], asked: Mapping[str, str]) -> bytes:
    years = heads.years()
    entries = []
    for index, entry in rows:
        year = next(one for one in reversed(years) if one.first <= index)
        entries.append({"log": year.origin, "index": index - year.first, "entry": str(entry)})
    taken_at = clock.now().astimezone(UTC).isoformat(timespec="seconds")
    told = {"format": FORMAT, "taken_at": taken_at, "asked": dict(asked), "count": len(rows), "entries": entries}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def files(taken: Taken) -> Iterator[tuple[str, bytes]]:
    """The files of the bundle, by name; the proof that it is on record before any entry.

    Raises:
        Unavailable: the entry did not get its place in time. It is on record, and nothing was handed out.
        NotFound: the entries of a year were destroyed meanwhile.
    """
    place = _placed(taken.entry)
    yield TAKEN, trail.proof(place)
    yield LIST, taken.listed
    proofs = _Proofs()
    first, last = heads.year_of(min(taken.positions)), heads.year_of(place)
    for number, position in enumerate(_links(first, last)):
        yield f"years/{number:03d}.tlog-proof", proofs.of(position)
    for number, position in enumerate(taken.positions):
        yield f"entries/{number:05d}.tlog-proof", proofs.of(position)


def _placed(entry: UUID) -> int:
    deadline = time.monotonic() + PATIENCE
    while True:
        index = LedgerEntry.objects.filter(entry=entry).values_list("index", flat=True).first()
        if index is not None and (year := heads.year_of(index)) is not None:
            head = heads.last_of(year)
            if head is not None and head.size > index:
                return index
        if time.monotonic() > deadline:
            raise Unavailable(
                "no_proof_yet",
                _("The log takes too long to prove that this is on record, so nothing was handed out. Try again."),
                retry_after=30,
            )
        time.sleep(0.1)


def _links(first: LedgerYear | None, last: LedgerYear | None) -> list[int]:
    """Positions of the entries by which each of these years names the one before it and the one after."""
    if first is None or last is None:
        return []
    found = []
    for year in heads.years():
        if not first.first <= year.first <= last.first or year.erased_at is not None:
            continue
        if year.first > first.first:
            found.append(year.first)
        end = heads.end_of(year)
        if end is not None and year.first < last.first:
            found.append(end - 1)
    return found


class _Proofs:
    """Proofs of many entries: one head and one view of the tree for each year."""

    def __init__(self) -> None:
        self._years = heads.years()
        self._known: dict[int, tuple[ledger.TreeView, bytes]] = {}

    def of(self, position: int) -> bytes:
        year = next(one for one in reversed(self._years) if one.first <= position)
        if year.year not in self._known:
            trail.require_entries(year)
            head = heads.last_of(year)
            assert head is not None
            view = ledger.TreeView(heads.tiles(year), head.size - year.first)
            self._known[year.year] = (view, heads.note_of(head))
        view, note = self._known[year.year]
        return ledger.prove(view, position - year.first, note, view.size).write()
