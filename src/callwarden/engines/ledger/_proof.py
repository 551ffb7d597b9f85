"""Proof files: one entry, its place in the tree and the checkpoint, verifiable offline.

Source: C2SP tlog-proof (draft, `c2sp.org/tlog-proof@v1`); packed as gzip (RFC 1952), whose content is that file.
"""

from __future__ import annotations

import base64
import gzip
import io
import re
import zlib
from dataclasses import dataclass
from typing import Self

from ._checkpoint import Checkpoint
from ._errors import LedgerError, ProofRefused
from ._merkle import HASH_SIZE, leaf_hash, verify_inclusion
from ._note import Verifier, decode
from ._tree import TreeView

_HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})\Z")
_MAX_HASHES = 63
_MAX_FILE = 1 << 20
_PACKED = b"\x1f\x8b"


@dataclass(frozen=True)
class TlogProof:
    """The content of a `.tlog-proof` file.

    Attributes:
        index: position of the entry, from 0.
        hashes: inclusion proof, the leaf's sibling first.
        checkpoint: the signed note, verbatim.
        extra: here the entry itself, so that one file suffices. Unauthenticated by the format; it becomes
            trustworthy only because `verify` hashes it.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def write(self, *, packed: bool = False) -> bytes:
        """The file's bytes; `packed` as gzip, which takes back the quarter that base64 adds."""
        lines = [_HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(value).decode() for value in self.hashes]
        plain = "\n".join([*lines, "", ""]).encode() + self.checkpoint
        return gzip.compress(plain, compresslevel=9, mtime=0) if packed else plain

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a proof file, packed or not. Raises ProofRefused when it is malformed; proves nothing by itself."""
        data = _unpacked(data)
        head, blank, checkpoint = data.partition(b"\n\n")
        if len(data) > _MAX_FILE or not blank:
            raise ProofRefused("malformed", "A proof file has a head, a blank line and a checkpoint.")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise ProofRefused("malformed", "The head of a proof file is ASCII.") from None
        if lines.pop(0) != _HEADER:
            raise ProofRefused("malformed", f"A proof file begins with {_HEADER}")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = decode(lines.pop(0).removeprefix("extra "))
            if extra is None:
                raise ProofRefused("malformed", "The extra line of the proof file is not base64.")
        index = _INDEX.match(lines.pop(0)) if lines else None
        hashes = [decode(line) for line in lines]
        if index is None or len(hashes) > _MAX_HASHES:
            raise ProofRefused("malformed", "The proof file lacks its index line or has too many hashes.")
        good = tuple(value for value in hashes if value is not None and len(value) == HASH_SIZE)
        if len(good) != len(hashes):
            raise ProofRefused("malformed", "A hash line of the proof file is malformed.")
        return cls(int(index[1]), good, checkpoint, extra)

    def verify(self, entry: bytes, *verifiers: Verifier, origin: str | None = None) -> Checkpoint:
        """Check that `entry` is in the log, under a checkpoint signed by a trusted key.

        Returns:
            The verified checkpoint.
        Raises:
            ProofRefused: the entry is not proved to be in the tree.
            NoteRefused: the checkpoint is not to be trusted.
        """
        checkpoint = Checkpoint.open(self.checkpoint, *verifiers, origin=origin)
        verify_inclusion(leaf_hash(entry), self.index, checkpoint.size, self.hashes, checkpoint.root)
        return checkpoint


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(_PACKED):
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            return packed.read(_MAX_FILE + 1)
    except (OSError, EOFError, zlib.error):
        raise ProofRefused("malformed", "The packed proof file cannot be unpacked.") from None


def prove(
    view: TreeView, index: int, checkpoint: bytes, size: int | None = None, *, with_entry: bool = True
) -> TlogProof:
    """Make the proof of entry `index` against a published checkpoint.

    Args:
        view: the tree, at least as large as the checkpoint says.
        checkpoint: the signed note, verbatim.
        size: what the caller takes the checkpoint to cover, to be told when it does not.
        with_entry: put the entry into the file, so that it can be checked with nothing else at hand.
    Raises:
        ProofRefused: the entry is newer than the checkpoint, or the tiles do not give the checkpoint's root.
    """
    head = Checkpoint.peek(checkpoint)
    if size is not None and size != head.size:
        raise ProofRefused("size", f"The checkpoint covers {head.size} entries, not {size}.", size=head.size)
    entry = view.entry(index)
    hashes = view.inclusion_proof(index, head.size)
    try:
        verify_inclusion(leaf_hash(entry), index, head.size, hashes, head.root)
    except LedgerError as error:
        raise ProofRefused("tree", "The stored tree does not match the checkpoint; verify the ledger.") from error
    return TlogProof(index, hashes, checkpoint, entry if with_entry else None)
