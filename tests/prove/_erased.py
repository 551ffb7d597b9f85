"""The product's own search after an erasure, in a running site: done by a worker, completed by whoever started the
site, and put to the test by copies that were left on purpose.
"""

from __future__ import annotations

import csv
import gzip
import json
import time
from typing import Any

import samples
from callwarden.engines.residue import Mark, Search
from tests.prove._running import Running

Shown = list[tuple[str, str, str]]
WITHIN_SECONDS = 300.0
# What a worker reaches whatever account it has, and what only the site's starter does where accounts are apart.
BY_THE_WORKER = ("tables", "search_index", "caches", "objects", "spool", "temporary", "data_folder", "backups")
BY_THE_STARTER = ("tables", "database_files", "write_ahead_log", "objects", "spool", "logs", "data_folder", "backups")


def erased(site: Running) -> Shown:
    """Erase one customer and see nothing found; erase another, of whom two copies were left, and see both found."""
    clean, leaked = list(csv.DictReader((samples.ROOT / "customers.csv").open(encoding="utf-8-sig")))[:2]
    shown = _clean(site, clean)
    return shown + _leaked(site, leaked)


def _clean(site: Running, row: dict[str, str]) -> Shown:
    who = site.inside("subject_of", customer_no=row["customer_no"])
    report, seconds = _erase(site, who)
    by_name = {one["name"]: one for one in report["replicas"]}
    wrong = [name for name in BY_THE_WORKER if by_name[name]["outcome"] != "pass"]
    shown = [
        (
            "A worker erases a customer and finds nothing left where it may look",
            "fail" if wrong or not report["values_known"] else "pass",
            f"{report['marks'].get('value', 0)} values, {sum(report['marks'].values())} marks, {seconds:.0f} s"
            + (f"; not passed: {', '.join(wrong)}: {[by_name[name] for name in wrong]}" if wrong else ""),
        )
    ]
    done = site.command("scan", "last", "--json")
    told = json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {"replicas": [], "outcome": done.stderr}
    by_name = {one["name"]: one for one in told["replicas"]}
    wrong = [name for name in BY_THE_STARTER if by_name.get(name, {}).get("outcome") != "pass"]
    read = sum(one["bytes"] for one in told["replicas"])
    control = not any(left["why"] == "control_not_found" for one in told["replicas"] for left in one["not_covered"])
    shown.append(
        (
            "`callwarden scan last` looks through the server's files and log too, every control found",
            "pass" if not wrong and control and done.returncode == 0 else "fail",
            f"{told['outcome']}, {read / 1e6:.0f} MB" + (f"; {[by_name.get(name) for name in wrong]}" if wrong else ""),
        )
    )
    return shown


def _leaked(site: Running, row: dict[str, str]) -> Shown:
    """Left by hand, without the product's help: somebody's notes, and a table nobody has told the product of."""
    phone = row["phones"].split(";")[0]
    who = site.inside("subject_of", customer_no=row["customer_no"])
    site.sql("CREATE TABLE made_by_hand (told text)")
    site.sql("GRANT SELECT ON made_by_hand TO cw_app")
    site.sql("INSERT INTO made_by_hand VALUES (%s)", f"call {phone} back")
    copy = site.data / "run" / "notes.txt"
    written = f"{phone[:3]}-{phone[3:7]}-{phone[7:]}"
    copy.write_bytes(b"notes" + gzip.compress(f"{row['name']}: {written}\n".encode("gb18030")))
    copy.chmod(0o644)
    report, _seconds = _erase(site, who)
    site.sql("DROP TABLE made_by_hand")
    copy.unlink()
    found = {place["where"] for one in report["replicas"] for place in one["found"]}
    told = json.dumps(report, ensure_ascii=False)
    values = [
        value for name in ("name", "phones", "emails", "id_number", "card_numbers") for value in row[name].split(";")
    ]
    repeated = Search(Mark("value", value) for value in values if value).data(told.encode())
    ((open_findings,),) = site.sql("SELECT count(*) FROM kernel_finding WHERE kind = 'residue-found'")
    both = {"made_by_hand.told", "data_folder:run"} <= found
    return [
        (
            "Two copies left by hand are found, in a new table and in a file",
            "pass" if both else "fail",
            ", ".join(found),
        ),
        (
            "The report names places and no value; a finding is open",
            "pass" if open_findings and not repeated else "fail",
            "",
        ),
    ]


def _erase(site: Running, who: dict[str, str]) -> tuple[dict[str, Any], float]:
    begun = time.monotonic()
    site.inside("erase_soon", **who)
    while time.monotonic() - begun < WITHIN_SECONDS:
        rows = site.sql("SELECT report FROM custody_residuescan WHERE %s = ANY(subjects)", who["subject"])
        if rows:
            report: dict[str, Any] = rows[0][0]
            return report, time.monotonic() - begun
        time.sleep(1)
    jobs = site.sql("SELECT task_name, status, attempts FROM procrastinate_jobs WHERE task_name LIKE 'erasure.%%'")
    raise RuntimeError(f"no report in time; jobs {jobs}; {site.logs()[-2000:]}")
