"""Copying a year's tiles to another place, so that the store of the log can be moved."""

from __future__ import annotations

from collections.abc import Callable

from callwarden.custody.ledger import heads
from callwarden.custody.models import LedgerYear
from callwarden.engines import ledger


def copy(
    year: LedgerYear, place: str, progress: Callable[[int, int], None] = lambda done, total: None
) -> ledger.Copied:
    """Copy the tiles of a year to `place`/YEAR, each computed anew from the entries and read back.

    Of a year whose entries were destroyed the head alone is copied. Nothing that stands there is changed; cut off, the
    same call goes on.

    Args:
        place: a folder, or s3://bucket/prefix.

    Raises:
        TreeDamaged: see `engines.ledger.copy`; `no_head` where nothing of the year has been signed.
        Unavailable: the store did not answer.
    """
    head = heads.last_of(year)
    if head is None:
        raise ledger.TreeDamaged("no_head", "Nothing of this year has been signed yet.")
    note, to = heads.note_of(head), heads.elsewhere(place, year.year)
    if year.erased_at is not None:
        to.put(ledger.CHECKPOINT, note)
        return ledger.Copied(1, 0)
    return ledger.copy(heads.tiles(year), note, to, progress=progress)
