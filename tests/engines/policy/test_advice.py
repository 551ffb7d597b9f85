"""What would have to change is not guessed: each change that is named does what is said of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines.policy import CHANGES, REASONS, Matrix, Request, advise, changed, compile, decide

from .conftest import Draw, context, person, record

LAW = compile(Matrix.default())
NOBODY_CHANGES = {
    "own_record",
    "duties",
    "job_role",
    "not_granted",
    "unknown_action",
    "unknown_purpose",
    "purpose_not_live",
}


@given(seed=st.integers(0, 2**40))
@settings(max_examples=150, deadline=None)
def test_what_is_said_to_help_helps(seed: int) -> None:
    request = Draw(LAW.matrix, seed).request()
    advice = advise(LAW, request)
    assert advice.decision == decide(LAW, request)
    for reason, changes in advice.lifts.items():
        for change in changes:
            assert reason not in decide(LAW, changed(request, change)).reasons
    if advice.together is not None:
        for change in advice.together:
            request = changed(request, change)
        assert decide(LAW, request).allowed


@given(seed=st.integers(0, 2**40))
@settings(max_examples=100, deadline=None)
def test_no_change_of_circumstances_gets_past_what_no_circumstance_may_change(seed: int) -> None:
    """Nobody is told how to open their own record, or how to join duties."""
    advice = advise(LAW, Draw(LAW.matrix, seed).request())
    if set(advice.decision.reasons) & {"own_record", "duties", "job_role"}:
        assert advice.together is None
    for reason in {"own_record", "duties", "job_role"} & set(advice.lifts):
        assert advice.lifts[reason] == ()


def test_every_change_is_known_by_name_and_does_something() -> None:
    asked = Request(person("agent"), "reveal", record("contact"), context("service"))
    for change in CHANGES:
        assert isinstance(changed(asked, change), Request)


@pytest.mark.parametrize(
    ("spoil", "reasons", "together"),
    [
        ({"active_call": False, "ticket": False}, {"no_task"}, ("call",)),
        ({"reason_given": False}, {"reason_missing"}, ("reason",)),
        ({"active_call": False, "ticket": False, "reason_given": False}, {"no_task", "reason_missing"}, None),
        ({"bulk_count": 10_000}, {"bulk"}, ("grant",)),
    ],
)
def test_the_reasons_and_the_way_out_of_common_refusals(
    spoil: dict[str, Any], reasons: set[str], together: tuple[str, ...] | None
) -> None:
    asked = Request(person("agent"), "reveal", record("contact"), context("service", **spoil))
    advice = advise(LAW, asked)
    assert set(advice.decision.reasons) == reasons
    assert advice.granted
    if together:
        assert advice.together == together
    else:
        assert set(advice.together or ()) == {"call", "reason"}


def test_what_the_matrix_does_not_grant_is_answered_with_who_and_what_for() -> None:
    agent = Request(person("agent"), "export", record("contact"), context("subject_request"))
    advice = advise(LAW, agent)
    assert not advice.granted
    assert advice.together is None
    assert advice.roles == ("data_protection_officer",)
    officer = replace(agent, principal=person("data_protection_officer"), action="view_masked")
    officer = replace(officer, context=context("quality"))
    assert set(advise(LAW, officer).purposes) == {"complaint_handling", "subject_request"}


def test_that_it_is_not_granted_is_said_even_where_a_guard_refuses_first() -> None:
    asked = Request(person("agent"), "export", record("contact"), context("subject_request", active_call=False))
    advice = advise(LAW, asked)
    assert "not_granted" not in advice.decision.reasons or not advice.granted
    assert not advice.granted


def test_every_reason_that_circumstances_make_has_a_change_that_lifts_it() -> None:
    fixed = {*NOBODY_CHANGES, "granted", "unknown_category", "facts_incomplete", "policy_error"}
    lifted: set[str] = set()
    draw = Draw(LAW.matrix, 7)
    for _ in range(1500):
        if len(lifted) == len(set(REASONS) - fixed):
            break
        lifted |= {reason for reason, changes in advise(LAW, draw.request()).lifts.items() if changes}
    assert lifted >= set(REASONS) - fixed
