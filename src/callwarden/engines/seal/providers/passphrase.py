"""A root key in a file under a passphrase: the key provider for one machine.

Layout: docs/formats/sealed-file.md, "Root file". Key derivation: Argon2id (RFC 9106).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import os
import secrets
import stat
import struct
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from callwarden.engines.seal import _blob
from callwarden.engines.seal._encoding import pack
from callwarden.engines.seal._errors import (
    CannotOpen,
    InvalidInput,
    ProviderRefused,
    ProviderUnavailable,
    Tampered,
    Truncated,
    UnsupportedFormat,
    WrongKey,
    WrongPassphrase,
)
from callwarden.engines.seal._intake import sign_intake_key
from callwarden.engines.seal._suite import KEY_BYTES, Key, Suite, derive, suite_of
from callwarden.engines.seal._wrap import unwrap_key, wrap_key
from callwarden.engines.seal.providers.interface import ProviderStatus

MAGIC = b"CWRT"
VERSION = 1
SALT_BYTES = 16
DIGEST_BYTES = 32
MIN_PASSPHRASE = 12
LABEL_ID = b"callwarden.seal.root-id.1"
_HEADER = struct.Struct(f">4sBBIII{SALT_BYTES}s")
FILE_BYTES = _HEADER.size + _blob.OVERHEAD_BYTES + 2 * KEY_BYTES + DIGEST_BYTES


@dataclass(frozen=True)
class Cost:
    """Argon2id parameters: memory in KiB, passes, lanes."""

    memory_kib: int
    passes: int
    lanes: int

    def check(self) -> None:
        # RFC 9106 section 3.1 asks for 8 KiB a lane; the upper bounds keep a changed file from exhausting the machine.
        if not (1 <= self.lanes <= 64 and 1 <= self.passes <= 64 and 8 * self.lanes <= self.memory_kib <= 4 << 20):
            raise InvalidInput(
                "Use 1 to 64 lanes, 1 to 64 passes and 8 KiB a lane to 4 GiB of memory for Argon2id.", field="cost"
            )


RFC9106_HIGH_MEMORY = Cost(memory_kib=2 << 20, passes=1, lanes=4)
"""RFC 9106 section 4, first recommended option: 2 GiB."""

RFC9106_LOW_MEMORY = Cost(memory_kib=64 << 10, passes=3, lanes=4)
"""RFC 9106 section 4, second recommended option: 64 MiB."""


@dataclass(frozen=True)
class RootSecret:
    """The root key and the seed of its signing key: what a root file holds, and recovery shares bring back."""

    key: Key
    seed: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """Names the root without telling anything about it."""
        return derive(self.key.suite, self.key.raw, salt=b"", info=pack(LABEL_ID), length=16).hex()


class PassphraseFile:
    """An opened root file: wraps keys under the root key and signs intake keys with the root's Ed25519 key.

    Holds both secrets in memory until `close`. Made by `create` and `open`, never directly.
    """

    def __init__(self, path: Path | None, secret: RootSecret, cost: Cost) -> None:
        self._path = path
        self._cost = cost
        self._secret: RootSecret | None = secret
        self._key_id = secret.key_id

    @classmethod
    def create(
        cls, path: Path, passphrase: str, *, suite: Suite = Suite.AES_256_GCM, cost: Cost = RFC9106_LOW_MEMORY
    ) -> PassphraseFile:
        """Make a new root and write its file, mode 0600, complete or not at all.

        Raises:
            InvalidInput: the passphrase has fewer than 12 characters, or impossible Argon2id parameters.
            ProviderRefused: the file exists.
            ProviderUnavailable: it cannot be written.
        """
        return cls.restore(path, RootSecret(Key.generate(suite), secrets.token_bytes(KEY_BYTES)), passphrase, cost=cost)

    @classmethod
    def restore(
        cls, path: Path, secret: RootSecret, passphrase: str, *, cost: Cost = RFC9106_LOW_MEMORY
    ) -> PassphraseFile:
        """Write a root that recovery shares brought back under a new passphrase. Raises as `create`."""
        opened = cls(path, secret, cost)
        opened._write(path, passphrase, replace=False)
        return opened

    @classmethod
    def in_memory(cls, secret: RootSecret) -> PassphraseFile:
        """The same root without a file: it is there until `close` or the end of the process."""
        return cls(None, secret, RFC9106_LOW_MEMORY)

    @classmethod
    def open(cls, path: Path, passphrase: str) -> PassphraseFile:
        """Open an existing root file.

        Raises:
            ProviderUnavailable: it cannot be read, or there is not enough memory for Argon2id.
            ProviderRefused: other users may access it, or it is damaged or no root file (see ``__cause__``).
            WrongPassphrase: it does not open with this passphrase.
        """
        secret, cost = _open_file(_read(path), passphrase)
        return cls(path, secret, cost)

    def change_passphrase(self, old: str, new: str, *, cost: Cost | None = None) -> None:
        """Write the same root under a new passphrase and salt; copies of the old file keep the old one.

        Raises:
            WrongPassphrase: `old` does not open the file.
            InvalidInput: `new` is too short.
            ProviderUnavailable, ProviderRefused: as in `open`; the old file is then untouched.
        """
        if self._path is None:
            raise ProviderRefused("This root was opened without a file; restore its file first.")
        found, _ = _open_file(_read(self._path), old)
        if found.key != self.secret().key:
            raise ProviderRefused("The root file was replaced by another since it was opened; open it again.")
        self._cost = cost or self._cost
        self._write(self._path, new, replace=True)

    def wrap(self, key: Key, context: tuple[str, ...]) -> bytes:
        """See `KeyProvider.wrap`."""
        return wrap_key(self.secret().key, key, context=context)

    def unwrap(self, wrapped: bytes, context: tuple[str, ...]) -> Key:
        """See `KeyProvider.unwrap`."""
        try:
            return unwrap_key(self.secret().key, wrapped, context=context)
        except CannotOpen as cause:
            raise ProviderRefused(
                "The wrapped key does not belong to this root and context, or was changed.", reason=cause.code
            ) from cause

    def status(self) -> ProviderStatus:
        """See `KeyProvider.status`."""
        detail = "" if self._secret is not None else "closed"
        return ProviderStatus("passphrase-file", self._secret is not None, detail, self._key_id)

    @property
    def verify_key(self) -> bytes:
        """The root's Ed25519 public key, 32 bytes; publish it, `verify_intake_key` needs it."""
        return self._signing_key().public_key().public_bytes_raw()

    def sign_intake_key(self, public: bytes, day: dt.date) -> bytes:
        """See `callwarden.engines.seal.sign_intake_key`."""
        return sign_intake_key(self._signing_key(), public, day)

    def close(self) -> None:
        """Forget the secrets; every later use raises `ProviderUnavailable`."""
        self._secret = None

    def __repr__(self) -> str:
        return f"<PassphraseFile {self._key_id}>"

    def secret(self) -> RootSecret:
        """What recovery shares are made of.

        Raises:
            ProviderUnavailable: closed.
        """
        if self._secret is None:
            raise ProviderUnavailable("The root file is closed; open it with its passphrase.")
        return self._secret

    def _signing_key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.secret().seed)

    def _write(self, path: Path, passphrase: str, *, replace: bool) -> None:
        root, cost = self.secret(), self._cost
        cost.check()
        if len(passphrase) < MIN_PASSPHRASE:
            raise InvalidInput(f"Choose a passphrase of at least {MIN_PASSPHRASE} characters.", field="passphrase")
        salt = secrets.token_bytes(SALT_BYTES)
        suite = root.key.suite
        header = _HEADER.pack(MAGIC, VERSION, suite.value, cost.memory_kib, cost.passes, cost.lanes, salt)
        secret = _stretch(passphrase, salt, cost)
        body = header + _blob.seal(_blob.Kind.ROOT, suite, secret, root.key.raw + root.seed, (header,))
        _store(path, body + hashlib.sha256(body).digest(), replace=replace)


