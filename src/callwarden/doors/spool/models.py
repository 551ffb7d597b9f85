"""Files that were left in a watch folder, so that somebody reads which, and what to do."""

from __future__ import annotations

from django.db import models

from callwarden.kernel.columns import declare
from callwarden.kernel.rows import Row


class LeftFile(Row):
    """One file that is not taken in, as long as it lies there.

    Attributes:
        watcher: keyed token of the machine and folder that is watched; each keeps its own part of the list.
        path: keyed token of where it lies.
        line: whose folder it lies in; None for a file in no line's folder.
        shown: its name made fit for messages (long digit runs starred).
        code: why, in the codes of `console.imports.reasons`.
    """

    watcher = models.BinaryField(max_length=32)
    path = models.BinaryField(max_length=32, unique=True)
    line = models.ForeignKey("custody.Line", null=True, on_delete=models.CASCADE, related_name="+")
    shown = models.CharField(max_length=255)
    code = models.CharField(max_length=60)
    seen_at = models.DateTimeField()

    columns = declare(structural="id line shown code seen_at", token="watcher path")
