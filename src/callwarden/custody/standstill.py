"""Lines whose deletion timers stand still: nothing of theirs is destroyed by time alone.

Who stops them, and why, is `flows.standing_still`. Here is what every deletion by time asks, also under another layer.
What is due stays refused meanwhile; what a person asked for (an erasure, a withdrawal, an act of two) is no timer and
goes on.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from callwarden.kernel import standing

_PREFIX: Final = "quarantine:"


def begins(line: UUID) -> bool:
    """Stop the timers of a line. False where they stand still already. Call it in the transaction of the entry."""
    return standing.begins(f"{_PREFIX}{line}")


def ends(line: UUID) -> bool:
    """Let them run again. False where they do. Call it in the transaction of the entry."""
    return standing.ends(f"{_PREFIX}{line}")


def lines() -> set[UUID]:
    """The lines whose timers stand still now."""
    return {UUID(name.removeprefix(_PREFIX)) for name in standing.names(_PREFIX)}
