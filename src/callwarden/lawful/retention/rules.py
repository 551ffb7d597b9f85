"""Computing due dates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from callwarden.custody.categories import Category


@dataclass(frozen=True)
class Rule:
    """One rule as data: whole days."""

    category: Category
    purpose: str
    floor_days: int
    ceiling_days: int


def due_dates(rules: Iterable[Rule], *, purposes: frozenset[str], trigger: datetime) -> dict[Category, datetime]:
    """Per category the latest ceiling over the purposes that are live. A category without a live rule has no date,
    and may therefore not be kept at all.

    Args:
        trigger: end of the call (or of the contract), aware.
    """
    due: dict[Category, datetime] = {}
    for rule in rules:
        if rule.purpose in purposes:
            end = trigger + timedelta(days=rule.ceiling_days)
            due[rule.category] = max(end, due.get(rule.category, end))
    return due


@dataclass(frozen=True)
class Change:
    """A rule as it shall be, and as it was when somebody asked.

    Attributes:
        before: (floor, ceiling) in days; None when there was no rule.
    """

    line: UUID
    category: str
    purpose: str
    floor_days: int
    ceiling_days: int
    before: tuple[int, int] | None
