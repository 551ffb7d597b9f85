"""A change of retention rules that waits stops nobody who corrects a redaction."""

from __future__ import annotations

from typing import Any

import pytest

from callwarden.custody.models import Call
from callwarden.flows import checking
from callwarden.flows.actors import Actor
from callwarden.kernel import approvals
from callwarden.kernel.models import Approval
from tests.flows.requests.test_order_of_locks import Others, when_locked
from tests.flows.test_checking import asked, call, hide, login, officer, reviewer
from tests.work import forget_jobs

__all__ = ["call", "login", "officer", "reviewer"]


def test_hiding_holds_the_rules_before_any_row(call: Call, reviewer: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    others = Others(call.client_id)
    monkeypatch.setattr(checking, "hold_still", when_locked(checking.hold_still, others))
    assert hide(reviewer, call)
    assert others.went_well()


def test_giving_back_holds_the_rules_before_any_row(
    call: Call, reviewer: Actor, officer: Actor, login: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    approval = asked(reviewer, call)
    approvals.approve(approval.pk, by=officer.user)
    approvals.execute(approval.pk, approvals.act_of(Approval.objects.get(pk=approval.pk)), by=reviewer.user)
    forget_jobs()
    others = Others(call.client_id)
    monkeypatch.setattr(checking, "hold_still", when_locked(checking.hold_still, others))
    checking.give_back(call.pk, call.client_id)
    assert others.went_well()
