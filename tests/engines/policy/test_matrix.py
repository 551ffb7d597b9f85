"""The matrix is data: it survives writing and reading, names its faults, and grows without code."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines.policy import (
    ACTIONS,
    Cell,
    CompiledPolicy,
    Matrix,
    MatrixRefused,
    Request,
    compile,
    decide,
    effective_matrix,
)

from .conftest import context, person, record

shipped = Matrix.default()
cells = st.builds(
    Cell,
    st.sampled_from(shipped.roles),
    st.sampled_from(sorted(shipped.purposes)),
    st.sampled_from(shipped.categories),
    st.sampled_from(ACTIONS),
)


@given(st.sets(cells, max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_set_of_cells_survives_writing_and_reading(some: set[Cell]) -> None:
    matrix = replace(shipped, cells=frozenset(some))
    again = Matrix.load(matrix.dump())
    assert again == matrix
    assert again.digest == matrix.digest
    assert Matrix.from_data(matrix.to_data()) == matrix


@given(st.sets(cells, max_size=60))
@settings(max_examples=30, deadline=None)
def test_what_the_engine_allows_is_what_the_cells_say(some: set[Cell]) -> None:
    """The whole way: cells -> grants -> Cedar -> decisions."""
    matrix = replace(shipped, cells=frozenset(some))
    law = compile(matrix)
    asked = some | {Cell("agent", "service", "contact", "reveal"), Cell("auditor", "audit", "ledger_entry", "export")}
    table = effective_matrix(law)
    assert {cell for cell in asked if table[cell]} == some
    assert sum(table.values()) == len(some)


def test_the_effective_matrix_of_the_shipped_law_is_the_shipped_matrix(law: CompiledPolicy, matrix: Matrix) -> None:
    table = effective_matrix(law)
    assert {cell for cell, allowed in table.items() if allowed} == matrix.cells
    assert len(table) == len(matrix.roles) * len(matrix.purposes) * len(matrix.categories) * len(ACTIONS)


def test_a_cell_taken_out_is_refused_and_put_back_is_allowed(law: CompiledPolicy, matrix: Matrix) -> None:
    cell = Cell("agent", "service", "contact", "reveal")
    request = Request(person("agent"), "reveal", record("contact"), context("service"))
    assert decide(law, request).allowed
    without = matrix.with_cell(cell, allowed=False)
    assert without.version == matrix.version + 1
    assert decide(compile(without), request).reasons == ("not_granted",)
    assert without.with_cell(cell, allowed=True).digest == matrix.digest
    assert matrix.diff(without).removed == {cell}
    assert not matrix.diff(without).added


def test_a_new_purpose_category_and_role_need_no_code(matrix: Matrix) -> None:
    data = matrix.to_data()
    data["purposes"]["prize_draw"] = {"consent": True}
    data["categories"].append("voice_print")
    data["roles"].append("event_host")
    data["grants"].append(
        {"roles": ["event_host"], "purposes": ["prize_draw"], "categories": ["voice_print"], "actions": ["view_masked"]}
    )
    law = compile(Matrix.from_data(data))
    host, print_, draw = person("event_host"), record("voice_print"), context("prize_draw")
    assert decide(law, Request(host, "view_masked", print_, draw)).allowed
    without_consent = context("prize_draw", consent={})
    assert decide(law, Request(host, "view_masked", print_, without_consent)).reasons == ("consent_missing",)


def reordered(value: Any) -> Any:
    """The same JSON value with its keys in another order, as a database gives it back."""
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in sorted(value, key=lambda key: (len(key), key))}
    return [reordered(item) for item in value] if isinstance(value, list) else value


def test_a_database_that_forgets_the_order_of_keys_changes_nothing(law: CompiledPolicy, matrix: Matrix) -> None:
    again = Matrix.from_data(reordered(matrix.to_data()))
    assert again.digest == matrix.digest
    assert compile(again).digest == law.digest
    assert compile(again).text() == law.text()


def test_the_digest_follows_the_content_not_the_version_number(matrix: Matrix) -> None:
    assert replace(matrix, version=99).digest == matrix.digest
    guards = replace(matrix.guards, vip_actions=())
    changed = replace(matrix, guards=guards)
    assert changed.digest != matrix.digest
    assert compile(changed).digest != compile(matrix).digest
    assert set(matrix.diff(changed).changed) == {"guards"}


def spoil(**parts: Any) -> dict[str, Any]:
    data = deepcopy(shipped.to_data())
    for path, value in parts.items():
        *steps, last = path.split("__")
        place = data
        for step in steps:
            place = place[step]
        place[last] = value
    return data


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (None, "exactly the parts"),
        ([], "exactly the parts"),
        ({**shipped.to_data(), "more": 1}, "exactly the parts"),
        (spoil(version=0), "version"),
        (spoil(version=True), "version"),
        (spoil(roles=["agent", "agent"]), "twice"),
        (spoil(roles=['agent" || true || "']), "not a slug"),
        (spoil(roles=["job:job:x"]), "not a slug"),
        (spoil(categories=["Identity"]), "not a slug"),
        (spoil(purposes={'x"].contains("': {}}), "not a slug"),
        (spoil(purposes__service={"consent": "yes"}), "purposes.service"),
        (spoil(purposes__service={"agreed": True}), "purposes.service"),
        (spoil(grants=[{"roles": ["agent"]}]), "grants[0]"),
        (spoil(grants=[{"roles": ["chef"], "purposes": [], "categories": [], "actions": []}]), "'chef'"),
        (spoil(grants=[{"roles": ["agent"], "purposes": "service", "categories": [], "actions": []}]), "purposes"),
        (
            spoil(grants=[{"roles": ["agent"], "purposes": ["service"], "categories": [], "actions": ["peek"]}]),
            "'peek'",
        ),
        (spoil(guards={}), "guards.queue_bound is missing"),
        (spoil(guards__leniency=1), "guards.leniency is not a setting"),
        (spoil(guards__step_up_s={"reveal": 0}), "guards.step_up_s.reveal"),
        (spoil(guards__step_up_s={"reveal": "900; permit"}), "guards.step_up_s.reveal"),
        (spoil(guards__bulk_limit={"agent": 5}), "bulk_limit.default"),
        (spoil(guards__training_accepted=[]), "training_accepted"),
        (spoil(guards__incompatible=[["agent"]]), "pairs"),
        (spoil(guards__incompatible=[["agent", "agent"]]), "pairs"),
        (spoil(guards__grant_needed=[{"actions": ["export"]}]), "grant_needed"),
        (spoil(obligations={"reveal": ["applaud"]}), "'applaud'"),
        (spoil(obligations={"peek": ["mask"]}), "'peek'"),
    ],
)
def test_a_faulty_matrix_is_refused_with_the_place_of_the_fault(data: Any, fault: str) -> None:
    with pytest.raises(MatrixRefused) as refused:
        Matrix.from_data(data)
    assert any(fault in named for named in refused.value.faults), refused.value.faults


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(MatrixRefused) as refused:
        Matrix.from_data(spoil(version=0, obligations={"peek": ["mask"]}, guards__leniency=1))
    assert len(refused.value.faults) == 3


def test_text_that_is_not_yaml_is_refused_with_its_line() -> None:
    with pytest.raises(MatrixRefused, match="line 2"):
        Matrix.load("version: 1\n  roles: [")


def test_a_cell_that_names_the_unknown_cannot_be_set(matrix: Matrix) -> None:
    with pytest.raises(MatrixRefused, match="'chef'"):
        matrix.with_cell(Cell("chef", "service", "contact", "reveal"), allowed=True)


def test_the_policy_can_be_read_by_people_and_by_other_cedar_tools(law: CompiledPolicy) -> None:
    text = law.text()
    assert '@id("guard.own_record")' in text
    assert text.count("@id(") == len(law.policies)
