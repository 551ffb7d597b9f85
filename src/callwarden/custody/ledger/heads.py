"""Signed heads as they are published: the note, and below it what witnesses have signed since."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from callwarden.custody.models import Checkpoint, Cosignature
from callwarden.engines import ledger


def folder() -> Path:
    """Where the log lies on this machine: its name, its keys and, unless they lie elsewhere, its tiles."""
    return Path(settings.DATA_DIR) / "ledger"


def tiles() -> ledger.TileStore:
    """The tiles of the log."""
    return ledger.FolderTileStore(folder() / "tiles")


def view(size: int) -> ledger.TreeView:
    """The tree at that size."""
    return ledger.TreeView(tiles(), size)


def cosigned(head: Checkpoint) -> int:
    """How many witnesses have signed this head."""
    return Cosignature.objects.filter(size=head.size).count()


def note_of(head: Checkpoint) -> bytes:
    """The signed note with every cosignature that is kept of it."""
    lines = Cosignature.objects.filter(size=head.size).order_by("witness").values_list("line", flat=True)
    return ledger.with_lines(head.note.encode(), list(lines))
