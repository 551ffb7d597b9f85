"""What stops when something breaks: each row of the fail-closed table, twenty times at random moments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.prove._pytest import Line, line_of


def run(_folder: Path) -> Iterator[Line]:
    yield line_of(
        "The log's rows of the fail-closed table, 20 times at random moments under load: nothing gets out unlogged",
        ["tests/flows/test_fail_closed.py"],
        TIMES="20",
    )
    yield line_of(
        "The rows of keeper, store, disk, redactor, worker, scanner, clock and refusals, 20 times each while people "
        "view, reveal, play, export and answer requests: nothing gets out unlogged, or is kept or shown by halves",
        ["tests/flows/test_fail_closed_parts.py"],
        TIMES="20",
    )
    yield line_of(
        "The row of the key provider, 20 times under the same load, with a key server that is stopped",
        ["tests/flows/test_fail_closed_provider.py"],
        TIMES="20",
    )
