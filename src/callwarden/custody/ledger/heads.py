"""Signed heads as they are published, and which year's tree they are of.

Positions run on over the years; inside a tree they begin at 0. A size kept in the database is a position, the one in a
signed note is the tree's own.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from callwarden.custody.ledger.bucket import BucketTileStore
from callwarden.custody.models import Checkpoint, Cosignature, LedgerYear
from callwarden.engines import ledger


def folder() -> Path:
    """Where the log lies on this machine: its name, its keys and, unless they lie elsewhere, its tiles."""
    return Path(settings.DATA_DIR) / "ledger"


def years() -> list[LedgerYear]:
    """The years of the log, oldest first; none before its first start."""
    return list(LedgerYear.objects.order_by("first"))


def year_of(index: int) -> LedgerYear | None:
    """The year whose tree holds the entry at this position."""
    return LedgerYear.objects.filter(first__lte=max(0, index)).order_by("-first").first()


def home(year: LedgerYear | None) -> Path:
    """Where a year's keys and tiles lie. The first year's lie where they lay before there was a second."""
    return folder() if year is None or year.first == 0 else folder() / str(year.year)


def tiles(year: LedgerYear | None = None) -> ledger.FolderTileStore | BucketTileStore:
    """The tiles of a year, in its folder or, with CALLWARDEN_LEDGER_TILES, in a bucket; without one, of the first."""
    if settings.LEDGER_TILES_URL:
        return elsewhere(settings.LEDGER_TILES_URL, year.year if year else "first")
    return ledger.FolderTileStore(home(year) / "tiles")


def elsewhere(place: str, year: int | str) -> ledger.FolderTileStore | BucketTileStore:
    """The tiles of a year at a place that is not this log's own folder: s3://bucket/prefix, or a folder."""
    if "://" in place:
        return BucketTileStore(f"{place.rstrip('/')}/{year}")
    return ledger.FolderTileStore(Path(place) / str(year))


def view(size: int) -> ledger.TreeView:
    """The tree whose head stands at that size, at that size."""
    year = year_of(size - 1)
    return ledger.TreeView(tiles(year), size - (year.first if year else 0))


def end_of(year: LedgerYear) -> int | None:
    """The size at which a year was closed; None for the one that goes on."""
    following = LedgerYear.objects.filter(first__gt=year.first).order_by("first").first()
    return following.first if following else None


def last_of(year: LedgerYear) -> Checkpoint | None:
    """The newest head of a year."""
    heads, end = Checkpoint.objects.filter(size__gt=year.first), end_of(year)
    return (heads.filter(size__lte=end) if end is not None else heads).order_by("-size").first()


def verifier_keys() -> list[str]:
    """The public keys of every year, newest first."""
    return [year.key for year in reversed(years())] or [(folder() / "verifier.key").read_text("utf-8").strip()]


def cosigned(head: Checkpoint) -> int:
    """How many witnesses have signed this head."""
    return Cosignature.objects.filter(size=head.size).count()


def note_of(head: Checkpoint) -> bytes:
    """The signed note with every cosignature that is kept of it."""
    lines = Cosignature.objects.filter(size=head.size).order_by("witness").values_list("line", flat=True)
    return ledger.with_lines(head.note.encode(), list(lines))
