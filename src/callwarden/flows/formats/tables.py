"""Rows out of delimited text, whatever state it is in.

A damaged line costs that line and no other: bytes are decoded line by line, and a quotation mark that is never closed
does not swallow the rows behind it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .errors import Fault, Refused

MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_LINE = 65_536
MAX_RECORD_LINES = 20  # physical lines that one quoted record may span

_UTF16_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_REPLACED = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Line:
    """One physical line; ``text`` is None when its bytes are not valid in the encoding of the file."""

    number: int
    text: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its cells by position, or the fault that makes it unusable."""

    line_no: int
    cells: tuple[str, ...] = ()
    fault: Fault | None = None


def decode_lines(data: bytes, encodings: Sequence[str]) -> tuple[str, list[Line]]:
    """Split into lines and decode each on its own.

    The encoding is chosen for the whole file: the first that every line is valid in; else UTF-8 when at least as many
    lines with foreign letters are valid UTF-8 as not (GB18030 text is hardly ever valid UTF-8 by chance); else the one
    with the fewest bad lines. A UTF-16 byte order mark overrides ``encodings``.

    Raises:
        Refused: ``empty_file``, ``too_large``, ``utf16_without_mark``.
    """
    if len(data) > MAX_BYTES:
        raise Refused("too_large", limit=MAX_BYTES)
    mark = _UTF16_MARKS.get(data[:2])
    if mark is not None:
        texts = re.split(r"\r\n|\n|\r", data[2:].decode(mark, errors="replace"))
        return mark, [Line(number, None if _REPLACED in text else text) for number, text in enumerate(texts, 1)]
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data.strip():
        raise Refused("empty_file")
    if data.count(0) > len(data) // 8:
        raise Refused("utf16_without_mark")
    raw = re.split(rb"\r\n|\n|\r", data)
    chosen, fewest = "", len(raw) + 1
    lines: list[str | None] = []
    for encoding in encodings:
        decoded = [_decoded(line, encoding) for line in raw]
        bad = decoded.count(None)
        foreign = sum(text is not None and not text.isascii() for text in decoded)
        if bad < fewest:
            chosen, fewest, lines = encoding, bad, decoded
        if bad == 0 or (encoding == "utf-8" and foreign >= bad):
            break
    return chosen, [Line(number, text) for number, text in enumerate(lines, 1)]


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None


def read_rows(
    data: bytes, *, encodings: Sequence[str] = ("utf-8", "gb18030"), delimiter: str = ",", width: int | None = None
) -> Iterator[Row]:
    """Records in order, blank lines left out. Cells are stripped; ``="0123"`` of spreadsheet exports is unwrapped.

    Args:
        data: the bytes of the file, at most `MAX_BYTES`.
        encodings: tried in order, see `decode_lines`.
        delimiter: one character.
        width: number of cells of a record; when not given, that of the first. A quoted record may span lines only when
            it comes out at this width, so that a stray quotation mark joins no rows.

    Raises:
        Refused: the file as a whole is unusable (see `decode_lines`, and ``too_many_rows``).
    """
    encoding, lines = decode_lines(data, encodings)
    if len(lines) > MAX_ROWS + 1:
        raise Refused("too_many_rows", limit=MAX_ROWS)
    index = 0
    while index < len(lines):
        line = lines[index]
        if line.text is None:
            yield Row(line.number, fault=Fault("encoding", data={"encoding": encoding.upper()}))
            index += 1
        elif not line.text.strip().strip(delimiter):
            index += 1
        else:
            row, used = _record(lines, index, delimiter, width)
            width = width or len(row.cells) or None
            yield row
            index += used


def _record(lines: list[Line], index: int, delimiter: str, width: int | None) -> tuple[Row, int]:
    """The record that starts at a line, and how many lines it takes."""
    number, text = lines[index].number, lines[index].text or ""
    if text.count('"') % 2 == 0:
        return _row(number, text, delimiter), 1
    for used in range(2, MAX_RECORD_LINES + 1):
        following = lines[index + used - 1].text if index + used <= len(lines) else None
        if following is None or len(text) + len(following) > MAX_LINE:
            break
        text = f"{text}\n{following}"
        if text.count('"') % 2 == 0:
            row = _row(number, text, delimiter)
            if row.fault is None and (width is None or len(row.cells) == width):
                return row, used
            break
    return Row(number, fault=Fault("unclosed_quote")), 1


def _row(line_no: int, text: str, delimiter: str) -> Row:
    if len(text) > MAX_LINE:
        return Row(line_no, fault=Fault("line_too_long", data={"limit": MAX_LINE}))
    if "\x00" in text:
        return Row(line_no, fault=Fault("nul"))
    try:
        records = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return Row(line_no, fault=Fault("quoting"))
    if len(records) != 1:
        return Row(line_no, fault=Fault("quoting"))
    return Row(line_no, tuple(_cell(cell) for cell in records[0]))


_BLANKS = " \t\r\n\u00a0\u3000\ufeff"
_WRAPPED = re.compile(r'="([^"]*)"')


def _cell(cell: str) -> str:
    """Strip blanks; undo the ``="0123"`` and ``'0123`` by which spreadsheets keep long numbers as text."""
    cell = cell.strip(_BLANKS)
    if wrapped := _WRAPPED.fullmatch(cell):
        return wrapped[1].strip(_BLANKS)
    if cell.startswith("'") and cell[1:].isdigit():
        return cell[1:]
    return cell


def place_columns(header: Sequence[str], wanted: Sequence[str]) -> dict[str, int]:
    """Position of each wanted column in the header; letter case and blanks around names do not matter.

    Raises:
        Refused: ``missing_column`` or ``duplicate_column`` with the wanted name (never a name found in the file, which
            may be a row of data when the header is missing).
    """
    folded = [name.strip().casefold() for name in header]
    places: dict[str, int] = {}
    for column in wanted:
        name = column.strip().casefold()
        if name not in folded:
            raise Refused("missing_column", column=column)
        if folded.count(name) > 1:
            raise Refused("duplicate_column", column=column)
        places[column] = folded.index(name)
    return places
