"""Somebody is erased; last week's copy is restored with the product's own command; they are still not there.

A small installation with its copies. The search for what is left is tried before the erasure as well, when it has to
find them: the positive control. Then the host is lost, and the copy made BEFORE the erasure is restored at a moment
before it, as somebody would who wants to go back.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from callwarden.engines.ledger import certificate_verifier, verifier
from tests.protection.backup.small_site import SmallSite

Shown = list[tuple[str, str, str]]
_INSIDE = "tests.prove._lawful_inside"
GONE, KEPT = "K1", "K2"
# A digest of sound that was heard; anything else is the code of a refusal.
HEARD = 64


def still_absent(folder: Path) -> Shown:
    site = SmallSite(folder / "a", folder / "t", key=folder / "backup.key").start()
    try:
        records = _ask(site, "fill")
        before = {number: site.ask("read", record=record) for number, record in records.items()}
        site.command("backup")
        site.spawn("callwarden.site.backups")
        time.sleep(4)  # what it ships lies on the target by now
        earlier, moment = site.command("backup", "--list").stdout.split()[0], datetime.now(UTC).isoformat()
        time.sleep(1)
        control = _ask(site, "search", number=GONE)
        erased = _ask(site, "erase", number=GONE)
        files = json.loads(site.command("scan", "last", "--json", ok=False).stdout.splitlines()[-1])
        key = _ask(site, "key")
        site.command("backup")
        time.sleep(4)
    finally:
        site.lose()
    shown = _erased(control, erased, files)
    shown.append(certificate_holds(erased["certificate"], key, folder / "away"))
    return shown + _restored(folder, site, earlier, moment, records, before)


def _erased(control: dict[str, Any], erased: dict[str, Any], files: dict[str, Any]) -> Shown:
    found = sum(place["count"] for one in files["replicas"] for place in one["found"])
    looked = {one["name"] for one in files["replicas"] if one["outcome"] in ("pass", "fail")} | set(erased["covered"])
    return [
        _line(
            "Control: before the erasure the search finds the person",
            control["found"] > 0 and {"custody_customer.number", "object:content"} <= set(control["places"]),
            f"{control['found']} findings of {sum(control['marks'].values())} marks: {', '.join(control['places'])}",
        ),
        _line(
            "Erased on request, approved by two: the same search finds nothing",
            erased["state"] == "answered" and erased["found"] == 0 and found == 0
            and set(control["covered"]) <= set(erased["covered"]) and {"database_files", "write_ahead_log"} <= looked,
            f"{erased['found']} in {', '.join(sorted(looked))}",
        ),
    ]  # fmt: skip


def _restored(
    folder: Path, site: SmallSite, earlier: str, moment: str, records: dict[str, str], before: dict[str, str]
) -> Shown:
    into = folder / "b"
    done = site.command(*site.restore_arguments(into, "--backup", earlier, "--to", moment))
    restored = SmallSite(into, folder / "t", key=site.key).start()
    try:
        closed = restored.ask("read", record=records[KEPT])
        opened = restored.ask("open_signed", approval=restored.ask("sign_opening"))
        now = {number: restored.ask("read", record=record) for number, record in records.items()}
        known = {number: _ask(restored, "known", number=number) for number in records}
        there = restored.ask("knows", record=records[GONE])
        again = _ask(restored, "search_again", record=records[GONE])
    finally:
        restored.stop()
    said = " ".join(done.stdout.split())[:90]
    return [
        _line("The copy from before the erasure is restored with `callwarden restore`", opened == "open", said),
        _line("It opens for nobody before two people signed", len(closed) != HEARD, closed),
        _line(
            "Still absent: nobody is found by the number, and what they said opens for nobody",
            len(before[GONE]) == HEARD and len(now[GONE]) != HEARD and not known[GONE] and there,
            f"{now[GONE]}; the copy held the row of it",
        ),
        _line(
            "The search in the restored store finds nothing",
            again["found"] == 0 and "tables" in again["covered"],
            f"{again['found']} in {', '.join(again['covered'])}",
        ),
        _line("Who was kept is there, and what they said is the same", now[KEPT] == before[KEPT] and known[KEPT], ""),
    ]


def certificate_holds(file: str, key: str, away: Path) -> tuple[str, str, str]:
    """Copies of the two verifiers check it in a folder of their own, where nothing of this system can be seen."""
    away.mkdir()
    for module in (verifier, certificate_verifier):
        (away / Path(str(module.__file__)).name).write_bytes(Path(str(module.__file__)).read_bytes())
    told = json.loads(file)
    altered = {**told, "certificate": {**told["certificate"], "note": "x"}}
    (away / "whole.json").write_text(file, encoding="utf-8")
    (away / "altered.json").write_text(json.dumps(altered), encoding="utf-8")
    (away / "key").write_text(key)
    blocked = "import sys; sys.modules['callwarden'] = None; sys.argv = sys.argv[1:]; import runpy;"
    runs = f"{blocked} runpy.run_path('certificate_verifier.py', run_name='__main__')"
    whole, changed = (
        subprocess.run(
            [sys.executable, "-c", runs, "certificate_verifier.py", name, "--key", "key", "--lang", "en"],
            cwd=away, capture_output=True, text=True, env={"PYTHONPATH": "."},
        )
        for name in ("whole.json", "altered.json")
    )  # fmt: skip
    said = (whole.stdout.strip().splitlines() or [whole.stderr[-80:]])[0]
    held = whole.returncode == 0 and said.startswith("VERIFIED") and changed.returncode == 1
    return _line(
        "Its certificate: the independent verifier finds the signature good, and a changed one not", held, said
    )


def _ask(site: SmallSite, question: str, **given: Any) -> Any:
    return json.loads(site.run(_INSIDE, question, **given).splitlines()[-1])


def _line(what: str, held: bool, measured: str) -> tuple[str, str, str]:
    return (what, "pass" if held else "fail", measured)
