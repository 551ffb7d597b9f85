"""Chapter 1, lawful collection: taken back, erased, held and kept as the law says, and never anything else.

Each on real calls, with a keeper and a database of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.prove._running import ROOT, scratch

Shown = list[tuple[str, str, str]]
_ERASING = "tests/flows/requests/test_erasing.py"
_STORIES = (
    (
        "Taken back in a call: the next read is refused, the recording ends, the proof plays with its digest",
        "tests/flows/test_proofs.py",
        "taken_back_in_the_call or interval_is_cut_out or does_not_match_its_digest",
    ),
    (
        "Taken back: what is open for the purpose on anything of the person is closed, and nothing of others",
        "tests/lawful/test_consent.py",
        "withdrawal_closes",
    ),
    (
        "On hold: an erasure request waits restricted; the release carries it out; nobody has to remember",
        _ERASING,
        "on_hold_waits_restricted",
    ),
    (
        "Two people set and release a hold; one person alone does not",
        "tests/lawful/test_holds.py",
        "one_person_holds_at_once or asked_for_holds_nothing or release_carries_out",
    ),
    (
        "29 days old, called out: not erased by its maximum nor when asked, restricted; gone on the 30th day",
        "tests/lawful/test_retention.py",
        "29_day_old or hold_and_floor",
    ),
    ("The request says so, and is answered with a certificate when the period is over", _ERASING, "legal_period_keeps"),
)


def run() -> Shown:
    shown: Shown = []
    with scratch("lawful") as folder:
        for part in (stories,):
            shown += part(folder)
    return shown


def stories(_folder: Path) -> Shown:
    """Each rule by itself, on a real keeper and database."""
    shown = []
    for what, file, chosen in _STORIES:
        done = pytest(file, "-k", chosen)
        shown.append(line(what, done.returncode == 0, (done.stdout.strip().splitlines() or [""])[-1][:80]))
    return shown


def pytest(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Tests of this repository, in a process, a database and with a keeper of their own."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "--timeout", "0", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=7200, env={**os.environ, **environment},
    )  # fmt: skip


def line(what: str, held: bool, measured: str) -> tuple[str, str, str]:
    return (what, "pass" if held else "fail", measured)
