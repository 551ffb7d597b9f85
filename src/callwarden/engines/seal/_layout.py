"""Where things lie in a sealed file, and how its keys are made. Shared by writer and reader.

Layout and derivation: docs/formats/sealed-file.md, "Sealed file". Construction after the STREAM scheme of
Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance"
(CRYPTO 2015), section 7: the nonce carries a counter and a mark on the last segment.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from callwarden.engines.seal._encoding import U32_LIMIT, pack, record_field, u32
from callwarden.engines.seal._errors import InvalidInput, Truncated, UnsupportedFormat
from callwarden.engines.seal._suite import COMMITMENT_BYTES, TAG_BYTES, Aead, Key, Suite, aead, derive, suite_of

MAGIC = b"CWSF"
VERSION = 1
SALT_BYTES = 32
SEGMENT_SIZE = 64 << 10
MIN_SEGMENT_SIZE = 16
MAX_SEGMENT_SIZE = 1 << 20
MAX_SEGMENTS = U32_LIMIT
NONCE_PREFIX_BYTES = 7

_START = struct.Struct(">4sBBI")
NONCE_END = struct.Struct(">IB")
HEADER_BYTES = _START.size + SALT_BYTES + COMMITMENT_BYTES
LABEL_COMMITMENT = b"callwarden.seal.file.1 commitment"
LABEL_KEY = b"callwarden.seal.file.1 key"
LABEL_SEGMENT = b"callwarden.seal.file.1 segment"


@dataclass(frozen=True)
class Header:
    """The first `HEADER_BYTES` of a file, parsed but not yet believed."""

    suite: Suite
    segment_size: int
    salt: bytes
    commitment: bytes

    def encode(self) -> bytes:
        return _START.pack(MAGIC, VERSION, self.suite.value, self.segment_size) + self.salt + self.commitment

    @classmethod
    def decode(cls, data: bytes) -> Header:
        if not data.startswith(MAGIC[: len(data)]):
            raise UnsupportedFormat("This is not a sealed file.")
        if len(data) < HEADER_BYTES:
            raise Truncated("The sealed file ends within its header; restore it from a copy.", size=len(data))
        _, version, suite_number, segment_size = _START.unpack_from(data)
        if version != VERSION:
            raise UnsupportedFormat(
                "This sealed file has a version this program does not know; use a newer one.", version=version
            )
        suite = suite_of(suite_number)
        if not is_segment_size(segment_size):
            raise UnsupportedFormat("The sealed file names an impossible segment size.", segment_size=segment_size)
        salt_end = _START.size + SALT_BYTES
        return cls(suite, segment_size, data[_START.size : salt_end], data[salt_end:HEADER_BYTES])


def is_segment_size(size: int) -> bool:
    return MIN_SEGMENT_SIZE <= size <= MAX_SEGMENT_SIZE and size.bit_count() == 1


def commitment(key: Key, salt: bytes) -> bytes:
    """Binds a file to exactly one key: GCM alone does not (RFC 9771 section 4.3.3, key commitment)."""
    return derive(
        key.suite, key.raw, salt=salt, info=pack(LABEL_COMMITMENT, bytes([key.suite.value])), length=COMMITMENT_BYTES
    )


@dataclass(frozen=True)
class FileKeys:
    """What seals and opens the segments of one file for one record."""

    cipher: Aead
    nonce_prefix: bytes
    associated: bytes

    @classmethod
    def derive(cls, key: Key, header: Header, record_id: bytes, part: int) -> FileKeys:
        encoded = header.encode()
        context = (encoded, record_field(record_id), u32(part, "part"))
        size = key.suite.cipher_key_bytes
        material = derive(
            key.suite,
            key.raw,
            salt=header.salt,
            info=pack(LABEL_KEY, *context),
            length=size + NONCE_PREFIX_BYTES,
        )
        return cls(aead(key.suite, material[:size]), material[size:], pack(LABEL_SEGMENT, *context))

    def nonce(self, index: int, last: bool) -> bytes:
        return self.nonce_prefix + NONCE_END.pack(index, last)


@dataclass(frozen=True)
class Shape:
    """How many segments a file has and how long they are, computed from its length alone."""

    segment_size: int
    segments: int
    last_plain: int

    @classmethod
    def of_plain(cls, plain_size: int, segment_size: int) -> Shape:
        segments = max(1, -(-plain_size // segment_size))
        return cls(segment_size, segments, plain_size - (segments - 1) * segment_size)

    @classmethod
    def of_sealed(cls, sealed_size: int, segment_size: int) -> Shape:
        """Raises `Truncated` for a length no finished file has."""
        body = sealed_size - HEADER_BYTES
        stride = segment_size + TAG_BYTES
        segments = -(-body // stride)
        last_plain = body - (segments - 1) * stride - TAG_BYTES
        # An empty last segment after others would let a cut at a segment border pass as a shorter file.
        if segments < 1 or last_plain < 0 or (last_plain == 0 and segments > 1):
            raise Truncated(
                "The sealed file is not whole: its writing was cut short or its end is missing.", size=sealed_size
            )
        if segments > MAX_SEGMENTS:
            raise UnsupportedFormat("The sealed file is longer than the format allows.", size=sealed_size)
        return cls(segment_size, segments, last_plain)

    @property
    def plain_size(self) -> int:
        return (self.segments - 1) * self.segment_size + self.last_plain

    @property
    def sealed_size(self) -> int:
        return HEADER_BYTES + self.plain_size + self.segments * TAG_BYTES

    def plain_length(self, index: int) -> int:
        return self.last_plain if index == self.segments - 1 else self.segment_size

    def offset(self, index: int) -> int:
        return HEADER_BYTES + index * (self.segment_size + TAG_BYTES)

    def is_last(self, index: int) -> bool:
        return index == self.segments - 1


def sealed_size(plain_size: int, *, segment_size: int = SEGMENT_SIZE) -> int:
    """Bytes a sealed file of `plain_size` bytes takes, so that space can be checked before writing."""
    if plain_size < 0:
        raise InvalidInput("Give a size of zero or more.", field="plain_size")
    return Shape.of_plain(plain_size, segment_size).sealed_size
