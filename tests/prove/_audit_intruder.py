"""An intruder at the doors: every address as every role, the whole API by its own document, a watch that is killed.

The tests of `make test` with more of everything: `CALLWARDEN_TEST_SCHEMA_EXAMPLES` requests an address of the API and
`CALLWARDEN_TEST_WATCH_KILLS` kills; the walk over the console asks as every role, not as one that may.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.prove._running import ROOT

Line = tuple[str, str, str]

RUNS = (
    (
        "Every address of the console, as every role and a stranger: refused without a word, or on record",
        ["tests/doors/console/centre/test_who_may_ask.py"],
        {"CALLWARDEN_TEST_WALK": "all"},
    ),
    (
        "The whole API by its own document (schemathesis): no fault, no answer that the document does not name",
        ["tests/doors/api/test_document.py"],
        {"CALLWARDEN_TEST_SCHEMA_EXAMPLES": "120"},
    ),
    (
        "The watch for misuse, killed where it stands: no alert lost, none twice",
        ["tests/flows/test_watch_killed.py"],
        {"CALLWARDEN_TEST_WATCH_KILLS": "60"},
    ),
)


def run(folder: Path) -> Iterator[Line]:
    for what, files, more in RUNS:
        began = time.monotonic()
        environment = {**more, **os.environ}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "0", "--timeout", "3600", "-p", "no:cacheprovider", *files],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )
        told = re.findall(r"\d+ (?:passed|failed|error)", done.stdout)
        wrong = re.findall(r"^(?:FAILED|ERROR) \S+", done.stdout, re.MULTILINE)
        measured = f"{', '.join(told)}; {', '.join(f'{name[22:]}={value}' for name, value in more.items())}"
        outcome = "pass" if done.returncode == 0 else "fail"
        yield what, outcome, "; ".join(wrong[:3]) or f"{measured}; {time.monotonic() - began:.0f} s"
