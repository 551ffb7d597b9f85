"""The sealed blob: one short message under a key of its own. Values and wrapped keys are blobs.

Layout and derivation: docs/formats/sealed-file.md, "Sealed blob".
"""

from __future__ import annotations

import enum
import io
import secrets
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from hmac import compare_digest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import HashAlgorithm
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from callwarden.engines.seal._encoding import pack, record_field, u32
from callwarden.engines.seal._errors import InvalidInput, Tampered, Truncated, UnsupportedFormat, WrongKey
from callwarden.engines.seal._suite import (
    COMMITMENT_BYTES,
    NONCE_BYTES,
    TAG_BYTES,
    Key,
    Suite,
    open_once,
    seal_once,
    suite_of,
)

VERSION = 0xC1
LABEL = b"callwarden.seal.blob.1"
SALT_BYTES = 16
PREFIX_BYTES = 3
SALT_END = PREFIX_BYTES + SALT_BYTES
HEADER_BYTES = SALT_END + COMMITMENT_BYTES
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


@dataclass(frozen=True, slots=True)
class _Form:
    """What all blobs of one kind and suite have in common, worked out once: they are made by the million."""

    kind: Kind
    suite: Suite
    prefix: bytes
    info: bytes
    # The first two fields of every blob's associated data, as `pack` frames them.
    head: bytes
    algorithm: HashAlgorithm
    key_end: int

    def open(self, secret: bytes, blob: bytes, count: int, fields: bytes) -> bytes:
        if type(blob) is not bytes or len(blob) < OVERHEAD_BYTES or blob[:PREFIX_BYTES] != self.prefix:
            check_header(self.kind, self.suite, blob)
        commitment, key, nonce = self._schedule(secret, blob[PREFIX_BYTES:SALT_END])
        if not compare_digest(commitment, blob[SALT_END:HEADER_BYTES]):
            raise WrongKey("This was sealed under another key; open it with the key it belongs to.")
        associated = b"".join((_COUNT.pack(count + 2), self.head, fields))
        try:
            return open_once(self.suite, key, nonce, blob[HEADER_BYTES:], associated)
        except InvalidTag:
            raise Tampered(
                "The sealed data was changed, or belongs to another record or binding; restore it from a copy."
            ) from None

    def seal(self, secret: bytes, salt: bytes, plaintext: bytes, count: int, fields: bytes) -> bytes:
        commitment, key, nonce = self._schedule(secret, salt)
        associated = b"".join((_COUNT.pack(count + 2), self.head, fields))
        sealed = seal_once(self.suite, key, nonce, plaintext, associated)
        return b"".join((self.prefix, salt, commitment, sealed))

    def _schedule(self, secret: bytes, salt: bytes) -> tuple[bytes, bytes, bytes]:
        end = self.key_end
        material = HKDF(self.algorithm, end + NONCE_BYTES, salt, self.info).derive(secret)
        return material[:COMMITMENT_BYTES], material[COMMITMENT_BYTES:end], material[end:]


def _form(kind: Kind, suite: Suite) -> _Form:
    prefix = bytes((VERSION, kind, suite.value))
    if (known := _FORMS.get(prefix)) is None:
        info = pack(LABEL, prefix)
        known = _Form(
            kind, suite, prefix, info, info[_COUNT.size :], suite.hash(), COMMITMENT_BYTES + suite.cipher_key_bytes
        )
        _FORMS[prefix] = known
    return known


_FORMS: dict[bytes, _Form] = {}


def seal(kind: Kind, suite: Suite, secret: bytes, plaintext: bytes, fields: tuple[bytes, ...]) -> bytes:
    """Seal `plaintext` under `secret` (input keying material), bound to `fields`."""
    salt = secrets.token_bytes(SALT_BYTES)
    return _form(kind, suite).seal(secret, salt, plaintext, len(fields), pack(*fields)[_COUNT.size :])


def open_(kind: Kind, suite: Suite, secret: bytes, blob: bytes, fields: tuple[bytes, ...]) -> bytes:
    """The plaintext of `blob`, or one of the `CannotOpen` errors."""
    return _form(kind, suite).open(secret, blob, len(fields), pack(*fields)[_COUNT.size :])


def open_many(kind: Kind, suite: Suite, blobs: Iterable[tuple[bytes, bytes, int, bytes]]) -> list[bytes]:
    """`open_` of each (secret, blob, number of fields, the fields as `pack` frames them)."""
    opened = _form(kind, suite).open
    return [opened(*blob) for blob in blobs]


def seal_many(kind: Kind, suite: Suite, messages: Iterable[tuple[bytes, bytes, int, bytes]]) -> list[bytes]:
    """`seal` of each (secret, plaintext, number of fields, the fields as `pack` frames them)."""
    sealed, salts = _form(kind, suite).seal, io.BytesIO()
    made = []
    for secret, plaintext, count, fields in messages:
        if len(salt := salts.read(SALT_BYTES)) < SALT_BYTES:
            salts = io.BytesIO(secrets.token_bytes(1024 * SALT_BYTES))
            salt = salts.read(SALT_BYTES)
        made.append(sealed(secret, salt, plaintext, count, fields))
    return made


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
