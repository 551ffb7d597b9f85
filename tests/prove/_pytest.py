"""Tests of this repository as lines of a proof: each run in a process and a database of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from tests.prove._running import ROOT, summary

Line = tuple[str, str, str]


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
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "--timeout", "3600", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    settings = [f"{name}={environment[f'CALLWARDEN_TEST_{name}']}" for name in more]
    measured = "; ".join([summary(done), *settings, f"{time.monotonic() - began:.0f} s"])
    return what, "pass" if done.returncode == 0 else "fail", measured
