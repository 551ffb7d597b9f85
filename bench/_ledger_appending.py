"""Appending as the product does it: entries beside a bare table, and how soon a signed head covers them.

Eight writers, each a process with a connection of its own, commit one row in each transaction; in turn into a bare
table with the driver alone, and through `kernel.journal`, while the sequencer runs as it ships. Both are measured in
the same rounds, so that what else the machine does weighs on both.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bench._site import installation, stop

WRITERS, PAIRS, SECONDS = 8, 7, 4.0
PACED, PACE = 15.0, 1000.0
PACE_SHORT = 0.05
PLAIN = "CREATE TABLE bench_plain (id bigserial PRIMARY KEY, entry uuid NOT NULL UNIQUE, at timestamptz NOT NULL, body bytea NOT NULL)"  # noqa: E501


class Writers:
    """The writers, told all at once."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "bench._ledger_writer"]
        root = Path(__file__).resolve().parents[1]
        self._them = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root)
            for _ in range(WRITERS)
        ]
        for one in self._them:
            assert one.stdout is not None
            assert one.stdout.readline().strip() == "ready"

    def __call__(self, told: str) -> list[float]:
        """Milliseconds of every act of all of them."""
        for one in self._them:
            assert one.stdin is not None
            one.stdin.write(told + "\n")
            one.stdin.flush()
        return [took for one in self._them for took in json.loads(one.stdout.readline() if one.stdout else "[]")]

    def close(self) -> None:
        for one in self._them:
            if one.stdin is not None:
                one.stdin.close()
            one.wait(30)


def figures(progress: Callable[[str], None]) -> dict[str, float]:
    with installation():
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(PLAIN)
        sequencer = subprocess.Popen([sys.executable, "-m", "callwarden.custody.sequencer"])
        writers = Writers()
        try:
            writers("plain 1")
            writers("ledger 1")
            found = _pairs(writers, progress)
            progress("at a steady thousand a second")
            writers(f"paced {PACED} {PACE / WRITERS}")
            return found | _lag()
        finally:
            writers.close()
            stop(sequencer)


def _pairs(writers: Writers, progress: Callable[[str], None]) -> dict[str, float]:
    rates: dict[str, list[float]] = {"plain": [], "ledger": []}
    tails: dict[str, list[float]] = {"plain": [], "ledger": []}
    for pair in range(PAIRS):
        progress(f"pair {pair + 1} of {PAIRS}")
        for name in ("plain", "ledger") if pair % 2 else ("ledger", "plain"):
            took = writers(f"{name} {SECONDS}")
            rates[name].append(len(took) / SECONDS)
            tails[name].append(statistics.quantiles(took, n=100)[98])
    ratios = [ours / bare for ours, bare in zip(rates["ledger"], rates["plain"], strict=True)]
    p99 = [ours / bare for ours, bare in zip(tails["ledger"], tails["plain"], strict=True)]
    return {
        "append_ratio": statistics.median(ratios),
        "append_ratio_least": min(ratios),
        "append_p99_ratio": statistics.median(p99),
        "append_per_s": statistics.median(rates["ledger"]),
        "plain_per_s": statistics.median(rates["plain"]),
        "append_p99_ms": statistics.median(tails["ledger"]),
        "plain_p99_ms": statistics.median(tails["plain"]),
    }


LAG = """
WITH heads AS (SELECT size, signed_at, lag(size, 1, 0::bigint) OVER (ORDER BY size) AS before FROM custody_checkpoint)
SELECT extract(epoch FROM percentile_disc(0.99) WITHIN GROUP (ORDER BY h.signed_at - e.at)),
       extract(epoch FROM max(h.signed_at - e.at)), count(*),
       count(*) / extract(epoch FROM max(e.at) - min(e.at))
  FROM custody_ledgerentry e JOIN heads h ON e.index >= h.before AND e.index < h.size
 WHERE e.at > (SELECT max(at) FROM custody_ledgerentry) - make_interval(secs => %s)
"""


def _lag() -> dict[str, float]:
    """From when an entry was written until a signed head covered it, seconds; of the paced stretch alone."""
    import time

    from django.db import connection

    deadline = time.monotonic() + 60
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM custody_ledgerpending")
            if cursor.fetchone() == (0,) or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        time.sleep(1)
        cursor.execute(LAG, [PACED - 2])
        p99, most, count, rate = map(float, cursor.fetchone())
    return lag_figures(p99=p99, most=most, count=count, rate=rate)


def lag_figures(*, p99: float, most: float, count: float, rate: float) -> dict[str, float]:
    """The lag under the name its limit has only where the asked pace was reached, less `PACE_SHORT` at most.

    Below that it was not measured at that pace, and is told under another name beside the pace reached.
    """
    reached = rate >= PACE * (1 - PACE_SHORT)
    where = "" if reached else f"_not_measured_at_{PACE:.0f}_per_s"
    return {
        f"checkpoint_lag_p99_s{where}": p99,
        f"checkpoint_lag_max_s{where}": most,
        "checkpoint_lag_entries": count,
        "checkpoint_lag_at_per_s": rate,
    }
