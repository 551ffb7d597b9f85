"""Cedar and plain Python agree on everything, and nothing that goes wrong on the way becomes an Allow."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import fields, replace
from typing import Any

import cedarpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines.policy import (
    REASONS,
    CompiledPolicy,
    Matrix,
    Policy,
    Request,
    compile,
    decide,
    decide_many,
)
from callwarden.engines.policy.reference import judge

from .conftest import Draw, context, person, record

LAW = compile(Matrix.default())
REQUIRED = {
    "principal": ["session", "subject_links", "training", "shift", "queues", "clients"],
    "resource": ["category", "client", "line", "queue", "subject_links", "vip", "hold", "restricted"],
    "context": [
        "purpose",
        "reason_given",
        "active_call",
        "ticket",
        "campaign",
        "consent",
        "bulk_count",
        "grant",
        "demo",
    ],
}
OPTIONAL = {"principal": ["mfa_age_s"], "resource": [], "context": ["own_request"]}


def test_twenty_thousand_random_requests_without_a_mismatch(matrix: Matrix, law: CompiledPolicy) -> None:
    draw = Draw(matrix, seed=20_260)
    requests = [draw.request() for _ in range(20_000)]
    seen: Counter[str] = Counter()
    for start in range(0, len(requests), 1000):
        batch = requests[start : start + 1000]
        for request, decision in zip(batch, decide_many(law, batch), strict=True):
            assert (decision.allowed, frozenset(decision.reasons)) == judge(matrix, request), request
            assert not decision.errors
            seen.update(decision.reasons)
    # The draw reaches every reason but those for malformed facts, each often enough to mean something.
    assert set(seen) == set(REASONS) - {"facts_incomplete", "policy_error", "purpose_not_live"}
    assert min(seen.values()) > 30
    assert seen["granted"] > 2000


@given(seed=st.integers(0, 2**40))
@settings(max_examples=300, deadline=None)
def test_one_decision_and_a_batch_give_the_same_answer(seed: int) -> None:
    request = Draw(LAW.matrix, seed).request()
    assert decide_many(LAW, [request]) == [decide(LAW, request)]


PURPOSES = sorted(LAW.matrix.purposes)


@given(seed=st.integers(0, 2**40), live=st.frozensets(st.sampled_from([*PURPOSES, "elsewhere"])))
@settings(max_examples=300, deadline=None)
def test_nothing_is_allowed_under_a_purpose_that_is_not_in_force(seed: int, live: frozenset[str]) -> None:
    request = Draw(LAW.matrix, seed).request()
    law = LAW.living(live)
    decision = decide(law, request)
    assert (decision.allowed, frozenset(decision.reasons)) == judge(LAW.matrix, request, live)
    assert decide_many(law, [request]) == [decision]
    assert not decision.allowed or request.context.purpose in live
    assert decision.allowed == (decide(LAW, request).allowed and request.context.purpose in live)


@given(seed=st.integers(0, 2**40), data=st.data())
@settings(max_examples=60, deadline=None)
def test_for_any_matrix_and_any_purposes_in_force_no_cell_is_allowed_under_another(
    seed: int, data: st.DataObject
) -> None:
    cells = data.draw(st.frozensets(st.sampled_from(sorted(LAW.matrix.cells)), min_size=1, max_size=8))
    live = data.draw(st.frozensets(st.sampled_from(PURPOSES)))
    law = compile(replace(LAW.matrix, cells=cells)).living(live)
    for cell in cells:
        request = Draw(LAW.matrix, seed).request()
        request = replace(
            request,
            principal=person(cell.role),
            action=cell.action,
            resource=record(cell.category),
            context=context(cell.purpose, grant=True),
        )
        assert not decide(law, request).allowed or cell.purpose in live


@given(seed=st.integers(0, 2**40))
@settings(max_examples=300, deadline=None)
def test_leaving_out_policies_that_cannot_apply_changes_nothing(seed: int) -> None:
    request = Draw(LAW.matrix, seed).request()
    sliced = decide(LAW, request)

    class Whole(CompiledPolicy):
        def applicable(self, roles: frozenset[str], action: str) -> cedarpy.PolicySet:
            return whole

    whole = LAW.whole()
    unsliced = Whole(**{item.name: getattr(LAW, item.name) for item in fields(LAW)})
    assert decide(unsliced, request) == sliced


def without(request: Request, part: str, fact: str) -> Request:
    return replace(request, **{part: replace(getattr(request, part), **{fact: None})})


@given(seed=st.integers(0, 2**40))
@settings(max_examples=60, deadline=None)
def test_dropping_any_fact_never_turns_a_refusal_into_an_allow(seed: int) -> None:
    request = Draw(LAW.matrix, seed).request()
    before = decide(LAW, request).allowed
    for part, names in REQUIRED.items():
        for fact in names:
            assert not decide(LAW, without(request, part, fact)).allowed, fact
    for part, names in OPTIONAL.items():
        for fact in names:
            assert decide(LAW, without(request, part, fact)).allowed <= before, fact


def test_the_dropped_facts_are_all_the_facts_there_are() -> None:
    """A fact added later must be added to the test above."""
    request = Draw(LAW.matrix, 1).request()
    for part in REQUIRED:
        names = {item.name for item in fields(getattr(request, part))} - {"id", "roles"}
        assert names == {*REQUIRED[part], *OPTIONAL[part]}


granted = Request(person("agent"), "reveal", record("contact"), context("service"))


@pytest.mark.parametrize("value", ["yes", 1, 0, [], {}, 1.5, object()])
@pytest.mark.parametrize(
    ("part", "fact"),
    [
        ("resource", "hold"),
        ("resource", "restricted"),
        ("resource", "vip"),
        ("context", "demo"),
        ("context", "grant"),
        ("context", "active_call"),
    ],
)
def test_a_flag_of_another_type_refuses(law: CompiledPolicy, part: str, fact: str, value: Any) -> None:
    assert decide(law, granted).allowed
    spoilt = replace(granted, **{part: replace(getattr(granted, part), **{fact: value})})
    assert not decide(law, spoilt).allowed
    assert not decide_many(law, [spoilt])[0].allowed


@pytest.mark.parametrize("value", ["60", 60.0, True, float("nan"), 2**63, -(2**63) - 1, [60]])
def test_a_number_of_another_kind_refuses(law: CompiledPolicy, value: Any) -> None:
    for spoilt in (
        replace(granted, principal=replace(granted.principal, mfa_age_s=value)),
        replace(granted, context=replace(granted.context, bulk_count=value)),
    ):
        assert not decide(law, spoilt).allowed


@pytest.mark.parametrize("value", [None, "agent", ["agent"], {"agent": 1}, frozenset({7}), frozenset()])
def test_roles_of_another_kind_refuse_and_do_not_raise(law: CompiledPolicy, value: Any) -> None:
    assert not decide(law, replace(granted, principal=replace(granted.principal, roles=value))).allowed


@pytest.mark.parametrize("value", [None, {"a": 1}, ["service"], 7])
def test_a_purpose_of_another_kind_refuses_and_does_not_raise(law: CompiledPolicy, value: Any) -> None:
    assert not decide(law, replace(granted, context=replace(granted.context, purpose=value))).allowed


def test_one_malformed_request_does_not_refuse_its_neighbours(law: CompiledPolicy) -> None:
    broken = replace(granted, resource=replace(granted.resource, hold="no"))
    decisions = decide_many(law, [granted, broken, granted])
    assert [decision.allowed for decision in decisions] == [True, False, True]
    assert decisions[1].reasons == ("facts_incomplete",)


def with_policy(law: CompiledPolicy, policy: Policy) -> CompiledPolicy:
    form = json.loads(cedarpy.policies_to_json_str(policy.text))["staticPolicies"]["policy0"]
    return replace(
        law,
        policies=(*law.policies, policy),
        _parsed={**law._parsed, policy.id: form},
        _slices={},
        principals={},
    )


def test_a_forbid_that_fails_to_evaluate_never_yields_an_allow(law: CompiledPolicy) -> None:
    """Cedar skips it and says Allow; that is why its answer alone does not count."""
    overflow = "context.bulk_count * 9223372036854775807 > 0"
    text = f"forbid (principal, action, resource) when {{ {overflow} }};"
    failing = with_policy(law, Policy("guard.own_record.failing", text, None, None))
    request = replace(granted, context=replace(granted.context, bulk_count=2))
    assert decide(law, request).allowed
    raw = cedarpy.is_authorized(
        {"principal": 'Principal::"p"', "action": 'Action::"reveal"', "resource": 'Record::"r"', "context": "{}"},
        cedarpy.PolicySet.from_str(
            "permit (principal, action, resource); forbid (principal, action, resource) when { context.absent };"
        ),
        "[]",
    )
    assert raw.decision is cedarpy.Decision.Allow, "Cedar has changed: the reason for this test is gone"
    for decision in (decide(failing, request), decide_many(failing, [request])[0]):
        assert not decision.allowed
        assert decision.errors == ("evaluation:guard.own_record.failing",)
        assert decision.reasons == ("policy_error",)


def test_a_broken_engine_refuses(law: CompiledPolicy, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(cedarpy, "is_authorized", broken)
    monkeypatch.setattr(cedarpy, "is_authorized_batch", broken)
    for decision in (decide(law, granted), decide_many(law, [granted])[0]):
        assert not decision.allowed
        assert decision.errors == ("engine",)


def test_no_answer_repeats_a_fact_it_was_given(law: CompiledPolicy) -> None:
    secret = "13800138000"
    for spoilt in (
        replace(granted, resource=replace(granted.resource, hold=secret)),
        replace(granted, context=replace(granted.context, grant=secret)),
        replace(granted, context=replace(granted.context, purpose=secret)),
        replace(granted, principal=replace(granted.principal, queues=[secret, 7])),
        replace(granted, action=secret),
    ):
        assert secret not in repr(decide(law, spoilt))
        assert secret not in repr(decide_many(law, [spoilt]))


def test_a_schema_is_always_used(law: CompiledPolicy, monkeypatch: pytest.MonkeyPatch) -> None:
    used = []
    real = cedarpy.is_authorized_batch

    def watch(requests: Any, policies: Any, entities: Any, schema: Any = None, verbose: bool = False) -> Any:
        used.append(schema)
        return real(requests, policies, entities, schema, verbose)

    monkeypatch.setattr(cedarpy, "is_authorized_batch", watch)
    decide(law, granted)
    decide_many(law, [granted])
    assert used == [law.schema, law.schema]
