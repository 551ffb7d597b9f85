"""Figures of benchmarks as lines of a proof, each beside its limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tests.prove._pytest import Line


class Limit(NamedTuple):
    """``at_least`` or ``at_most`` is what was asked for; ``stretch`` is told, and fails nothing."""

    at_least: float | None = None
    at_most: float | None = None
    stretch: float | None = None

    def holds(self, value: float) -> bool:
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def told(self) -> str:
        asked = f">= {self.at_least:g}" if self.at_least is not None else f"<= {self.at_most:g}"
        return asked + (f", stretch {self.stretch:g}" if self.stretch is not None else "")


def lines(what: str, figures: Mapping[str, float], limits: Mapping[str, Limit]) -> list[Line]:
    """A line for each limit; a figure that is not there was not measured, and is never a pass."""
    shown: list[Line] = []
    for name, limit in limits.items():
        if name not in figures:
            shown.append((f"{what}: {name}", "not measured", f"asked {limit.told()}"))
            continue
        outcome = "pass" if limit.holds(figures[name]) else "fail"
        shown.append((f"{what}: {name}", outcome, f"{figures[name]:.4g} (asked {limit.told()})"))
    return shown
