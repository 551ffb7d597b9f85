"""Jobs survive their workers: delivered with the transaction that asked for them, taken over when a worker dies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from procrastinate import App
from procrastinate.contrib.django import app
from procrastinate.tasks import Task

from callwarden.custody.models import LedgerPending
from callwarden.kernel import journal
from callwarden.site import failing, jobs
from callwarden.site.worker import HEARTBEAT_SECONDS, RESCUE_AFTER_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_jobs_yet(transactional_db: None) -> None:
    """The job tables are not Django's, so emptying Django's tables leaves them as they are."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs; DELETE FROM procrastinate_workers")


def defer() -> int:
    return app.configure_task("planted.task", queue="planted", allow_unknown=True).defer()


def states() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text FROM procrastinate_jobs WHERE queue_name = 'planted' ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def given_to_a_worker_last_heard(seconds_ago: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) "
            "VALUES (now() - make_interval(secs => %s)) RETURNING id",
            [seconds_ago],
        )
        (worker,) = cursor.fetchone()
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE queue_name = 'planted'", [worker]
        )


def run_rescue() -> None:
    async def rescue(ready: App) -> None:
        async with ready.open_async():
            await jobs.rescue_stalled_jobs(0)

    with app.replace_connector(app.connector.get_worker_connector()) as ready:  # type: ignore[attr-defined]
        asyncio.run(rescue(ready))


def test_a_job_is_delivered_only_with_the_transaction_that_asked_for_it() -> None:
    with transaction.atomic():
        defer()
        transaction.set_rollback(True)
    assert states() == []
    with transaction.atomic():
        defer()
    assert states() == ["todo"]


def test_the_job_of_a_dead_worker_is_given_to_others() -> None:
    defer()
    given_to_a_worker_last_heard(RESCUE_AFTER_SECONDS + 5)
    run_rescue()
    assert states() == ["todo"]


def test_of_several_jobs_of_dead_workers_none_waits_until_the_log_takes_that_another_was_rescued(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses(_entry: object) -> None:
        raise RuntimeError("the log takes nothing")

    for _job in range(3):
        defer()
    given_to_a_worker_last_heard(RESCUE_AFTER_SECONDS + 5)
    with monkeypatch.context() as down:
        down.setattr(journal, "record", refuses)
        run_rescue()
    assert states() == ["todo"] * 3
    given_to_a_worker_last_heard(RESCUE_AFTER_SECONDS + 5)
    run_rescue()
    told = [json.loads(bytes(body)) for body in LedgerPending.objects.values_list("body", flat=True)]
    assert [entry["reasons"] for entry in told] == [["taken_over"]] * 3


def test_the_job_of_a_living_worker_is_left_alone() -> None:
    defer()
    given_to_a_worker_last_heard(RESCUE_AFTER_SECONDS - 10)
    run_rescue()
    assert states() == ["doing"]


def test_a_worker_may_miss_two_heartbeats_before_it_counts_as_dead() -> None:
    assert RESCUE_AFTER_SECONDS >= 3 * HEARTBEAT_SECONDS >= 30


@pytest.fixture
def failing_task() -> Iterator[Task]:
    """A task of the clock that fails until its third minute is over."""

    def work(timestamp: int) -> None:
        if timestamp < 3:
            raise ValueError("13912345678")

    task = app.task(name="planted.clock", queue="planted")(work)
    yield task
    del app.tasks["planted.clock"]


def test_a_worker_tells_once_that_a_task_of_the_clock_fails_and_once_that_it_works(failing_task: Task) -> None:
    for minute in range(5):
        failing_task.defer(timestamp=minute)
    with app.replace_connector(app.connector.get_worker_connector()) as ready:  # type: ignore[attr-defined]
        ready.run_worker(
            queues=["planted"],
            wait=False,
            concurrency=1,
            install_signal_handlers=False,
            listen_notify=False,
            worker_middleware=[failing.watched],
        )
    assert states() == ["failed"] * 3 + ["succeeded"] * 2
    told = [bytes(body).decode() for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)]
    assert [json.loads(entry)["event"] for entry in told] == ["site:job:failed", "site:job:recovered"]
    assert all("planted.clock" in entry and "13912345678" not in entry for entry in told)


def test_clock_tasks_wait_behind_no_work() -> None:
    import callwarden.site.jobs  # noqa: F401

    periodic = [entry.task for entry in app.periodic_registry.periodic_tasks.values()]
    assert {task.name for task in periodic} >= {"callwarden.site.jobs.rescue_stalled_jobs"}
    assert {task.queue for task in periodic} == {"clock"}
