"""Whatever mark a file carries: the code of a table, the tones of exported sound, the watermark of played sound."""

from __future__ import annotations

import re
from typing import BinaryIO, Final
from uuid import UUID

from callwarden.engines.mark._tables import find_in_text
from callwarden.engines.mark._tones import find
from callwarden.engines.mark._watermark import detect

# Of a larger table the beginning is enough: the code stands in every row.
_MOST: Final = 64 * 1024 * 1024
_WRITTEN: Final = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}(-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12})?")
_SOUND: Final = (b"RIFF", b"fLaC", b"OggS")


class NotRead(ValueError):
    """The file is neither a text nor a recording that can be read."""


def read(file: BinaryIO) -> bytes | None:
    """The identity this file is marked with: 16 bytes of what was exported, the first 6 of what was played.

    Raises:
        NotRead: there is no code in it, and it is no recording either.
    """
    import soundfile

    if (found := find_in_text(_text(file))) is not None:
        return found
    try:
        samples, rate = soundfile.read(file, dtype="int16")
    except (soundfile.LibsndfileError, ValueError):
        raise NotRead("no recording that can be read") from None
    return find(samples, rate=rate) or detect(samples, rate=rate)


def written(identity: bytes) -> str:
    """An identity as people read it: a UUID, or its beginning."""
    whole = str(UUID(bytes=identity.ljust(16, b"\0")))
    return whole if len(identity) == 16 else whole[:13]


def from_written(text: str) -> bytes | None:
    """The identity somebody typed: as `written` gives it, or the code of a table; None where it is neither."""
    plain = text.strip().lower()
    if _WRITTEN.fullmatch(plain):
        return bytes.fromhex(plain.replace("-", ""))
    return find_in_text(text)


def _text(file: BinaryIO) -> str:
    """What it says, where it is text; the encoding of a spreadsheet's copy is not known, and the code is ASCII."""
    head = file.read(4)
    text = "" if head in _SOUND else (head + file.read(_MOST)).replace(b"\0", b"").decode("ascii", errors="ignore")
    file.seek(0)
    return text
