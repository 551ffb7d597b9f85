"""Signed notes and their Ed25519 keys. Source: C2SP signed-note v1.0.0; key strings as Go's sumdb/note writes them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ._errors import KeyRefused, NoteRefused

_ED25519 = b"\x01"
_MAX_NOTE = 1 << 20
_MAX_SIGNATURES = 100


class NoteSigner(Protocol):
    """Anything that signs a note: our `Signer`, or one of a private signature type such as SM2 (type byte 0xff)."""

    @property
    def name(self) -> str:
        """Key name."""

    @property
    def key_id(self) -> int:
        """32-bit key id."""

    def sign(self, text: bytes) -> bytes:
        """Signature over the note text."""


class Verifier:
    """An Ed25519 verification key with its name. `str()` gives the key string to hand out: `name+id+base64`."""

    def __init__(self, name: str, public: bytes) -> None:
        _check_name(name)
        self.name = name
        self.public = public
        self.key_id = _key_id(name, public)
        try:
            self._key = Ed25519PublicKey.from_public_bytes(public)
        except ValueError as error:
            raise KeyRefused("malformed", "An Ed25519 public key has 32 bytes.") from error

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read a key string as `str(verifier)` writes it.

        Raises:
            KeyRefused: it is malformed, of another type, or its id does not fit its content.
        """
        name, stated, public = _split_key(vkey, 3)
        key = cls(name, public)
        if stated != f"{key.key_id:08x}":
            raise KeyRefused("id", "The id in the key string does not fit the key.")
        return key

    def accepts(self, text: bytes, signature: bytes) -> bool:
        """Whether `signature` is this key's over `text`."""
        try:
            self._key.verify(signature, text)
        except InvalidSignature:
            return False
        return True

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id:08x}+{_encode(_ED25519 + self.public)}"

    def __repr__(self) -> str:
        return f"Verifier({self})"


class Signer:
    """An Ed25519 signing key with its name. Only the sequencer holds one."""

    def __init__(self, name: str, seed: bytes) -> None:
        if len(seed) != 32:
            raise KeyRefused("malformed", "An Ed25519 private key has 32 bytes.")
        self._seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = Verifier(name, self._key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, name: str) -> Self:
        """A new key. `name` is best the log's origin, such as `callwarden.example/ledger/2026`."""
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, skey: str) -> Self:
        """Read a key string as `secret()` writes it. Raises KeyRefused; the message never holds the key."""
        prefix = "PRIVATE+KEY+"
        if not skey.startswith(prefix):
            raise KeyRefused("malformed", f"A signing key string begins with {prefix}")
        name, stated, seed = _split_key(skey.removeprefix(prefix), 3)
        key = cls(name, seed)
        if stated != f"{key.key_id:08x}":
            raise KeyRefused("id", "The id in the key string does not fit the key.")
        return key

    @property
    def name(self) -> str:
        """Key name."""
        return self.verifier.name

    @property
    def key_id(self) -> int:
        """32-bit key id."""
        return self.verifier.key_id

    def sign(self, text: bytes) -> bytes:
        """Ed25519 signature (64 bytes) over the note text."""
        return self._key.sign(text)

    def secret(self) -> str:
        """The signing key as a string, to be kept sealed."""
        return f"PRIVATE+KEY+{self.name}+{self.key_id:08x}+{_encode(_ED25519 + self._seed)}"

    def __repr__(self) -> str:
        return f"Signer({self.name})"


@dataclass(frozen=True)
class Signature:
    """One signature line of a note."""

    name: str
    key_id: int
    value: bytes

    def line(self) -> str:
        """The line with its newline."""
        return f"\u2014 {self.name} {_encode(self.key_id.to_bytes(4, 'big') + self.value)}\n"


