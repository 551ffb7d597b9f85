"""The fail-closed table with the thresholds that ship, by the clock on the wall: a quarter of an hour of waiting.

`CALLWARDEN_TEST_SHORT` leaves it out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tests.prove._pytest import Line, line_of


def run(_folder: Path) -> Iterator[Line]:
    if not os.environ.get("CALLWARDEN_TEST_SHORT"):
        yield line_of(
            "Once by the clock on the wall: 2 s for an entry, 60 s behind, 15 minutes without a head that leaves",
            ["tests/flows/test_fail_closed_in_time.py", "-m", "long"],
        )
