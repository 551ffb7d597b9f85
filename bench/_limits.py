"""Figures beside what was asked for."""

from __future__ import annotations

from collections.abc import Mapping


def to_limits(
    figures: Mapping[str, float],
    *,
    at_least: Mapping[str, float] | None = None,
    at_most: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """`NAME_to_limit` for each limit whose figure was measured: more than 1 is within it, whichever way it bounds.

    A figure of 0 that is bounded from above counts as a billionth.
    """
    least, most = at_least or {}, at_most or {}
    ratios = {f"{name}_to_limit": figures[name] / limit for name, limit in least.items() if name in figures}
    for name, limit in most.items():
        if name in figures:
            ratios[f"{name}_to_limit"] = limit / max(figures[name], 1e-9)
    return ratios
