#!/usr/bin/env python3
"""Checks a bundle of evidence, entries of a log with a proof for each, without trusting the system that gave it out.

It stands beside `verifier.py` (copy both). A bundle is a zip file: `evidence.json` says what was asked for and lists
every entry, `entries/` holds a C2SP tlog-proof of each, and `taken.tlog-proof` proves that the log itself holds the
digest of that list. So an entry that is changed, exchanged, added or left out is found.
Format: docs/formats/evidence.md.

    python evidence_verifier.py NAME.cw-evidence.zip --key KEY

Exit code 0: verified. 1: not verified. 2: could not be checked.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

try:
    from . import verifier
except ImportError:  # a copy of both files, away from the system
    import verifier  # type: ignore[import-not-found, no-redef]

FORMAT = "callwarden-evidence/1"
LIST, TAKEN, ISSUED = "evidence.json", "taken.tlog-proof", "ledger:evidence:taken"
CLOSED, OPENED = "ledger:year:closed", "ledger:year:opened"
MOST, LONGEST_LIST, LONGEST_PROOF = 10_000, 16 << 20, 1 << 20
TEXTS = {
    "evidence": ("Entries proved", "已证明的条目数"),
    "asked": ("Asked for", "提取条件"),
    "taken_by": ("Taken away by", "提取人"),
    "taken_at": ("Taken away at", "提取时间"),
    "bundle_malformed": ("The bundle is malformed.", "证据包格式不正确。"),
    "bundle_differs": (
        "The list of entries is not the one whose digest stands in the log: it was altered.",
        "条目清单与日志中登记的摘要不一致：内容被改动。",
    ),
    "bundle_not_taken": (
        "The proved entry does not say that a bundle was taken away.",
        "所证明的日志条目并非提取证据包的条目。",
    ),
    "bundle_entry_missing": ("The proof {path} is missing.", "缺少证明 {path}。"),
    "bundle_entry_extra": ("The file {path} does not belong to the bundle.", "文件 {path} 不属于该证据包。"),
    "bundle_entry_other": (
        "The proof {path} is of another entry than the list says.",
        "证明 {path} 所指的条目与清单不一致。",
    ),
    "bundle_entry_wrong": ("The proof {path} does not hold ({cause}).", "证明 {path} 不成立（{cause}）。"),
}


@dataclass
class Fault(verifier.Fault):
    """A fault of a bundle; its words are here."""

    def text(self, lang: str = "en") -> str:
        if self.code in TEXTS:
            return TEXTS[self.code][lang.startswith("zh")].format(**self.data)
        return super().text(lang)


@dataclass
class Report(verifier.Report):
    """What a check found. `size` counts the entries that were proved; `asked`, `taken_by`, `taken_at` are as listed."""

    asked: dict[str, str] = field(default_factory=dict)
    taken_by: str = ""
    taken_at: str = ""


class _Wrong(Exception):
    def __init__(self, code: str, **data: str | int) -> None:
        super().__init__(code)
        self.fault = Fault(code, dict(data))


def is_bundle(path: str | Path) -> bool:
    """Whether the file is a zip file."""
    try:
        with Path(path).open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError:
        return False


def verify_bundle(
    bundle: str | Path, keys: Sequence[str], *, progress: Callable[[int, int], None] = lambda done, total: None
) -> Report:
    """Verify one bundle: the list, the entry that put it on record, and a proof for every entry on it.

    Args:
        keys: trusted keys of any years; those of the years between are learned from proofs that verified.
    """
    started, report = time.perf_counter(), Report()
    try:
        for key in keys:
            verifier._read_key(key)
        with zipfile.ZipFile(bundle) as archive:
            _check(archive, list(keys), report, progress)
    except (_Wrong, verifier._Wrong) as wrong:
        report.faults.append(wrong.fault)
        report.code = verifier.UNCHECKED if isinstance(wrong, verifier._Uncheckable) else verifier.NOT_VERIFIED
    except OSError:
        report.faults.append(Fault("unreadable", {"path": str(bundle)}))
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError, ValueError):
        report.faults.append(Fault("bundle_malformed", {}))
        report.code = verifier.NOT_VERIFIED
    report.seconds = time.perf_counter() - started
    return report


def _check(archive: zipfile.ZipFile, keys: list[str], report: Report, progress: Callable[[int, int], None]) -> None:
    names = archive.namelist()
    if len(set(names)) != len(names) or len(names) > 3 * MOST:
        raise _Wrong("bundle_malformed")
    text = _read(archive, LIST, LONGEST_LIST)
    told = _parsed(text)
    entries, asked = told.get("entries"), told.get("asked")
    if told.get("format") != FORMAT or not isinstance(entries, list) or not isinstance(asked, dict):
        raise _Wrong("bundle_malformed")
    if len(entries) > MOST or told.get("count") != len(entries):
        raise _Wrong("bundle_malformed")
    links = sorted(name for name in names if name.startswith("years/"))
    trusted = _learned(archive, links, keys)
    taken = verifier.verify_proof(_read(archive, TAKEN, LONGEST_PROOF), trusted)
    if not taken.verified:
        raise _Wrong("bundle_entry_wrong", path=TAKEN, cause=taken.faults[0].code)
    said = _parsed((taken.entry or "").encode())
    data = said.get("data")
    if said.get("event") != ISSUED or not isinstance(data, dict):
        raise _Wrong("bundle_not_taken")
    if data.get("digest") != hashlib.sha256(text).hexdigest():
        raise _Wrong("bundle_differs")
    expected = {LIST, TAKEN, *links, *(_name(number) for number in range(len(entries)))}
    report.faults += [Fault("bundle_entry_extra", {"path": name}) for name in sorted(set(names) - expected)[:20]]
    for number, listed in enumerate(entries):
        if fault := _entry(archive, number, listed, trusted):
            report.faults.append(fault)
            if len(report.faults) >= 20:
                break
        progress(number + 1, len(entries))
    report.origin, report.root, report.signed_by = taken.origin, taken.root, taken.signed_by
    report.size = len(entries)
    report.asked = {str(name): str(value) for name, value in asked.items()}
    report.taken_by, report.taken_at = str(said.get("actor", "")), str(said.get("at", ""))
    report.code = verifier.NOT_VERIFIED if report.faults else verifier.VERIFIED


def _entry(archive: zipfile.ZipFile, number: int, listed: object, keys: Sequence[str]) -> Fault | None:
    path = _name(number)
    if not isinstance(listed, dict):
        raise _Wrong("bundle_malformed")
    try:
        proof = _read(archive, path, LONGEST_PROOF)
    except KeyError:
        return Fault("bundle_entry_missing", {"path": path})
    proved = verifier.verify_proof(proof, keys)
    if not proved.verified:
        return Fault("bundle_entry_wrong", {"path": path, "cause": proved.faults[0].code})
    same = (listed.get("log"), listed.get("index")) == (proved.origin, proved.index)
    if not same or listed.get("entry") != _id(proved.entry or ""):
        return Fault("bundle_entry_other", {"path": path})
    return None


def _learned(archive: zipfile.ZipFile, links: Sequence[str], keys: list[str]) -> list[str]:
    """The keys, and those of years that a trusted one's first or last entry names."""
    trusted, left = list(keys), list(links)
    while left:
        proved = {path: verifier.verify_proof(_read(archive, path, LONGEST_PROOF), trusted) for path in left}
        known = [path for path in left if proved[path].verified]
        if not known:
            break
        left = [path for path in left if path not in known]
        for path in known:
            entry = _parsed((proved[path].entry or "").encode())
            data = entry.get("data")
            if entry.get("event") in (CLOSED, OPENED) and isinstance(data, dict) and _is_key(data.get("key")):
                trusted.append(str(data["key"]))
    return trusted


