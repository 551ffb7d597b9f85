#!/usr/bin/env python3
"""Checks a certificate of destruction without trusting the system that issued it.

It stands beside `verifier.py` (copy both) and needs nothing else: a certificate is a text and the proof that the
operation log holds the text's digest under a signed checkpoint. Format: docs/formats/certificate.md.

    python certificate_verifier.py NAME.cw-certificate.json --key KEY

Exit code 0: verified. 1: not verified. 2: could not be checked.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

try:
    from . import verifier
except ImportError:  # a copy of both files, away from the system
    import verifier  # type: ignore[import-not-found, no-redef]

FORMAT = "callwarden-certificate/1"
# Event that issues a paper -> the kind of report it is; a report is no certificate, which has kinds of its own.
ISSUED = {
    "lawful:erasure:certified": "",
    "control:review:reported": "access_review",
    "control:usage:reported": "usage_review",
}
LONGEST = 16 << 20
TEXTS = {
    "certificate": ("Certificate", "证明书"),
    "certificate_malformed": ("The certificate file is malformed.", "证明书文件格式不正确。"),
    "certificate_differs": (
        "The certificate is not the one whose digest stands in the log: it was altered.",
        "证明书与日志中登记的摘要不一致：内容被改动。",
    ),
    "certificate_not_issued": (
        "The proved entry does not issue a certificate.",
        "所证明的日志条目并非签发证明书的条目。",
    ),
}


@dataclass
class Fault(verifier.Fault):
    """A fault of a certificate; its words are here."""

    def text(self, lang: str = "en") -> str:
        return TEXTS[self.code][lang.startswith("zh")] if self.code in TEXTS else super().text(lang)


@dataclass
class Report(verifier.Report):
    """What a check found; `certificate` is the text that holds, in canonical JSON."""

    certificate: str | None = None


class _Wrong(Exception):
    pass


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose names are all different; a second value under a name could be shown in place of the first."""
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name stands twice")
    return names


def _no_number(text: str) -> object:
    raise ValueError("only whole numbers have one text")


def _parse(text: str | bytes) -> dict[str, object]:
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_float=_no_number, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise _Wrong("certificate_malformed") from None
    if not isinstance(value, dict):
        raise _Wrong("certificate_malformed")
    return value


def _canonical(value: object) -> bytes:
    """RFC 8785, which for names in ASCII, strings and whole numbers is what this writes."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode("utf-8")
    except UnicodeEncodeError:
        raise _Wrong("certificate_malformed") from None


def verify_certificate(certificate: str | Path | bytes, keys: Sequence[str], *, origin: str | None = None) -> Report:
    """Verify one certificate, given as path or bytes: its text, the entry with its digest, the tree, the signature."""
    started, report = time.perf_counter(), Report()
    try:
        data = certificate if isinstance(certificate, bytes) else Path(certificate).read_bytes()
        _check(data, keys, origin, report)
    except OSError:
        report.faults.append(Fault("unreadable", {"path": str(certificate)}))
    except _Wrong as problem:
        report.faults.append(Fault(str(problem), {}))
        report.code = verifier.NOT_VERIFIED
    report.seconds = time.perf_counter() - started
    return report


def _check(data: bytes, keys: Sequence[str], origin: str | None, report: Report) -> None:
    if len(data) > LONGEST:
        raise _Wrong("certificate_malformed")
    whole = _parse(data)
    told, proof = whole.get("certificate"), whole.get("proof")
    if set(whole) != {"format", "certificate", "proof"} or whole["format"] != FORMAT:
        raise _Wrong("certificate_malformed")
    if not isinstance(told, dict) or not isinstance(proof, str):
        raise _Wrong("certificate_malformed")
    proved = verifier.verify_proof(proof.encode("utf-8", "replace"), keys, origin=origin)
    for name, value in vars(proved).items():
        setattr(report, name, value)
    report.faults = [Fault(fault.code, fault.data) for fault in proved.faults]
    if not proved.verified:
        return
    entry = _parse(proved.entry or "")
    said = entry.get("data")
    issued = ISSUED.get(str(entry.get("event")))
    kind = told.get("kind") if told.get("kind") in ISSUED.values() else ""
    if issued is None or not isinstance(said, dict) or issued != kind:
        raise _Wrong("certificate_not_issued")
    text = _canonical(told)
    if said.get("digest") != hashlib.sha256(text).hexdigest() or said.get("certificate") != told.get("id"):
        raise _Wrong("certificate_differs")
    report.certificate = text.decode("utf-8")


def is_certificate(path: str | Path) -> bool:
    """Whether the file looks like one: a proof is plain text, an export a folder."""
    try:
        with Path(path).open("rb") as file:
            return file.read(1) == b"{"
    except OSError:
        return False


def render(report: Report, lang: str) -> str:
    """The report as lines of text for people."""
    lines = verifier.render(report, lang).split("\n")
    if report.certificate is not None:
        shown = "".join(char if char.isprintable() else "\ufffd" for char in report.certificate)
        lines.append(f"  {TEXTS['certificate'][lang.startswith('zh')]}: {shown}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the top of this file."""
    parser = argparse.ArgumentParser(description="Verify a certificate. / 验证证明书。")
    parser.add_argument("path", help="certificate file / 证明书文件")
    parser.add_argument("--key", action="append", required=True, help="verification key, or a file with it / 验证密钥")
    parser.add_argument("--json", action="store_true", help="print one JSON object / 输出 JSON")
    parser.add_argument("--lang", choices=["zh", "en"], default=verifier.language())
    given = parser.parse_args(arguments)
    report = verify_certificate(given.path, verifier.key_strings(given.key))
    print(json.dumps(asdict(report), ensure_ascii=False) if given.json else render(report, given.lang))
    return report.code


if __name__ == "__main__":
    sys.exit(main())
