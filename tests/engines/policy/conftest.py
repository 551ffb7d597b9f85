"""People, records and circumstances in which nothing stands against an act, to be spoilt one by one."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from callwarden.engines.policy import (
    ACTIONS,
    ANY,
    CompiledPolicy,
    Context,
    Matrix,
    Principal,
    Record,
    Request,
    compile,
)


@pytest.fixture(scope="session")
def matrix() -> Matrix:
    return Matrix.default()


@pytest.fixture(scope="session")
def law(matrix: Matrix) -> CompiledPolicy:
    return compile(matrix)


def person(*roles: str, **facts: Any) -> Principal:
    content = Principal(
        id="u1",
        roles=frozenset(roles),
        session="s1",
        subject_links=frozenset({"own"}),
        training="valid",
        shift="on",
        queues=frozenset({"q1"}),
        clients=frozenset({"c1"}),
        mfa_age_s=60,
    )
    return replace(content, **facts)


def record(category: str, **facts: Any) -> Record:
    plain = Record("r1", category, "c1", "l1", "q1", frozenset({"caller"}), vip=False, hold=False, restricted=False)
    return replace(plain, **facts)


def context(purpose: str, **facts: Any) -> Context:
    given: dict[str, Any] = {
        "reason_given": True,
        "active_call": True,
        "ticket": True,
        "consent": {purpose: True},
        "own_request": False,
        **facts,
    }
    return Context(purpose, **given)


class Draw:
    """Random requests, weighted so that allows and every kind of refusal are common."""

    def __init__(self, matrix: Matrix, seed: int) -> None:
        self.pick = random.Random(seed)
        self.matrix = matrix
        self.cells = {role: sorted(cell for cell in matrix.cells if cell.role == role) for role in matrix.roles}

    def mostly(self, usual: Any, *others: Any) -> Any:
        return usual if self.pick.random() < 0.85 else self.pick.choice(others)

    def some(self, *names: str) -> frozenset[str]:
        return frozenset(name for name in names if self.pick.random() < 0.4)

    def request(self) -> Request:
        # Agents stand under the most guards, and act the most.
        role = "agent" if self.pick.random() < 0.4 else self.pick.choice(self.matrix.roles)
        cell = self.pick.choice(self.cells[role])
        role = self.mostly(cell.role, *self.matrix.roles, "stranger")
        roles = {role} if self.pick.random() < 0.85 else {role, self.pick.choice(self.matrix.roles)}
        principal = Principal(
            id="u1",
            roles=frozenset(roles),
            session=self.mostly("s1", ""),
            subject_links=self.mostly(frozenset(), self.some("a", "b")),
            training=self.mostly("valid", "expired", "not_measured", "of another kind"),
            shift=self.mostly("on", "off", "not_measured", "of another kind"),
            queues=self.mostly(ANY, self.some("q1", "q2"), frozenset()),
            clients=self.mostly(ANY, self.some("c1", "c2"), frozenset()),
            mfa_age_s=self.mostly(60, None, -1, 900, 901, 28800, 28801, 10**9),
        )
        resource = Record(
            id="r1",
            category=self.mostly(cell.category, *self.matrix.categories, "of no kind"),
            client=self.mostly("c1", "c2", "*"),
            line="l1",
            queue=self.mostly("q1", "q2", ""),
            subject_links=self.some("a", "b", "c"),
            vip=self.mostly(False, True),
            hold=self.mostly(False, True),
            restricted=self.mostly(False, True),
        )
        purpose = self.mostly(cell.purpose, *self.matrix.purposes, "curiosity")
        circumstances = Context(
            purpose=purpose,
            reason_given=self.mostly(True, False),
            active_call=self.pick.random() < 0.6,
            ticket=self.pick.random() < 0.7,
            campaign=self.mostly(False, True),
            consent=self.mostly({purpose: True}, {}, {purpose: None}, {purpose: False}, {"service": True}),
            bulk_count=self.mostly(1, 0, -5, 60, 61, 200, 201, 1000, 1001, 2**62),
            grant=self.mostly(False, True),
            own_request=self.mostly(False, True, None),
            demo=self.mostly(False, True),
        )
        return Request(principal, self.mostly(cell.action, *ACTIONS, "peek"), resource, circumstances)
