"""The promise of erasure: within how many days what was destroyed can be read in no copy by anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Terms:
    """What the promise is made of, each in days.

    Args:
        epoch: how long keys are made under one epoch key.
        overlap: how long that key is kept after its last row has moved on.
        key_backup: how long a backup of the key folder lives.
    """

    epoch: float
    overlap: float
    key_backup: float

    @property
    def erased_within(self) -> float:
        """Days from an erasure until the last copy of a key that could undo it is gone.

        At worst it is erased just after an epoch began, and the key folder was backed up just before that key ended.
        """
        return self.epoch + self.overlap + self.key_backup

    def turn_due(self, opened_at: datetime) -> datetime:
        """When the epoch opened then has to turn."""
        return opened_at + timedelta(days=self.epoch)


def kept(terms: Terms, *, opened_at: datetime, destroyed_at: datetime) -> bool:
    """Whether an epoch that has ended kept the promise."""
    return destroyed_at - opened_at <= timedelta(days=terms.epoch + terms.overlap)
