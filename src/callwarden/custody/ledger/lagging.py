"""The log says of itself that it is behind, and that it has caught up: once each."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import transaction

from callwarden.custody.ledger.health import lag_seconds
from callwarden.kernel import journal, standing
from callwarden.kernel.events import Event

ACTOR: Final = "job:watch"
NAME: Final = "ledger:lag"


def look() -> None:
    """Enter it when an entry has waited longer than LEDGER_LAG_SECONDS, and when none does any more.

    What is behind is the sequencer; entries can be written all the while, or nothing at all could be done.
    """
    lag = lag_seconds()
    behind = lag > settings.LEDGER_LAG_SECONDS
    with transaction.atomic():
        if behind and standing.begins(NAME):
            journal.record(journal.Entry(event=Event.LEDGER_LAGGING, actor=ACTOR, data={"seconds": round(lag)}))
        elif not behind and standing.ends(NAME):
            journal.record(journal.Entry(event=Event.LEDGER_CAUGHT_UP, actor=ACTOR))
