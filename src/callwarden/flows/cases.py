"""What corrections say of the rules: how often each missed something or hid it without need. No case holds a value."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from callwarden.custody.models import RedactionCorrection

_LATEST = 50_000  # cases that a summary or an export goes through


@dataclass
class Counted:
    """Cases of one kind."""

    missed: int = 0
    over: int = 0

    def add(self, kind: str) -> None:
        if kind == RedactionCorrection.Kind.MISSED:
            self.missed += 1
        else:
            self.over += 1


@dataclass
class Summary:
    """By rule, by (type, language), and by month such as "2026-11"."""

    rules: dict[str, Counted] = field(default_factory=dict)
    types: dict[tuple[str, str], Counted] = field(default_factory=dict)
    months: dict[str, Counted] = field(default_factory=dict)

    @property
    def missed(self) -> int:
        return sum(one.missed for one in self.months.values())

    @property
    def over(self) -> int:
        return sum(one.over for one in self.months.values())


def summary() -> Summary:
    """Of all that was carried out. Call it inside `client_scope`."""
    found = Summary()
    rows = RedactionCorrection.objects.filter(state=RedactionCorrection.State.DONE).order_by("-made_at")
    for kind, rule, type_, language, at in rows.values_list("kind", "rule", "type", "language", "made_at")[:_LATEST]:
        found.rules.setdefault(rule, Counted()).add(kind)
        found.types.setdefault((type_, language[:2]), Counted()).add(kind)
        found.months.setdefault(at.strftime("%Y-%m"), Counted()).add(kind)
    return found


def lines() -> Iterator[str]:
    """Each case as a line of JSON, for `callwarden evaluate --corrections`. Call it inside `client_scope`."""
    for row in RedactionCorrection.objects.filter(state=RedactionCorrection.State.DONE).order_by("made_at", "id")[
        :_LATEST
    ]:
        yield json.dumps(case(row), ensure_ascii=False, sort_keys=True) + "\n"


def case(row: RedactionCorrection) -> dict[str, Any]:
    """One case: what was wrong, of which rule and kind, and what it looked like; no person, no call, no value."""
    return {
        "phenomenon": row.kind,
        "type": row.type,
        "rule": row.rule,
        "evidence": row.evidence,
        "confidence": row.confidence,
        "language": row.language,
        "shape": row.shape,
        "month": row.made_at.strftime("%Y-%m"),
    }


def count(cases: Iterator[dict[str, Any]]) -> dict[str, Counter[str]]:
    """Rule -> phenomenon -> how many, of exported cases."""
    found: dict[str, Counter[str]] = {}
    for one in cases:
        found.setdefault(str(one["rule"]), Counter())[str(one["phenomenon"])] += 1
    return found
