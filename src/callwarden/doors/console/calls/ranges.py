"""Byte ranges of a recording that never leaves as a whole.

Source: RFC 9110 sections 13.1.5 (If-Range), 14 (Range), 15.3.7 (206) and 15.5.17 (416).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=[ \t]*(?:(\d+)-(\d*)|-(\d+))[ \t]*", re.IGNORECASE)
_UNIT = re.compile(r"bytes=", re.IGNORECASE)


@dataclass(frozen=True)
class Span:
    """Bytes `start` to `end`, exclusive."""

    start: int
    end: int


class Unsatisfiable(Exception):
    """The range asked for has no byte in the file, or is more than one range."""


def asked_span(header: str, size: int, *, most: int) -> Span | None:
    """The span to answer with, cut to `most` bytes; None when no range in bytes is asked for.

    A sender may answer with less than was asked for; players then ask for the rest.

    Raises:
        Unsatisfiable: answer 416.
    """
    if not _UNIT.match(header):
        return None
    found = _RANGE.fullmatch(header.strip())
    if found is None:
        # Several ranges, or none that can be read: nothing here is ever sent in parts of one answer.
        raise Unsatisfiable
    first, last, suffix = found.groups()
    if suffix is not None:
        start, end = max(0, size - int(suffix)), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
    if start >= size or end <= start:
        raise Unsatisfiable
    return Span(start, min(end, start + most))