def sign_note(text: bytes, signers: Sequence[NoteSigner]) -> bytes:
    """The signed note over `text`, which ends with a newline; signature lines in the order of `signers`."""
    _check_text(text)
    if not text.endswith(b"\n") or not signers:
        raise NoteRefused("text", "A note text ends with a newline and has at least one signer.")
    lines = [Signature(signer.name, signer.key_id, signer.sign(text)).line() for signer in signers]
    return text + b"\n" + "".join(lines).encode()


def open_note(note: bytes, verifiers: Sequence[Verifier]) -> tuple[bytes, tuple[Verifier, ...]]:
    """Check a signed note against trusted keys.

    Signatures of unknown keys are ignored, as they must be; a wrong one of a known key refuses the whole note.

    Returns:
        The text (with its final newline) and the keys that signed it.
    Raises:
        NoteRefused: malformed, no signature of a trusted key, or a wrong one.
    """
    text, signatures = split_note(note)
    by_id = {(key.name, key.key_id): key for key in verifiers}
    signed: dict[tuple[str, int], Verifier] = {}
    for signature in signatures:
        key = by_id.get((signature.name, signature.key_id))
        if key is None:
            continue
        if not key.accepts(text, signature.value):
            raise NoteRefused("signature", "A signature of a trusted key on this note is wrong: it was altered.")
        signed[key.name, key.key_id] = key
    if not signed:
        raise NoteRefused("unsigned", "No trusted key signed this note. Is the verification key the right one?")
    return text, tuple(signed.values())


def split_note(note: bytes) -> tuple[bytes, tuple[Signature, ...]]:
    """Split a note into text and signatures, checking form only: nothing in the result is to be trusted."""
    if len(note) > _MAX_NOTE:
        raise NoteRefused("too_long", f"A note has at most {_MAX_NOTE} bytes.", size=len(note))
    _check_text(note)
    at = note.rfind(b"\n\n")
    if at < 0 or not note.endswith(b"\n"):
        raise NoteRefused("malformed", "A note ends with a blank line and its signature lines.")
    lines = note[at + 2 :].decode().split("\n")[:-1]
    if not 1 <= len(lines) <= _MAX_SIGNATURES:
        raise NoteRefused("malformed", f"A note has 1 to {_MAX_SIGNATURES} signature lines.", lines=len(lines))
    return note[: at + 1], tuple(_parse_line(line) for line in lines)


def _parse_line(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    value = decode(encoded)
    if dash != "\u2014" or not _good_name(name) or value is None or len(value) < 5:
        raise NoteRefused("malformed", "A signature line of the note is malformed.")
    return Signature(name, int.from_bytes(value[:4], "big"), value[4:])


def decode(encoded: str) -> bytes | None:
    """Standard base64 (RFC 4648 section 4) in its one canonical spelling, or None."""
    try:
        value = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return value if _encode(value) == encoded else None


def _encode(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _check_text(text: bytes) -> None:
    try:
        decoded = text.decode()
    except UnicodeDecodeError:
        raise NoteRefused("malformed", "A note is UTF-8 text.") from None
    if any(char < " " and char != "\n" for char in decoded):
        raise NoteRefused("malformed", "A note has no control characters but newlines.")


def _good_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(char.isspace() for char in name)


def _check_name(name: str) -> None:
    if not _good_name(name) or any(char < " " for char in name):
        raise KeyRefused("name", "A key name is not empty and has neither spaces nor a plus sign.")


def _key_id(name: str, public: bytes) -> int:
    return int.from_bytes(sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4], "big")


def _split_key(text: str, parts: int) -> tuple[str, str, bytes]:
    # The base64 part may hold plus signs itself, the name may not.
    pieces = text.strip().split("+", parts - 1)
    key = decode(pieces[-1]) if len(pieces) == parts else None
    if key is None or len(key) != 33 or key[:1] != _ED25519:
        raise KeyRefused("malformed", "A key string reads name+id+base64, of an Ed25519 key.")
    return pieces[0], pieces[1], key[1:]
