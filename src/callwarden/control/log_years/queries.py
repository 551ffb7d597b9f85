"""How each year of the operation log stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from callwarden.control.log_years import acts
from callwarden.custody.ledger import expiry, heads
from callwarden.custody.models import Checkpoint, LedgerYear
from callwarden.kernel import approvals
from callwarden.kernel.errors import Conflict
from callwarden.kernel.models import Approval

State = Literal["goes_on", "unsealed", "sealed", "over", "given_up", "erased"]


@dataclass(frozen=True)
class Year:
    """One year, its last signed head, and how far its end is.

    Attributes:
        entries: how many the last head covers; those of a destroyed year are gone, and its head still says how many.
        state: `unsealed` is closed and its last head not signed yet, `over` need not be kept any more, `given_up` is
            decided on and not destroyed yet.
        kept_until: None while it goes on.
        asked: the request to destroy it that somebody has yet to decide on or to carry out.
    """

    row: LedgerYear
    entries: int
    head: Checkpoint | None
    state: State
    kept_until: datetime | None
    asked: Approval | None

    @property
    def has_entries(self) -> bool:
        return self.row.erased_at is None and self.head is not None


def every() -> list[Year]:
    """All years of the log, the newest first; none before its first start."""
    return [of(row) for row in reversed(heads.years())]


def of(row: LedgerYear) -> Year:
    head = heads.last_of(row)
    state = _state(row, head)
    asked = approvals.under_way(acts.erasure(row)) if state == "over" else None
    return Year(row, head.size - row.first if head else 0, head, state, expiry.kept_until(row), asked)


def _state(row: LedgerYear, head: Checkpoint | None) -> State:
    if row.erased_at is not None:
        return "erased"
    if row.erasure_approved_at is not None:
        return "given_up"
    end = heads.end_of(row)
    if end is None:
        return "goes_on"
    try:
        expiry.require_expired(row)
    except Conflict:
        return "sealed" if head is not None and head.size == end else "unsealed"
    return "over"
