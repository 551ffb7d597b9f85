"""The sealed blob: one short message under a key of its own. Values and wrapped keys are blobs.

Layout and derivation: docs/formats/sealed-file.md, "Sealed blob".
"""

from __future__ import annotations

import enum
import hmac
import io
import secrets
import struct
from collections.abc import Callable, Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from callwarden.engines.seal._encoding import pack, record_field, u32
from callwarden.engines.seal._errors import InvalidInput, Tampered, Truncated, UnsupportedFormat, WrongKey
from callwarden.engines.seal._suite import (
    COMMITMENT_BYTES,
    NONCE_BYTES,
    TAG_BYTES,
    Aead,
    Key,
    Suite,
    aead,
    derive,
    suite_of,
)

VERSION = 0xC1
LABEL = b"callwarden.seal.blob.1"
SALT_BYTES = 16
PREFIX_BYTES = 3
HEADER_BYTES = PREFIX_BYTES + SALT_BYTES + COMMITMENT_BYTES
OVERHEAD_BYTES = HEADER_BYTES + TAG_BYTES
MAX_PLAINTEXT = 16 << 20
_COUNT = struct.Struct(">I")


class Kind(enum.IntEnum):
    """What a blob holds; part of the header and of the key derivation, so one never passes for another."""

    VALUE = 1
    KEY = 2
    DATA_KEY = 3
    INTAKE_PRIVATE_KEY = 5
    ROOT = 6


def seal(kind: Kind, suite: Suite, secret: bytes, plaintext: bytes, fields: tuple[bytes, ...]) -> bytes:
    """Seal `plaintext` under `secret` (input keying material), bound to `fields`."""
    prefix = bytes((VERSION, kind, suite.value))
    salt = secrets.token_bytes(SALT_BYTES)
    commitment, nonce, cipher = _schedule(prefix, suite, secret, salt)
    out = bytearray(len(plaintext) + TAG_BYTES)
    cipher.seal_into(nonce, plaintext, pack(LABEL, prefix, *fields), memoryview(out))
    return b"".join((prefix, salt, commitment, out))


def open_(kind: Kind, suite: Suite, secret: bytes, blob: bytes, fields: tuple[bytes, ...]) -> bytes:
    """The plaintext of `blob`, or one of the `CannotOpen` errors."""
    check_header(kind, suite, blob)
    prefix, salt = blob[:PREFIX_BYTES], blob[PREFIX_BYTES : PREFIX_BYTES + SALT_BYTES]
    commitment, nonce, cipher = _schedule(prefix, suite, secret, salt)
    if not hmac.compare_digest(commitment, blob[PREFIX_BYTES + SALT_BYTES : HEADER_BYTES]):
        raise WrongKey("This was sealed under another key; open it with the key it belongs to.")
    out = bytearray(len(blob) - OVERHEAD_BYTES)
    try:
        cipher.open_into(nonce, memoryview(blob)[HEADER_BYTES:], pack(LABEL, prefix, *fields), memoryview(out))
    except InvalidTag:
        raise Tampered(
            "The sealed data was changed, or belongs to another record or binding; restore it from a copy."
        ) from None
    return bytes(out)


def open_many(kind: Kind, suite: Suite, secret: bytes, blobs: Iterable[tuple[bytes, int, bytes]]) -> list[bytes]:
    """`open_` of each (blob, number of fields, the fields as `pack` frames them), under one secret."""
    prefix = bytes((VERSION, kind, suite.value))
    head, schedule = _head(prefix), _scheduler(prefix, suite, secret)
    opened = []
    for blob, count, fields in blobs:
        check_header(kind, suite, blob)
        commitment, nonce, cipher = schedule(blob[PREFIX_BYTES : PREFIX_BYTES + SALT_BYTES])
        if not hmac.compare_digest(commitment, blob[PREFIX_BYTES + SALT_BYTES : HEADER_BYTES]):
            raise WrongKey("This was sealed under another key; open it with the key it belongs to.")
        out = bytearray(len(blob) - OVERHEAD_BYTES)
        associated = b"".join((_COUNT.pack(count + 2), head, fields))
        try:
            cipher.open_into(nonce, memoryview(blob)[HEADER_BYTES:], associated, memoryview(out))
        except InvalidTag:
            raise Tampered(
                "The sealed data was changed, or belongs to another record or binding; restore it from a copy."
            ) from None
        opened.append(bytes(out))
    return opened


