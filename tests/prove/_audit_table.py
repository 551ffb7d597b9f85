"""What stops when the log cannot follow: each row of the fail-closed table, twenty times at random moments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.prove._pytest import Line, line_of


def run(_folder: Path) -> Iterator[Line]:
    yield line_of(
        "Each row of the fail-closed table, 20 times at random moments under load: nothing gets out unlogged",
        ["tests/flows/test_fail_closed.py"],
        TIMES="20",
    )
