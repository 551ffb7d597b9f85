"""kill -9 of web, workers, sequencer, keeper and database, again and again, while programs read customers over HTTP.

Every answer that held personal data is counted by the reader; when it is quiet again, the log must hold at least as
many openings for that reader. An entry without an answer is as it should be (the answer was lost); an answer without an
entry would be a disclosure nobody knows of. `CALLWARDEN_TEST_KILLS` sets how many kills.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.prove._running import Running

KILLS = int(os.environ.get("CALLWARDEN_TEST_KILLS", "200"))
SEED = int(os.environ.get("CALLWARDEN_TEST_SEED", "20261129"))
CUSTOMERS = tuple(f"C-200{number}" for number in range(1, 4))
TARGETS = ("web", "worker", "sequencer", "keeper", "database")
READERS = 4
Line = tuple[str, str, str]


class Reader:
    """A program with a key of its own that looks customers up without pause."""

    def __init__(self, site: Running, number: int) -> None:
        made = site.command(
            "service-key", "create", f"reader-{number}", "--owner", "jiang.mingche", "--scope", "customers"
        )
        self.key = made.stdout.split()[-1]
        self.answers: Counter[str] = Counter()
        self._port, self._stop = site.port, threading.Event()
        self._chance = random.Random(SEED + number)
        self.thread = threading.Thread(target=self._work, daemon=True)

    def _work(self) -> None:
        while not self._stop.is_set():
            number = self._chance.choice(CUSTOMERS)
            try:
                line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
                line.request(
                    "GET",
                    f"/api/v1/customers/{number}?purpose=service",
                    headers={"Authorization": f"Bearer {self.key}"},
                )
                answer = line.getresponse()
                body = answer.read()
                line.close()
            except (OSError, http.client.HTTPException) as error:
                self.answers[type(error).__name__] += 1
                self._stop.wait(0.1)
                continue
            shown = answer.status == 200 and bool(json.loads(body)["fields"])
            self.answers["shown" if shown else str(answer.status)] += 1

    def stop(self) -> None:
        self._stop.set()
        self.thread.join(60)


def run(folder: Path) -> Iterator[Line]:
    site = Running(
        folder / "killed",
        demo=True,
        settings={"SERVICE_LOOKUPS_PER_MINUTE": "1000000", "SERVICE_LOOKUPS_PER_HOUR": "10000000"},
    )
    try:
        site.await_started()
        readers = [Reader(site, number) for number in range(READERS)]
        for reader in readers:
            reader.thread.start()
        killed = _kill(site, readers)
        for reader in readers:
            reader.stop()
        _await_quiet(site)
        shown = shown_to(readers)
        yield (
            f"{sum(killed.values())} kills of every kind of process while {READERS} programs read customers",
            "pass" if set(killed) == set(TARGETS) and shown else "fail",
            ", ".join(f"{name} {count}" for name, count in sorted(killed.items())) + f"; {shown:,} answers with data",
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
            raise RuntimeError(f"nobody is served any more: {[dict(reader.answers) for reader in readers]}")
        time.sleep(0.1)


def shown_to(readers: list[Reader]) -> int:
    return sum(reader.answers["shown"] for reader in readers)


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
    """Per reader: answers with data, and openings on record that were allowed."""
    on_record = dict(
        site.sql(
            "SELECT actor, count(*) FROM custody_ledgerentry WHERE event = 'disclose:record:view_masked'"
            " AND decision = 'allow' AND actor LIKE 'service:%' GROUP BY actor"
        )
    )
    names = dict(site.sql("SELECT prefix, 'service:' || id FROM protection_servicekey"))
    missing = 0
    for reader in readers:
        (actor,) = (actor for prefix, actor in names.items() if prefix in reader.key)
        missing += max(0, reader.answers["shown"] - on_record.get(actor, 0))
    openings = sum(on_record.values())
    return "Disclosures that are not on record", "fail" if missing else "pass", f"{missing} of {openings:,} openings"


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
