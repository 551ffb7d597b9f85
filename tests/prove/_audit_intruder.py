"""An intruder at the doors: every address as every role, the whole API by its own document, a watch that is killed.

The tests of `make test` with more of everything: `CALLWARDEN_TEST_SCHEMA_EXAMPLES` requests an address of the API and
`CALLWARDEN_TEST_WATCH_KILLS` kills; the walk over the console asks as every role, not as one that may.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.prove._pytest import Line, line_of


def run(_folder: Path) -> Iterator[Line]:
    yield line_of(
        "Every address of the console, as every role and a stranger: refused without a word, or on record",
        ["tests/doors/console/centre/test_who_may_ask.py"],
        WALK="all",
    )
    yield line_of(
        "The whole API by its own document (schemathesis): no fault, no answer that the document does not name",
        ["tests/doors/api/test_document.py"],
        SCHEMA_EXAMPLES="120",
    )
    yield line_of(
        "The watch for misuse, killed where it stands: no alert lost, none twice",
        ["tests/flows/test_watch_killed.py"],
        WATCH_KILLS="60",
    )
