"""The search itself: all marks in one pass, piece by piece, and once more inside what is compressed."""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from ._forms import forms_of, forms_of_bytes, written_otherwise

try:
    import hyperscan
except ImportError:  # the extra `fast` is not installed
    hyperscan = None  # type: ignore[assignment]

PIECE = 8 * 1024 * 1024
"""Bytes looked at together."""
_MOST_UNPACKED = 64 * 1024 * 1024
_DEEPEST = 3
_STREAMS = (b"\x1f\x8b\x08", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"BZh", b"\xfd7zXZ\x00", b"PK\x03\x04")
_HEX = b"\\x"
_BEGINNINGS = (*_STREAMS, _HEX)
_HEX_OF_POSTGRES = re.compile(rb"\\x((?:[0-9a-f]{2}){8,})")


class Mark(NamedTuple):
    """A value to look for, and what it is called in reports, which repeat no value."""

    label: str
    value: str | bytes


class Hit(NamedTuple):
    """A mark that was found, and the form it had."""

    label: str
    form: str


class Search:
    """Compiled once, used on any amount of data.

    Attributes:
        patterns: written forms that are looked for.
        searched_bytes: how much was looked through, inside of streams included.
        streams: compressed streams that were opened.
    """

    def __init__(self, marks: Iterable[Mark]) -> None:
        known: dict[tuple[Hit, bytes], None] = {}
        for label, value in marks:
            if isinstance(value, bytes):
                known.update(dict.fromkeys((Hit(label, form), raw) for form, raw in forms_of_bytes(value)))
                continue
            for writing in dict.fromkeys(written_otherwise(value)):
                known.update(dict.fromkeys((Hit(label, form), raw) for form, raw in forms_of(writing)))
        self._known = list(known)
        self._longest = max((len(raw) for _hit, raw in self._known), default=1)
        self._database = _compiled([raw for _hit, raw in self._known])
        self.patterns = len(self._known)
        self.searched_bytes = 0
        self.streams = 0

    def file(self, path: Path) -> set[Hit]:
        """What one file holds; nothing when it has gone meanwhile."""
        try:
            with path.open("rb") as file:
                return self.stream(pieces(file))
        except (FileNotFoundError, NotADirectoryError):
            return set()

    def tree(self, folder: Path, *, without: Iterable[Path] = ()) -> dict[Path, set[Hit]]:
        """Every file below the folder that holds something, its own name included."""
        found: dict[Path, set[Hit]] = {}
        left_out = tuple(without)
        for path in sorted(folder.rglob("*")):
            if any(path.is_relative_to(other) for other in left_out):
                continue
            hits = self.data(path.name.encode("utf-8", "surrogateescape"))
            if path.is_file() and not path.is_symlink():
                hits |= self.file(path)
            if hits:
                found[path] = hits
        return found

    def stream(self, data: Iterable[bytes]) -> set[Hit]:
        """What pieces of bytes that follow one another hold, over their borders too."""
        found: set[Hit] = set()
        held = bytearray()
        for piece in data:
            # Small pieces are put together: a compressed stream is opened within what is looked at together.
            held += piece
            if len(held) >= PIECE:
                found |= self.data(bytes(held))
                del held[: len(held) - (self._longest - 1)]
        return found | self.data(bytes(held))

    def data(self, data: bytes, *, depth: int = 0) -> set[Hit]:
        """What these bytes hold."""
        self.searched_bytes += len(data)
        if not data or not self._known:
            return set()
        wrapped = " compressed" if depth else ""
        found = {Hit(hit.label, hit.form + wrapped) for hit in self._matches(data)}
        if depth < _DEEPEST:
            for inner in _unpacked(data):
                self.streams += 1
                found |= self.data(inner, depth=depth + 1)
        return found

    def _matches(self, data: bytes) -> Iterator[Hit]:
        if self._database is None:
            yield from (hit for hit, raw in self._known if raw in data)
            return
        numbers: set[int] = set()

        def note(number: int, *_place: object) -> None:
            numbers.add(number)

        self._database.scan(data, match_event_handler=note)
        yield from (self._known[number][0] for number in numbers)


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """A file's content, piece by piece."""
    while piece := file.read(PIECE):
        yield piece


def _compiled(raws: list[bytes]) -> Any:
    """All of them as one database; None where they are to be searched for one after the other."""
    return _database_of(raws, hyperscan.HS_FLAG_SINGLEMATCH) if hyperscan is not None and raws else None


def _database_of(raws: Sequence[bytes], flags: int) -> Any:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[b"".join(b"\\x%02x" % byte for byte in raw) for raw in raws],
        ids=list(range(len(raws))),
        elements=len(raws),
        flags=flags,
    )
    return database


def _unpacked(data: bytes) -> Iterator[bytes]:
    for mark, at in _beginnings(data):
        if mark == _HEX:
            # PostgreSQL prints bytes as hex; what was compressed before shows only when that is undone.
            match = _HEX_OF_POSTGRES.match(data, at)
            inner = bytes.fromhex(match[1].decode()) if match else b""
        else:
            inner = _unpack(data, at, mark)
        if inner:
            yield inner


def _beginnings(data: bytes) -> Iterator[tuple[bytes, int]]:
    """(mark, place) of whatever looks like the beginning of a stream."""
    if hyperscan is None:
        for mark in _BEGINNINGS:
            at = data.find(mark)
            while at >= 0:
                yield mark, at
                at = data.find(mark, at + len(mark))
        return
    found: list[tuple[bytes, int]] = []

    def note(number: int, _from: int, end: int, *_more: object) -> None:
        mark = _BEGINNINGS[number]
        found.append((mark, end - len(mark)))

    _beginnings_database().scan(data, match_event_handler=note)
    yield from found


@cache
def _beginnings_database() -> Any:
    return _database_of(_BEGINNINGS, 0)


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