def _is_key(text: object) -> bool:
    try:
        verifier._read_key(str(text))
    except verifier._Wrong:
        return False
    return True


def _read(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """A file of the bundle. Raises KeyError: there is none."""
    with archive.open(name) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise _Wrong("bundle_malformed")
    return data


def _parsed(text: bytes) -> dict[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise _Wrong("bundle_malformed") from None
    if not isinstance(value, dict):
        raise _Wrong("bundle_malformed")
    return value


def _id(entry: str) -> str:
    try:
        return str(_parsed(entry.encode()).get("id", ""))
    except _Wrong:
        return ""


def _name(number: int) -> str:
    return f"entries/{number:05d}.tlog-proof"


def render(report: Report, lang: str) -> str:
    """The report as lines of text for people."""
    lines = verifier.render(report, lang).split("\n")
    rows: list[tuple[str, str]] = []
    if report.taken_at:
        rows = [("evidence", str(report.size)), ("taken_by", report.taken_by), ("taken_at", report.taken_at)]
        rows += [("asked", ", ".join(f"{name}={value}" for name, value in sorted(report.asked.items())) or "—")]
    shown = [f"  {TEXTS[label][lang.startswith('zh')]}: {verifier._printable(value)}" for label, value in rows]
    return "\n".join([lines[0], *shown, *lines[1:]])


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the top of this file."""
    parser = argparse.ArgumentParser(description="Verify a bundle of evidence. / 验证证据包。")
    parser.add_argument("path", help="bundle file / 证据包文件")
    parser.add_argument("--key", action="append", required=True, help="verification key, or a file with it / 验证密钥")
    parser.add_argument("--json", action="store_true", help="print one JSON object / 输出 JSON")
    parser.add_argument("--lang", choices=["zh", "en"], default=verifier.language())
    given = parser.parse_args(arguments)
    report = verify_bundle(given.path, verifier.key_strings(given.key))
    print(json.dumps(asdict(report), ensure_ascii=False) if given.json else render(report, given.lang))
    return report.code


if __name__ == "__main__":
    sys.exit(main())
