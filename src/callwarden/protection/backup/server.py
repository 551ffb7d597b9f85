"""PostgreSQL's own programs, run under the account of the database, against one server."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg
from django.utils.translation import gettext_lazy as _

from callwarden.protection.backup.rules import BackupFailed


class Own(Protocol):
    """An account that can be given files."""

    @property
    def uid(self) -> int: ...

    @property
    def gid(self) -> int: ...

    @property
    def is_current(self) -> bool: ...

    def own(self, path: str | os.PathLike[str]) -> None: ...


@dataclass(frozen=True)
class Server:
    """One PostgreSQL that is copied.

    Args:
        conninfo: a connection that may replicate and read every row (libpq keywords or URL), without a database.
        database: the product's database.
        program: where a program of PostgreSQL lies.
        account: who runs them.
        spawn: starts a program under that account, silent, and ends it when this process ends, however that ends: a
            copy whose maker was killed must not be written on.
    """

    conninfo: str
    database: str
    program: Callable[[str], Path]
    account: Own
    spawn: Callable[[Sequence[str], Mapping[str, str]], subprocess.Popen[bytes]]

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self.conninfo, dbname=self.database, autocommit=True, connect_timeout=10)

    def run(self, name: str, *arguments: str) -> None:
        """
        Raises:
            BackupFailed: the program ended with an error; its words may hold values and are not repeated.
        """
        done = self.start(name, *arguments)
        if done.wait() != 0:
            raise BackupFailed(
                "backup_program_failed",
                _("PostgreSQL's program %(program)s failed. Check free disk space and that the database runs."),
                data={"program": name},
            )

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        return self.spawn([str(self.program(name)), *arguments], environment())

    def lay(self, folder: Path) -> None:
        """Make a folder of the database's account; that account passes through the one above and sees nothing there."""
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.account.is_current:
            folder.parent.chmod(0o711)
        folder.mkdir(mode=0o700, exist_ok=True)
        self.account.own(folder)


def environment() -> dict[str, str]:
    """Nothing of whoever starts us, except where libpq finds a password and certificates."""
    kept = {name: os.environ[name] for name in ("PGPASSFILE", "PGSSLROOTCERT", "PGSSLMODE") if name in os.environ}
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", **kept}
