"""From commit to alert, on a real installation: database, keeper, sequencer and watch as processes of their own.

Fifty entries a second are committed, as two thousand agents would at their busiest; one in ten is something that is
told at once (an agent who tries to approve what they asked for), each by somebody else. An alert's time is from the
commit of its entry until the alert can be read by another connection: sequencing, the watch's pause and its
transaction included.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from bench._alerts_judge import quantile
from bench._site import installation, stop

ALERTS = 300
ENTRIES_S = 50
ONE_IN = 10
PATIENCE_S = 60


def run(progress: Callable[[str], None]) -> dict[str, float]:
    with installation():
        progress("starting sequencer and watch")
        running = [
            _start("callwarden.custody.sequencer.__main__", "cw_sequencer"),
            _start("callwarden.site.watch", "cw_app"),
        ]
        try:
            return _measured(progress)
        finally:
            for process in running:
                stop(process)


def _start(module: str, role: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", module], env={**os.environ, "CALLWARDEN_DATABASE_ROLE": role})


def _measured(progress: Callable[[str], None]) -> dict[str, float]:
    from callwarden.control.alerts.models import Alert, WatchState
    from callwarden.kernel.events import Event
    from callwarden.kernel.people import open_account

    people = [
        open_account(username=f"agent{number}", roles=["agent"], actor="system").actor for number in range(ALERTS)
    ]
    until = time.monotonic() + PATIENCE_S
    while not WatchState.objects.exists():
        if time.monotonic() > until:
            raise RuntimeError("the watch did not start")
        time.sleep(0.1)
    committed: dict[str, float] = {}
    seen: dict[str, float] = {}

    def look() -> None:
        now = time.monotonic()
        for actor in Alert.objects.filter(kind="own_approval_tried").values_list("actor", flat=True):
            seen.setdefault(actor, now)

    progress(f"{ALERTS * ONE_IN} entries, {ENTRIES_S} a second")
    begin = time.monotonic()
    for number in range(ALERTS * ONE_IN):
        told = number % ONE_IN == 0
        actor = people[number // ONE_IN if told else number % ALERTS]
        _commit(Event.APPROVAL_OWN_TRIED if told else Event.MFA_PROVED, actor)
        if told:
            committed[actor] = time.monotonic()
        look()
        time.sleep(max(0.0, begin + (number + 1) / ENTRIES_S - time.monotonic()))
    until = time.monotonic() + PATIENCE_S
    while len(seen) < ALERTS and time.monotonic() < until:
        look()
        time.sleep(0.02)
    waits = [seen[actor] - at for actor, at in committed.items() if actor in seen]
    return {
        "alert_p99_s": quantile(waits, 0.99),
        "alert_p50_s": quantile(waits, 0.5),
        "alerts_raised": len(waits),
        "alerts_wanted": ALERTS,
        "entries_s": ALERTS * ONE_IN / (max(committed.values()) - begin),
    }


def _commit(event: Any, actor: str) -> None:
    from django.db import transaction

    from callwarden.kernel import journal
    from callwarden.kernel.journal import Entry

    with transaction.atomic():
        journal.record(Entry(event=event, actor=actor, data={"person": actor}))
