"""An act as people read it before they decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callwarden.doors.console.components import Difference, Fact


@dataclass(frozen=True)
class Plain:
    """An act as people read it: its facts and, where something changes, what changes."""

    facts: Sequence[Fact]
    difference: Difference | None = None
