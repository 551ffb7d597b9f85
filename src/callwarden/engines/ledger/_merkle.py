"""Merkle tree hashing and proof checking. Source: RFC 6962 section 2.1, RFC 9162 sections 2.1.3 and 2.1.4."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from ._errors import ProofRefused

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()
"""Root of the tree without entries (RFC 6962 section 2.1)."""


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry): the hash of one entry (RFC 6962 section 2.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right): the hash of an inner node (RFC 6962 section 2.1)."""
    return sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Root of the perfect subtree over `hashes`; their number is a power of two, at least one."""
    row = hashes
    while len(row) > 1:
        pairs = iter(row)
        row = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return row[0]


def split(size: int) -> int:
    """The largest power of two below `size` (RFC 6962 section 2.1: k)."""
    return 1 << ((size - 1).bit_length() - 1)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the entry with hash `leaf` stands at `index` in the tree of `size` entries with this `root`.

    Raises:
        ProofRefused: it does not.
    Source: RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size:
        raise ProofRefused("index", f"Index {index} is outside a tree of {size} entries.", index=index, size=size)
    _check_hashes([leaf, root, *proof])
    at, last, value = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofRefused("length", "The inclusion proof is longer than the tree is high.")
        if at & 1 or at == last:
            value = node_hash(sibling, value)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise ProofRefused("length", "The inclusion proof is too short for the tree.")
    if value != root:
        raise ProofRefused("root", "The inclusion proof leads to another root: the entry is not in this tree.")


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of `new` entries continues the tree of `old` entries, with nothing changed or dropped.

    Raises:
        ProofRefused: it does not.
    Source: RFC 9162 section 2.1.4.2; for `old` = 0 the proof is empty and the old root that of the empty tree.
    """
    if not 0 <= old <= new:
        raise ProofRefused("rollback", f"A tree of {new} entries cannot continue one of {old}.", old=old, new=new)
    _check_hashes([old_root, new_root, *proof])
    if old in (0, new):
        expected = EMPTY_ROOT if old == 0 else new_root
        if proof or old_root != expected or (new == 0 and new_root != EMPTY_ROOT):
            raise ProofRefused("root", "The two roots do not belong to one log.")
        return
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise ProofRefused("length", "The consistency proof is empty.")
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old_value = new_value = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofRefused("length", "The consistency proof is longer than the tree is high.")
        if at & 1 or at == last:
            old_value, new_value = node_hash(sibling, old_value), node_hash(sibling, new_value)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new_value = node_hash(new_value, sibling)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise ProofRefused("length", "The consistency proof is too short for the tree.")
    if old_value != old_root or new_value != new_root:
        raise ProofRefused("root", "The consistency proof leads to other roots: the log was rewritten.")


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(item) != HASH_SIZE for item in hashes):
        raise ProofRefused("hash_size", f"Every hash in a proof has {HASH_SIZE} bytes.")
