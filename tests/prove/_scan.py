"""Looks for known values in files of any kind, however they may have been written down.

    search = Search({"customer phone": "15433087760"})
    search.file(Path("objects/ab/cd.cws"))      # -> {Hit("customer phone", "utf-8 hex")}

Each value is looked for in UTF-8, UTF-16 (both orders) and GB18030; each of these as it is, as hex digits of either
case, as base64 at all three alignments (both alphabets), escaped for JSON and for URLs; and all of that again inside
streams compressed with gzip, zlib, raw deflate (of ZIP archives), bzip2 or xz, and inside PostgreSQL's hex output.

What is shorter than `SHORTEST` bytes in an encoding is left out there: it would be found by chance.
"""

from __future__ import annotations

import base64
import bz2
import lzma
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import hyperscan

SHORTEST = 6
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
_MOST_UNPACKED = 64 * 1024 * 1024
_DEEPEST = 3
_STREAMS = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]|BZh[1-9]1AY&SY|\xfd7zXZ\x00|PK\x03\x04")
_HEX_OF_POSTGRES = re.compile(rb"\\\\?x((?:[0-9a-f]{2}){8,})")


class Hit(NamedTuple):
    """A value that was found, and the form it had."""

    label: str
    form: str


def written_otherwise(value: str) -> Iterator[str]:
    """The ways people and programs write the same value."""
    yield value
    compact = re.sub(r"[\s\-·]", "", value)
    if compact != value:
        yield compact
    if compact.isdigit() and len(compact) >= 11:
        for sign in " -":
            yield sign.join(compact[at : at + 4] for at in range(0, len(compact), 4))
        if len(compact) == 11:
            for sign in " -":
                yield sign.join((compact[:3], compact[3:7], compact[7:]))
    if value.isascii() and value.lower() != value:
        yield value.lower()
        yield value.upper()


def forms_of(value: str) -> Iterator[tuple[str, bytes]]:
    """(name of the form, bytes to look for) of one way of writing."""
    seen: set[bytes] = set()
    for encoding in ENCODINGS:
        raw = value.encode(encoding)
        if len(raw) < SHORTEST or raw in seen:
            continue
        seen.add(raw)
        yield encoding, raw
        yield f"{encoding} hex", raw.hex().encode()
        yield f"{encoding} hex", raw.hex().upper().encode()
        for alignment in range(3):
            inner = _base64_inside(raw, alignment)
            yield f"{encoding} base64+{alignment}", inner
            yield f"{encoding} base64+{alignment}", inner.replace(b"+", b"-").replace(b"/", b"_")
    if not value.isascii():
        yield "json escapes", value.encode("ascii", "backslashreplace")
    if quote(value) != value:
        yield "url escapes", quote(value).encode()


def _base64_inside(raw: bytes, alignment: int) -> bytes:
    """The characters of base64 that depend on `raw` alone when `alignment` (0-2) bytes stand before it."""
    text = base64.b64encode(b"\0" * alignment + raw).rstrip(b"=")
    first = -(-alignment * 8 // 6)
    last = (alignment + len(raw)) * 8 // 6
    return text[first:last]


class Search:
    """Compiled once, used on any number of files.

    Args:
        values: label -> value. Labels are what is reported, so that reports repeat no value.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._hits: list[Hit] = []
        patterns: list[bytes] = []
        for label, value in values.items():
            for writing in dict.fromkeys(written_otherwise(value)):
                for form, raw in forms_of(writing):
                    patterns.append(b"".join(b"\\x%02x" % byte for byte in raw))
                    self._hits.append(Hit(label, form))
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._database.compile(
            expressions=patterns,
            ids=list(range(len(patterns))),
            elements=len(patterns),
            flags=hyperscan.HS_FLAG_SINGLEMATCH,
        )
        self.patterns = len(patterns)
        self.searched_bytes = 0
        self.streams = 0

    def file(self, path: Path) -> set[Hit]:
        """What one file holds; nothing when it has gone meanwhile."""
        try:
            return self.bytes(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return set()

    def tree(self, folder: Path, *, without: Iterable[Path] = ()) -> dict[Path, set[Hit]]:
        """Every file below the folder that holds something, its own name included."""
        found: dict[Path, set[Hit]] = {}
        left_out = tuple(without)
        for path in sorted(folder.rglob("*")):
            if any(path.is_relative_to(other) for other in left_out):
                continue
            hits = self.bytes(path.name.encode("utf-8", "surrogateescape"))
            if path.is_file() and not path.is_symlink():
                hits |= self.file(path)
            if hits:
                found[path] = hits
        return found

    def bytes(self, data: bytes, *, depth: int = 0) -> set[Hit]:
        self.searched_bytes += len(data)
        found: set[Hit] = set()
        if not data:
            return found
        wrapped = " compressed" if depth else ""
        self._database.scan(
            data,
            match_event_handler=lambda number, _from, _to, _flags, _context: found.add(
                Hit(self._hits[number].label, self._hits[number].form + wrapped)
            ),
        )
        if depth < _DEEPEST:
            for inner in _unpacked(data):
                self.streams += 1
                found |= self.bytes(inner, depth=depth + 1)
        return found


def _unpacked(data: bytes) -> Iterator[bytes]:
    for match in _STREAMS.finditer(data):
        inner = _unpack(data, match.start(), match[0])
        if inner:
            yield inner
    # PostgreSQL prints bytes as hex; what was compressed before shows only when that is undone.
    for match in _HEX_OF_POSTGRES.finditer(data):
        yield bytes.fromhex(match[1].decode())


def _unpack(data: bytes, at: int, mark: bytes) -> bytes:
    try:
        if mark.startswith(b"BZh"):
            return bz2.BZ2Decompressor().decompress(data[at:], _MOST_UNPACKED)
        if mark.startswith(b"\xfd7zXZ"):
            return lzma.LZMADecompressor().decompress(data[at:], _MOST_UNPACKED)
        if mark == b"PK\x03\x04":
            names = int.from_bytes(data[at + 26 : at + 28], "little") + int.from_bytes(
                data[at + 28 : at + 30], "little"
            )
            return zlib.decompressobj(-15).decompress(data[at + 30 + names :], _MOST_UNPACKED)
        unpacker = zlib.decompressobj(47)
        # A stray mark in noise fails within the first block; only what goes on is worth the whole of it.
        head = unpacker.decompress(data[at : at + 512], _MOST_UNPACKED)
        if unpacker.eof or len(data) <= at + 512:
            return head
        return head + unpacker.decompress(unpacker.unconsumed_tail + data[at + 512 :], _MOST_UNPACKED)
    except (zlib.error, OSError, ValueError, EOFError, lzma.LZMAError):
        return b""
