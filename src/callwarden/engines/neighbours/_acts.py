"""The one list of acts that every other system's words are brought to."""

from __future__ import annotations

from typing import Final

ACTS: Final = (
    "read",
    "search",
    "export",
    "play",
    "create",
    "change",
    "delete",
    "call",
    "sign_in",
    "sign_in_failed",
    "administer",
    "other",
)
# How many rows one of these touched says how many people it may have been about.
ACTS_ON_MANY: Final = frozenset({"read", "search", "export"})
