"""How a value may have been written down."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from urllib.parse import quote

SHORTEST = 6
"""Bytes. What is shorter in an encoding is left out there."""
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")


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
        yield from _wrapped(encoding + " ", raw)
    if not value.isascii():
        yield "json escapes", value.encode("ascii", "backslashreplace")
    if quote(value) != value:
        yield "url escapes", quote(value).encode()


def forms_of_bytes(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """(name of the form, bytes to look for) of a value that is no text."""
    if len(raw) >= SHORTEST:
        yield "raw", raw
        yield from _wrapped("", raw)


def _wrapped(name: str, raw: bytes) -> Iterator[tuple[str, bytes]]:
    yield f"{name}hex", raw.hex().encode()
    yield f"{name}hex", raw.hex().upper().encode()
    for alignment in range(3):
        inner = _base64_inside(raw, alignment)
        yield f"{name}base64+{alignment}", inner
        yield f"{name}base64+{alignment}", inner.replace(b"+", b"-").replace(b"/", b"_")


def _base64_inside(raw: bytes, alignment: int) -> bytes:
    """The characters of base64 that depend on `raw` alone when `alignment` (0-2) bytes stand before it."""
    text = base64.b64encode(b"\0" * alignment + raw).rstrip(b"=")
    first = -(-alignment * 8 // 6)
    last = (alignment + len(raw)) * 8 // 6
    return text[first:last]
