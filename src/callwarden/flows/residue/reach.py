"""How far a search reaches into the database's own files: what it is told by whoever starts it.

The site knows the server and its accounts; it says so once (`provide`). Where it has not, or this account may not read
what belongs to the database's, rows are read as the application may read them and files are reported as not measured.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from callwarden.protection.backup.server import Server


@dataclass(frozen=True)
class Reach:
    """The server as its superuser sees it, and its files.

    Attributes:
        server: None where rows are read as the application only.
        cluster: its data folder on this machine; None where it lies elsewhere.
        scratch: a folder that may be made, for pages taken out of the log a segment at a time.
    """

    server: Server | None = None
    cluster: Path | None = None
    scratch: Path | None = None

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection[tuple[Any, ...]] | None]:
        """A connection that sees every row, or None where this account gets none."""
        try:
            connection = self.server.connect() if self.server else None
        except psycopg.OperationalError:
            connection = None
        if connection is None:
            yield None
            return
        with connection:
            yield connection

    @property
    def reads_files(self) -> bool:
        return self.cluster is not None and os.access(self.cluster / "base", os.R_OK | os.X_OK)


_provider: Callable[[], Reach] | None = None


def provide(provider: Callable[[], Reach] | None) -> None:
    """Say how far searches of this process reach (None: as far as the application)."""
    global _provider
    _provider = provider


def reach() -> Reach:
    return _provider() if _provider else Reach()
