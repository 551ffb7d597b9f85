"""Checkpoints: the signed head of the tree. Source: C2SP tlog-checkpoint v1.0.0."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Self

from ._errors import NoteRefused
from ._merkle import HASH_SIZE
from ._note import NoteSigner, Verifier, decode, open_note, sign_note, split_note

_NUMBER = re.compile(r"(0|[1-9][0-9]{0,18})\Z")


@dataclass(frozen=True)
class Checkpoint:
    """Origin, size and root of a log. Not signed by itself: `sign` makes the note, `open` reads one."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lines = [self.origin, *self.extensions]
        if not all(lines) or any(char < " " for line in lines for char in line):
            raise NoteRefused("origin", "The origin and extension lines of a checkpoint are non-empty single lines.")
        if self.size < 0 or len(self.root) != HASH_SIZE:
            raise NoteRefused("checkpoint", "A checkpoint has a size of 0 or more and a root of 32 bytes.")

    def text(self) -> bytes:
        """The note text: origin, size and base64 root, each on a line."""
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions]
        return "".join(f"{line}\n" for line in lines).encode()

    def sign(self, *signers: NoteSigner) -> bytes:
        """The signed note to publish at the path `checkpoint`.

        A log never signs two checkpoints of which neither continues the other; the caller sees to that by signing
        only what `Tree.append` built on the last one.
        """
        return sign_note(self.text(), signers)

    @classmethod
    def open(cls, note: bytes, *verifiers: Verifier, origin: str | None = None) -> Self:
        """Verify a signed checkpoint.

        Args:
            note: the bytes as published.
            verifiers: the trusted keys; one suffices, unknown signatures are ignored.
            origin: the log expected; by default the origin must be the name of a key that signed.
        Raises:
            NoteRefused: malformed, not signed by a trusted key, or of another log.
        """
        text, signed_by = open_note(note, verifiers)
        checkpoint = cls._parse(text)
        expected = [origin] if origin is not None else [key.name for key in signed_by]
        if checkpoint.origin not in expected:
            raise NoteRefused("origin", "This is the checkpoint of another log.")
        return checkpoint

    @classmethod
    def peek(cls, note: bytes) -> Self:
        """Read a checkpoint without verifying it, to learn which size it speaks of. Trust nothing in it."""
        return cls._parse(split_note(note)[0])

    @classmethod
    def _parse(cls, text: bytes) -> Self:
        lines = text.decode().split("\n")[:-1]
        root = decode(lines[2]) if len(lines) >= 3 else None
        if root is None or not _NUMBER.match(lines[1]):
            raise NoteRefused("checkpoint", "The note is not a checkpoint: origin, size, base64 root.")
        return cls(lines[0], int(lines[1]), root, tuple(lines[3:]))
