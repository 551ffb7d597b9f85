"""One canonical, length-prefixed encoding for everything that is bound but not stored.

Joining names with a delimiter collides (``"a/b" + "c"`` and ``"a" + "b/c"``); a count and a length before
every field do not: `pack` is injective over tuples of byte strings.
"""

from __future__ import annotations

import struct
from functools import lru_cache

from callwarden.engines.seal._errors import InvalidInput

MAX_RECORD_ID = 1024
MAX_CONTEXT = 64
MAX_TEXT = 4096
U32_LIMIT = 1 << 32
U64_LIMIT = 1 << 64

_U32 = struct.Struct(">I")
_U64 = struct.Struct(">Q")


def pack(*fields: bytes) -> bytes:
    """u32 count, then for each field u32 length and its bytes; big-endian."""
    parts = [_U32.pack(len(fields))]
    for field in fields:
        parts.append(_U32.pack(len(field)))
        parts.append(field)
    return b"".join(parts)


def u32(value: int, what: str) -> bytes:
    if not 0 <= value < U32_LIMIT:
        raise InvalidInput(f"Give a {what} between 0 and 2^32 - 1.", field=what)
    return _U32.pack(value)


def u64(value: int, what: str) -> bytes:
    if not 0 <= value < U64_LIMIT:
        raise InvalidInput(f"Give a {what} between 0 and 2^64 - 1.", field=what)
    return _U64.pack(value)


def text(value: str, what: str) -> bytes:
    """UTF-8 of a non-empty string, as it stands: no normalisation, so what was bound is what is compared."""
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_TEXT:
        raise InvalidInput(f"Give a {what} of 1 to {MAX_TEXT} characters.", field=what)
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise InvalidInput(f"Give a {what} that is valid Unicode text.", field=what) from None


def context_fields(context: tuple[str, ...]) -> tuple[bytes, ...]:
    # A bare string is also a sequence of strings: ("ab",) and ("a", "b") must not become the same slip.
    if not isinstance(context, tuple) or not 1 <= len(context) <= MAX_CONTEXT:
        raise InvalidInput(f"Give the context as a tuple of 1 to {MAX_CONTEXT} strings.", field="context")
    return tuple(text(part, "context part") for part in context)


def framed(context: tuple[str, ...]) -> bytes:
    """The fields of a context as `pack` frames them, without the count; quick, for contexts by the million."""
    if not isinstance(context, tuple) or not 1 <= len(context) <= MAX_CONTEXT:
        raise InvalidInput(f"Give the context as a tuple of 1 to {MAX_CONTEXT} strings.", field="context")
    return b"".join([_framed(part) for part in context])


@lru_cache(maxsize=4096)
def _framed(part: str) -> bytes:
    raw = text(part, "context part")
    return _U32.pack(len(raw)) + raw


def record_field(record_id: bytes) -> bytes:
    if not isinstance(record_id, bytes) or not 1 <= len(record_id) <= MAX_RECORD_ID:
        raise InvalidInput(f"Give a record id of 1 to {MAX_RECORD_ID} bytes.", field="record_id")
    return record_id
