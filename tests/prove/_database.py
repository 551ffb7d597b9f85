"""One throw-away PostgreSQL for the tests that a proof runs: its tables are laid once and copied for each run.

Laying them takes longer than most of what is shown.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

import psycopg
from psycopg import sql

from callwarden.site.postgres import OWNER, EmbeddedPostgres
from tests.prove._running import ROOT

_TEMPLATE = "laid"


def beside(name: str) -> dict[str, str]:
    """What makes `pytest` use another copy of the database this group was given, which nothing may be using yet.

    Without one of its own each run starts a server anyway.
    """
    given = os.environ.get("CALLWARDEN_TEST_DATABASE_URL")
    if given is None:
        return {}
    head, mark, options = given.partition("?")
    server, _, own = head.rpartition("/")
    with psycopg.connect(f"{server}/{OWNER}{mark}{options}", autocommit=True) as connection:
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(made.format(*map(sql.Identifier, (f"test_{own}_{name}", f"test_{own}"))))
    return {"CALLWARDEN_TEST_DATABASE_URL": f"{server}/{own}_{name}{mark}{options}"}


class Databases:
    """Use it as a context manager; `environment` names a database to `pytest` that is laid already."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = EmbeddedPostgres(folder / "db", durable=False)

    def __enter__(self) -> Databases:
        self._folder.mkdir(mode=0o711, exist_ok=True)
        self._url = self._server.start()
        self._create(_TEMPLATE)
        data = self._folder / "data"
        (data / "static").mkdir(parents=True)
        subprocess.run(
            [sys.executable, "-m", "django", "migrate", "--verbosity", "0"],
            cwd=ROOT, check=True, capture_output=True,
            env={
                **os.environ, "DJANGO_SETTINGS_MODULE": "callwarden.site.settings",
                "CALLWARDEN_DATABASE_URL": self._named(_TEMPLATE), "CALLWARDEN_DATA_DIR": str(data),
            },
        )  # fmt: skip
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.stop()

    def environment(self, name: str) -> dict[str, str]:
        """What makes `pytest` use the database of this name; one run at a time in each."""
        self._create(f"test_{name}", _TEMPLATE)
        return {"CALLWARDEN_TEST_DATABASE_URL": self._named(name), "PYTEST_ADDOPTS": "--reuse-db"}

    def _named(self, name: str) -> str:
        return self._url.replace(f"/{OWNER}?", f"/{name}?")

    def _create(self, name: str, template: str = "template1") -> None:
        with psycopg.connect(
            host=str(self._server.sockets), user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                made = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
                connection.execute(made.format(*map(sql.Identifier, (name, template, OWNER))))
