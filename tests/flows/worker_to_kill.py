"""A job worker that a test may kill: forked from a process that has everything loaded, so that one is there at once.

workers = Workers(data, environment)
pid = workers.begin()      # a real worker of the queue “default”
os.kill(pid, SIGKILL)
workers.take_over()        # what the clock does every ten seconds, with the dead one's last heartbeat long ago
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress

from django.db import connection

WORK, RESCUE = "work", "rescue"


class Workers:
    """Workers of the product on the database of this test, each in a process of its own."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.flows.worker_to_kill"],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._begun: list[int] = []
        assert self._answer() == "ready"

    def begin(self) -> int:
        """A worker that takes jobs from now on; its process id."""
        self._begun.append(self._ask(WORK))
        return self._begun[-1]

    def take_over(self) -> None:
        """Give the jobs of workers that are dead to others."""
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 hour'")
        self.rescue()

    def rescue(self) -> None:
        """What the clock does every ten seconds: give the jobs of whoever missed three heartbeats to others."""
        await_gone(self._ask(RESCUE))

    def close(self) -> None:
        for pid in self._begun:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)

    def _ask(self, what: str) -> int:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return int(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def await_gone(pid: int, *, seconds: float = 60) -> None:
    """Until no such process is left."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    raise AssertionError("the process does not end")


def main() -> None:
    """Fork one for each line that is read. Nothing is connected before, so that each has connections of its own."""
    import django

    django.setup()
    from callwarden.site import jobs, worker

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.dup2(2, 1)  # what it says is no answer
                if line.strip() == WORK:
                    sys.argv = ["callwarden.site.worker", "--queue", "default"]
                    worker.main()
                else:
                    asyncio.run(_rescue(jobs))
            finally:
                os._exit(0)
        print(child, flush=True)


async def _rescue(jobs: object) -> None:
    from procrastinate.contrib.django import app

    with app.replace_connector(app.connector.get_worker_connector()) as ready:  # type: ignore[attr-defined]
        async with ready.open_async():
            await jobs.rescue_stalled_jobs(0)  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