def _open_file(data: bytes, passphrase: str) -> tuple[RootSecret, Cost]:
    body = data[:-DIGEST_BYTES]
    try:
        if not data.startswith(MAGIC):
            raise UnsupportedFormat("This is not a root file.")
        if len(data) != FILE_BYTES:
            raise Truncated("The root file is not whole.", size=len(data))
        # Not a secret check: it tells damage from a mistyped passphrase before minutes are spent on Argon2id.
        if not hmac.compare_digest(hashlib.sha256(body).digest(), data[-DIGEST_BYTES:]):
            raise Tampered("The root file is damaged.")
        _, version, suite_number, memory_kib, passes, lanes, salt = _HEADER.unpack_from(body)
        if version != VERSION:
            raise UnsupportedFormat("The root file has a version this program does not know.", version=version)
        suite, cost = suite_of(suite_number), Cost(memory_kib, passes, lanes)
        cost.check()
        header, sealed = body[: _HEADER.size], body[_HEADER.size :]
        plaintext = _blob.open_(_blob.Kind.ROOT, suite, _stretch(passphrase, salt, cost), sealed, (header,))
    except WrongKey:
        raise WrongPassphrase("The passphrase does not open this root file; type it again.") from None
    except (CannotOpen, InvalidInput) as cause:
        raise ProviderRefused(
            "The root file cannot be used: it is damaged or of another program; restore it from a copy.",
            reason=cause.code,
        ) from cause
    return RootSecret(Key(suite, plaintext[:KEY_BYTES]), plaintext[KEY_BYTES:]), cost


def _stretch(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    # NFC, as RFC 8265 section 4.2.2 has it: the same passphrase from two keyboards is the same bytes.
    typed = unicodedata.normalize("NFC", passphrase).encode(errors="surrogatepass")
    argon = Argon2id(salt=salt, length=KEY_BYTES, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib)
    try:
        return argon.derive(typed)
    except MemoryError:
        raise ProviderUnavailable(
            "There is not enough memory to open the root file; free some or use a larger machine.",
            memory_kib=cost.memory_kib,
        ) from None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise ProviderRefused("Other users may access the root file; allow only its owner (chmod 600).")
            return file.read(FILE_BYTES + 1)
    except OSError as cause:
        raise ProviderUnavailable(
            "The root file cannot be read; check that it is in place and readable.", reason=_reason(cause)
        ) from cause


def _store(path: Path, data: bytes, *, replace: bool) -> None:
    """Write aside, sync, then move into place: after a crash there is the old file or the new one, never half."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        try:
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                aside.replace(path)
            else:
                os.link(aside, path)
        finally:
            aside.unlink(missing_ok=True)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except FileExistsError as cause:
        raise ProviderRefused("There is a root file already; open it, or move it away first.") from cause
    except OSError as cause:
        raise ProviderUnavailable(
            "The root file cannot be written; check the folder and its free space.", reason=_reason(cause)
        ) from cause


def _reason(cause: OSError) -> str:
    return os.strerror(cause.errno) if cause.errno else "unknown"
