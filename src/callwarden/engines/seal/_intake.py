"""Taking in while the key provider is away: data keys sealed to a public day key that the root has signed.

Sources: RFC 9180 (HPKE, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM), RFC 8032 (Ed25519).
Layout: docs/formats/sealed-file.md, "Intake".
"""

from __future__ import annotations

import datetime as dt
import struct
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM
from cryptography.hazmat.primitives.hpke import Suite as HpkeSuite

from callwarden.engines.seal import _blob
from callwarden.engines.seal._encoding import context_fields, pack
from callwarden.engines.seal._errors import IntakeKeyRefused, InvalidInput, Tampered, Truncated, UnsupportedFormat
from callwarden.engines.seal._suite import KEY_BYTES, Key, suite_of

LABEL = b"callwarden.seal.intake.1"
LABEL_SIGNATURE = b"callwarden.seal.intake-key.1"
PUBLIC_VERSION = 0xC2
BLOB_VERSION = 0xC3
_PUBLIC = struct.Struct(">B32sQQ")
_VALIDITY = struct.Struct(">QQ")
_HPKE = HpkeSuite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
ENCAPSULATED_BYTES = 32
BLOB_BYTES = 1 + ENCAPSULATED_BYTES + 1 + KEY_BYTES + 16
SIGNATURE_BYTES = 64


class Signer(Protocol):
    """Signs with the root's Ed25519 key; cryptography's ``Ed25519PrivateKey`` is one."""

    def sign(self, data: bytes, /) -> bytes:
        """A 64-byte Ed25519 signature (RFC 8032)."""


@dataclass(frozen=True)
class IntakeKeyPair:
    """One day's key pair. The public half may lie anywhere; the private half opens everything taken in that day."""

    valid_from: dt.datetime
    valid_until: dt.datetime
    _private: X25519PrivateKey = field(repr=False, compare=False)

    @classmethod
    def generate(cls, valid_from: dt.datetime, valid_until: dt.datetime) -> IntakeKeyPair:
        """A fresh pair, valid from the first moment (inclusive) until the second (exclusive), to the second.

        Raises:
            InvalidInput: a time without zone, before 1970, or an empty span.
        """
        pair = cls(_second(valid_from), _second(valid_until), X25519PrivateKey.generate())
        if pair.valid_from >= pair.valid_until:
            raise InvalidInput("Let an intake key begin before it ends.", field="valid_until")
        return pair

    @property
    def public_bytes(self) -> bytes:
        """49 bytes: version, X25519 public key, both ends of the validity."""
        public = self._private.public_key().public_bytes_raw()
        return _PUBLIC.pack(PUBLIC_VERSION, public, *_stamps(self.valid_from, self.valid_until))

    def wrap(self, kek: Key, *, context: tuple[str, ...]) -> bytes:
        """The private half and its validity, wrapped under `kek` and bound to `context`."""
        plaintext = _VALIDITY.pack(*_stamps(self.valid_from, self.valid_until)) + self._private.private_bytes_raw()
        return _blob.seal(_blob.Kind.INTAKE_PRIVATE_KEY, kek.suite, kek.raw, plaintext, context_fields(context))

    @classmethod
    def unwrap(cls, kek: Key, wrapped: bytes, *, context: tuple[str, ...]) -> IntakeKeyPair:
        """The pair `wrap` wrapped. Raises the errors of `unwrap_key`."""
        plaintext = _blob.open_(_blob.Kind.INTAKE_PRIVATE_KEY, kek.suite, kek.raw, wrapped, context_fields(context))
        since, until = _VALIDITY.unpack_from(plaintext)
        private = X25519PrivateKey.from_private_bytes(plaintext[_VALIDITY.size :])
        return cls(_moment(since), _moment(until), private)

    def _open(self, sealed: bytes, info: bytes) -> bytes:
        return _HPKE.decrypt(sealed, self._private, info)


