"""What follows from an alert and from what people said of it: pure, without the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from callwarden.engines.watch import FIXED, KINDS
from callwarden.kernel.models import Severity

# Told each time, by no detector's judgement; whoever has to know was told by the act itself, and nobody silences them.
TAKEN: Final = "emergency_taken"
REVIEW_MISSED: Final = "emergency_unreviewed"
ALWAYS: Final[Mapping[str, str]] = {TAKEN: "D9", REVIEW_MISSED: "D9"}
EVERY: Final = (*KINDS, *ALWAYS)
SEVERITIES: Final[Mapping[str, Severity]] = {
    "canary": Severity.CRITICAL,
    "bulk_unexplained": Severity.HIGH,
    "too_fast": Severity.HIGH,
    "export_spike": Severity.HIGH,
    "sequence": Severity.HIGH,
    "new_role_bulk": Severity.HIGH,
    "own_approval_tried": Severity.HIGH,
    "close_record": Severity.HIGH,
    "vip_unexplained": Severity.HIGH,
    "two_places": Severity.HIGH,
    "guessing": Severity.HIGH,
    "partner_field": Severity.HIGH,
    "read_outside": Severity.HIGH,
    TAKEN: Severity.HIGH,
    REVIEW_MISSED: Severity.CRITICAL,
    "many_at_one_subject": Severity.MEDIUM,
    "searches_unexplained": Severity.MEDIUM,
    "probing": Severity.MEDIUM,
}
# Feedback moves by this much at a time; bounds are the engine's.
STEP: Final = 0.5
LEAST, MOST = -1.0, 2.0
# So many marks of a kind are needed before anything is proposed.
ENOUGH: Final = 3


def severity_of(kind: str) -> Severity:
    return SEVERITIES.get(kind, Severity.MEDIUM)


def tunable() -> list[str]:
    """Kinds whose strictness people may change, in the order of the detectors."""
    return [kind for kind in KINDS if kind not in FIXED]


@dataclass(frozen=True)
class Proposal:
    """What the marks of people ask for. `after` equals `before` where they ask for nothing."""

    kind: str
    before: float
    after: float
    true: int
    false: int

    @property
    def changes(self) -> bool:
        return self.after != self.before


def proposal(kind: str, before: float, *, true: int, false: int) -> Proposal:
    """Stricter where at most one in five marked alerts was misuse, more sensitive where four in five were."""
    after, marked = before, true + false
    if kind not in FIXED and marked >= ENOUGH:
        if true * 5 <= marked:
            after = before + STEP
        elif true * 5 >= marked * 4:
            after = before - STEP
    return Proposal(kind, before, min(MOST, max(LEAST, after)), true, false)


def would_remain(kind: str, facts: Iterable[Mapping[str, float]], before: float, after: float) -> int:
    """How many alerts of the past would still have been raised, had the strictness been `after`.

    Only those raised are known: what a more sensitive setting would have added cannot be told.
    """
    kept = 0
    usual = KINDS[kind][1]
    for told in facts:
        if after <= before:
            kept += 1
        elif usual is not None and "chance" in told:
            kept += told["chance"] <= usual * 10.0**-after
        else:
            size = max((told.get(name, 0.0) for name in ("seen", "length", "days", "actors", "z", "failed")), default=0)
            kept += size >= _least_size(kind) * (1.0 + 0.5 * after)
    return kept


def _least_size(kind: str) -> float:
    return {
        "sequence": 5.0,
        "one_subject_again": 3.0,
        "many_at_one_subject": 4.0,
        "export_spike": 3.0,
        "dormant_account": 60.0,
        "guessing": 8.0,
        "partner_volume": 4.0,
        "read_outside": 200.0,
    }.get(kind, 0.0)
