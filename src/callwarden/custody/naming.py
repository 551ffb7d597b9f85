"""What ties rows to what was sealed, beyond the associated data of the formats: names that follow from content.

A wrap is bound to the id of its bucket, and a value to its number within the record. Here that id and that number are
made of everything they stand for. Whoever can write rows can therefore not turn an original into a redacted copy,
lengthen its time, or pass one field off as another: what was changed no longer opens.
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from uuid import UUID

_POSITIONS = 256


def bucket_id(line: UUID, category: str, expires_on: date, *, hold: bool) -> UUID:
    """The id of the retention bucket line x category x expiry week, or of its counterpart for records on hold."""
    kind = "hold" if hold else "term"
    said = f"callwarden bucket 1|{line}|{category!s}|{expires_on.isoformat()}|{kind}"
    return UUID(bytes=sha256(said.encode()).digest()[:16])


def field_part(name: str, position: int) -> int:
    """The part number under which a field of this name is sealed at this position (1 to 255), of 32 bits.

    Raises:
        ValueError: no such position.
    """
    if not 0 < position < _POSITIONS:
        raise ValueError("a record has at most 255 fields")
    return int.from_bytes(sha256(name.encode()).digest()[:3], "big") * _POSITIONS + position
