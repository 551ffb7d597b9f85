"""The fail-closed table with the thresholds that ship, by the clock on the wall: a quarter of an hour of waiting.

All wait at the same time, each on a database of its own. `CALLWARDEN_TEST_SHORT` leaves it out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.prove._database import beside
from tests.prove._pytest import Line, line_of

CLAIMS = {
    "worker": "Once by the clock on the wall: the job of a killed worker is another's after 30 s without a heartbeat",
    "provider": "Once by the clock on the wall: without the key provider everything opens for 5 minutes, then nothing",
    "log": "Once by the clock on the wall: 2 s for an entry, 60 s behind, 15 minutes without a head that leaves",
}


def run(_folder: Path) -> Iterator[Line]:
    if os.environ.get("CALLWARDEN_TEST_SHORT"):
        return
    databases = {name: beside(name) for name in CLAIMS}  # before anybody uses the one they are copies of
    with ThreadPoolExecutor(len(CLAIMS)) as pool:
        yield from pool.map(lambda name: _line(name, databases[name]), CLAIMS)


def _line(name: str, database: dict[str, str]) -> Line:
    return line_of(CLAIMS[name], [f"tests/flows/test_{name}_in_time.py", "-m", "long"], database=database)
