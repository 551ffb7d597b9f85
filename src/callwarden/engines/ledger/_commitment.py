"""Commitments: tie detail kept outside the tree to an entry, until erasure cuts the tie.

A plain hash of a reason, a search text or an address can be guessed back in minutes. Under a random key of 256 bits
it cannot; once detail and key are destroyed, the digest in the tree says nothing about anyone.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

_DOMAIN = b"callwarden/ledger/commitment/v1\x00"


@dataclass(frozen=True, repr=False)
class Commitment:
    """`digest` (32 bytes) goes into the entry; `key` (32 bytes) stays beside the sealed detail and dies with it."""

    key: bytes
    digest: bytes

    @classmethod
    def make(cls, detail: bytes) -> Self:
        """Commit to `detail` under a fresh random key: HMAC-SHA-256 (RFC 2104), domain-separated."""
        key = secrets.token_bytes(32)
        return cls(key, _digest(key, detail))

    def opens(self, detail: bytes) -> bool:
        """Whether this is the detail that was committed to; in constant time."""
        return len(self.key) == 32 and hmac.compare_digest(_digest(self.key, detail), self.digest)

    def __repr__(self) -> str:
        return f"Commitment(digest={self.digest.hex()})"


def _digest(key: bytes, detail: bytes) -> bytes:
    return hmac.digest(key, _DOMAIN + detail, sha256)
