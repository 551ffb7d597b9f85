"""The watch is killed where it stands, again and again: every alert is raised, and none of them twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Event as Stop
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from callwarden.control.alerts import queries
from callwarden.control.alerts.models import AccessDay, Alert, WatchState
from callwarden.custody.models import LedgerEntry, LedgerPending, SequencerState
from callwarden.doors.cli import checks
from callwarden.flows import controls, troubles, watching
from callwarden.flows.watching import Stream
from callwarden.kernel import clock
from callwarden.kernel.events import Event
from callwarden.kernel.models import Finding, OutboxMessage, Outcome
from callwarden.kernel.people import open_account
from tests.centre import client, database_url, keeper, keeper_folder
from tests.flows.test_watching import write

__all__ = ["client", "keeper", "keeper_folder", "write"]
pytestmark = pytest.mark.django_db(transaction=True)

KILLS = int(os.environ.get("CALLWARDEN_TEST_WATCH_KILLS", "8"))
PEOPLE = 8


@pytest.fixture
def attacked(write: Callable[..., LedgerEntry]) -> int:
    """A log in which several people, one after the other, each look at strangers; its size."""
    open_account("officer", roles=["data_protection_officer"], actor="system", email="dpo@example.org")
    people = [open_account(f"agent-{number}", roles=["agent"], actor="system") for number in range(PEOPLE)]
    for one in people:
        for _ in range(14):
            write(Event.DISCLOSE_VIEW_MASKED, one.actor, subject=uuid4(), purpose="service", count=1)
    return LedgerEntry.objects.count()


def told() -> tuple[Counter[Any], Counter[Any], int, int]:
    """What the watch has said so far: alerts, counts of accesses, entries in the log, messages."""
    alerts = Counter(
        (kind, actor, at, since, tuple(evidence))
        for kind, actor, at, since, evidence in Alert.objects.values_list("kind", "actor", "at", "since", "evidence")
    )
    days = Counter(AccessDay.objects.values_list("actor", "action", "link", "count", "refused"))
    raised = sum(
        b"control:alert:raised" in bytes(one)
        for one in LedgerPending.objects.order_by("id").values_list("body", flat=True)
    )
    return alerts, days, raised, OutboxMessage.objects.filter(template="alert-raised").count()


def undisturbed() -> tuple[Counter[Any], Counter[Any], int, int]:
    """What it says when nobody disturbs it; nothing of it stays."""
    with transaction.atomic():
        stream = Stream()
        while stream.step():
            pass
        expected = told()
        transaction.set_rollback(True)
    return expected


def begun() -> int:
    """The loop of the watch in a process of its own; its id."""
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            watching.run(Stop(), pause_s=0.01)
        finally:
            os._exit(1)
    return child


def cursor() -> int:
    return WatchState.objects.get().cursor


def until(size: int, child: int, *, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while cursor() < size:
        assert time.monotonic() < deadline, "the watch does not go on"
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_killed_at_any_moment_it_loses_no_alert_and_raises_none_twice(attacked: int, monkeypatch) -> None:
    monkeypatch.setattr(watching, "BATCH", 9)
    expected = undisturbed()
    assert sum(expected[0].values()) > 2
    moments, places = random.Random(20261129), set()
    for _ in range(KILLS):
        child, before = begun(), cursor()
        # Wait until it has taken something in, so that the kill falls into its work and not into its start.
        deadline = time.monotonic() + 60
        while cursor() == before < attacked and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(moments.uniform(0, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        places.add(cursor())
    assert len(places) > 2, "every kill came too late"
    until(attacked, begun())
    assert told() == expected


@pytest.mark.slow
def test_the_real_process_goes_on_where_a_killed_one_stood(attacked: int) -> None:
    expected = undisturbed()
    environment = os.environ | {"CALLWARDEN_DATABASE_URL": database_url()}
    for killed in (True, False):
        process = subprocess.Popen([sys.executable, "-m", "callwarden.site.watch"], env=environment)
        deadline = time.monotonic() + 120
        while WatchState.objects.get().beat_at is None or (not killed and cursor() < attacked):
            assert time.monotonic() < deadline
            assert process.poll() is None, "the watch ended at once"
            time.sleep(0.02)
        process.kill() if killed else process.terminate()
        process.wait(timeout=60)
    assert told() == expected


def test_that_nobody_watches_and_how_far_behind_is_said_everywhere(attacked: int) -> None:
    def said() -> tuple[Any, Any, int]:
        reading = controls.measure(controls.find("misuse"))
        troubles.look()
        return reading.outcome, checks.watch().outcome, Finding.objects.filter(kind="watch-behind").count()

    assert said() == (Outcome.NOT_MEASURED, Outcome.NOT_MEASURED, 0), "it has not run yet"
    stream = Stream()
    WatchState.objects.update(beat_at=clock.now())
    late = queries.pulse()
    assert (late.waiting, late.beats, late.keeps_up) == (attacked, True, False), "minutes old, and not read"
    SequencerState.objects.create(started_at=clock.now() - timedelta(seconds=30), beat_at=clock.now())
    assert said() == (Outcome.FAIL, Outcome.FAIL, 0), "no finding while the site starts"
    SequencerState.objects.update(started_at=clock.now() - timedelta(minutes=3))
    assert said() == (Outcome.FAIL, Outcome.FAIL, 1)
    while stream.step():
        pass
    stream.step()
    assert queries.pulse().waiting == 0
    assert said()[:2] == (Outcome.PASS, Outcome.PASS)
    WatchState.objects.update(beat_at=clock.now() - timedelta(seconds=61))
    assert said()[:2] == (Outcome.FAIL, Outcome.FAIL), "it stands still"
