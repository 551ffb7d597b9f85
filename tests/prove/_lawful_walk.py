"""Walks of random steps through chapter 1. Run by `make prove NAME=lawful`: `pytest tests/prove/_lawful_walk.py`.

A walk is a list of (step, number); each step makes its own choices from its number. Hypothesis draws the walks of the
long run and leaves out what can be spared of one that led to something forbidden; the walks that are tried on broken
rules are drawn from a seed.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Q
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from callwarden.custody import destroy
from callwarden.custody.keeper import client as keeper_client
from callwarden.flows import facts, replay, residue
from callwarden.kernel.errors import CallwardenError
from callwarden.kernel.models import Outcome
from callwarden.lawful.consent import actions as consent
from callwarden.lawful.retention import due
from tests.centre import KeeperProcess, database_url, keeper, keeper_folder
from tests.prove import _lawful_keeper
from tests.prove._lawful_world import Forbidden, Store, World

__all__ = ["keeper", "keeper_folder"]
STEPS = int(os.environ.get("CALLWARDEN_TEST_STEPS", "100000"))
SEED = int(os.environ.get("CALLWARDEN_TEST_SEED", "20261129"))
# After so many steps a walk begins anew with another client.
LENGTH = 150
WEIGHTS = {
    "say": 26, "read": 22, "use": 7, "call": 10, "hold": 6, "release": 5, "jobs": 6, "age": 3, "rule": 2,
    "erase": 2, "restrict": 1, "withdraw": 2, "copy": 2, "restore": 2,
}  # fmt: skip
Walk = list[tuple[str, int]]


def walk_of(random: Random, length: int = LENGTH) -> Walk:
    names = random.choices(list(WEIGHTS), weights=list(WEIGHTS.values()), k=length)
    return [(name, random.getrandbits(32)) for name in names]


def go(store: Store, walk: Walk, counted: Counter[str] | None = None) -> tuple[int, str]:
    """Walk; (steps done, what was forbidden or "")."""
    world = World(store)
    for done, (name, choice) in enumerate(walk):
        try:
            world.step(name, choice)
        except Forbidden as forbidden:
            return done + 1, str(forbidden)
        except CallwardenError as refused:
            return done + 1, f"an act failed that nothing forbids ({name}): {refused.code}"
        if counted is not None:
            counted[name] += 1
    return len(walk), ""


class OfTheWalk(KeeperProcess):
    """See `_lawful_keeper`."""

    def start(self, *, ready: bool = True) -> None:
        environment = {
            **os.environ, "CALLWARDEN_DATABASE_URL": database_url(), "CALLWARDEN_KEYS_DIR": str(self.keys),
            "CALLWARDEN_KEEPER_SOCKET": str(self.socket), "CALLWARDEN_DATA_DIR": str(self.folder),
        }  # fmt: skip
        self._process = subprocess.Popen([sys.executable, "-m", "tests.prove._lawful_keeper"], env=environment)
        deadline = time.monotonic() + 30
        while not self.socket.exists() or not _answers():
            assert time.monotonic() < deadline, "the keeper did not answer"
            time.sleep(0.05)


def _answers() -> bool:
    try:
        return bool(keeper_client.status()["ready"])
    except keeper_client.KeeperUnavailable:
        return False


@pytest.fixture(scope="session")
def _keeper(django_db_setup: None, django_db_blocker, keeper_folder: Path) -> Iterator[KeeperProcess]:
    os.environ["CALLWARDEN_KEEPER_SOCKET"] = str(keeper_folder / "k.sock")
    os.environ[_lawful_keeper.FILE] = str(keeper_folder / "days")
    (keeper_folder / "days").write_text("0")
    with django_db_blocker.unblock():
        process = OfTheWalk(keeper_folder)
        process.start()
    yield process
    process.stop()


def gathered(_client: UUID, subjects: Iterable[UUID], **_named: Any) -> Any:
    """In place of what a search for residue looks for."""
    return SimpleNamespace(subjects=tuple(subjects), known=True)


def searched(marks: Any, **_named: Any) -> Any:
    """In place of the search for residue."""
    return SimpleNamespace(
        outcome=Outcome.PASS, covered=frozenset(), found=0, digest="0" * 64, not_covered=(), subjects=marks.subjects,
        values_known=True, marks={"id": len(marks.subjects)},
    )  # fmt: skip


@pytest.fixture
def store(keeper, monkeypatch, settings) -> Iterator[Store]:
    settings.LEDGER_LAG_SECONDS = 1e9  # nothing is sequenced here
    # A busy machine may let the ledger wait: the product then refuses, rightly, and the walk would call it a fault.
    settings.LEDGER_TIMEOUT_MS, settings.CALLWARDEN_LEDGER_DEADLINE = 60_000, 60
    # The same two people decide everything here; how often they may in a month is tested by itself.
    settings.APPROVALS_PER_PAIR = 1_000_000
    monkeypatch.setattr("callwarden.custody.models.keys.bucket_id", _lawful_keeper.bucket_id)
    for name, instead in (("gather", gathered), ("scan", searched), ("note", searched)):
        monkeypatch.setattr(residue, name, instead)
    opened = Store()
    gc.freeze()  # what is loaded stays loaded: looking for rubbish among it took a tenth of the time
    yield opened
    opened.close()


def test_no_walk_reaches_a_forbidden_state(store: Store) -> None:
    told = Told()

    class Walks(RuleBasedStateMachine):
        """One client, one walk of `LENGTH` steps. After each step everything is looked at."""

        def __init__(self) -> None:
            super().__init__()
            self.world = World(store)

        @rule(name=st.sampled_from(EVERY), choice=st.integers(0, 2**32 - 1))
        def step(self, name: str, choice: int) -> None:
            told.count(name)
            try:
                self.world.step(name, choice)
            except CallwardenError as refused:
                told.end(f"an act failed that nothing forbids ({name}): {refused.code}")
                raise Forbidden(told.forbidden) from refused
            except Forbidden as forbidden:
                told.end(str(forbidden))
                raise

        def teardown(self) -> None:
            told.note()

    try:
        # Some walks are drawn shorter than they may be, so one draw of them comes a little short of the steps.
        for more in range(100):
            if (left := STEPS - told.counted.total()) <= 0:
                break
            run_state_machine_as_test(seed(SEED + 1000 * more)(Walks), settings=walks(left))
    finally:
        told.note()


# Each step as often in this list as its weight says: drawn evenly, it is a likely order of events.
EVERY = [name for name, weight in WEIGHTS.items() for _time in range(weight)]


def walks(steps: int) -> settings:
    """Enough walks for so many steps."""
    return settings(
        max_examples=max(1, -(-steps // LENGTH)),
        stateful_step_count=LENGTH,
        deadline=None,
        database=None,
        phases=[Phase.generate, *([] if os.environ.get("CALLWARDEN_TEST_NO_SHRINK") else [Phase.shrink])],
        suppress_health_check=list(HealthCheck),
    )


class Told:
    """How many steps were done, of which kind, until one led to something forbidden: what follows is the search for
    the shortest walk that does, and counts for nothing."""

    def __init__(self) -> None:
        self.counted, self.begun, self.forbidden = Counter[str](), time.monotonic(), ""

    def count(self, name: str) -> None:
        if not self.forbidden:
            self.counted[name] += 1

    def end(self, forbidden: str) -> None:
        if not self.forbidden:
            self.forbidden = forbidden
            self.note()

    def note(self) -> None:
        note(
            steps=self.counted.total(), seed=SEED, seconds=round(time.monotonic() - self.begun), counted=self.counted,
            forbidden=self.forbidden,
        )  # fmt: skip


BROKEN = {
    "a withdrawal is not looked at when somebody reads": [
        (facts, "covers", lambda *_a: True),
        (consent, "close_views", lambda *_a: 0),
    ],
    "an end of retention overlooks holds": [
        (destroy, "HELD", Q(pk__in=[])),
        (due, "HELD", Q(pk__in=[])),
        (destroy, "_keeping", lambda _buckets: set()),
    ],
    "a restore does not do erasures again": [(replay, "_destroy", lambda *_a: True)],
    "an erasure overlooks floors": [("callwarden.lawful.retention.erasing", "_keep", lambda *_a, **_n: False)],
}


@pytest.mark.parametrize("broken", list(BROKEN))
def test_a_broken_rule_is_noticed(store: Store, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    for place, name, instead in BROKEN[broken]:
        monkeypatch.setattr(
            f"{place}.{name}" if isinstance(place, str) else place,
            *((instead,) if isinstance(place, str) else (name, instead)),
        )
    random, done = Random(SEED), 0
    while done < 5_000:
        walk = walk_of(random)
        steps, forbidden = go(store, walk)
        done += steps
        if forbidden:
            note(broken=broken, steps=done, forbidden=forbidden)
            return
    pytest.fail(f"not noticed in {done} steps")


def note(**told: object) -> None:
    """For whoever started this; the last line counts."""
    if place := os.environ.get("CALLWARDEN_TEST_REPORT"):
        with Path(place).open("a", encoding="utf-8") as file:
            file.write(json.dumps(told) + "\n")
