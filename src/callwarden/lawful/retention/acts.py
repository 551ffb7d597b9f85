"""Changing a retention rule from the console: the act two people decide on."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.roles import Role
from callwarden.lawful.retention.actions import before_of, check, put
from callwarden.lawful.retention.models import RetentionRule, Trigger
from callwarden.lawful.retention.rules import Change

CHANGE: Final = "lawful:retention:change"


def asked_now(
    line: UUID | None,
    category: str,
    purpose: str,
    *,
    floor_days: int,
    ceiling_days: int,
    jurisdiction: str = "",
    trigger: str = Trigger.CALL_END,
    floor_provision: str = "",
    ceiling_provision: str = "",
) -> Change:
    """The change from the rule as it is now.

    Raises:
        InvalidInput: it contradicts a law or itself.
    """
    rule = RetentionRule.objects.filter(
        line=line, jurisdiction="" if line else jurisdiction, category=category, purpose=purpose
    ).first()
    change = Change(
        line=line,
        category=category,
        purpose=purpose,
        floor_days=floor_days,
        ceiling_days=ceiling_days,
        before=before_of(rule) if rule else None,
        jurisdiction="" if line else jurisdiction,
        trigger=trigger,
        floor_provision=floor_provision,
        ceiling_provision=ceiling_provision,
    )
    check(change)
    return change


def alteration(change: Change) -> Act:
    """The act of making the rule what `change` says."""
    return Act(
        CHANGE,
        {
            "line": str(change.line) if change.line else None,
            "jurisdiction": change.jurisdiction,
            "category": change.category,
            "purpose": change.purpose,
            "trigger": change.trigger,
            "floor_days": change.floor_days,
            "floor_provision": change.floor_provision,
            "ceiling_days": change.ceiling_days,
            "ceiling_provision": change.ceiling_provision,
            "before": [str(part) for part in change.before] if change.before else None,
        },
    )


def change_of(act: Act) -> Change:
    """What an act of this kind asks for."""
    given: dict[str, Any] = dict(act.parameters)
    return Change(
        line=UUID(given["line"]) if given["line"] else None,
        jurisdiction=str(given.get("jurisdiction", "")),
        category=str(given["category"]),
        purpose=str(given["purpose"]),
        trigger=str(given.get("trigger", Trigger.CALL_END)),
        floor_days=int(given["floor_days"]),
        floor_provision=str(given.get("floor_provision", "")),
        ceiling_days=int(given["ceiling_days"]),
        ceiling_provision=str(given.get("ceiling_provision", "")),
        before=_before(given["before"]),
    )


def _before(told: object) -> tuple[str, int, str, int, str] | None:
    if not isinstance(told, list):
        return None
    if len(told) == 2:  # asked for before rules had triggers and provisions
        return (Trigger.CALL_END, int(told[0]), "", int(told[1]), "")
    return (told[0], int(told[1]), told[2], int(told[3]), told[4])


def _change(execution: Execution) -> RetentionRule:
    return put(change_of(Act(CHANGE, execution.parameters)), actor=execution.by.actor)


approvals.register(
    ActKind(CHANGE, title=_("Change a retention rule"), roles=(Role.DPO, Role.SECURITY_ADMIN), quorum=1, run=_change)
)
