"""The benchmark of decisions prints the figures that were asked for, by their names, beside their limits."""

from __future__ import annotations

import pytest

from bench import policy


def test_it_prints_what_was_asked_for_and_how_far_within_the_limit_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, small in {"ROUNDS": 1, "SINGLE": 40, "BATCH": 10, "PEOPLE": 5, "LISTS": 1}.items():
        monkeypatch.setattr(policy, name, small)
    told = policy.run(lambda _step: None)
    assert told["mismatches"] == 0
    assert told["decisions_s_to_limit"] == told["decisions_s"] / 4000
    assert told["list_decisions_s_to_limit"] == told["list_decisions_s"] / 8000
    assert told["p99_ms_to_limit"] == 1 / told["p99_ms"]
    assert told["p99_ms"] >= told["p50_ms"] > 0
    assert told["p99_cpu_ms"] > 0
