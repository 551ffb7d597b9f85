"""Watching folders: a file that has stopped growing is sealed, read back, committed, and only then removed."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from callwarden.custody.models import IntakeItem, Line
from callwarden.flows.formats import shown_name
from callwarden.flows.receive import receive_file
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import CallwardenError, Unavailable
from callwarden.kernel.events import Event

log = logging.getLogger("callwarden.spool")
DOOR = "spool"
UNFINISHED = (".part", ".tmp", ".partial", ".filepart", "~")


@dataclass(frozen=True)
class Seen:
    """Size in bytes and modification time in nanoseconds; unchanged for long enough means complete."""

    size: int
    modified: int


@dataclass
class Round:
    """What one look at the folders did."""

    sealed: int = 0
    duplicates: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


class Watcher:
    """Looks at the folders again and again. Keeps nothing but sizes and times of names between looks."""

    def __init__(self, incoming: Path, *, stable_seconds: float) -> None:
        self._incoming = incoming
        self._stable = stable_seconds
        self._seen: dict[Path, tuple[Seen, float]] = {}
        self._reported: set[Path] = set()

    def look(self) -> Round:
        """Seal whatever has become stable. A full disk or an absent database leaves everything where it is."""
        done = Round()
        present: set[Path] = set()
        for line, folder in self._folders():
            for path in _files(folder):
                present.add(path)
                if self._is_stable(path):
                    self._take(path, line, done)
        self._seen = {path: seen for path, seen in self._seen.items() if path in present}
        self._reported &= present
        return done

    def _folders(self) -> Iterator[tuple[Line, Path]]:
        several = Line.objects.values("client").distinct().count() > 1
        for line in Line.objects.select_related("client"):
            folder = self._incoming / line.client.slug / line.slug if several else self._incoming / line.slug
            if folder.is_dir():
                yield line, folder

    def _is_stable(self, path: Path) -> bool:
        try:
            status = path.stat()
        except OSError:
            return False
        now, current = clock.monotonic(), Seen(status.st_size, status.st_mtime_ns)
        before = self._seen.get(path)
        if before is None or before[0] != current:
            self._seen[path] = (current, now)
            return self._stable == 0
        return now - before[1] >= self._stable

    def _take(self, path: Path, line: Line, done: Round) -> None:
        try:
            duplicate = take(path, line)
        except Unavailable:
            raise
        except CallwardenError as error:
            if path not in self._reported:
                self._reported.add(path)
                log.warning("file_refused", extra={"code": error.code, "file": shown_name(path.name)})
            done.refused.append((shown_name(path.name), str(error)))
            return
        self._seen.pop(path, None)
        done.duplicates += duplicate
        done.sealed += not duplicate


def take(path: Path, line: Line, *, batch: UUID | None = None, remove: bool = True) -> bool:
    """Seal one file; remove the source once that is committed. Returns whether its content was here already.

    Killed before the commit: the source is still there and is taken next time. Killed after it: the content is
    recognised next time and only the source is removed.
    """
    # O_NOFOLLOW: nobody gets a file elsewhere on this machine taken in, and removed, by dropping a link to it.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as source:
        received = receive_file(source, name=path.name, line=line, door=DOOR, batch=batch)
    # Asked anew, outside the transaction that wrote it: a source is removed on evidence, not on hope.
    if remove and IntakeItem.objects.filter(pk=received.item.pk).exists():
        path.unlink(missing_ok=True)
        with transaction.atomic():
            journal.record(
                journal.Entry(
                    event=Event.INTAKE_SOURCE_REMOVED,
                    actor=f"door:{DOOR}",
                    client=line.client_id,
                    data={"item": str(received.item.id), "duplicate": received.duplicate},
                )
            )
    return received.duplicate


def _files(folder: Path) -> list[Path]:
    """Files to take, oldest first; lists last, so that recordings are there when their records are read."""
    found = [
        path
        for path in folder.iterdir()
        if not path.name.startswith(".")
        and not path.name.casefold().endswith(UNFINISHED)
        and path.name != "mapping.yaml"
        and path.is_file()
        and not path.is_symlink()
    ]
    return sorted(found, key=lambda path: (path.suffix == ".csv", path.name))


def default_watcher() -> Watcher:
    incoming = Path(settings.SPOOL_INCOMING)
    incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Watcher(incoming, stable_seconds=settings.SPOOL_STABLE_SECONDS)
