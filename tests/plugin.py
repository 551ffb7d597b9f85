"""Gives the tests a PostgreSQL of their own before Django reads its settings.

The controlling process starts one throw-away server in a temporary folder; pytest-xdist workers inherit its address
and make databases of their own in it. `CALLWARDEN_TEST_DATABASE_URL` names another server instead.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest

from callwarden.site import schema
from callwarden.site.postgres import OWNER, EmbeddedPostgres

TEMPLATE = "callwarden_laid"

_server = pytest.StashKey[tuple[EmbeddedPostgres, Path]]()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ or {"--collect-only", "--co", "--help", "-h", "--version"} & set(args):
        return
    # Nothing of a developer's own installation may leak into the tests, nor the tests into it.
    for name in [name for name in os.environ if name.startswith("CALLWARDEN_") and "_TEST_" not in name]:
        del os.environ[name]
    folder = Path(tempfile.mkdtemp(prefix="callwarden-tests-"))
    folder.chmod(0o711)  # the database account passes through when root runs the tests
    os.environ["CALLWARDEN_DATA_DIR"] = str(folder / "data")
    (folder / "data" / "static").mkdir(parents=True, mode=0o700)
    server = EmbeddedPostgres(folder / "db", durable=False)
    early_config.stash[_server] = (server, folder)
    given = os.environ.get("CALLWARDEN_TEST_DATABASE_URL")
    os.environ["CALLWARDEN_DATABASE_URL"] = given or server.start()
    if not given and _laid(server):
        os.environ["CALLWARDEN_TEST_TEMPLATE"] = TEMPLATE


def _laid(server: EmbeddedPostgres) -> bool:
    """Lay the tables once, for the databases of the tests to be copies of."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
    with psycopg.connect(server.url.replace(f"/{OWNER}?", f"/{TEMPLATE}?"), autocommit=True) as connection:
        return schema.lay(connection)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if _server in config.stash:
        server, folder = config.stash[_server]
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
