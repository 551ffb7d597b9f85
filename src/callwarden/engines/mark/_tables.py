"""The same mark in a table of text: a code in every row, so that a few copied rows still say whose copy they are of."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence

_CODE = re.compile(r"CW-([A-Z2-7]{29})(?![A-Z2-7])")
# A spreadsheet takes a cell that begins so for a formula, also behind blanks. Source: OWASP, CSV injection.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def code(identity: bytes) -> str:
    """The 16 bytes and a checksum of them as letters and digits that survive being typed off.

    Raises:
        ValueError: not 16 bytes.
    """
    if len(identity) != 16:
        raise ValueError("an identity is 16 bytes")
    check = binascii.crc_hqx(identity, 0).to_bytes(2, "big")
    return "CW-" + base64.b32encode(identity + check).decode().rstrip("=")


def find_in_text(text: str) -> bytes | None:
    """The identity whose code stands most often in this text; None where none does. A mistyped one is none."""
    found: Counter[bytes] = Counter()
    for letters in _CODE.findall(text):
        raw = base64.b32decode(letters + "===")
        if binascii.crc_hqx(raw[:16], 0).to_bytes(2, "big") == raw[16:] and code(raw[:16]) == f"CW-{letters}":
            found[raw[:16]] += 1
    return found.most_common(1)[0][0] if found else None


def as_table(
    identity: bytes, told: Iterable[str], headings: Sequence[str], rows: Iterable[Sequence[str]]
) -> Iterable[bytes]:
    """A CSV file (RFC 4180, UTF-8 with its mark for spreadsheets) piece by piece.

    Args:
        told: lines at the top that people read: who, when, what for.
        headings, rows: of the table; the code is the last column.
    """
    mark = code(identity)
    lines = [*([line] for line in told), [mark], [], [*headings, "copy"]]
    yield b"\xef\xbb\xbf" + _written(lines)
    for row in rows:
        yield _written([[*row, mark]])


def harmless(cell: str) -> str:
    """The cell, with an apostrophe before what a spreadsheet would carry out; spreadsheets do not show it."""
    return f"'{cell}" if cell.lstrip().startswith(_FORMULA) or cell.startswith(_FORMULA) else cell


def _written(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([[harmless(cell) for cell in row] for row in rows])
    return text.getvalue().encode()
