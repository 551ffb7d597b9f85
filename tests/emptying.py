"""Emptying the tables after a test that really committed: fast, for this is done after thousands of them.

Django truncates every table, which makes new files for some two hundred of them and takes longer than most tests, and
then writes its content types anew. Rows are deleted here instead, by the superuser of the throw-away server, for whom
neither triggers nor row security count; content types and permissions, which no test changes, stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from django.core.management.commands import flush
from django.db.backends.base.base import BaseDatabaseWrapper

STAYS = frozenset({"django_content_type", "auth_permission"})
# Deleted rows take up room until they are truncated away.
TRUNCATED_EVERY = 50


class Emptier:
    """Takes the place of what Django does to empty a database of tests.

    Where there is no superuser to be had (`CALLWARDEN_TEST_DATABASE_URL`), Django goes on as ever.
    """

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        values = connection.settings_dict
        self._connection = psycopg.connect(
            host=values["HOST"], port=values["PORT"] or 5432, user="postgres", dbname=values["NAME"], autocommit=True
        )
        self._truncating: Callable[..., list[str]] = connection.ops.sql_flush
        self._executing: Callable[[Sequence[str]], None] = connection.ops.execute_sql_flush
        self._emptied = 0

    def statements(self, style: Any, tables: Sequence[str], **how: bool) -> list[str]:
        """What empties these tables; "" stands first where it is deleting."""
        self._emptied += 1
        wanted = [one for one in tables if one not in STAYS]
        if how.get("reset_sequences") or self._emptied % TRUNCATED_EVERY == 0:
            return self._truncating(style, wanted, **how)
        return ["", *(f'DELETE FROM "{one}"' for one in wanted)]

    def execute(self, statements: Sequence[str]) -> None:
        if not statements or statements[0]:
            self._executing(statements)
            return
        told = ["BEGIN", "SET LOCAL session_replication_role = replica", *statements[1:], "COMMIT"]
        self._connection.execute("; ".join(told))

    def close(self) -> None:
        self._connection.close()

    @classmethod
    def install(cls, connection: BaseDatabaseWrapper) -> Emptier | None:
        """Let tests of this connection be followed by it; None where it cannot be had."""
        try:
            emptier = cls(connection)
        except psycopg.OperationalError:
            return None
        connection.ops.sql_flush = emptier.statements  # type: ignore[method-assign]
        connection.ops.execute_sql_flush = emptier.execute  # type: ignore[method-assign]
        flush.emit_post_migrate_signal = lambda *_args, **_named: None
        return emptier
