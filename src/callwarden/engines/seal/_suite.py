"""Suites, keys and the two primitives everything else is built from: a KDF and an AEAD.

Sources: FIPS 197 and NIST SP 800-38D (AES-GCM), GB/T 32907 and RFC 8998 (SM4-GCM), RFC 5869 (HKDF),
GB/T 32905 (SM3).
"""

from __future__ import annotations

import enum
import hmac
import secrets
from typing import NoReturn, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.utils import Buffer

from callwarden.engines.seal._errors import InvalidInput, UnsupportedFormat

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
COMMITMENT_BYTES = 32


class Suite(enum.Enum):
    """A fixed set of algorithms; the number is what headers carry."""

    AES_256_GCM = 1
    """AES-256-GCM with HKDF-SHA-256 and HMAC-SHA-256."""

    SM4_GCM = 2
    """SM4-GCM with HKDF-SM3 and HMAC-SM3."""

    @property
    def cipher_key_bytes(self) -> int:
        return 32 if self is Suite.AES_256_GCM else 16

    def hash(self) -> hashes.HashAlgorithm:
        return hashes.SHA256() if self is Suite.AES_256_GCM else hashes.SM3()


def suite_of(number: int) -> Suite:
    """The suite a header names.

    Raises:
        UnsupportedFormat: no such suite.
    """
    try:
        return Suite(number)
    except ValueError:
        raise UnsupportedFormat(
            "This was sealed with a suite this program does not know; open it with a newer version.", suite=number
        ) from None


class Key:
    """32 secret bytes and the suite they are for.

    Never used as a cipher key itself: every operation derives its own from it. Does not print, pickle or copy its
    bytes; compares in constant time. Python cannot promise to wipe it from memory.
    """

    __slots__ = ("_raw", "_suite")

    def __init__(self, suite: Suite, raw: bytes) -> None:
        if not isinstance(suite, Suite) or not isinstance(raw, bytes) or len(raw) != KEY_BYTES:
            raise InvalidInput(f"A key is a suite and exactly {KEY_BYTES} bytes.", field="key")
        self._suite = suite
        self._raw = raw

    @classmethod
    def generate(cls, suite: Suite) -> Key:
        """A fresh key from the operating system's generator."""
        return cls(suite, secrets.token_bytes(KEY_BYTES))

    @property
    def suite(self) -> Suite:
        return self._suite

    @property
    def raw(self) -> bytes:
        """The secret bytes. Only key providers and tests have a reason to ask."""
        return self._raw

    def __repr__(self) -> str:
        return f"<Key {self._suite.name} redacted>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Key):
            return NotImplemented
        return hmac.compare_digest(self._raw, other._raw) and self._suite is other._suite

    __hash__ = None  # type: ignore[assignment]  # a hash of secret bytes would not compare in constant time

    def __reduce__(self) -> NoReturn:
        raise TypeError("Keys do not leave the process by pickling; wrap them.")


def derive(suite: Suite, secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    """HKDF (RFC 5869 section 2) with the suite's hash."""
    return HKDF(suite.hash(), length, salt, info).derive(secret)


class Aead(Protocol):
    """Authenticated encryption under one key; a 12-byte nonce, a 16-byte tag at the end of the ciphertext."""

    def seal_into(self, nonce: bytes, plaintext: Buffer, associated: bytes, out: memoryview, /) -> object:
        """Fill `out`, which is exactly `TAG_BYTES` longer than `plaintext`, with ciphertext and tag."""

    def open_into(self, nonce: bytes, sealed: memoryview, associated: bytes, out: memoryview) -> None:
        """Fill `out`, which is exactly `TAG_BYTES` shorter than `sealed`.

        `out` must be private to the caller until this returns: it may hold unauthenticated bytes before that,
        and does no longer when this raises.

        Raises:
            InvalidTag: not authentic.
        """


class _AesGcm:
    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        # Without a Python frame between: at 64 KiB a call costs as much as a tenth of the cipher.
        self.seal_into = self._cipher.encrypt_into

    def open_into(self, nonce: bytes, sealed: memoryview, associated: bytes, out: memoryview) -> None:
        try:
            self._cipher.decrypt_into(nonce, sealed, associated, out)
        except InvalidTag:
            out[:] = bytes(len(out))
            raise


class _Sm4Gcm:
    """SM4-GCM from the low-level cipher, which hands out plaintext before the tag is checked: kept in here."""

    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.SM4(key)

    def seal_into(self, nonce: bytes, plaintext: Buffer, associated: bytes, out: memoryview) -> None:
        context = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        context.authenticate_additional_data(associated)
        size = context.update_into(plaintext, out)
        context.finalize()
        out[size:] = context.tag

    def open_into(self, nonce: bytes, sealed: memoryview, associated: bytes, out: memoryview) -> None:
        tag = bytes(sealed[-TAG_BYTES:])
        context = Cipher(self._algorithm, modes.GCM(nonce, tag)).decryptor()
        context.authenticate_additional_data(associated)
        try:
            context.update_into(sealed[:-TAG_BYTES], out)
            context.finalize()
        except InvalidTag:
            out[:] = bytes(len(out))
            raise


def aead(suite: Suite, key: bytes) -> Aead:
    return _AesGcm(key) if suite is Suite.AES_256_GCM else _Sm4Gcm(key)


def seal_once(suite: Suite, key: bytes, nonce: bytes, plaintext: bytes, associated: bytes) -> bytes:
    """Ciphertext and tag of one short message; quicker than an `Aead` that is used once."""
    if suite is Suite.AES_256_GCM:
        return AESGCM(key).encrypt(nonce, plaintext, associated)
    out = bytearray(len(plaintext) + TAG_BYTES)
    _Sm4Gcm(key).seal_into(nonce, plaintext, associated, memoryview(out))
    return bytes(out)


def open_once(suite: Suite, key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    """The plaintext of one short message.

    Raises:
        InvalidTag: not authentic.
    """
    if suite is Suite.AES_256_GCM:
        return AESGCM(key).decrypt(nonce, sealed, associated)
    out = bytearray(len(sealed) - TAG_BYTES)
    _Sm4Gcm(key).open_into(nonce, memoryview(sealed), associated, memoryview(out))
    return bytes(out)
