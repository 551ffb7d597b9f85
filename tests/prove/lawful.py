"""Chapter 1, lawful collection: taken back, erased, held and kept as the law says, and never anything else.

Single stories first, on real calls, with a keeper and a database of their own. Then a walk of many thousand random
steps looks for an order of them in which something forbidden happens (`_lawful_walk`), and is tried on broken rules.

`CALLWARDEN_TEST_STEPS` and `CALLWARDEN_TEST_SEED` set how far it walks and where, `CALLWARDEN_TEST_WALKERS` how many
walk at once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.prove._database import Databases
from tests.prove._lawful_restored import still_absent
from tests.prove._running import ROOT, scratch, summary

_WALK = "tests/prove/_lawful_walk.py"
STEPS = int(os.environ.get("CALLWARDEN_TEST_STEPS", "100000"))
SEED = int(os.environ.get("CALLWARDEN_TEST_SEED", "20261129"))
WALKERS = int(os.environ.get("CALLWARDEN_TEST_WALKERS", str(os.cpu_count() or 1)))
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
        "Held by two, asked to be erased, restricted; released by two, erased by jobs, certified; the independent"
        " verifier finds the certificate good",
        "tests/flows/requests/test_from_hold_to_certificate.py",
        "held_by_two",
    ),
    (
        "A no to recording, said anywhere, ends what was recorded in every call of the person, or restricts it",
        "tests/flows/test_over_collected.py",
        "",
    ),
    (
        "What stands for one call is changed neither by a yes in another nor by the end of that yes",
        "tests/lawful/test_consent.py",
        "yes_in_another_call or yes_of_one_call",
    ),
    (
        "A view opened for another purpose ends when a recording is only stored",
        "tests/flows/test_proofs.py",
        "who_listens_for_another_purpose",
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
    (
        "In the browser, zh and en: notices written, previewed and read; the public notice at 390 px",
        "tests/doors/console/notices/test_in_browser.py",
        "",
    ),
    (
        "In the browser, zh and en at 390 px: the public request form, its number and code, the code by mail",
        "tests/doors/console/rooms/test_public_in_browser.py",
        "",
    ),
    (
        "In the browser, zh and en: the rooms of lawful handling",
        "tests/doors/console/centre/test_lawful_rooms.py",
        "",
    ),
    ("The request says so, and is answered with a certificate when the period is over", _ERASING, "legal_period_keeps"),
)


def run() -> Iterator[tuple[str, str, str]]:
    with scratch("lawful") as folder, Databases(folder / "laid") as databases:
        yield from stories(databases)
        yield from still_absent(folder)
        yield from walk(folder, databases)
        yield from broken_rules(folder, databases)


def stories(databases: Databases) -> Iterator[tuple[str, str, str]]:
    """Each rule by itself, on a real keeper and database."""
    for what, file, chosen in _STORIES:
        done = pytest(file, *(("-k", chosen) if chosen else ()), **databases.environment("stories"))
        yield line(what, done.returncode == 0, summary(done))


def walk(folder: Path, databases: Databases) -> Shown:
    """Consent, holds, retention, requests, reads and restores in any order, against an oracle of its own.

    Several walk at once, each with a database and a keeper of its own and from a seed of its own.
    """
    reports = [folder / f"walk-{number}.jsonl" for number in range(WALKERS)]
    share = str(-(-STEPS // WALKERS))
    begun = time.monotonic()
    with ThreadPoolExecutor(WALKERS) as pool:
        done = list(
            pool.map(
                lambda at: pytest(
                    _WALK, "-k", "no_walk", CALLWARDEN_TEST_REPORT=str(at[1]), CALLWARDEN_TEST_STEPS=share,
                    CALLWARDEN_TEST_SEED=str(SEED + at[0]), **databases.environment(f"walk{at[0]}"),
                ),
                enumerate(reports),
            )
        )  # fmt: skip
    seconds = round(time.monotonic() - begun)
    told = [one[-1] for one in map(_told, reports) if one]
    steps = sum(one["steps"] for one in told)
    of_kind: Counter[str] = sum((Counter(one["counted"]) for one in told), Counter())
    counted = ", ".join(f"{count} {name}" for name, count in of_kind.most_common())
    seeds = ", ".join(str(one["seed"]) for one in told)
    forbidden = " ".join(one["forbidden"] for one in told)
    broke = " ".join(one.stdout[-400:] for one in done if one.returncode != 0)
    measured = f"{steps} steps in {seconds} s, seeds {seeds}: {counted}. {forbidden} {broke}".strip()
    held = len(told) == WALKERS and all(one.returncode == 0 for one in done) and steps >= STEPS
    return [line("No walk of random steps, drawn by hypothesis, reaches a forbidden state", held, measured)]


def broken_rules(folder: Path, databases: Databases) -> Shown:
    """The walk notices when a rule of the product does not hold."""
    report = folder / "broken.jsonl"
    pytest(_WALK, "-k", "broken", CALLWARDEN_TEST_REPORT=str(report), **databases.environment("broken"))
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
    """What a walker reported; nothing where it ended before its first report."""
    if not report.exists():
        return []
    return [json.loads(row) for row in report.read_text(encoding="utf-8").splitlines()]


def pytest(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Tests of this repository, in a process and with a keeper of their own."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "--timeout", "0", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=36_000, env={**os.environ, **environment},
    )  # fmt: skip


def line(what: str, held: bool, measured: str) -> tuple[str, str, str]:
    return (what, "pass" if held else "fail", measured)
