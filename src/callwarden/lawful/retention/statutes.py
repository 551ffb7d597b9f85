"""Periods that laws and standards set, read from `statutes.yaml` once, checked when they are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from django.utils.translation import get_language

from callwarden.custody.categories import Category
from callwarden.custody.jurisdictions import Jurisdiction

FILE: Final = Path(__file__).with_name("statutes.yaml")
CERTAINTIES: Final = frozenset({"read", "second_hand", "unconfirmed"})


@dataclass(frozen=True)
class Statute:
    """One period.

    Attributes:
        kind: "floor" (must be kept at least) or "ceiling" (may be kept at most).
        jurisdiction: "" holds everywhere.
        keeps: "records", or the part of the system that keeps it by itself.
        categories, directions: of records; empty means all.
        certainty: how well the source is known.
    """

    slug: str
    kind: str
    jurisdiction: str
    days: int
    keeps: str
    certainty: str
    name: str
    name_zh: str
    categories: frozenset[str] = frozenset()
    directions: frozenset[str] = frozenset()

    def applies(self, *, jurisdiction: str, direction: str, category: str) -> bool:
        """Whether it is about records of this category on such a line."""
        return (
            self.keeps == "records"
            and self.jurisdiction in {"", jurisdiction}
            and (not self.categories or category in self.categories)
            and (not self.directions or direction in self.directions)
        )

    def __str__(self) -> str:
        return self.name_zh if (get_language() or "").startswith("zh") else self.name


class StatutesMalformed(ValueError):
    """The file says something that cannot be; the message names the entry."""


def parse(entries: Iterable[Mapping[str, Any]]) -> tuple[Statute, ...]:
    """The periods as data.

    Raises:
        StatutesMalformed: an unknown jurisdiction, category or mark, a slug that stands twice, a name missing.
    """
    found: dict[str, Statute] = {}
    for entry in entries:
        one = Statute(
            slug=str(entry["slug"]),
            kind=str(entry["kind"]),
            jurisdiction=str(entry["jurisdiction"] or ""),
            days=int(entry["days"]),
            keeps=str(entry["keeps"]),
            certainty=str(entry["certainty"]),
            name=str(entry["name"]["en"]),
            name_zh=str(entry["name"]["zh"]),
            categories=frozenset(entry.get("categories", ())),
            directions=frozenset(entry.get("directions", ())),
        )
        wrong = (
            one.slug in found
            or one.kind not in {"floor", "ceiling"}
            or one.jurisdiction not in {"", *Jurisdiction.values}
            or one.categories - set(Category.values)
            or one.certainty not in CERTAINTIES
            or one.days < 0
            or not (one.name and one.name_zh)
        )
        if wrong:
            raise StatutesMalformed(f"{one.slug}: this period cannot be used as it is.")
        found[one.slug] = one
    return tuple(found.values())


@cache
def statutes() -> tuple[Statute, ...]:
    return parse(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def named(slug: str) -> Statute | None:
    """The period of this slug; None for a provision that a rule names by itself."""
    return next((one for one in statutes() if one.slug == slug), None)


def strictest(kind: str, *, jurisdiction: str, direction: str, category: str) -> Statute | None:
    """Of the floors the longest, of the ceilings the shortest that applies; None when none does."""
    found = [
        one
        for one in statutes()
        if one.kind == kind and one.applies(jurisdiction=jurisdiction, direction=direction, category=category)
    ]
    if not found:
        return None
    return max(found, key=lambda one: one.days) if kind == "floor" else min(found, key=lambda one: one.days)
