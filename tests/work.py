"""Background work done here and now: what the workers would do, job by job, in the test's own process."""

from __future__ import annotations

import json
from types import SimpleNamespace

from django.db import connection
from procrastinate.contrib.django import app


def forget_jobs() -> None:
    """Drop what earlier tests left; the tables of the job queue are not among those Django empties."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers CASCADE")


def waiting() -> list[str]:
    """Names of the jobs that wait, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
        return [name for (name,) in cursor.fetchall()]


def do_all(limit: int = 1000) -> int:
    """Do every waiting job and those they bring about. Returns how many were done."""
    for done in range(limit):
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = 'doing' WHERE id = (SELECT id FROM procrastinate_jobs"
                " WHERE status = 'todo' ORDER BY id LIMIT 1) RETURNING id, task_name, args"
            )
            found = cursor.fetchone()
        if found is None:
            return done
        job, name, arguments = found
        task = app.tasks[name]
        given = json.loads(arguments) if isinstance(arguments, str) else arguments
        context = (SimpleNamespace(job=SimpleNamespace(attempts=0)),) if task.pass_context else ()
        task.func(*context, **given)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [job])
    raise AssertionError("the jobs bring about each other without end")
