"""kill -9 of web, workers, sequencer, keeper and database, again and again, while programs look customers up and people
open calls, have values revealed and play recordings, all over HTTP.

Every answer that held personal data is kept by the reader with its times; when it is quiet again, the log must hold for
each an entry of that reader and kind that was written meanwhile, and that stands for no other. An entry without an
answer is as it should be (the answer was lost); an answer without an entry would be a disclosure nobody knows of.
`CALLWARDEN_TEST_KILLS` sets how many kills.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.prove._pairing import Answer, Opening, unpaired
from tests.prove._readers import PLAY, REVEAL, VIEW, Leader, Program, Reader
from tests.prove._running import Running

KILLS = int(os.environ.get("CALLWARDEN_TEST_KILLS", "200"))
SEED = int(os.environ.get("CALLWARDEN_TEST_SEED", "20261129"))
TARGETS = ("web", "worker", "sequencer", "keeper", "database")
PROGRAMS, PEOPLE = 3, 2
Line = tuple[str, str, str]


def run(folder: Path) -> Iterator[Line]:
    site = Running(
        folder / "killed",
        demo=True,
        settings={"SERVICE_LOOKUPS_PER_MINUTE": "1000000", "SERVICE_LOOKUPS_PER_HOUR": "10000000"},
    )
    try:
        site.await_started()
        people = [Leader(site, SEED - number) for number in range(PEOPLE)]
        readers: list[Reader] = [*(Program(site, number, SEED) for number in range(PROGRAMS)), *people]
        for reader in readers:
            reader.thread.start()
        killed = _kill(site, readers)
        for reader in readers:
            reader.stop()
        _await_quiet(site)
        shown = sum((reader.shown for reader in readers), Counter[str]())
        yield (
            f"{sum(killed.values())} kills of every kind of process while {PROGRAMS} programs and {PEOPLE} people read",
            "pass" if set(killed) == set(TARGETS) and set(shown) == {VIEW, REVEAL, PLAY} else "fail",
            ", ".join(f"{name} {count}" for name, count in sorted(killed.items()))
            + "; with data: "
            + ", ".join(f"{event.rpartition(':')[2]} {count:,}" for event, count in shown.items()),
        )
        yield _unlogged(site, readers)
        yield _whole(site, folder)
    finally:
        site.stop()


def _kill(site: Running, readers: list[Reader]) -> Counter[str]:
    """Kill at random moments, each time after people have been served since the last: else nothing could leak."""
    chance, killed, plan = random.Random(SEED), Counter[str](), list[str]()
    while sum(killed.values()) < KILLS:
        _await_served(readers)
        time.sleep(chance.uniform(0.0, 2.0))
        if not plan:
            plan = chance.sample(TARGETS, len(TARGETS))
        if site.kill(plan[-1]):  # one that is not up at this moment has its turn a little later
            killed[plan.pop()] += 1
    return killed


def _await_served(readers: list[Reader]) -> None:
    before, deadline = shown_to(readers), time.monotonic() + 300
    while shown_to(readers) < before + len(readers):
        if time.monotonic() > deadline:
            raise RuntimeError(f"nobody is served any more: {[dict(reader.other) for reader in readers]}")
        time.sleep(0.1)


def shown_to(readers: list[Reader]) -> int:
    return sum(reader.shown.total() for reader in readers)


def _await_quiet(site: Running) -> None:
    deadline = time.monotonic() + 300
    while True:
        try:
            if site.ready() and site.sql("SELECT count(*) FROM custody_ledgerpending") == [(0,)]:
                return
        except Exception:  # the database was killed last of all
            time.sleep(1)
        if time.monotonic() > deadline:
            raise RuntimeError(f"not quiet in time\n{site.logs()[-3000:]}")
        time.sleep(0.5)


def _unlogged(site: Running, readers: list[Reader]) -> Line:
    """Answers with data for which no entry of their own was written while they were asked for."""
    answers = [Answer(*reader.known_as(), *answer) for reader in readers for answer in reader.answers]
    openings = [
        Opening(actor, session or "", event, at)
        for actor, session, event, at in site.sql(
            "SELECT actor, convert_from(body, 'UTF8')::json->>'session', event, at"
            " FROM custody_ledgerentry WHERE decision = 'allow'"
        )
    ]
    missing = unpaired(answers, openings)
    names = {answer.who for answer in answers}
    opened = sum(opening.who in names for opening in openings)
    return (
        "Answers with personal data that have no entry of their own",
        "fail" if missing or not answers else "pass",
        f"{len(missing)}; {len(answers):,} answers, {opened:,} openings",
    )


def _whole(site: Running, folder: Path) -> Line:
    export = folder / "exported"
    ((rows,),) = site.sql("SELECT count(DISTINCT entry) FROM custody_ledgerentry")
    ((who,),) = site.sql("SELECT username FROM kernel_user WHERE is_active ORDER BY id LIMIT 1")
    told = site.command("export-ledger", str(export), "--who", who, "--reason", "proof")
    checked = site.command("verify", str(export), "--key", str(export / "verifier.key"), "--json")
    report = json.loads(checked.stdout) if checked.stdout.startswith("{") else {}
    good = told.returncode == checked.returncode == 0 and report.get("size", 0) >= rows
    return (
        "The log is whole and verifies after all of it",
        "pass" if good else "fail",
        f"{report.get('size', 0):,} entries" + "".join(f"; {fault['code']}" for fault in report.get("faults", ())),
    )
