"""Who reads the operation log stands in it: entered and committed before a row of it is shown."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from callwarden.flows.actors import Actor
from callwarden.kernel import journal
from callwarden.kernel.events import Event
from callwarden.kernel.structural import Value


def enter(actor: Actor, *, part: str, filters: Iterable[str] = (), rows: int, **facts: Value) -> UUID:
    """Enter that somebody looks at entries of the log; committed when this returns.

    Args:
        part: what of it is looked at (`list`, `entry`, `proof`, `alert`, `usage`).
        filters: names of the filters in use, never what was looked for.
        rows: how many entries are shown.
        facts: further structural facts, such as the number of the one entry.

    Raises:
        Unavailable: the entry cannot be written, so nothing may be shown.
    """
    data: dict[str, Value] = {"part": part, **facts}
    with transaction.atomic(durable=True):
        return journal.record(
            journal.Entry(
                event=Event.LEDGER_READ,
                actor=actor.name,
                session=actor.session,
                fields=tuple(sorted(filters)),
                count=rows,
                data=data,
            )
        )
