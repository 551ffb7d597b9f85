"""The tables of a new database, laid at once.

Running every migration on an empty database takes half a minute and more, nearly all of it spent on models that Django
builds anew for each step. `schema.sql` is what they come to, written by `make schema`: the tables, functions, rights
and rows after the migrations that it names. A database that has tables already is migrated as ever.

Nothing depends on the file. It is laid only where each migration it names is, byte for byte, the one installed here and
the server is of the version that wrote it; else, and for whatever is newer, the migrations run. That both come to the
same is tested.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

import psycopg

FILE = "schema.sql"
_VERSION, _MIGRATION = "-- PostgreSQL ", "-- migration "


def lay(connection: psycopg.Connection[Any]) -> bool:
    """Lay the tables where there are none, in one transaction. Returns whether it was done; else nothing has changed.

    A server that does not take it, for want of a role or a right, says why to the migrations.
    """
    script = _script()
    if not script or connection.info.server_version // 10_000 != _version(script):
        return False
    if _has_tables(connection) or not all(_unchanged(line) for line in _named(script)):
        return False
    try:
        with connection.transaction():
            connection.execute(script.encode())  # no parameters: many statements at once
    except psycopg.Error:
        return False
    return True


def header(version: int, modules: Sequence[str]) -> list[str]:
    """The first lines of the file: the server's major version, and the migrations in their order with their digests."""
    return [f"{_VERSION}{version}", *(f"{_MIGRATION}{module} {_digest(module)}" for module in modules)]


@cache
def _script() -> str:
    found = resources.files("callwarden.site").joinpath(FILE)
    return found.read_text(encoding="utf-8") if found.is_file() else ""


def _version(script: str) -> int:
    first = script.partition("\n")[0]
    return int(first.removeprefix(_VERSION)) if first.startswith(_VERSION) else 0


def _named(script: str) -> Iterable[str]:
    return (line for line in script.splitlines() if line.startswith(_MIGRATION))


def _has_tables(connection: psycopg.Connection[Any]) -> bool:
    found = connection.execute("SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = 'public' LIMIT 1")
    return found.fetchone() is not None


def _unchanged(line: str) -> bool:
    module, _space, digest = line.removeprefix(_MIGRATION).partition(" ")
    return _digest(module) == digest


def _digest(module: str) -> str:
    """Of a migration's source; empty where it is not installed."""
    try:
        found = importlib.util.find_spec(module)
    except ImportError:
        return ""
    return sha256(Path(found.origin).read_bytes()).hexdigest() if found and found.origin else ""
