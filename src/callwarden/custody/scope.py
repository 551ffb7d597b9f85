"""The one wrapper through which rows of a client are read or written.

Row-level security shows no row of a client-owned table until the transaction has said whose rows it works on. It guards
against mistakes (a forgotten filter), not against intruders.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection, transaction
from psycopg.pq import TransactionStatus

SETTING = "callwarden.client"


@contextmanager
def client_scope(client: UUID, *, durable: bool = False) -> Iterator[None]:
    """A transaction that sees the rows of exactly this client.

    Args:
        durable: refuse to be nested in another transaction, so that leaving this block is a commit.
    """
    nested = connection.in_atomic_block
    with transaction.atomic(durable=durable):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting(%s, true), set_config(%s, %s, true)", [SETTING, SETTING, str(client)]
            )
            (previous, _now) = cursor.fetchone()
        try:
            yield
        finally:
            # A transaction around this one sees no more afterwards than it did before; where there is none, the setting
            # ends with this one. After an error of the database nothing can be said to it; the rollback then takes the
            # setting back.
            if nested and _listens():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, previous or ""])


def _listens() -> bool:
    raw = connection.connection
    return (
        raw is not None and not connection.needs_rollback and raw.info.transaction_status == TransactionStatus.INTRANS
    )
