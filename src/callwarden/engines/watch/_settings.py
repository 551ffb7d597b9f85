"""What can be set: how improbable something must be before it is told, by kind; and the fixed limits of the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

DAY: Final = 86_400.0
HOUR: Final = 3_600.0

# Kind -> (detector, probability below which a count is told). The probability is per actor and day, so 1e-4 is about
# one false alert in a hundred agents in a hundred days. Kinds with None are rules without a probability.
KINDS: Final[Mapping[str, tuple[str, float | None]]] = MappingProxyType(
    {
        "bulk_unexplained": ("D1", 1e-6),
        "too_fast": ("D1", 1e-6),
        "too_many_explained": ("D1", 1e-6),
        "slow_unexplained": ("D2", 7e-4),
        "one_subject_again": ("D2", None),
        "many_at_one_subject": ("D2", None),
        "vip_unexplained": ("D3", 3e-3),
        "close_record": ("D4", 3e-3),
        "sequence": ("D5", None),
        "searches_unexplained": ("D5", 1e-5),
        "outside_shift": ("D6", 3e-4),
        "export_spike": ("D7", None),
        "deep_spike": ("D7", 1e-4),
        "wrong_subject_in_call": ("D8", 1e-3),
        "own_approval_tried": ("D9", None),
        "new_role_bulk": ("D9", 1e-2),
        "emergency_overused": ("D9", 1e-2),
        "dormant_account": ("D9", None),
        "two_places": ("D9", None),
        "guessing": ("D9", None),
        "probing": ("D9", 1e-5),
        "canary": ("D10", None),
        "partner_volume": ("D11", None),
        "partner_field": ("D11", None),
        "unexplained_elsewhere": ("D12", 1e-6),
        "read_outside": ("D12", None),
    }
)
# What feedback never makes less strict.
FIXED: Final = frozenset({"canary", "own_approval_tried"})


@dataclass(frozen=True)
class Settings:
    """How the detectors are set.

    Attributes:
        strictness: kind -> how much rarer than usual something must be to be told, in powers of ten: 0 as shipped,
            1 ten times rarer (fewer alerts), -1 ten times more common. From -1 to 2.
        utc_offset_s: where the centre's day begins, in seconds east of UTC.
        bulk_subjects: this many strangers within ten minutes are told whatever is usual.
        run_length, run_gap: so many numbers, each at most so far from the next, are a sequence.
        dormant_days: an account that nobody signed in to for so long.
        two_places_s: two places within this time are at once.
        again_days: on so many days within 28 the same stranger was looked at.
        many_actors: so many people looked at the same stranger within seven days.
        outside_rows: so many rows within an hour, read around the application by one person, are told.
        export_z, partner_z: robust distances from what is usual.
    """

    strictness: Mapping[str, float] = field(default_factory=dict)
    utc_offset_s: float = 0.0
    bulk_subjects: int = 8
    run_length: int = 5
    run_gap: int = 4
    dormant_days: float = 60.0
    two_places_s: float = 3_600.0
    again_days: int = 3
    many_actors: int = 4
    outside_rows: int = 200
    export_z: float = 3.0
    partner_z: float = 4.0

    def __post_init__(self) -> None:
        for kind, value in self.strictness.items():
            if kind not in KINDS or kind in FIXED or not -1.0 <= value <= 2.0:
                raise ValueError(f"No strictness of {value} for {kind!r}.")

    def alpha(self, kind: str) -> float:
        """Below which probability a count of this kind is told."""
        usual = KINDS[kind][1]
        assert usual is not None
        return float(usual * 10.0 ** -self.strictness.get(kind, 0.0))

    def stricter(self, kind: str) -> float:
        """Factor on the fixed limit of a rule: 1 as shipped, above 1 for fewer alerts."""
        return float(1.0 + 0.5 * self.strictness.get(kind, 0.0))
