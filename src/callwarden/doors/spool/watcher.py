"""Watching folders: a file that has stopped growing is sealed, read back, committed, and only then removed.

One file that cannot be taken stops no other: it is reported once, left where it is, and looked at again later.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import IntakeItem, Line
from callwarden.doors.spool.left import Left, say
from callwarden.flows.formats import shown_name
from callwarden.flows.receive import receive_file
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import CallwardenError, InvalidInput, Unavailable
from callwarden.kernel.events import Event

log = logging.getLogger("callwarden.spool")
DOOR = "spool"
UNFINISHED = (".part", ".tmp", ".partial", ".filepart", "~")
# How long a file that was refused is left alone, unless it changes.
AGAIN_SECONDS = 60.0


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
        self._refused: dict[Path, float] = {}
        self._reported: set[tuple[Path, str]] = set()
        self._left: dict[Path, Left] = {}
        self._said: frozenset[Left] | None = None

    def look(self) -> Round:
        """Seal whatever has become stable. A full disk or an absent database leaves everything where it is."""
        done = Round()
        present: set[Path] = set()
        watched = dict(self._folders())
        for folder, line in watched.items():
            for path in _files(folder):
                present.add(path)
                if self._is_stable(path) and not self._is_left_alone(path):
                    self._take(path, line, done)
        present |= self._report_strangers(watched, done)
        self._seen = {path: seen for path, seen in self._seen.items() if path in present}
        self._refused = {path: until for path, until in self._refused.items() if path in present}
        self._reported = {(path, code) for path, code in self._reported if path in present}
        self._left = {path: left for path, left in self._left.items() if path in present}
        self._say_what_is_left()
        return done

    def _say_what_is_left(self) -> None:
        now = frozenset(self._left.values())
        if now != self._said:
            say(self._incoming, now)
            self._said = now

    def _folders(self) -> Iterator[tuple[Path, Line]]:
        several = Line.objects.values("client").distinct().count() > 1
        for line in Line.objects.select_related("client"):
            folder = self._incoming / line.client.slug / line.slug if several else self._incoming / line.slug
            if folder.is_dir():
                yield folder, line

    def _is_stable(self, path: Path) -> bool:
        try:
            status = path.stat()
        except OSError:
            return False
        now, current = clock.monotonic(), Seen(status.st_size, status.st_mtime_ns)
        before = self._seen.get(path)
        if before is None or before[0] != current:
            self._seen[path] = (current, now)
            self._refused.pop(path, None)
            return self._stable == 0
        return now - before[1] >= self._stable

    def _is_left_alone(self, path: Path) -> bool:
        return clock.monotonic() < self._refused.get(path, float("-inf"))

    def _take(self, path: Path, line: Line, done: Round) -> None:
        try:
            duplicate = take(path, line)
        except Unavailable:
            raise
        except (StillWritten, FileNotFoundError):
            return
        except CallwardenError as error:
            self._refused[path] = clock.monotonic() + AGAIN_SECONDS
            self._report(path, error, done, line)
            return
        self._seen.pop(path, None)
        self._left.pop(path, None)
        done.duplicates += duplicate
        done.sealed += not duplicate

    def _report(self, path: Path, error: CallwardenError, done: Round, line: Line | None = None) -> None:
        self._left[path] = Left(path, line.id if line else None, error.code)
        if (path, error.code) not in self._reported:
            self._reported.add((path, error.code))
            log.warning("file_refused", extra={"code": error.code})
        done.refused.append((shown_name(path.name), str(error)))

    def _report_strangers(self, watched: dict[Path, Line], done: Round) -> set[Path]:
        """Files nobody will ever take, because they lie in no line's folder, or deeper in one, or are links: in clear,
        so say so.
        """
        parents = {parent for folder in watched for parent in folder.parents}
        found: set[Path] = set()
        for folder in {self._incoming, *(parent for parent in parents if parent.is_relative_to(self._incoming))}:
            for path in _entries(folder):
                if path not in watched and path not in parents and _holds_something(path):
                    found.add(path)
                    self._report(path, _stranger(path), done)
        for folder, line in watched.items():
            for path in _entries(folder):
                if path.is_symlink() or (path.is_dir() and path not in watched and _holds_something(path)):
                    found.add(path)
                    self._report(path, _not_a_file(path), done, line)
        return found


def take(path: Path, line: Line, *, batch: UUID | None = None, remove: bool = True) -> bool:
    """Seal one file; remove the source once that is committed. Returns whether its content was here already.

    Killed before the commit: the source is still there and is taken next time. Killed after it: the content is
    recognised next time and only the source is removed.

    Raises:
        StillWritten: another program has it open for writing. Nothing was done.
        InvalidInput: it cannot be read, or cannot be removed after it was sealed.
        FileNotFoundError: it has gone meanwhile.
    """
    with _opened(path) as source:
        before = _mark(os.fstat(source.fileno()))
        received = receive_file(source, name=path.name, line=line, door=DOOR, batch=batch)
    # Asked anew, outside the transaction that wrote it: a source is removed on evidence, not on hope. And only if it
    # is what was read: a file that was written to meanwhile, or replaced, is another one.
    if remove and IntakeItem.objects.filter(pk=received.item.pk).exists() and _is(path, before):
        _remove(path)
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


class StillWritten(CallwardenError):
    """Another program has the file open for writing, however long it has not grown."""


class _Source(FileIO):
    """A source whose own faults are told apart from those of the disk that takes the sealed copy."""

    def __init__(self, path: Path) -> None:
        # O_NOFOLLOW: nobody gets a file elsewhere on this machine taken in, and removed, by dropping a link to it.
        # O_NONBLOCK: nor does a pipe of that name stop the door.
        super().__init__(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
        self._path = path

    def read(self, size: int | None = -1, /) -> bytes:
        try:
            return os.read(self.fileno(), size) if size is not None and size >= 0 else self.readall()
        except OSError:
            raise _unreadable(self._path) from None


def _opened(path: Path) -> _Source:
    try:
        source = _Source(path)
    except FileNotFoundError:
        raise
    except OSError:
        raise _unreadable(path) from None
    if _is_being_written(source.fileno()):
        source.close()
        raise StillWritten("still_written", _("This file is still being written."))
    return source


def _is_being_written(descriptor: int) -> bool:
    """Whether any process has the file open for writing: then, and only then, Linux refuses a read lease on it.

    Where leases are not to be had (a network file system, somebody else's file) only the stability of size and time
    speaks for it. Source: fcntl(2), F_SETLEASE.
    """
    try:
        # Should a writer come in this very moment, its signal is one that is ignored by default.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _mark(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _is(path: Path, before: tuple[int, int, int, int]) -> bool:
    try:
        return _mark(path.lstat()) == before
    except FileNotFoundError:
        return False


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        raise InvalidInput(
            "source_not_removed",
            _(
                "%(file)s is taken in, but its source still lies there in clear, because it may not be removed. Give"
                " Callwarden's account write access to the folder."
            ),
            data={"file": shown_name(path.name)},
        ) from None


def _unreadable(path: Path) -> InvalidInput:
    return InvalidInput(
        "file_unreadable",
        _("%(file)s was left where it is: it cannot be read. Give Callwarden's account read access to it."),
        data={"file": shown_name(path.name)},
    )


def _stranger(path: Path) -> InvalidInput:
    return InvalidInput(
        "no_line_of_this_name",
        _(
            "%(file)s lies in no line's folder and is not taken. Rename the folder to the short name of a line, or move"
            " the files into one."
        ),
        data={"file": shown_name(path.name)},
    )


def _not_a_file(path: Path) -> InvalidInput:
    return InvalidInput(
        "not_a_file",
        _(
            "%(file)s is a folder or a link, and neither is taken. Move the files themselves into the folder of their"
            " line."
        ),
        data={"file": shown_name(path.name)},
    )


def _entries(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError:
        return []


def _holds_something(path: Path) -> bool:
    if path.is_dir() and not path.is_symlink():
        return bool(_entries(path))
    return path.name != "mapping.yaml"


def _files(folder: Path) -> list[Path]:
    """Files to take, oldest first; lists last, so that recordings are there when their records are read."""
    found = [
        path
        for path in _entries(folder)
        if not path.name.casefold().endswith(UNFINISHED)
        and path.name != "mapping.yaml"
        and path.is_file()
        and not path.is_symlink()
    ]
    return sorted(found, key=lambda path: (path.suffix == ".csv", path.name))


def default_watcher() -> Watcher:
    incoming = Path(settings.SPOOL_INCOMING)
    incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Watcher(incoming, stable_seconds=settings.SPOOL_STABLE_SECONDS)
