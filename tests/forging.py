"""What the owner of the database can do that nobody else can: change the log's rows past their trigger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection

from callwarden.custody.models import LedgerEntry


@contextmanager
def trigger_off() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE custody_ledgerentry DISABLE TRIGGER append_only")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE custody_ledgerentry ENABLE TRIGGER append_only")


@contextmanager
def forged(index: int, column: str, value: object) -> Iterator[None]:
    """One column of one row says something else until the block ends."""
    rows = LedgerEntry.objects.filter(index=index)
    true = rows.values_list(column, flat=True).get()
    with trigger_off():
        assert rows.update(**{column: value}) == 1
    yield
    with trigger_off():
        rows.update(**{column: true})


def another(value: object) -> object:
    """A value that this column may hold and that is not this one."""
    if isinstance(value, datetime):
        return value + timedelta(days=1)
    if value is None or isinstance(value, UUID):  # only ids may be missing
        return uuid4()
    return "" if value else "x"
