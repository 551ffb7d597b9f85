#!/usr/bin/env python3
"""Checks a log of several years: each year by itself, and that each continues the one before.

It stands beside `verifier.py` (copy both). A year is a log of its own, with a name and a key of its own. Its last entry
names the next year's log and key; the first entry of the next names the last head of this one. So whoever holds the key
of one year can check all of them.

    python years_verifier.py FOLDER --key KEY        FOLDER holds a folder for each year

Of a year whose entries were destroyed at the end of their time the head alone remains; a later entry must say so.
Exit code 0: verified. 1: not verified. 2: could not be checked.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

try:
    from . import verifier
except ImportError:  # a copy of both files, away from the system
    import verifier  # type: ignore[import-not-found, no-redef]

CLOSED, OPENED, ERASED = "ledger:year:closed", "ledger:year:opened", "ledger:year:erased"
TEXTS = {
    "years": ("Years", "年度"),
    "erased": ("Years of which only the head remains", "仅余检查点的年度"),
    "year_not_continued": (
        "The log of {year} does not continue the log before it: its first entry does not name that log's last head.",
        "{year} 年日志没有延续上一年日志：其首条没有载明上一年的最后检查点。",
    ),
    "year_not_erased": (
        "The entries of {year} are missing, and no later entry says that they were destroyed.",
        "{year} 年的条目缺失，且后续没有任何条目载明其已销毁。",
    ),
}
_YEAR = re.compile(r"[0-9]{4}\Z")


@dataclass
class Fault(verifier.Fault):
    """A fault between years; its words are here."""

    def text(self, lang: str = "en") -> str:
        return say(self.code, lang, **self.data)


@dataclass
class Report(verifier.Report):
    """What a check found. `size` counts the entries of all years, `origin` and `root` are those of the last."""

    years: list[str] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)


@dataclass
class _Year:
    """One year's folder, and what its head says once a trusted key has opened it."""

    folder: Path
    origin: str
    whole: bool
    report: verifier.Report = field(default_factory=verifier.Report)

    @property
    def name(self) -> str:
        return self.folder.name

    def entries(self) -> Iterator[bytes]:
        for number in range((self.report.size + 255) // 256):
            yield from self._bundle(number)

    def _bundle(self, number: int) -> Iterator[bytes]:
        width = min(256, self.report.size - 256 * number)
        data = (self.folder / verifier._name("entries", number, width)).read_bytes()
        at = 0
        while at < len(data):
            stop = at + 2 + int.from_bytes(data[at : at + 2], "big")
            yield data[at + 2 : stop]
            at = stop

    def told(self, event: str, *, first: bool) -> dict[str, Any]:
        """The data of the first or last entry, where it is of that event."""
        if not self.whole or not self.report.size:
            return {}
        number = 0 if first else (self.report.size - 1) // 256
        bodies = list(self._bundle(number))
        entry = _parsed(bodies[0 if first else -1])
        found = entry.get("data")
        return found if entry.get("event") == event and isinstance(found, dict) else {}


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(body)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def say(code: str, lang: str, **data: str | int) -> str:
    """The text of `code` in "en" or "zh"."""
    if code in TEXTS:
        return TEXTS[code][lang.startswith("zh")].format(**data)
    return verifier.say(code, lang, **data)


def is_years(path: str | Path) -> bool:
    """Whether this is the export of a log of several years."""
    return not (Path(path) / "checkpoint").exists() and bool(_folders(Path(path)))


def _folders(path: Path) -> list[Path]:
    found = [one for one in path.iterdir() if _YEAR.match(one.name)] if path.is_dir() else []
    return sorted(one for one in found if (one / "checkpoint").is_file())


def check(
    path: str | Path,
    keys: Sequence[str],
    *,
    older: Sequence[str | Path] = (),
    live: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Verify the folder of an export with a folder for each year; see `verify_years`."""
    return verify_years(_folders(Path(path)), keys, older=older, live=live, progress=progress)


def verify_years(
    folders: Sequence[Path],
    keys: Sequence[str],
    *,
    older: Sequence[str | Path] = (),
    live: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Verify the logs in these folders, oldest first, each named by its year.

    Args:
        keys: trusted keys of any of the years; those of the others are learned from entries that verified.
        older: files with checkpoints kept from earlier; the log of their name must continue each of them.
    """
    begun = time.perf_counter()
    years = [_Year(folder, _origin(folder / "checkpoint"), (folder / "tile").is_dir()) for folder in folders]
    left, trusted = list(years), list(keys)
    while left:
        for year in left:
            year.report = _one(year, trusted, older, live, progress)
        known = [year for year in left if year.report.verified]
        if not known:
            break
        left = [year for year in left if not year.report.verified]
        trusted += [key for year in known for key in _learned(year)]
    report = Report(verifier.VERIFIED if years else verifier.UNCHECKED, years=[year.name for year in years])
    report.faults = [fault for year in years for fault in year.report.faults] + list(_between(years, bool(left)))
    report.erased = [year.name for year in years if not year.whole]
    report.code = max((year.report.code for year in years), default=verifier.UNCHECKED)
    if report.faults and report.code == verifier.VERIFIED:
        report.code = verifier.NOT_VERIFIED
    if years:
        last = years[-1].report
        report.origin, report.root, report.signed_by = last.origin, last.root, last.signed_by
        report.size = sum(year.report.size for year in years)
        report.older = [size for year in years for size in year.report.older]
    report.seconds = time.perf_counter() - begun
    return report


def _one(
    year: _Year,
    keys: Sequence[str],
    older: Sequence[str | Path],
    live: bool,
    progress: Callable[[int, int], None],
) -> verifier.Report:
    if year.whole:
        kept = [path for path in older if _origin(Path(path)) == year.origin]
        return verifier.verify_export(year.folder, keys, older=kept, live=live, progress=progress)
    report = verifier.Report()
    try:
        trusted = [verifier._read_key(key) for key in keys]
        head = verifier._read_checkpoint(verifier._read_file(year.folder / "checkpoint"), trusted, None)
        report = verifier.Report(verifier.VERIFIED, head.origin, head.size, head.root.hex(), head.signed_by)
    except verifier._Uncheckable as problem:
        report.faults.append(problem.fault)
    except verifier._Wrong as problem:
        report.faults.append(problem.fault)
        report.code = verifier.NOT_VERIFIED
    return report


def _learned(year: _Year) -> list[str]:
    """Keys of the years around one that verified."""
    told = (year.told(CLOSED, first=False), year.told(OPENED, first=True))
    return [str(one["key"]) for one in told if verifier_key(one.get("key"))]


def verifier_key(text: object) -> bool:
    """Whether this reads as a verification key."""
    try:
        verifier._read_key(str(text))
    except verifier._Wrong:
        return False
    return True


def _between(years: Sequence[_Year], unknown: bool) -> Iterator[Fault]:
    if unknown:  # whatever an unverified year says proves nothing, and its own faults are told
        return
    for before, after in itertools.pairwise(years):
        was, head = after.told(OPENED, first=True), before.report
        if after.whole and (was.get("origin"), was.get("size"), was.get("root")) != (head.origin, head.size, head.root):
            yield Fault("year_not_continued", {"year": after.name})
    gone = {year.origin: year.name for year in years if not year.whole}
    for year in years if gone else ():
        for body in year.entries() if year.whole else ():
            if ERASED.encode() in body and (entry := _parsed(body)).get("event") == ERASED:
                gone.pop(str((entry.get("data") or {}).get("origin")), None)
    yield from (Fault("year_not_erased", {"year": name}) for name in gone.values())


def _origin(path: Path) -> str:
    try:
        return path.read_bytes().split(b"\n", 1)[0].decode("utf-8", "replace")
    except OSError:
        return ""


def render(report: Report, lang: str) -> str:
    """The report as lines of text for people."""
    lines = verifier.render(report, lang).split("\n")
    told = [("years", report.years), ("erased", report.erased)]
    rows = [f"  {say(label, lang)}: {', '.join(names)}" for label, names in told if names]
    return "\n".join([lines[0], *rows, *lines[1:]])


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the top of this file."""
    parser = argparse.ArgumentParser(description="Verify a log of several years. / 验证跨年度日志。")
    parser.add_argument("path", help="export folder / 导出文件夹")
    parser.add_argument("--key", action="append", required=True, help="verification key, or a file with it / 验证密钥")
    parser.add_argument("--older", action="append", default=[], help="checkpoint kept from earlier / 此前保存的检查点")
    parser.add_argument("--json", action="store_true", help="print one JSON object / 输出 JSON")
    parser.add_argument("--lang", choices=["zh", "en"], default=verifier.language())
    given = parser.parse_args(arguments)
    report = check(given.path, verifier.key_strings(given.key), older=given.older)
    print(json.dumps(asdict(report), ensure_ascii=False) if given.json else render(report, given.lang))
    return report.code


if __name__ == "__main__":
    sys.exit(main())
