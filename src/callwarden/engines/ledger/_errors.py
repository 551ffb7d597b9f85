"""What can be wrong with a ledger. Every error carries a `code`, `data` without values, and an English sentence."""

from __future__ import annotations

from typing import ClassVar


class LedgerError(Exception):
    """Base of all ledger errors.

    Attributes:
        code: stable slug, for translation and for tests.
        data: sizes, indices and paths inside the log; never the content of an entry.
    """

    family: ClassVar[str] = "ledger"

    def __init__(self, code: str, message: str, **data: int | str) -> None:
        super().__init__(message)
        self.code = f"{self.family}.{code}"
        self.data: dict[str, int | str] = data


class EntryRefused(LedgerError):
    """The entry has no canonical form here, or is too long. Nothing was written."""

    family = "entry"


class TreeDamaged(LedgerError):
    """What the tile store holds is not the tree that it should be, or a part of it is missing."""

    family = "tree"


class KeyRefused(LedgerError):
    """A signing or verification key string is malformed."""

    family = "key"


class NoteRefused(LedgerError):
    """A signed note or checkpoint is malformed, or no trusted key signed it. Its text must not be used."""

    family = "note"


class ProofRefused(LedgerError):
    """An inclusion or consistency proof does not prove what it claims."""

    family = "proof"
