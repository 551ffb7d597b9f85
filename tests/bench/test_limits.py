"""Beside a limit more than one is within it, less than one is missed, whichever way the limit bounds."""

from __future__ import annotations

from bench._limits import to_limits


def test_a_pace_is_over_its_limit_and_a_time_under_it() -> None:
    told = to_limits({"rows_s": 40_000.0, "wait_ms": 20.0}, at_least={"rows_s": 50_000}, at_most={"wait_ms": 10})
    assert told == {"rows_s_to_limit": 0.8, "wait_ms_to_limit": 0.5}


def test_what_was_not_measured_is_not_within_its_limit() -> None:
    assert to_limits({}, at_least={"rows_s": 50_000}, at_most={"wait_ms": 10}) == {}


def test_nothing_lost_is_as_far_within_as_can_be() -> None:
    assert to_limits({"rpo_s": 0.0}, at_most={"rpo_s": 5}) == {"rpo_s_to_limit": 5e9}
