"""Whether the time can be relied on for what cannot be taken back.

What is due is refused at once. It is destroyed only when time has passed evenly for a while: a clock set forward ends
nothing in bulk. And a clock set back opens nothing again: what was due at a time that had passed evenly stays refused.

A look a minute (`look`) compares the host's clock with the one before, with the time that really passed, and with the
database's clock. Until the first look ever nothing is known, and nothing is held up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import ClockLook
from callwarden.custody.steady import GAP, SLACK, STEADY
from callwarden.kernel import clock, findings, journal
from callwarden.kernel.events import Event
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Finding, Outcome, Severity
from callwarden.kernel.structural import Value

ACTOR: Final = "job:watch"
WHERE: Final = "site:clock"
# From so long a silence on, people are told although the program may simply have been stopped.
LONG_SILENCE: Final = timedelta(hours=1)
JUMPED = findings.register(
    FindingKind(
        "clock-jumped",
        title=_("The clock jumped, or clocks disagree"),
        remedy=_(
            "Compare the clocks of this host and of the database with a time service. Nothing is destroyed until"
            " time has passed evenly for an hour."
        ),
    )
)
# When this process looked last: by the clock that only ever goes forward, and by the time of day.
_before: tuple[float, datetime] | None = None


@dataclass(frozen=True)
class Jump:
    """What was wrong with the time at a look: "back", "forward" or "apart" (from the database's), by so much."""

    kind: str
    by: timedelta
    certain: bool


def steady() -> bool:
    """Whether time has passed evenly for long enough, up to now."""
    seen = ClockLook.objects.first()
    if seen is None:
        return True
    now = clock.now()
    return seen.at - SLACK <= now <= seen.at + GAP and now - seen.steady_since >= STEADY


def look() -> Jump | None:
    """Look at the clocks. A jump is a finding, and has time count as uneven from now on."""
    global _before
    now, passed = clock.now(), clock.monotonic()
    with transaction.atomic():
        seen, first = ClockLook.objects.select_for_update().get_or_create(
            id=1, defaults={"at": now, "steady_since": now}
        )
        jump = None if first else _jump(seen, now, passed)
        apart = abs(database_now() - now)
        if jump is None and apart > SLACK:
            jump = Jump("apart", apart, certain=True)
        if jump is not None:
            seen.steady_since = now
            if jump.certain or jump.by > LONG_SILENCE:
                _report(jump)
        elif now - seen.steady_since >= STEADY:
            seen.mark = max(seen.mark or now, now)
            _check_remedied()
        seen.at = now
        seen.save(update_fields=["at", "steady_since", "mark"])
    _before = (passed, now)
    return jump


def database_now() -> datetime:
    """The time of day by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (at,) = cursor.fetchone()
    assert isinstance(at, datetime)
    return at


def _jump(seen: ClockLook, now: datetime, passed: float) -> Jump | None:
    if now < seen.at - SLACK:
        return Jump("back", seen.at - now, certain=True)
    if _before is not None and (extra := now - _before[1] - timedelta(seconds=passed - _before[0])) > SLACK:
        return Jump("forward", extra, certain=True)
    if now > seen.at + GAP:
        # Nobody looked for a while: stopped, asleep, or set forward in the meantime.
        return Jump("forward", now - seen.at, certain=False)
    return None


def _report(jump: Jump) -> None:
    seconds = int(jump.by.total_seconds())
    facts: dict[str, Value] = {"kind": jump.kind, "seconds": seconds}
    journal.record(journal.Entry(event=Event.CLOCK_JUMPED, actor=ACTOR, data=facts))
    findings.report(JUMPED.name, severity=Severity.HIGH, actor=ACTOR, where=WHERE, data=facts)


def _check_remedied() -> None:
    for finding in Finding.objects.filter(kind=JUMPED.name, where=WHERE, state=Finding.State.VERIFYING):
        findings.check(finding, outcome=Outcome.PASS, actor=ACTOR, evidence="steady:1h")
