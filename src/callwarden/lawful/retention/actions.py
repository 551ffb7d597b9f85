"""Changing how long a kind of data may be kept. What is stored already keeps the date it was given."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import journal
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.events import Event
from callwarden.lawful.retention.models import RetentionRule
from callwarden.lawful.retention.rules import Change

LONGEST_DAYS = 36_500


def check(change: Change) -> None:
    """Refuse a change that makes no sense by itself.

    Raises:
        InvalidInput: a floor above its ceiling, or a time out of all reason.
    """
    if not 0 <= change.floor_days <= change.ceiling_days:
        raise InvalidInput("floor_above_ceiling", _("What must be kept cannot be longer than what may be kept."))
    if not 0 < change.ceiling_days <= LONGEST_DAYS:
        raise InvalidInput("days_out_of_range", _("Keep it for at least a day and at most a hundred years."))


@transaction.atomic
def put(change: Change, *, actor: str) -> RetentionRule:
    """Add a rule, or give an existing one other days.

    Raises:
        Conflict: the rule is not what it was when the change was asked for.
        InvalidInput: see `check`.
    """
    check(change)
    mine = {"line_id": change.line, "category": change.category, "purpose_id": change.purpose}
    rule = RetentionRule.objects.select_for_update().filter(**mine).first()
    if (rule.floor_days, rule.ceiling_days) != change.before if rule else change.before is not None:
        raise Conflict("rule_changed", _("This rule was changed meanwhile. Look at it again, then ask anew."))
    rule = rule or RetentionRule(**mine)
    rule.floor_days, rule.ceiling_days = change.floor_days, change.ceiling_days
    rule.save()
    journal.record(
        journal.Entry(
            event=Event.RETENTION_RULE_CHANGED,
            actor=actor,
            client=rule.line.client_id,
            purpose=change.purpose,
            data={
                "line": rule.line.slug,
                "category": change.category,
                "floor_days": change.floor_days,
                "ceiling_days": change.ceiling_days,
                "before": [str(days) for days in change.before or ()],
            },
        )
    )
    return rule
