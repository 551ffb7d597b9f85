"""The policy engine: decisions a second, alone and together, against its limits and against plain Python.

Every request has a record of its own, drawn at random with a fixed seed; people repeat, as in a call centre. The parser
of Cedar text each time is the peer that shows what keeping the parsed policy is worth. Correctness comes with it:
answers are compared with the reference.

- `decisions_s`, `list_decisions_s`: decisions one by one, and 200 together as a page of a list asks for them, in a
  second of CPU time of the one thread, so that other jobs on the machine move them little.
- `p99_ms`: what 99 of 100 single decisions take at most, from question to answer, by the wall clock: what a person
  waits for. Waiting for a processor that others use is part of it; `p99_cpu_ms` is the same of CPU time.
- `..._to_limit`: more than 1 is within what issue 5 asks for.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence

import cedarpy

from bench._limits import to_limits
from callwarden.engines.policy import (
    ANY,
    CompiledPolicy,
    Context,
    Matrix,
    Principal,
    Record,
    Request,
    compile,
    decide,
    decide_many,
    effective_matrix,
)
from callwarden.engines.policy.reference import judge

ROUNDS = 7
SINGLE = 1500
BATCH = 200
PEOPLE = 500
LISTS = 8
AT_LEAST = {"decisions_s": 4000.0, "list_decisions_s": 8000.0}
AT_MOST = {"p99_ms": 1.0}

Progress = Callable[[str], None]


def run(progress: Progress) -> dict[str, float]:
    progress("compiling")
    law = compile(Matrix.default())
    figures = {"compile_ms": timed(compile, law.matrix) * 1e3}
    requests = draw(law, ROUNDS * SINGLE)
    for request in requests[: 2 * PEOPLE]:  # once, so that the slices of the policy are made
        decide(law, request)
    progress("deciding")
    figures |= speeds(law, requests)
    progress("comparing with the reference")
    figures["mismatches"] = mismatches(law, requests)
    progress("effective matrix")
    figures["matrix_cells"] = len(effective_matrix(law))
    figures["matrix_s"] = timed(effective_matrix, law)
    return figures


def draw(law: CompiledPolicy, count: int) -> list[Request]:
    pick = random.Random(20_261_123)
    cells = sorted(law.matrix.cells)
    people = [person(pick, at, law.matrix.roles) for at in range(PEOPLE)]
    return [one(pick, at, pick.choice(people), cells) for at in range(count)]


def person(pick: random.Random, at: int, roles: Sequence[str]) -> Principal:
    return Principal(
        id=f"u{at}",
        roles=frozenset({pick.choice(roles)}),
        session=f"s{at}",
        subject_links=frozenset({f"x{at}", f"y{at}"}),
        training=pick.choice(["valid", "valid", "expired", "not_measured"]),
        shift=pick.choice(["on", "on", "off"]),
        queues=frozenset(f"q{pick.randrange(20)}" for _ in range(4)),
        clients=ANY,
        mfa_age_s=pick.randrange(2000),
    )


def one(pick: random.Random, at: int, who: Principal, cells: list[tuple[str, ...]]) -> Request:
    _, purpose, category, action = pick.choice(cells)
    record = Record(
        id=f"r{at}",
        category=category,
        client=f"c{pick.randrange(5)}",
        line=f"l{pick.randrange(10)}",
        queue=f"q{pick.randrange(20)}",
        subject_links=frozenset({f"x{pick.randrange(100_000)}"}),
        vip=pick.random() < 0.02,
        hold=pick.random() < 0.02,
        restricted=pick.random() < 0.05,
    )
    context = Context(
        purpose,
        reason_given=True,
        active_call=pick.random() < 0.7,
        ticket=pick.random() < 0.3,
        consent={purpose: pick.random() < 0.9},
        bulk_count=pick.randrange(1, 80),
        own_request=False,
    )
    return Request(who, action, record, context)


def listing(pick: random.Random, requests: list[Request]) -> list[Request]:
    """What a page of a list asks: one person, one act, one purpose, many records."""
    asked = pick.choice(requests)
    return [
        Request(asked.principal, asked.action, other.resource, asked.context) for other in pick.sample(requests, BATCH)
    ]


def speeds(law: CompiledPolicy, requests: list[Request]) -> dict[str, float]:
    """Per round: alone, together, by the reference, and with the policy parsed anew; medians of the rounds."""
    rates: dict[str, list[float]] = {"single": [], "batch": [], "reference": [], "reparsed": []}
    waits: list[float] = []
    walls: list[float] = []
    pick = random.Random(3)
    text = law.text()
    for start in range(0, len(requests), SINGLE):
        part = requests[start : start + SINGLE]
        both = [clocked(decide, law, request) for request in part]
        taken = [cpu for cpu, _ in both]
        waits += taken
        walls += [wall for _, wall in both]
        rates["single"].append(len(part) / sum(taken))
        pages = [listing(pick, requests) for _ in range(LISTS)]
        rates["batch"].append(LISTS * BATCH / sum(timed(decide_many, law, page) for page in pages))
        rates["reference"].append(len(part) / sum(timed(judge, law.matrix, request) for request in part))
        rates["reparsed"].append(20 / sum(timed(cedarpy.PolicySet.from_str, text) for _ in range(20)))
    waits.sort()
    walls.sort()
    decisions = statistics.median(rates["single"])
    figures = {
        "decisions_s": decisions,
        "list_decisions_s": statistics.median(rates["batch"]),
        "p50_ms": walls[len(walls) // 2] * 1e3,
        "p99_ms": walls[len(walls) * 99 // 100] * 1e3,
        "p50_cpu_ms": waits[len(waits) // 2] * 1e3,
        "p99_cpu_ms": waits[len(waits) * 99 // 100] * 1e3,
        "reference_decisions_s": statistics.median(rates["reference"]),
        "decisions_to_reparsed": decisions / statistics.median(rates["reparsed"]),
    }
    return figures | to_limits(figures, at_least=AT_LEAST, at_most=AT_MOST)


def clocked(act: Callable[..., object], *given: object) -> tuple[float, float]:
    """CPU seconds of this thread, and seconds on the wall."""
    wall, cpu = time.perf_counter(), time.thread_time()
    act(*given)
    return time.thread_time() - cpu, time.perf_counter() - wall


def timed(act: Callable[..., object], *given: object) -> float:
    return clocked(act, *given)[0]


def mismatches(law: CompiledPolicy, requests: list[Request]) -> int:
    decisions = decide_many(law, requests)
    return sum(
        (decision.allowed, frozenset(decision.reasons)) != judge(law.matrix, request)
        for request, decision in zip(requests, decisions, strict=True)
    )
