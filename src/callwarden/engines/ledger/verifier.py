#!/usr/bin/env python3
"""Checks a ledger export, or one proof file, without trusting the system that wrote it.

This file stands alone: it needs Python 3.10 or later and the package `cryptography`, imports nothing else of the
system, and shares no code with the part that builds the log. Keep a copy of it, and of the verification key, away
from the machine that it checks.

    python verifier.py EXPORT_FOLDER --key KEY [--older CHECKPOINT_FILE ...]
    python verifier.py ENTRY.tlog-proof --key KEY [--entry ENTRY_FILE]

It reads every entry and every tile. Exit code 0: verified. 1: not verified. 2: could not be checked.
Formats: C2SP signed-note, tlog-checkpoint, tlog-tiles, tlog-proof (or its gzip); hashing: RFC 6962 section 2.1.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import gzip
import hashlib
import io
import json
import locale
import os
import re
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

VERIFIED, NOT_VERIFIED, UNCHECKED = 0, 1, 2

TEXTS = {
    "verified": ("VERIFIED", "验证通过"),
    "not_verified": ("NOT VERIFIED", "验证未通过"),
    "unchecked": ("COULD NOT BE CHECKED", "无法验证"),
    "log": ("Log", "日志"),
    "entries": ("Entries", "条目数"),
    "root": ("Root", "根哈希"),
    "signed_by": ("Signed by", "签名密钥"),
    "older": ("Older checkpoints continued", "已延续的旧检查点"),
    "index": ("Entry number", "条目序号"),
    "entry": ("Entry", "条目内容"),
    "speed": ("{entries} entries in {seconds} s", "{entries} 条，用时 {seconds} 秒"),
    "key_malformed": (
        "The verification key is malformed. It reads name+id+base64; copy it whole.",
        "验证密钥格式不正确。应为 name+id+base64，请完整复制。",
    ),
    "no_such_path": ("There is no file or folder at the given path.", "给定路径下没有文件或文件夹。"),
    "unreadable": ("The file {path} cannot be read.", "无法读取文件 {path}。"),
    "no_entry": ("The proof carries no entry. Give its file with --entry.", "证明中不含条目内容，请用 --entry 指定。"),
    "entry_differs": ("The proof carries another entry than the given file.", "证明所带条目与给定的文件不一致。"),
    "checkpoint_missing": ("The file `checkpoint` is missing from the export.", "导出中缺少 checkpoint 文件。"),
    "note_malformed": ("The checkpoint is malformed.", "检查点格式不正确。"),
    "note_unsigned": ("The checkpoint is not signed by the given key.", "检查点没有用给定密钥签名。"),
    "note_signature": ("The checkpoint's signature is wrong: altered or forged.", "检查点签名错误：内容被改动或伪造。"),
    "other_log": ("The checkpoint belongs to another log: {origin}", "检查点属于另一个日志：{origin}"),
    "file_missing": ("The file {path} is missing.", "缺少文件 {path}。"),
    "file_extra": ("The file {path} does not belong to this log.", "文件 {path} 不属于该日志。"),
    "file_stray": (
        "The file {path} is not covered by the checkpoint (use --live for a log that is still growing).",
        "文件 {path} 不在检查点覆盖范围内（若日志仍在增长，请使用 --live）。",
    ),
    "bundle_malformed": ("The entry file {path} is cut off or malformed.", "条目文件 {path} 被截断或格式不正确。"),
    "bundle_count": (
        "The entry file {path} holds {found} entries instead of {expected}.",
        "条目文件 {path} 含 {found} 条，应为 {expected} 条。",
    ),
    "tile_length": ("The tile {path} has the wrong length.", "哈希块 {path} 长度不正确。"),
    "entry_altered": ("Entry {index} was altered, or its hash was.", "第 {index} 号条目或其哈希被改动。"),
    "tile_altered": ("The tile {path} was altered at position {position}.", "哈希块 {path} 第 {position} 位被改动。"),
    "root_differs": (
        "The entries do not lead to the signed root: the log was rewritten after it was signed.",
        "由条目算出的根与签名的根不一致：日志在签名后被改写。",
    ),
    "older_larger": (
        "An older checkpoint covers {older} entries, the log only {size}: entries were removed from its end.",
        "旧检查点覆盖 {older} 条，现日志只有 {size} 条：末尾条目被删除。",
    ),
    "older_differs": (
        "The log does not continue an older checkpoint over {older} entries: history was rewritten.",
        "日志没有延续覆盖 {older} 条的旧检查点：历史被改写。",
    ),
    "proof_malformed": ("The proof file is malformed.", "证明文件格式不正确。"),
    "proof_wrong": ("The proof does not lead to the signed root: no such entry there.", "该条目不在日志的这一位置。"),
}


@dataclass
class Fault:
    """One thing that is wrong. `code` is stable; `data` holds paths, numbers and origins only."""

    code: str
    data: dict[str, str | int]

    def text(self, lang: str = "en") -> str:
        """The fault as a sentence, `lang` being "en" or "zh"."""
        return say(self.code, lang, **self.data)


@dataclass
class Report:
    """What a check found. `code` is the exit code."""

    code: int = UNCHECKED
    origin: str = ""
    size: int = 0
    root: str = ""
    signed_by: list[str] = field(default_factory=list)
    older: list[int] = field(default_factory=list)
    index: int | None = None
    entry: str | None = None
    seconds: float = 0.0
    faults: list[Fault] = field(default_factory=list)

    @property
    def verified(self) -> bool:
        """Whether everything was checked and nothing was wrong."""
        return self.code == VERIFIED and not self.faults


class _Wrong(Exception):
    def __init__(self, code: str, **data: str | int) -> None:
        super().__init__(code)
        self.fault = Fault(code, dict(data))


class _Uncheckable(_Wrong):
    pass


@dataclass
class _Key:
    name: str
    key_id: bytes
    public: bytes


@dataclass
class _Head:
    origin: str
    size: int
    root: bytes
    signed_by: list[str]


def _b64(text: str) -> bytes | None:
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return None
    return raw if base64.b64encode(raw).decode("ascii") == text else None


def _read_key(text: str) -> _Key:
    found = re.match(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)\Z", text.strip())
    raw = _b64(found.group(3)) if found else None
    if not found or raw is None or len(raw) != 33 or raw[0] != 1:
        raise _Uncheckable("key_malformed")
    name, key_id = found.group(1), bytes.fromhex(found.group(2))
    if hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4] != key_id:
        raise _Uncheckable("key_malformed")
    return _Key(name, key_id, raw[1:])


def _read_checkpoint(note: bytes, keys: Sequence[_Key], origin: str | None) -> _Head:
    """Verify a signed checkpoint; unknown signatures are ignored, a wrong one of a known key refuses it."""
    cut = note.rfind(b"\n\n")
    if cut < 0 or len(note) > 1 << 20 or note[-1:] != b"\n" or re.search(rb"[\x00-\x09\x0b-\x1f]", note):
        raise _Wrong("note_malformed")
    text, tail = note[: cut + 1], note[cut + 2 :]
    try:
        lines = tail.decode("utf-8").split("\n")[:-1]
        body = text.decode("utf-8").split("\n")[:-1]
    except UnicodeDecodeError:
        raise _Wrong("note_malformed") from None
    signed_by = []
    for line in lines:
        found = re.match("\u2014 ([^\\s+]+) (\\S+)\\Z", line)
        raw = _b64(found.group(2)) if found else None
        if not found or raw is None or len(raw) < 5:
            raise _Wrong("note_malformed")
        for key in keys:
            if key.name == found.group(1) and key.key_id == raw[:4]:
                try:
                    Ed25519PublicKey.from_public_bytes(key.public).verify(raw[4:], text)
                except InvalidSignature:
                    raise _Wrong("note_signature") from None
                signed_by.append(key.name)
    if not signed_by:
        raise _Wrong("note_unsigned")
    root = _b64(body[2]) if len(body) >= 3 else None
    if root is None or len(root) != 32 or not all(body) or not re.match(r"(0|[1-9][0-9]{0,17})\Z", body[1]):
        raise _Wrong("note_malformed")
    if body[0] not in ([origin] if origin else signed_by):
        raise _Wrong("other_log", origin=body[0])
    return _Head(body[0], int(body[1]), root, signed_by)


def _pair_up(hashes: list[bytes]) -> bytes:
    """Root of a perfect subtree: hash neighbours until one is left."""
    sha256 = hashlib.sha256
    while len(hashes) > 1:
        hashes = [sha256(b"\x01" + hashes[i] + hashes[i + 1]).digest() for i in range(0, len(hashes), 2)]
    return hashes[0]


def _root_of_rows(rows: list[list[bytes]]) -> bytes:
    """Root of a tree from its ragged right edge: `rows[l]` are the last hashes of level l, 256**l entries each."""
    peaks: list[bytes] = []
    for row in reversed(rows):
        at = 0
        for bit in reversed(range(len(row).bit_length())):
            if len(row) >> bit & 1:
                peaks.append(_pair_up(row[at : at + (1 << bit)]))
                at += 1 << bit
    if not peaks:
        return hashlib.sha256(b"").digest()
    root = peaks.pop()
    while peaks:
        root = hashlib.sha256(b"\x01" + peaks.pop() + root).digest()
    return root


def _number(n: int) -> str:
    digits = f"{n % 1000:03d}"
    while n >= 1000:
        n //= 1000
        digits = f"x{n % 1000:03d}/{digits}"
    return digits


def _name(kind: str, n: int, width: int) -> str:
    return f"tile/{kind}/{_number(n)}" + ("" if width == 256 else f".p/{width}")


class _Export:
    def __init__(self, folder: Path, head: _Head, older: Sequence[_Head], progress: Callable[[int, int], None]) -> None:
        self.folder, self.head, self.progress = folder, head, progress
        self.rows: list[list[bytes]] = [[]]
        self.counts: list[int] = [0]
        self.faults: list[Fault] = []
        self.marks: dict[int, list[bytes]] = {mark.size: [] for mark in older}
        for mark in older:
            self.marks[mark.size].append(mark.root)
        self.reached: list[int] = []

    def check(self) -> None:
        size = self.head.size
        self._mark(0)
        for number in range((size + 255) // 256):
            width = min(256, size - 256 * number)
            self._bundle(number, width)
            if number % 256 == 255:
                self.progress(256 * number + width, size)
            if len(self.faults) >= 20:
                return
        for level in range(len(self.rows)):
            if self.rows[level]:
                self._compare_tile(level, self.counts[level] // 256, self.rows[level])
        if _root_of_rows(self.rows) != self.head.root:
            self._fault("root_differs")
        self.progress(size, size)

    def _bundle(self, number: int, width: int) -> None:
        path = _name("entries", number, width)
        data = self._read(path)
        hashes: list[bytes] = []
        sha256, at, end = hashlib.sha256, 0, len(data)
        while at + 1 < end:
            stop = at + 2 + (data[at] << 8 | data[at + 1])
            hashes.append(sha256(b"\x00" + data[at + 2 : stop]).digest())
            at = stop
        if at != end:
            raise _Wrong("bundle_malformed", path=path)
        if len(hashes) != width:
            raise _Wrong("bundle_count", path=path, found=len(hashes), expected=width)
        self._older_inside(256 * number, hashes)
        row = self.rows[0] = hashes
        if width == 256:
            self._complete(0, number, row)
        else:
            self.counts[0] = 256 * number + width

    def _complete(self, level: int, number: int, row: list[bytes]) -> None:
        """A full tile: hold it against the file, then carry its root one level up."""
        self._compare_tile(level, number, row)
        self.rows[level] = []
        self.counts[level] = 256 * (number + 1)
        if level + 1 == len(self.rows):
            self.rows.append([])
            self.counts.append(0)
        self.rows[level + 1].append(_pair_up(row))
        self.counts[level + 1] += 1
        if len(self.rows[level + 1]) == 256:
            self._complete(level + 1, self.counts[level + 1] // 256 - 1, self.rows[level + 1])
        if level == 0:
            self._mark(256 * (number + 1))

    def _older_inside(self, first: int, hashes: list[bytes]) -> None:
        for size in self.marks:
            if first < size < first + 256 and size <= first + len(hashes):
                self._hold_against(size, _root_of_rows([hashes[: size - first], *self.rows[1:]]))

    def _mark(self, size: int) -> None:
        if size in self.marks:
            self._hold_against(size, _root_of_rows(self.rows))

    def _hold_against(self, size: int, root: bytes) -> None:
        if any(expected != root for expected in self.marks[size]):
            self._fault("older_differs", older=size)
        else:
            self.reached.append(size)

    def _compare_tile(self, level: int, number: int, row: list[bytes]) -> None:
        path = _name(str(level), number, len(row))
        data = self._read(path)
        expected = b"".join(row)
        if data == expected:
            return
        if len(data) != len(expected):
            self._fault("tile_length", path=path)
            return
        at = next(i for i in range(len(row)) if data[32 * i : 32 * i + 32] != row[i])
        if level == 0:
            self._fault("entry_altered", index=256 * number + at)
        else:
            self._fault("tile_altered", path=path, position=at)

    def _read(self, path: str) -> bytes:
        try:
            return (self.folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise _Wrong("file_missing", path=path) from None
        except OSError:
            raise _Uncheckable("unreadable", path=path) from None

    def _fault(self, code: str, **data: str | int) -> None:
        self.faults.append(Fault(code, dict(data)))


_TILE_NAME = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?\Z")


def _strays(folder: Path, size: int, live: bool) -> Iterator[Fault]:
    """Files under `tile/` that a log of `size` entries does not consist of."""
    for root, _folders, names in os.walk(folder / "tile"):
        for name in names:
            path = Path(root, name).relative_to(folder).as_posix()
            found = _TILE_NAME.match(path)
            if not found:
                yield Fault("file_extra", {"path": path})
                continue
            level = 0 if found.group(1) == "entries" else int(found.group(1))
            number = int(found.group(2).replace("x", "").replace("/", ""))
            if _number(number) != found.group(2):
                yield Fault("file_extra", {"path": path})
                continue
            width = int(found.group(3) or 256)
            if width != min(256, (size >> 8 * level) - 256 * number) and not live:
                yield Fault("file_stray", {"path": path})


def verify_export(
    folder: str | Path,
    keys: Sequence[str],
    *,
    older: Sequence[str | Path] = (),
    origin: str | None = None,
    live: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Verify a whole export.

    Args:
        folder: holds `checkpoint` and `tile/`.
        keys: trusted verification keys, as strings.
        older: files with checkpoints kept from earlier; the log must continue each of them.
        origin: name of the log, when it is not the name of the key.
        live: accept files newer than the checkpoint: the log is still being written.
        progress: called with (entries done, entries in all).
    """
    started, report, folder = time.perf_counter(), Report(), Path(folder)
    try:
        trusted = [_read_key(key) for key in keys]
        if not folder.is_dir():
            raise _Uncheckable("no_such_path")
        try:
            note = (folder / "checkpoint").read_bytes()
        except FileNotFoundError:
            raise _Wrong("checkpoint_missing") from None
        head = _read_checkpoint(note, trusted, origin)
        report.origin, report.size = head.origin, head.size
        report.root, report.signed_by = head.root.hex(), head.signed_by
        marks = [_read_checkpoint(_read_file(path), trusted, origin or head.origin) for path in older]
        for mark in marks:
            if mark.size > head.size:
                raise _Wrong("older_larger", older=mark.size, size=head.size)
        export = _Export(folder, head, marks, progress)
        try:
            export.check()
            if not export.faults:
                export.faults.extend(_strays(folder, head.size, live))
        finally:
            report.faults.extend(export.faults)
        report.older = sorted(set(export.reached))
        report.code = NOT_VERIFIED if report.faults else VERIFIED
    except _Uncheckable as problem:
        report.faults.append(problem.fault)
    except _Wrong as problem:
        report.faults.append(problem.fault)
        report.code = NOT_VERIFIED
    except OSError:
        report.faults.append(Fault("unreadable", {"path": "checkpoint"}))
    report.seconds = time.perf_counter() - started
    return report


