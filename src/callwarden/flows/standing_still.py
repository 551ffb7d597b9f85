"""Lines whose gate refuses an unusual share of their calls: their timers stand still.

With such a share (`CALLWARDEN_REFUSAL_SHARE`, `CALLWARDEN_REFUSALS_AT_LEAST`) something is probably wrong with the
line, not with its callers, and what was due because of it should not be lost. The timers run again when the rate has
ended and somebody has put the finding about it right: a quiet night alone starts nothing. What a person asked for is
no timer.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import transaction

from callwarden.custody import standstill
from callwarden.custody.models import Line
from callwarden.flows import troubles
from callwarden.kernel import journal
from callwarden.kernel.events import Event
from callwarden.kernel.structural import Value

ACTOR: Final = "job:retention"


def lines_now() -> frozenset[UUID]:
    """Stop the timers of lines that refuse too much, let those run again that somebody has put right. Returns the
    lines whose timers stand still now. Stopping and going on are entered once each; with the stop people are told.
    """
    for line in Line.objects.select_related("client"):
        many = troubles.refusals(line)
        with transaction.atomic():
            if many and standstill.begins(line.pk):
                _tell(Event.QUARANTINE_TIMER_STOPPED, line, many)
                troubles.many_refused(line)
            elif not many and not troubles.refusals_in_hand(line) and standstill.ends(line.pk):
                _tell(Event.QUARANTINE_TIMER_RESUMED, line, None)
    return frozenset(standstill.lines())


def _tell(event: Event, line: Line, count: int | None) -> None:
    facts: dict[str, Value] = {"line": line.slug}
    journal.record(journal.Entry(event=event, actor=ACTOR, client=line.client_id, count=count, data=facts))
