"""The row of the killed worker with the heartbeats that ship: taken over after half a minute, by the clock on the wall.

Only `make prove NAME=audit` asks for it.
"""

from __future__ import annotations

import os
import signal
import time

import pytest
from django.db import connection, transaction

from callwarden.custody.models import IntakeItem
from callwarden.site.worker import HEARTBEAT_SECONDS, RESCUE_AFTER_SECONDS
from tests.flows.people_at_work import OPENING, Centre, at_work
from tests.flows.test_fail_closed_parts import (
    admissions,
    another,
    await_jobs,
    centre,
    redacted,
    taken_over,
    workers,
)
from tests.flows.worker_to_kill import Workers, await_gone

__all__ = ["centre", "workers"]  # fixtures
pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
CLOCK_SECONDS = 10.0  # how often the clock looks for jobs whose worker is gone


def test_the_job_of_a_killed_worker_is_another_ones_after_three_missed_heartbeats(
    centre: Centre, workers: Workers, monkeypatch
):
    assert (HEARTBEAT_SECONDS, RESCUE_AFTER_SECONDS) == (10, 30)
    opening = {name: act for name, act in centre.acts.items() if name in OPENING}
    with at_work(opening, monkeypatch) as work:
        another(centre.exchange, 1)
        centre.exchange.look()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE custody_intakeitem IN ACCESS EXCLUSIVE MODE")  # the job waits in the middle
            killed = workers.begin()
            await_jobs("doing")
            os.kill(killed, signal.SIGKILL)
            await_gone(killed)
            died = time.monotonic()
        survivor = workers.begin()
        while not taken_over():
            assert time.monotonic() < died + 4 * RESCUE_AFTER_SECONDS
            workers.rescue()
            await_looked_again(until=time.monotonic() + CLOCK_SECONDS)
        took = time.monotonic() - died
        assert took > RESCUE_AFTER_SECONDS - HEARTBEAT_SECONDS  # its last sign of life may have been that old
        await_jobs()
        assert set(work.see().values()) == {"open"}
        os.kill(survivor, signal.SIGTERM)
        await_gone(survivor)
    assert redacted(centre) == 2
    assert IntakeItem.objects.filter(kind="row", state="admitted").count() == 2
    assert set(admissions().values()) == {1}


def await_looked_again(*, until: float) -> None:
    while time.monotonic() < until and not taken_over():
        time.sleep(0.2)
