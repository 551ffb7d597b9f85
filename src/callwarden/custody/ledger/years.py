"""A log for each calendar year, so that old ones can be kept apart and, at the end of their time, destroyed whole.

A year is closed and the next begun in one transaction: the closing entry, which names the next log and its key, and the
row of the next year. Then the closed tree is signed for the last time, and the next begins with an entry that names
that head. Stopped anywhere in between, the next start goes on from there. Years are those of UTC.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from callwarden.custody.ledger import columns, heads
from callwarden.custody.models import Checkpoint, LedgerEntry, LedgerYear
from callwarden.engines import ledger
from callwarden.kernel import clock
from callwarden.kernel.events import Event

ACTOR = "job:sequencer"
LAY = f"COPY custody_ledgerentry ({', '.join(('index', 'body', *columns.READ))}) FROM STDIN"


def begin() -> LedgerYear:
    """The first year, with the name and key the log has had from its beginning."""
    from callwarden.custody.ledger import sequencer

    key = str(sequencer.signer().verifier)
    first = LedgerEntry.objects.order_by("index").values_list("at", flat=True).first()
    now = clock.now()
    year, _made = LedgerYear.objects.get_or_create(
        first=0,
        defaults={"year": (first or now).year, "origin": sequencer.origin(), "key": key, "opened_at": first or now},
    )
    return year


def named_anew(year: LedgerYear) -> ledger.Signer:
    """The key of a year. A restored log was given another name beside its tiles, and so has a new key."""
    from callwarden.custody.ledger import sequencer

    home = heads.home(year)
    told = (home / "origin").read_text("utf-8").strip() if (home / "origin").is_file() else year.origin
    signer = sequencer.signer(home, told)
    if (told, str(signer.verifier)) != (year.origin, year.key):
        year.origin, year.key = told, str(signer.verifier)
        year.save(update_fields=["origin", "key"])
    return signer


def due(current: LedgerYear) -> int | None:
    """The year that has begun since this one was opened. Host and database must agree: a wrong clock opens none."""
    year = clock.now().year
    if year <= current.year:
        return None
    year = min(year, _year_of_the_database())
    return year if year > current.year else None


def _year_of_the_database() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(year FROM now() AT TIME ZONE 'UTC')::int")
        (year,) = cursor.fetchone()
    return int(year)


def close(current: LedgerYear, to: int) -> LedgerYear:
    """End a year with an entry that names the log and key of the next, which is then there and still empty."""
    from callwarden.custody.ledger import sequencer

    origin = f"{re.sub('/[0-9]{4}$', '', current.origin)}/{to}"
    following = LedgerYear(year=to, origin=origin, opened_at=clock.now())
    following.first = -1  # known in the transaction; its folder is named by the year alone
    following.key = str(sequencer.signer(heads.home(following), origin).verifier)
    with transaction.atomic():
        last = place([entry_of(Event.LEDGER_YEAR_CLOSED, {"origin": origin, "key": following.key})])
        following.first = last + 1
        following.save(force_insert=True)
    return following


def carry_over(closed: LedgerYear, following: LedgerYear, size: int, root: bytes) -> None:
    """Begin the next year with the last signed head of the closed one."""
    head = Checkpoint.objects.get(size=following.first)
    told = {
        "origin": closed.origin,
        "size": size,
        "root": root.hex(),
        "key": closed.key,
        "head": base64.b64encode(head.note.encode()).decode(),
    }
    with transaction.atomic():
        if not LedgerEntry.objects.filter(index=following.first).exists():
            place([entry_of(Event.LEDGER_YEAR_OPENED, told)])


def entry_of(event: Event, data: dict[str, Any]) -> bytes:
    """An entry that the sequencer itself writes: its canonical bytes."""
    at = clock.now().isoformat(timespec="milliseconds")
    body = {"v": 1, "id": str(uuid.uuid4()), "at": at, "event": str(event)}
    return ledger.canonical({**body, "actor": ACTOR, "data": data})


def place(entries: Sequence[bytes]) -> int:
    """Give entries the next places, in the open transaction. Returns the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(index) + 1, 0) FROM custody_ledgerentry")
        (start,) = cursor.fetchone()
        with cursor.copy(LAY) as copy:
            for index, body in enumerate(entries, start=start):
                copy.write_row((index, body, *columns.read(body)))
    return int(start)
