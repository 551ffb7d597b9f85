"""One of the writers of the ledger's benchmark: told on standard input what to write and for how long.

`plain SECONDS` inserts rows of the size of entries into a bare table, one in each transaction, by the driver;
`ledger SECONDS` records entries as the product does, one in each transaction; `paced SECONDS RATE` does so at a steady
rate. The answer is a line of JSON: how long each took, in milliseconds.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from uuid import uuid4

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callwarden.site.settings")
    django.setup()
    from django.db import connection, transaction

    from callwarden.engines.ledger import canonical
    from callwarden.kernel import clock, journal
    from callwarden.kernel.events import Event

    actor, session, subject, call = (str(uuid4()), uuid4(), uuid4(), uuid4())

    def fields() -> dict[str, object]:
        return {
            "event": Event.DISCLOSE_REVEAL, "actor": actor, "session": session, "subject": subject, "call": call,
            "purpose": "service", "decision": "allow", "fields": ("phone",), "count": 1,
        }  # fmt: skip

    size = len(canonical({name: str(value) for name, value in fields().items()})) + 120
    body = os.urandom(size)

    def plain() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO bench_plain (entry, at, body) VALUES (%s, %s, %s)", [uuid4(), clock.now(), body]
            )

    def ledger() -> None:
        with transaction.atomic():
            journal.record(journal.Entry(**fields()))  # type: ignore[arg-type]

    acts: dict[str, Callable[[], None]] = {"plain": plain, "ledger": ledger, "paced": ledger}
    connection.ensure_connection()
    print("ready", flush=True)
    for line in sys.stdin:
        name, seconds, *rate = line.split()
        print(json.dumps(written(acts[name], float(seconds), float(rate[0]) if rate else None)), flush=True)


def written(act: Callable[[], None], seconds: float, rate: float | None) -> list[float]:
    """Milliseconds each took. With a rate, an act waits for its turn and counts from then."""
    took = []
    begun = time.perf_counter()
    while (now := time.perf_counter()) - begun < seconds:
        if rate is not None and (wait := begun + len(took) / rate - now) > 0:
            time.sleep(wait)
            now = time.perf_counter()
        act()
        took.append((time.perf_counter() - now) * 1000)
    return took


if __name__ == "__main__":
    main()
