"""A version in shadow is asked about real decisions and changes none of them, whatever becomes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction

from callwarden.control.access import actions, queries, shadow
from callwarden.control.access.models import PolicyVersion, ShadowCount
from callwarden.engines.policy import Cell, Decision, Matrix, compile, decide
from callwarden.flows import ledger_details
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import AccessRefused
from callwarden.kernel import journal
from callwarden.kernel.events import Event
from tests.engines.policy.conftest import Draw
from tests.flows.centre_of_controls import login_of, person

WHY = {"purpose": "audit", "reason": "Checking the trail of March."}
READ = Cell("auditor", "audit", "ledger_entry", "read_ledger")
SHIPPED = Matrix.default()
NARROW = replace(SHIPPED, cells=SHIPPED.cells - {READ})
WIDE = replace(SHIPPED, cells=SHIPPED.cells | {READ._replace(role="agent")})
LAW = compile(SHIPPED)


@pytest.fixture
def auditor(keeper) -> Actor:
    actions.ensure_default()
    user = person("anna", "auditor")
    return Actor.person(user, login_of(user))


@pytest.fixture
def entry(keeper):
    with transaction.atomic():
        return journal.record(journal.Entry(event=Event.HOLD_SET, actor="system", detail={"reason": "Because."}))


def in_shadow(matrix: Matrix, *, sample: int = 100) -> PolicyVersion:
    return actions.put_into_shadow(actions.draft(matrix, actor="system"), sample=sample, actor="system")


def counted() -> dict[tuple[str, str, str], int]:
    return {(one.outcome, one.roles, one.reason): one.count for one in ShadowCount.objects.all()}


def test_what_the_shadow_would_refuse_is_allowed_still_and_counted(auditor, entry):
    in_shadow(NARROW)
    for _ in range(3):
        assert ledger_details.read(auditor, entry, **WHY).values
    assert counted() == {("closes", "auditor", "not_granted"): 3}


def test_what_the_shadow_would_allow_is_refused_still_and_counted(auditor, entry):
    user = person("bert", "agent")
    in_shadow(WIDE)
    with pytest.raises(AccessRefused):
        ledger_details.read(Actor.person(user, login_of(user)), entry, **WHY)
    assert counted() == {("opens", "agent", "not_granted"): 1}


def test_what_both_decide_alike_is_counted_as_the_same(auditor, entry):
    in_shadow(WIDE)
    ledger_details.read(auditor, entry, **WHY)
    assert counted() == {("same", "auditor", ""): 1}


def test_without_a_shadow_nothing_is_counted_and_after_activation_no_more(auditor, entry):
    ledger_details.read(auditor, entry, **WHY)
    version = in_shadow(WIDE)
    actions.put_into_force(version, actor="system")
    ledger_details.read(auditor, entry, **WHY)
    assert not ShadowCount.objects.exists()


@pytest.mark.parametrize("broken", ["compiled", "decide_many", "_count", "in_shadow"])
def test_a_shadow_that_fails_disturbs_no_decision(auditor, entry, monkeypatch, caplog, broken):
    in_shadow(NARROW)

    def fails(*_given: object) -> None:
        raise DatabaseError("13800138000")

    monkeypatch.setattr(shadow, broken, fails)
    assert ledger_details.read(auditor, entry, **WHY).values
    assert "13800138000" not in caplog.text
    errors = {("error", "auditor", "policy_error"): 1}
    assert counted() == (errors if broken in {"compiled", "decide_many"} else {})


def test_a_shadow_that_this_release_cannot_read_is_an_error_of_the_shadow(auditor, entry):
    version = in_shadow(NARROW)
    data = version.matrix | {"guards": {}}
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE control_policyversion DISABLE TRIGGER keep_written")
        try:
            PolicyVersion.objects.filter(pk=version.pk).update(matrix=data, digest="sha256:" + "1" * 64)
        finally:
            cursor.execute("ALTER TABLE control_policyversion ENABLE TRIGGER keep_written")
    queries._compiled.cache_clear()
    assert ledger_details.read(auditor, entry, **WHY).values
    assert counted() == {("error", "auditor", "policy_error"): 1}


def test_what_did_not_happen_is_not_counted(auditor):
    in_shadow(NARROW)
    request = Draw(SHIPPED, 3).request()
    with transaction.atomic():
        shadow.watch([request], [decide(LAW, request)])
        transaction.set_rollback(True)  # the ledger did not take it
    assert not ShadowCount.objects.exists()


def test_a_sample_asks_about_as_many_as_it_says(auditor, entry, monkeypatch):
    in_shadow(NARROW, sample=25)
    drawn = iter([0.0, 0.2499, 0.25, 0.9])
    monkeypatch.setattr(shadow.random, "random", lambda: next(drawn))
    for _ in range(4):
        ledger_details.read(auditor, entry, **WHY)
    assert counted() == {("closes", "auditor", "not_granted"): 2}


def test_of_a_long_list_a_bounded_number_is_asked_about(auditor):
    in_shadow(WIDE)
    request = Draw(SHIPPED, 3).request()
    decision = decide(LAW, request)
    with transaction.atomic():
        shadow.watch([request] * 500, [decision] * 500)
    assert sum(counted().values()) == shadow.MOST


@pytest.mark.parametrize(
    ("taken", "other", "outcome", "reason"),
    [
        ((), (), "same", ""),
        (("no_task",), (), "opens", "no_task"),
        ((), ("vip", "bulk"), "closes", "vip"),
        (("no_task",), ("no_task",), "same", ""),
        (("no_task",), ("no_task", "bulk"), "reasons", "bulk"),
        (("no_task", "bulk"), ("no_task",), "reasons", "bulk"),
    ],
)
def test_how_two_answers_compare(taken, other, outcome, reason):
    def decision(reasons: tuple[str, ...]) -> Decision:
        return Decision(not reasons, (), (), reasons or ("granted",), (), "sha256:x")

    kind = shadow.kind_of(Draw(SHIPPED, 3).request(), decision(taken), decision(other))
    assert (kind.outcome, kind.reason) == (outcome, reason)
