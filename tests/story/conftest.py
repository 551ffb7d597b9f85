"""One running demonstration for the whole story, taken in as a new user would see it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.doors.console.conftest import browser  # noqa: F401 (the fixture)
from tests.prove._running import ROOT, Running, scratch
from tests.story.walk import Person

TAKEN_IN_SECONDS = 300.0
SETTINGS = {"SPOOL_STABLE_SECONDS": "0.5", "WORDS_GRACE_SECONDS": "20", "MATCH_GRACE_SECONDS": "20"}


def expected(outcome: str) -> list[str]:
    """Call ids of the samples that must end so."""
    calls = json.loads((ROOT / "samples" / "expected.json").read_text(encoding="utf-8"))["calls"]
    return [call["call_id"] for call in calls if call["outcome"] == outcome]


def judged(site: Running) -> tuple[int, int, int]:
    """(calls redacted, recordings in quarantine or waiting for a record, recordings set aside)."""
    ((redacted,),) = site.sql("SELECT count(*) FROM custody_call WHERE redaction = 'done'")
    states = dict(site.sql("SELECT state, count(*) FROM custody_intakeitem WHERE kind = 'audio' GROUP BY state"))
    return redacted, states.get("quarantined", 0) + states.get("waiting", 0), states.get("set_aside", 0)


@pytest.fixture(scope="session")
def site() -> Iterator[Running]:
    """`callwarden up --demo` in a folder of its own, after every sample call was judged and redacted."""
    wanted = tuple(len(expected(outcome)) for outcome in ("admitted", "quarantined", "set_aside"))
    with scratch("story") as folder:
        running = Running(folder / "data", demo=True, settings=SETTINGS)
        try:
            running.await_started()
            deadline = time.monotonic() + TAKEN_IN_SECONDS
            while (seen := judged(running)) != wanted:
                assert time.monotonic() < deadline, f"judged {seen}, not {wanted}: {running.logs()[-2000:]}"
                time.sleep(1)
            yield running
        finally:
            running.stop()


Enter = Callable[..., Person]


@pytest.fixture
def enter(browser: Browser, site: Running) -> Iterator[Enter]:  # noqa: F811
    """`enter(role, language, width=, scheme=)` signs in by the printed link."""
    people: list[Person] = []

    def one(role: str, language: str, *, width: int = 1280, scheme: str = "light") -> Person:
        people.append(Person(browser, site, role, language, width=width, scheme=scheme))
        return people[-1]

    yield one
    for person in people:
        person.leave()
