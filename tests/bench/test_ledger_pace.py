"""The lag of signed heads has its limit only at the pace that was asked for."""

from __future__ import annotations

import pytest

from bench._ledger_appending import lag_figures
from bench._limits import to_limits
from bench.ledger import AT_MOST


@pytest.mark.parametrize(("rate", "judged"), [(1000.0, True), (950.0, True), (949.0, False), (400.0, False)])
def test_below_the_asked_pace_the_lag_is_not_measured(rate: float, judged: bool) -> None:
    figures = lag_figures(p99=0.4, most=0.9, count=13_000, rate=rate)
    assert ("checkpoint_lag_p99_s_to_limit" in to_limits(figures, at_most=AT_MOST)) is judged
    assert ("checkpoint_lag_p99_s_not_measured_at_1000_per_s" in figures) is not judged
    assert figures["checkpoint_lag_at_per_s"] == rate