def seal_many(kind: Kind, suite: Suite, secret: bytes, messages: Iterable[tuple[bytes, int, bytes]]) -> list[bytes]:
    """`seal` of each (plaintext, number of fields, the fields as `pack` frames them), under one secret."""
    prefix = bytes((VERSION, kind, suite.value))
    head, schedule = _head(prefix), _scheduler(prefix, suite, secret)
    sealed = []
    salts = io.BytesIO()
    for plaintext, count, fields in messages:
        if len(salt := salts.read(SALT_BYTES)) < SALT_BYTES:
            salts = io.BytesIO(secrets.token_bytes(1024 * SALT_BYTES))
            salt = salts.read(SALT_BYTES)
        commitment, nonce, cipher = schedule(salt)
        out = bytearray(len(plaintext) + TAG_BYTES)
        cipher.seal_into(nonce, plaintext, b"".join((_COUNT.pack(count + 2), head, fields)), memoryview(out))
        sealed.append(b"".join((prefix, salt, commitment, out)))
    return sealed


def _head(prefix: bytes) -> bytes:
    """The first two fields of every blob's associated data, as `pack` frames them."""
    return pack(LABEL, prefix)[_COUNT.size :]


def _scheduler(prefix: bytes, suite: Suite, secret: bytes) -> Callable[[bytes], tuple[bytes, bytes, Aead]]:
    """`_schedule` for many salts."""
    key_end = COMMITMENT_BYTES + suite.cipher_key_bytes
    info, length, algorithm = pack(LABEL, prefix), key_end + NONCE_BYTES, suite.hash()

    def schedule(salt: bytes) -> tuple[bytes, bytes, Aead]:
        material = HKDF(algorithm, length, salt, info).derive(secret)
        return material[:COMMITMENT_BYTES], material[key_end:], aead(suite, material[COMMITMENT_BYTES:key_end])

    return schedule


def check_header(kind: Kind, suite: Suite, blob: bytes) -> None:
    """Refuse what cannot be a blob of this kind and suite, before any key is touched."""
    if not isinstance(blob, bytes):
        raise InvalidInput("Give the sealed data as bytes.", field="blob")
    if len(blob) < OVERHEAD_BYTES:
        raise Truncated("The sealed data is too short to be whole; restore it from a copy.", size=len(blob))
    if blob[0] != VERSION or blob[1] != kind:
        raise UnsupportedFormat("This is not sealed data of the expected kind.", version=blob[0], kind=blob[1])
    if suite_of(blob[2]) is not suite:
        raise WrongKey("This was sealed with another suite than the key's; open it with the key it belongs to.")


def _schedule(prefix: bytes, suite: Suite, secret: bytes, salt: bytes) -> tuple[bytes, bytes, Aead]:
    key_bytes = suite.cipher_key_bytes
    material = derive(
        suite, secret, salt=salt, info=pack(LABEL, prefix), length=COMMITMENT_BYTES + key_bytes + NONCE_BYTES
    )
    commitment = material[:COMMITMENT_BYTES]
    key = material[COMMITMENT_BYTES : COMMITMENT_BYTES + key_bytes]
    return commitment, material[-NONCE_BYTES:], aead(suite, key)


def seal_bytes(key: Key, plaintext: bytes, *, record_id: bytes, part: int = 0) -> bytes:
    """Seal one small value, bound to its record and part.

    Args:
        plaintext: at most 16 MiB, may be empty; its length is not hidden (67 bytes are added).
        record_id: 1 to 1024 bytes that name the record.
        part: 0 to 2^32 - 1, e.g. the number of a field within the record.

    Raises:
        InvalidInput: a size or number out of range.
    """
    if not isinstance(plaintext, bytes) or len(plaintext) > MAX_PLAINTEXT:
        raise InvalidInput("Seal at most 16 MiB of bytes as one value; use SealedWriter for more.", field="plaintext")
    return seal(Kind.VALUE, key.suite, key.raw, plaintext, (record_field(record_id), u32(part, "part")))


def open_bytes(key: Key, blob: bytes, *, record_id: bytes, part: int = 0) -> bytes:
    """Open what `seal_bytes` made with the same key, record and part.

    Raises:
        UnsupportedFormat, Truncated: not a sealed value, or not a whole one.
        WrongKey: sealed under another key.
        Tampered: changed, or it belongs to another record or part.
    """
    return open_(Kind.VALUE, key.suite, key.raw, blob, (record_field(record_id), u32(part, "part")))
