"""Chapter 1, lawful collection: taken back, erased, held and kept as the law says, and never anything else.

Single stories first, on real calls, with a keeper and a database of their own. Then a walk of many thousand random
steps looks for an order of them in which something forbidden happens (`_lawful_walk`), and is tried on broken rules.

`CALLWARDEN_TEST_STEPS` and `CALLWARDEN_TEST_SEED` set how far it walks and where.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.prove._running import ROOT, scratch

_WALK = "tests/prove/_lawful_walk.py"
_BROKEN = (
    "a withdrawal is not looked at when somebody reads",
    "an end of retention overlooks holds",
    "a restore does not do erasures again",
    "an erasure overlooks floors",
)
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
        for part in (stories, walk, broken_rules):
            shown += part(folder)
    return shown


def stories(_folder: Path) -> Shown:
    """Each rule by itself, on a real keeper and database."""
    shown = []
    for what, file, chosen in _STORIES:
        done = pytest(file, "-k", chosen)
        shown.append(line(what, done.returncode == 0, (done.stdout.strip().splitlines() or [""])[-1][:80]))
    return shown


def walk(folder: Path) -> Shown:
    """Consent, holds, retention, requests, reads and restores in any order, against an oracle of its own."""
    report = folder / "walk.jsonl"
    done = pytest(_WALK, "-k", "no_walk", CALLWARDEN_TEST_REPORT=str(report))
    told = _told(report)[-1]
    counted = ", ".join(f"{count} {name}" for name, count in sorted(told["counted"].items(), key=lambda one: -one[1]))
    measured = f"{told['steps']} steps in {told['seconds']} s, seed {told['seed']}: {counted}. {told['forbidden']}"
    return [line("No walk of random steps reaches a forbidden state", done.returncode == 0, measured)]


def broken_rules(folder: Path) -> Shown:
    """The walk notices when a rule of the product does not hold."""
    report = folder / "broken.jsonl"
    pytest(_WALK, "-k", "broken", CALLWARDEN_TEST_REPORT=str(report))
    told = {one["broken"]: one for one in _told(report)}
    return [
        line(
            f"The walk notices when {what}",
            what in told,
            f"after {told[what]['steps']} steps: {told[what]['forbidden'].split(':')[0]}" if what in told else "",
        )
        for what in _BROKEN
    ]


def _told(report: Path) -> list[dict[str, Any]]:
    return [json.loads(row) for row in report.read_text(encoding="utf-8").splitlines()]


def pytest(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Tests of this repository, in a process, a database and with a keeper of their own."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "--timeout", "0", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=36_000, env={**os.environ, **environment},
    )  # fmt: skip


def line(what: str, held: bool, measured: str) -> tuple[str, str, str]:
    return (what, "pass" if held else "fail", measured)