def seal_to(public: bytes, key: Key, *, context: tuple[str, ...]) -> bytes:
    """Seal a fresh data key to a day key, bound to `context`. Verify the day key first (`verify_intake_key`).

    Raises:
        InvalidInput: not the public half of an intake key.
    """
    recipient, _, _ = _parse_public(public)
    plaintext = bytes([key.suite.value]) + key.raw
    return bytes([BLOB_VERSION]) + _HPKE.encrypt(plaintext, recipient, _info(public, context))


def open_from(private: IntakeKeyPair, blob: bytes, *, context: tuple[str, ...]) -> Key:
    """The data key `seal_to` sealed. Works after the day too: what came in late is still to be admitted.

    Raises:
        UnsupportedFormat, Truncated: not such a blob, or not a whole one.
        Tampered: changed, sealed to another day key, or under another context.
    """
    if not isinstance(blob, bytes) or not blob or blob[0] != BLOB_VERSION:
        raise UnsupportedFormat("This is not a data key sealed to an intake key.")
    if len(blob) != BLOB_BYTES:
        raise Truncated("The sealed data key is not whole; restore it from a copy.", size=len(blob))
    try:
        plaintext = private._open(blob[1:], _info(private.public_bytes, context))
    except (InvalidTag, ValueError):
        # ValueError: an encapsulated key of small order, which no sender makes.
        raise Tampered("The sealed data key was changed, or belongs to another day or object.") from None
    return Key(suite_of(plaintext[0]), plaintext[1:])


def sign_intake_key(root_signing_key: Signer, public: bytes, day: dt.date) -> bytes:
    """The root's 64-byte signature that `public` is the intake key of `day`.

    Raises:
        InvalidInput: not the public half of an intake key.
    """
    _parse_public(public)
    return root_signing_key.sign(_statement(public, day))


def verify_intake_key(
    root_verify_key: bytes, public: bytes, day: dt.date, signature: bytes, *, now: dt.datetime | None = None
) -> None:
    """Return only when the root signed `public` as the key of `day` and, with `now`, when it is valid at that time.

    Args:
        root_verify_key: the root's Ed25519 public key, 32 bytes.

    Raises:
        IntakeKeyRefused: not signed by this root, for another day, not yet or no longer valid.
        InvalidInput: not a public key of either sort.
    """
    _, since, until = _parse_public(public)
    try:
        root = Ed25519PublicKey.from_public_bytes(root_verify_key)
    except ValueError:
        raise InvalidInput("Give the root's 32-byte Ed25519 public key.", field="root_verify_key") from None
    try:
        root.verify(signature, _statement(public, day))
    except InvalidSignature:
        raise IntakeKeyRefused("The intake key was not signed by this root for this day; fetch it again.") from None
    if now is not None and not since <= _second(now) < until:
        raise IntakeKeyRefused("The intake key is not valid at this time; fetch the key of today.")


def _parse_public(public: bytes) -> tuple[X25519PublicKey, dt.datetime, dt.datetime]:
    if not isinstance(public, bytes) or len(public) != _PUBLIC.size or public[0] != PUBLIC_VERSION:
        raise InvalidInput("Give the public half of an intake key, as published.", field="public")
    _, raw, since, until = _PUBLIC.unpack(public)
    return X25519PublicKey.from_public_bytes(raw), _moment(since), _moment(until)


def _info(public: bytes, context: tuple[str, ...]) -> bytes:
    return pack(LABEL, public, *context_fields(context))


def _statement(public: bytes, day: dt.date) -> bytes:
    return pack(LABEL_SIGNATURE, public, f"{day:%Y-%m-%d}".encode())


def _second(moment: dt.datetime) -> dt.datetime:
    if moment.tzinfo is None or moment.timestamp() < 0:
        raise InvalidInput("Give times with a time zone, from 1970 on.", field="time")
    return moment.astimezone(dt.UTC).replace(microsecond=0)


def _stamps(since: dt.datetime, until: dt.datetime) -> tuple[int, int]:
    return int(since.timestamp()), int(until.timestamp())


def _moment(stamp: int) -> dt.datetime:
    try:
        return dt.datetime.fromtimestamp(stamp, dt.UTC)
    except (OverflowError, ValueError, OSError):
        raise InvalidInput("The intake key names an impossible time; fetch it again.", field="public") from None
