"""What marks propose, what stricter settings would have left, and the rules for other people's tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from callwarden.control.alerts.rules import (
    ALWAYS,
    EVERY,
    LEAST,
    MOST,
    SEVERITIES,
    proposal,
    severity_of,
    tunable,
    would_remain,
)
from callwarden.engines.watch import FIXED, KINDS, Settings
from callwarden.kernel.events import Event

SIGMA = sorted((Path(__file__).parents[3] / "docs" / "sigma").glob("*.yml"))


@pytest.mark.parametrize(
    ("true", "false", "after"),
    [(0, 2, 0.0), (0, 3, 0.5), (1, 4, 0.5), (1, 3, 0.0), (3, 0, -0.5), (4, 1, -0.5), (3, 1, 0.0)],
)
def test_marks_propose_one_step_and_only_when_there_are_enough(true: int, false: int, after: float) -> None:
    assert proposal("slow_unexplained", 0.0, true=true, false=false).after == after


@given(
    st.sampled_from(sorted(KINDS)),
    st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0]),
    st.integers(0, 50),
    st.integers(0, 50),
)
def test_a_proposal_stays_within_bounds_and_never_softens_what_is_fixed(
    kind: str, now: float, yes: int, no: int
) -> None:
    wanted = proposal(kind, now, true=yes, false=no)
    assert LEAST <= wanted.after <= MOST
    if kind in FIXED:
        assert not wanted.changes
    elif wanted.changes:
        Settings(strictness={kind: wanted.after})


def test_what_would_remain_counts_the_rarer_ones() -> None:
    facts = [{"chance": 1e-5}, {"chance": 3e-4}, {"chance": 6e-4}]
    assert would_remain("slow_unexplained", facts, 0.0, 1.0) == 1
    assert would_remain("slow_unexplained", facts, 0.0, 0.0) == 3
    assert would_remain("slow_unexplained", facts, 0.0, -1.0) == 3
    assert would_remain("one_subject_again", [{"days": 3.0}, {"days": 5.0}], 0.0, 1.0) == 1


def test_every_kind_has_a_severity_and_canaries_the_highest() -> None:
    assert set(SEVERITIES) <= set(EVERY)
    assert not set(ALWAYS) & set(KINDS)
    assert not set(ALWAYS) & set(tunable())
    assert severity_of("canary") == "critical"
    assert not FIXED & set(tunable())


def rules() -> list[dict[str, Any]]:
    return [rule for path in SIGMA for rule in yaml.safe_load_all(path.read_text(encoding="utf-8"))]


def test_sigma_rules_speak_of_events_and_kinds_that_exist() -> None:
    events, kinds = {str(event) for event in Event}, set(EVERY)
    for rule in rules():
        for part in rule.get("detection", {}).values():
            if isinstance(part, dict):
                named = part.get("event", [])
                assert set([named] if isinstance(named, str) else named) <= events, rule["title"]
                assert {part["data.alert_kind"]} <= kinds if "data.alert_kind" in part else True, rule["title"]


def test_sigma_correlations_name_rules_of_their_own_file_and_ids_are_unique() -> None:
    for path in SIGMA:
        parts = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        names = {part.get("name") for part in parts}
        for part in parts:
            assert set(part.get("correlation", {}).get("rules", [])) <= names, path.name
            assert part.get("correlation") or part["logsource"] == {"product": "callwarden", "service": "audit"}
    ids = [rule["id"] for rule in rules()]
    assert len(ids) == len(set(ids)) >= 10
    covered = {path.name.split("_")[0] for path in SIGMA}
    assert covered == {detector.lower() for detector, _chance in KINDS.values()}
