"""Compiles the message catalogue (.po) into what programs read (.mo), without GNU gettext.

Run as `python tools/messages.py FILE.po...`; each FILE.mo is written beside its source. Fuzzy and empty translations
are left out, as msgfmt does, so that the English text shows instead. Format: GNU gettext manual, "The Format of GNU
MO Files".
"""

from __future__ import annotations

import ast
import re
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_KEYWORD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[(\d+)\])?)\s+(".*")$')
_MAGIC = 0x950412DE


@dataclass
class Entry:
    """One message with its translations, keyed by plural form (0 where there is no plural)."""

    context: str | None = None
    message: str = ""
    plural: str | None = None
    translations: dict[int, str] = field(default_factory=dict)
    fuzzy: bool = False

    def key(self) -> str:
        message = self.message if self.plural is None else f"{self.message}\0{self.plural}"
        return message if self.context is None else f"{self.context}\x04{message}"

    def value(self) -> str:
        return "\0".join(self.translations[form] for form in sorted(self.translations))


class CatalogueError(ValueError):
    """A line of the catalogue cannot be read; the message names the line."""


def read(text: str) -> Iterator[Entry]:
    """The entries of a catalogue, in order; the header is the one whose message is empty."""
    entry, target = Entry(), ("", 0)
    for number, raw in enumerate([*text.splitlines(), ""], start=1):
        line = raw.strip()
        if line.startswith("#~"):
            continue
        if line.startswith("#") or not line:
            if entry.translations:
                yield entry
                entry, target = Entry(), ("", 0)
            if line.startswith("#,") and "fuzzy" in line:
                entry.fuzzy = True
            continue
        match = _KEYWORD.match(line)
        if match:
            if match[1] in {"msgid", "msgctxt"} and entry.translations:
                yield entry
                entry = Entry()
            target = (match[1].partition("[")[0], int(match[2] or 0))
            _add(entry, target, _string(match[3], number))
        elif line.startswith('"') and target[0]:
            _add(entry, target, _string(line, number))
        else:
            raise CatalogueError(f"line {number}: neither a keyword nor a string")


def _string(quoted: str, number: int) -> str:
    try:
        value = ast.literal_eval(quoted)
    except (SyntaxError, ValueError):
        raise CatalogueError(f"line {number}: the string is not closed or escaped as it should be") from None
    return str(value)


def _add(entry: Entry, target: tuple[str, int], text: str) -> None:
    match target[0]:
        case "msgctxt":
            entry.context = (entry.context or "") + text
        case "msgid":
            entry.message += text
        case "msgid_plural":
            entry.plural = (entry.plural or "") + text
        case _:
            entry.translations[target[1]] = entry.translations.get(target[1], "") + text


def compile_catalogue(text: str) -> bytes:
    """The .mo bytes of a .po text.

    Raises:
        CatalogueError: a line that is no catalogue syntax, or one message twice.
    """
    pairs: dict[bytes, bytes] = {}
    for entry in read(text):
        is_header = not entry.message and entry.context is None
        if (entry.fuzzy and not is_header) or not all(entry.translations.values()):
            continue
        key = entry.key().encode()
        if key in pairs:
            raise CatalogueError(f"the message {entry.message[:40]!r} appears twice")
        pairs[key] = entry.value().encode()
    keys = sorted(pairs)
    originals_at = 7 * 4
    translations_at = originals_at + 8 * len(keys)
    offset = translations_at + 8 * len(keys)
    tables, strings = [b"", b""], b""
    for which, texts in enumerate([keys, [pairs[key] for key in keys]]):
        for item in texts:
            tables[which] += struct.pack("<II", len(item), offset + len(strings))
            strings += item + b"\0"
    head = struct.pack("<7I", _MAGIC, 0, len(keys), originals_at, translations_at, 0, offset)
    return head + tables[0] + tables[1] + strings


def main(paths: list[str]) -> int:
    for name in paths:
        source = Path(name)
        try:
            compiled = compile_catalogue(source.read_text(encoding="utf-8"))
        except CatalogueError as error:
            sys.stderr.write(f"{source.name}: {error}\n")
            return 1
        source.with_suffix(".mo").write_bytes(compiled)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
