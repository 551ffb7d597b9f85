"""Statements the database plans once a connection, for the few questions that are asked with every act.

The object mapper binds values on the client, so each of its statements is planned anew; that is right nearly
everywhere. A decision that everything waits for asks with one fixed text, whose plan the server keeps.

    rows = ask("SELECT slug FROM lawful_purpose WHERE state = %(state)s::text", {"state": "active"})

Every value needs its type written beside it: the server has nothing else to go by. Behind a pooler that hands out
connections a transaction at a time, it has to know prepared statements of the protocol (PgBouncer from 1.21 on).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection


class _Prepared(psycopg.Cursor[Any]):
    """A cursor that binds on the server and has what it executes prepared at once."""

    def execute(self, query: Any, params: Any = None, **_more: Any) -> _Prepared:
        return super().execute(query, params, prepare=True, binary=True)


def ask(statement: str, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
    """The rows of a statement, over the connection and inside the transaction of everything else here."""
    connection.ensure_connection()
    raw = connection.connection
    # Django opens connections that prepare nothing at all. Its own cursors bind on the client and stay as they were.
    if raw.prepare_threshold is None:
        raw.prepare_threshold = 0
    wrap: Any = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with wrap(_Prepared(raw)) as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
