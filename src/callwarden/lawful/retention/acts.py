"""Changing a retention rule from the console: the act two people decide on."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.roles import Role
from callwarden.lawful.retention.actions import check, put
from callwarden.lawful.retention.models import RetentionRule
from callwarden.lawful.retention.rules import Change

CHANGE: Final = "lawful:retention:change"


def asked_now(line: UUID, category: str, purpose: str, *, floor_days: int, ceiling_days: int) -> Change:
    """The change from the rule as it is now.

    Raises:
        InvalidInput: it makes no sense by itself.
    """
    rule = RetentionRule.objects.filter(line=line, category=category, purpose=purpose).first()
    before = (rule.floor_days, rule.ceiling_days) if rule else None
    change = Change(line, category, purpose, floor_days, ceiling_days, before)
    check(change)
    return change


def alteration(change: Change) -> Act:
    """The act of making the rule what `change` says."""
    return Act(
        CHANGE,
        {
            "line": str(change.line),
            "category": change.category,
            "purpose": change.purpose,
            "floor_days": change.floor_days,
            "ceiling_days": change.ceiling_days,
            "before": [str(days) for days in change.before] if change.before else None,
        },
    )


def change_of(act: Act) -> Change:
    """What an act of this kind asks for."""
    given = act.parameters
    before = given["before"]
    return Change(
        line=UUID(str(given["line"])),
        category=str(given["category"]),
        purpose=str(given["purpose"]),
        floor_days=int(str(given["floor_days"])),
        ceiling_days=int(str(given["ceiling_days"])),
        before=(int(before[0]), int(before[1])) if isinstance(before, list) else None,
    )


def _change(execution: Execution) -> RetentionRule:
    return put(change_of(Act(CHANGE, execution.parameters)), actor=execution.by.actor)


approvals.register(
    ActKind(CHANGE, title=_("Change a retention rule"), roles=(Role.DPO, Role.SECURITY_ADMIN), quorum=1, run=_change)
)
