"""Tests of this repository as lines of a proof: each run in a process and a database of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from tests.prove._running import ROOT, summary

Line = tuple[str, str, str]
# The repository's options are quiet once already; a second `-q` would leave out how many passed.
_OPTIONS = ("-rfEs", "-n", "0", "--timeout", "3600", "-p", "no:cacheprovider")


def line_of(what: str, arguments: Sequence[str], *, database: Mapping[str, str] | None = None, **more: str) -> Line:
    """Run tests and say how it went.

    Args:
        what: what the line claims.
        arguments: files, and perhaps options, for pytest.
        database: the environment that names one of its own, where others run beside it.
        more: variables of the environment, `CALLWARDEN_TEST_…` without its beginning; those given from outside win.
    """
    began = time.monotonic()
    environment = {f"CALLWARDEN_TEST_{name}": value for name, value in more.items()} | os.environ
    environment |= database or {}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *_OPTIONS, *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    settings = [f"{name}={environment[f'CALLWARDEN_TEST_{name}']}" for name in more]
    measured = "; ".join([summary(done), *settings, f"{time.monotonic() - began:.0f} s"])
    return what, *judged(done.returncode, done.stdout, measured)


def judged(returned: int, output: str, measured: str) -> tuple[str, str]:
    """Outcome and what was measured, of pytest's exit and its report: what was skipped was not measured."""
    if returned:
        return "fail", measured
    reasons = dict.fromkeys(row.partition("] ")[2] for row in output.splitlines() if row.startswith("SKIPPED ["))
    if reasons:
        return "not measured", f"{measured}; skipped: {'; '.join(reasons)}"
    if not re.search(r"\b[1-9]\d* passed\b", output):
        return "not measured", f"{measured}; no test ran to its end"
    return "pass", measured
