"""What stops when the log cannot follow: each row of the fail-closed table, twenty times at random moments."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.prove._running import ROOT, summary

Line = tuple[str, str, str]


def run(_folder: Path) -> Iterator[Line]:
    ran = tests("tests/flows/test_fail_closed.py", CALLWARDEN_TEST_TIMES="20")
    yield (
        "Each row of the fail-closed table, 20 times at random moments under load: nothing gets out unlogged",
        "pass" if ran.returncode == 0 else "fail",
        summary(ran),
    )


def tests(path: str, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Tests of this repository in a process and a database of their own."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *more, path],
        cwd=ROOT, capture_output=True, text=True, env={**environment, **os.environ}, timeout=3000,
    )  # fmt: skip
