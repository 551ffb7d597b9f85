"""What a witness adds to a checkpoint: a timestamped signature. Source: C2SP tlog-cosignature v1.0.1.

A witness signs only what continues everything it signed before, so two holders of cosigned checkpoints cannot have been
shown two different logs unless the witness was in it.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ._errors import KeyRefused, NoteRefused
from ._note import Signature, decode, split_note

_COSIGNATURE = b"\x04"
_STAMP = 8
_SIGNATURE = 64


class Witness:
    """The Ed25519 key of a witness, as its operator hands it out: `name+id+base64`."""

    def __init__(self, name: str, public: bytes) -> None:
        self.name = name
        self.public = public
        self.key_id = int.from_bytes(sha256(name.encode() + b"\n" + _COSIGNATURE + public).digest()[:4], "big")
        self._key = Ed25519PublicKey.from_public_bytes(public)

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read a key string.

        Raises:
            KeyRefused: malformed, not an Ed25519 cosignature key (type byte 04), or its id does not fit.
        """
        pieces = vkey.strip().split("+", 2)
        key = decode(pieces[2]) if len(pieces) == 3 else None
        if (
            key is None
            or len(key) != 33
            or key[:1] != _COSIGNATURE
            or not pieces[0]
            or any(map(str.isspace, pieces[0]))
        ):
            raise KeyRefused("witness", "A witness key reads name+id+base64, of an Ed25519 cosignature key.")
        made = cls(pieces[0], key[1:])
        if pieces[1] != f"{made.key_id:08x}":
            raise KeyRefused("id", "The id in the key string does not fit the key.")
        return made

    def time_of(self, text: bytes, signature: Signature) -> int | None:
        """When this witness signed `text` (seconds since 1970), or None where the signature is not its own over it."""
        if (signature.name, signature.key_id) != (self.name, self.key_id):
            return None
        if len(signature.value) != _STAMP + _SIGNATURE:
            return None
        stamp = int.from_bytes(signature.value[:_STAMP], "big")
        try:
            self._key.verify(signature.value[_STAMP:], b"cosignature/v1\ntime %d\n" % stamp + text)
        except InvalidSignature:
            return None
        return stamp


def cosignature_in(answer: bytes, checkpoint: bytes, witness: Witness) -> tuple[str, int]:
    """The signature line of `witness` in what it answered, and the time it states.

    Args:
        answer: signature lines, as a witness sends them.
        checkpoint: the signed note that was submitted.

    Raises:
        NoteRefused: there is none, or it does not hold for this checkpoint.
    """
    text, _signatures = split_note(checkpoint)
    for line in split_note(text + b"\n" + answer)[1]:
        if (stamp := witness.time_of(text, line)) is not None:
            return line.line(), stamp
    raise NoteRefused("cosignature", "The witness's answer holds no signature of its own over this checkpoint.")


def with_lines(checkpoint: bytes, lines: list[str]) -> bytes:
    """The note with further signature lines; none is added twice."""
    held = checkpoint.decode()
    return (held + "".join(line for line in lines if line not in held)).encode()
