"""Decisions: Cedar against the reference in plain Python, and what happens when a fact is missing.

`CALLWARDEN_TEST_REQUESTS` sets how many requests are drawn, `CALLWARDEN_TEST_SEED` where the draw begins.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from callwarden.engines.policy import ACTIONS, REASONS, CompiledPolicy, Matrix, compile, decide_many, effective_matrix
from callwarden.engines.policy.reference import judge
from tests.engines.policy.conftest import Draw
from tests.engines.policy.test_oracle import OPTIONAL, REQUIRED, without

REQUESTS = int(os.environ.get("CALLWARDEN_TEST_REQUESTS", "100000"))
SEED = int(os.environ.get("CALLWARDEN_TEST_SEED", "20261129"))
Line = tuple[str, str, str]
_BATCH = 1000


def run(_folder: Path) -> Iterator[Line]:
    law = compile(Matrix.default())
    yield oracle(law)
    yield dropped(law)
    yield whole_matrix(law)


def oracle(law: CompiledPolicy) -> Line:
    """Random requests, weighted so that allows and each kind of refusal are common."""
    draw = Draw(law.matrix, SEED)
    # One purpose is retired, so that this is among what is tried.
    live = frozenset(law.matrix.purposes) - {min(law.matrix.purposes)}
    law = law.living(live)
    seen: Counter[str] = Counter()
    mismatches = errors = 0
    begun = time.monotonic()
    for start in range(0, REQUESTS, _BATCH):
        batch = [draw.request() for _ in range(min(_BATCH, REQUESTS - start))]
        for request, decision in zip(batch, decide_many(law, batch), strict=True):
            mismatches += (decision.allowed, frozenset(decision.reasons)) != judge(law.matrix, request, live)
            errors += bool(decision.errors)
            seen.update(decision.reasons)
    reached = set(seen) == set(REASONS) - {"facts_incomplete", "policy_error"}
    measured = (
        f"{REQUESTS} requests from seed {SEED} in {time.monotonic() - begun:.0f} s: {seen['granted']} allowed, "
        f"{len(seen) - 1} reasons reached, the rarest {min(seen.values())} times; "
        f"{mismatches} mismatches, {errors} errors"
    )
    what = "Cedar and the reference in plain Python give the same answer with the same reasons"
    return what, "pass" if reached and not mismatches and not errors else "fail", measured


def dropped(law: CompiledPolicy) -> Line:
    """Every fact of a request left out in turn."""
    draw = Draw(law.matrix, SEED + 1)
    tried = opened = allowed = 0
    for _ in range(max(1, REQUESTS // 100)):
        request = draw.request()
        before = decide_many(law, [request])[0].allowed
        allowed += before
        for facts, needed in ((REQUIRED, True), (OPTIONAL, False)):
            spoilt = [without(request, part, fact) for part, names in facts.items() for fact in names]
            for decision in decide_many(law, spoilt):
                tried += 1
                opened += decision.allowed and (needed or not before)
    measured = f"{tried} requests lacking one fact, {allowed} of their originals allowed: {opened} opened something"
    return "A dropped fact never allows", "pass" if not opened and allowed else "fail", measured


def whole_matrix(law: CompiledPolicy) -> Line:
    """What the compiled policy does, cell by cell, against what was written."""
    table = effective_matrix(law)
    differs = sum(allowed != (cell in law.matrix.cells) for cell, allowed in table.items())
    measured = f"{len(table)} cells over {len(ACTIONS)} actions, {sum(table.values())} allowed, {differs} differ"
    return (
        "With every guard content, what is decided is exactly what is granted",
        "fail" if differs else "pass",
        measured,
    )