_PROOF_HEAD = re.compile(
    rb"c2sp\.org/tlog-proof@v1\n(?:extra ([A-Za-z0-9+/=]*)\n)?"
    rb"index (0|[1-9][0-9]{0,17})((?:\n[A-Za-z0-9+/=]{44}){0,63})\Z"
)


def _unpacked(data: bytes) -> bytes:
    """A proof file may come packed by gzip; no more than a proof can have is ever unpacked."""
    try:
        return gzip.GzipFile(fileobj=io.BytesIO(data)).read((1 << 20) + 1) if data[:2] == b"\x1f\x8b" else data
    except (OSError, EOFError, zlib.error):
        raise _Wrong("proof_malformed") from None


def _check_proof(data: bytes, entry: bytes | None, keys: Sequence[_Key], origin: str | None) -> Report:
    head_text, blank, note = _unpacked(data).partition(b"\n\n")
    found = _PROOF_HEAD.match(head_text)
    if not found or not blank or len(data) > 1 << 20:
        raise _Wrong("proof_malformed")
    extra = None if found.group(1) is None else _b64(found.group(1).decode("ascii"))
    path = [_b64(line.decode("ascii")) for line in found.group(3).split(b"\n")[1:]]
    if any(value is None or len(value) != 32 for value in path) or (found.group(1) is not None and extra is None):
        raise _Wrong("proof_malformed")
    if entry is not None and extra is not None and entry != extra:
        raise _Wrong("entry_differs")
    entry = extra if entry is None else entry
    if entry is None:
        raise _Uncheckable("no_entry")
    head = _read_checkpoint(note, keys, origin)
    index = int(found.group(2))
    if _climb(entry, index, head.size, [value for value in path if value is not None]) != head.root:
        raise _Wrong("proof_wrong")
    text = entry.decode("utf-8", "replace")
    return Report(VERIFIED, head.origin, head.size, head.root.hex(), head.signed_by, [], index, text)


