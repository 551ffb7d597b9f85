"""The lawful ground on which something is kept. Storing takes a Basis, and only chapter 1 can make one.

The constructor asks for a witness of `callwarden.custody.mint`; import-linter lets nobody but the gate import
that module, so a Basis in somebody's hands means that the gate said yes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from callwarden.custody.categories import Category


@dataclass(frozen=True)
class Basis:
    """Purposes a call or customer record is covered for, and how long each category of it may be kept.

    Attributes:
        purposes: slugs of the purposes that are lawful now; never empty.
        due: computed end of retention per category; a category that is missing here may not be stored.
        grounds: per purpose the lawful basis ("consent", "contract", "legal_obligation") it rests on.
    """

    witness: object = field(repr=False, compare=False)
    client: UUID
    line: UUID
    purposes: tuple[str, ...]
    due: Mapping[Category, datetime]
    grounds: Mapping[str, str]
    id: UUID = field(default_factory=uuid4)

    def __post_init__(self) -> None:
        from callwarden.custody.mint import WITNESS  # the one place beside the gate that may look at it

        if self.witness is not WITNESS:
            raise TypeError("Only the gate of chapter 1 makes a Basis.")
        if not self.purposes:
            raise ValueError("A Basis without a purpose is a Refusal.")
