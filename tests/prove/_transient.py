"""Watches what the processes of a site write into temporary files while they live, unlinked ones included."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

from callwarden.engines.residue import Hit, Search

_MOST = 8 * 1024 * 1024
_PAUSE_SECONDS = 0.3


class Watching:
    """A thread that looks again and again at new files of folders, and at deleted files that are still open.

    Args:
        processes: the processes whose open files are looked at.
        folders: looked at below, two levels deep.
        without: folders that are somebody else's to answer for (where the telephone system drops its files).
    """

    def __init__(
        self, search: Search, processes: Callable[[], set[int]], folders: tuple[Path, ...], without: tuple[str, ...]
    ) -> None:
        self.found: dict[str, set[Hit]] = {}
        self.files = 0
        self._search, self._processes, self._folders, self._without = search, processes, folders, without
        self._seen: set[tuple[str, int, int]] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watching:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(30)

    def _watch(self) -> None:
        while not self._ended.wait(_PAUSE_SECONDS):
            for path in self._named():
                self._look(path, str(path))
            for pid in self._processes():
                self._look_at_open_files(pid)

    def _named(self) -> list[Path]:
        found: list[Path] = []
        for folder in self._folders:
            with contextlib.suppress(OSError):
                for path in (*folder.iterdir(), *folder.glob("*/*")):
                    if not any(part.startswith(self._without) for part in path.relative_to(folder).parts):
                        found.append(path)
        return found

    def _look_at_open_files(self, pid: int) -> None:
        with contextlib.suppress(OSError):
            for link in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    target = os.readlink(link)
                    # memfd and /dev/shm hold shared memory of the database; files are what could outlive it.
                    if target.endswith(" (deleted)") and target.startswith("/") and "/db/" not in target:
                        self._look(link, target)

    def _look(self, path: Path, name: str) -> None:
        with contextlib.suppress(OSError):
            status = path.stat()
            mark = (name, status.st_size, status.st_mtime_ns)
            if mark in self._seen or not os.path.isfile(path) or status.st_size > _MOST:
                return
            self._seen.add(mark)
            self.files += 1
            hits = self._search.data(path.read_bytes())
            if hits:
                self.found.setdefault(name, set()).update(hits)
