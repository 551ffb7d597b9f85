"""The tables of the log against its tree: what people read must be what was signed.

A fault is its code and, between colons, the entry and the column it is about: `row_changed:1,204:actor`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from typing import Any

from callwarden.custody.ledger import columns, heads
from callwarden.custody.models import LedgerEntry, LedgerYear
from callwarden.engines import ledger
from callwarden.kernel import clock

PIECE = 5_000
# By then the sequencer has taken the rows of a destroyed year away.
CLEARED = timedelta(days=1)


def rows(year: LedgerYear, view: ledger.TreeView, *, start: int = 0) -> Iterator[str]:
    """Faults of the rows under the head of that view, from its entry `start` on.

    Raises:
        TreeDamaged: the tiles hold no such entries.
    """
    found = _found(index__gte=year.first + start, index__lt=year.first + view.size)
    row = next(found, None)
    for index, entry in enumerate(view.entries(start, view.size), year.first + start):
        if row is None or row[0] != index:
            yield missing(index)
            continue
        yield from changed(row, entry)
        row = next(found, None)


def beyond() -> Iterator[str]:
    """Faults of rows that no tree vouches for: after the newest head, before the first entry, in a destroyed year."""
    years = heads.years()
    if not years:
        yield from (fault("row_extra", row[0]) for row in _found())
        return
    newest = heads.last_of(years[-1])
    expected = newest.size if newest else years[-1].first
    for row in _found(index__gte=expected):
        if row[0] != expected:
            yield missing(expected)
            break
        yield from changed(row, bytes(row[1]))
        expected += 1
    gone = [year for year in years if year.erased_at is not None and year.erased_at < clock.now() - CLEARED]
    nowhere = [_found(index__gte=year.first, index__lt=heads.end_of(year) or expected) for year in gone]
    yield from (fault("row_extra", row[0]) for row in chain(_found(index__lt=years[0].first), *nowhere))


def changed(row: tuple[Any, ...], entry: bytes) -> list[str]:
    """Faults of one row, as `index`, `body` and the columns that are read from it, against its entry."""
    index, body, *stored = row
    wrong = columns.differing(stored, entry) if bytes(body) == entry else ["body"]
    return [fault("row_changed", index, column) for column in wrong]


def missing(index: int) -> str:
    return fault("row_missing", index)


def fault(code: str, index: int, *about: str) -> str:
    # Grouped, a position is no run of digits that somebody could dial.
    return ":".join((code, f"{index:,}", *about))


def _found(**where: object) -> Iterator[tuple[Any, ...]]:
    entries = LedgerEntry.objects.filter(**where).order_by("index")
    return entries.values_list("index", "body", *columns.READ).iterator(chunk_size=PIECE)