def _climb(entry: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """Root that the proof leads to; None when it has the wrong shape. Works from the root's split points downwards."""
    turns: list[bool] = []
    low, high = 0, size
    if index >= size:
        return None
    while high - low > 1:
        half = 1 << (high - low - 1).bit_length() - 1
        right = index >= low + half
        turns.append(right)
        low, high = (low + half, high) if right else (low, low + half)
    if len(turns) != len(path):
        return None
    value = hashlib.sha256(b"\x00" + entry).digest()
    for right, sibling in zip(reversed(turns), path, strict=True):
        value = hashlib.sha256(b"\x01" + (sibling + value if right else value + sibling)).digest()
    return value


def verify_proof(
    proof: str | Path | bytes,
    keys: Sequence[str],
    *,
    entry: bytes | str | Path | None = None,
    origin: str | None = None,
) -> Report:
    """Verify one proof, given as path or bytes; the entry comes from it, or from `entry`."""
    started, report = time.perf_counter(), Report()
    try:
        trusted = [_read_key(key) for key in keys]
        data = proof if isinstance(proof, bytes) else _read_file(proof)
        given = entry if entry is None or isinstance(entry, bytes) else _read_file(entry)
        report = _check_proof(data, given, trusted, origin)
    except _Uncheckable as problem:
        report.faults.append(problem.fault)
    except _Wrong as problem:
        report.faults.append(problem.fault)
        report.code = NOT_VERIFIED
    report.seconds = time.perf_counter() - started
    return report


def _read_file(path: str | Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        raise _Uncheckable("unreadable", path=str(path)) from None


def say(code: str, lang: str, **data: str | int) -> str:
    """The text of `code` in "en" or "zh"."""
    return TEXTS[code][1 if lang.startswith("zh") else 0].format(**data)


def language() -> str:
    """ "zh" or "en", from the environment."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANGUAGE", "LANG"):
        if os.environ.get(name):
            return "zh" if os.environ[name].startswith("zh") else "en"
    return "zh" if (locale.getlocale()[0] or "").startswith(("zh", "Chinese")) else "en"


def render(report: Report, lang: str) -> str:
    """The report as lines of text for people."""
    verdict = {VERIFIED: "verified", NOT_VERIFIED: "not_verified"}.get(report.code, "unchecked")
    rows: list[tuple[str, str]] = []
    if report.origin:
        rows += [("log", report.origin), ("entries", str(report.size)), ("root", report.root)]
        rows.append(("signed_by", ", ".join(report.signed_by)))
    if report.older:
        rows.append(("older", ", ".join(map(str, report.older))))
    if report.index is not None:
        rows += [("index", str(report.index)), ("entry", _printable(report.entry or ""))]
    lines = [say(verdict, lang)]
    lines += [f"  {say(label, lang)}: {value}" for label, value in rows]
    lines += ["  - " + _printable(fault.text(lang)) for fault in report.faults]
    if report.verified and report.index is None:
        lines.append("  " + say("speed", lang, entries=report.size, seconds=f"{report.seconds:.2f}"))
    return "\n".join(lines)


def _printable(text: str) -> str:
    """No control characters: an entry must not be able to steer the terminal it is shown on."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def check(
    path: str | Path,
    keys: Sequence[str],
    *,
    older: Sequence[str | Path] = (),
    entry: str | Path | None = None,
    origin: str | None = None,
    live: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Verify whatever lies at `path`: a folder is an export, a file a proof."""
    if Path(path).is_file():
        return verify_proof(path, keys, entry=entry, origin=origin)
    return verify_export(path, keys, older=older, origin=origin, live=live, progress=progress)


def key_strings(given: Sequence[str]) -> list[str]:
    """Keys as given on a command line: each the key itself, or a file that holds one per line."""
    keys: list[str] = []
    for item in given:
        try:
            keys += Path(item).read_text(encoding="utf-8").split() if Path(item).is_file() else [item]
        except (OSError, UnicodeDecodeError):
            keys.append(item)
    return keys


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the top of this file."""
    parser = argparse.ArgumentParser(description="Verify a ledger export or a proof file. / 验证日志导出或证明文件。")
    parser.add_argument("path", help="export folder, or .tlog-proof file / 导出文件夹或 .tlog-proof 文件")
    parser.add_argument("--key", action="append", required=True, help="verification key, or a file with it / 验证密钥")
    parser.add_argument("--older", action="append", default=[], help="checkpoint kept from earlier / 此前保存的检查点")
    parser.add_argument("--entry", help="file with the entry of a proof / 证明所指的条目文件")
    parser.add_argument("--origin", help="name of the log, if not that of the key / 日志名称")
    parser.add_argument("--live", action="store_true", help="the log is still growing / 日志仍在增长")
    parser.add_argument("--json", action="store_true", help="print one JSON object / 输出 JSON")
    parser.add_argument("--lang", choices=["zh", "en"], default=language())
    given = parser.parse_args(arguments)
    report = check(
        given.path,
        key_strings(given.key),
        older=given.older,
        entry=given.entry,
        origin=given.origin,
        live=given.live,
    )
    print(json.dumps(asdict(report), ensure_ascii=False) if given.json else render(report, given.lang))
    return report.code


if __name__ == "__main__":
    sys.exit(main())
