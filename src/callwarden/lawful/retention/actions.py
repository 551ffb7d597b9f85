"""Changing how long a kind of data may be kept; telling when a period begins. Due dates follow, in the background."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Client, Customer, Line
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.events import Event
from callwarden.lawful.purposes.queries import never_store
from callwarden.lawful.retention import queries, runs
from callwarden.lawful.retention.models import RetentionEvent, RetentionRule, Trigger
from callwarden.lawful.retention.rules import Change
from callwarden.lawful.retention.rules import check as check_rule

# Clocks of other systems run ahead by as much; only the end of a contract may be told long before it comes.
AHEAD: Final = timedelta(minutes=5)
FURTHEST_AHEAD: Final = timedelta(days=3653)


def check(change: Change) -> None:
    """Refuse a change that contradicts a law or itself.

    Raises:
        InvalidInput: see `rules.check`; the kind of data may not be kept at all where the line stands.
    """
    line = Line.objects.get(pk=change.line) if change.line else None
    jurisdiction = line.jurisdiction if line else change.jurisdiction
    if change.category in never_store(jurisdiction):
        raise InvalidInput("never_stored", _("This kind of data may not be kept here at all, so it can have no rule."))
    # A rule for a whole jurisdiction holds for lines of every direction.
    check_rule(change, jurisdiction=jurisdiction, direction=line.direction if line else "both")


@transaction.atomic
def put(change: Change, *, actor: str) -> RetentionRule:
    """Add a rule, or give an existing one other days. What is stored gets its new date by a run in the background.

    Raises:
        Conflict: the rule is not what it was when the change was asked for.
        InvalidInput: see `check`.
    """
    check(change)
    queries.hold_rules(alone=True)
    rule = _found(change)
    if (None if rule._state.adding else before_of(rule)) != change.before:
        raise Conflict("rule_changed", _("This rule was changed meanwhile. Look at it again, then ask anew."))
    _write(rule, change, actor=actor)
    for one in clients_of(rule):
        runs.start(one, cause="rule", actor=actor)
    return rule


@transaction.atomic
def put_again(change: Change, *, actor: str) -> RetentionRule:
    """Give a restored store a rule that it lost. Dates are left to the caller, and what was lawful then is not asked
    anew.
    """
    queries.hold_rules(alone=True)
    rule = _found(change)
    if rule._state.adding or before_of(rule) != change.after:
        _write(rule, change, actor=actor)
    return rule


def _found(change: Change) -> RetentionRule:
    """The rule a change is of, locked; a new one, not yet saved, where there is none."""
    mine = {
        "line_id": change.line,
        "jurisdiction": "" if change.line else change.jurisdiction,
        "category": change.category,
        "purpose_id": change.purpose,
    }
    return RetentionRule.objects.select_for_update(of=("self",)).filter(**mine).first() or RetentionRule(**mine)


def _write(rule: RetentionRule, change: Change, *, actor: str) -> None:
    rule.trigger, rule.floor_days, rule.floor_provision, rule.ceiling_days, rule.ceiling_provision = change.after
    rule.save()
    client = rule.line.client_id if rule.line else None
    journal.record(
        journal.Entry(
            event=Event.RETENTION_RULE_CHANGED,
            actor=actor,
            client=client,
            purpose=change.purpose,
            data={
                "line": rule.line.slug if rule.line else None,
                "jurisdiction": change.jurisdiction or None,
                "category": change.category,
                "trigger": change.trigger,
                "floor_days": change.floor_days,
                "floor_provision": change.floor_provision,
                "ceiling_days": change.ceiling_days,
                "ceiling_provision": change.ceiling_provision,
                "before": [str(part) for part in change.before or ()],
            },
        )
    )


def before_of(rule: RetentionRule) -> tuple[str, int, str, int, str]:
    """A rule as `Change.before` remembers it."""
    return (rule.trigger, rule.floor_days, rule.floor_provision, rule.ceiling_days, rule.ceiling_provision)


def clients_of(rule: RetentionRule) -> list[UUID]:
    """Clients whose records a rule concerns."""
    lines = Line.objects.filter(jurisdiction=rule.jurisdiction)
    ids = [rule.line.client_id] if rule.line else list(lines.values_list("client", flat=True).distinct())
    return list(Client.objects.filter(pk__in=ids, closed_at=None).order_by("pk").values_list("pk", flat=True))


def tell(customer: Customer, trigger: str, at: datetime, *, actor: str) -> tuple[RetentionEvent, bool]:
    """Note that something happened to a customer from which periods count. Call it inside `client_scope`.

    Told twice it is one; told in any order, the latest time counts. Returns (the event, whether it is new).

    Raises:
        InvalidInput: no such trigger, or a time that has not come.
    """
    if trigger not in Trigger.values or trigger == Trigger.CALL_END:
        raise InvalidInput("unknown_trigger", _("There is no such event that a period counts from."))
    furthest = FURTHEST_AHEAD if trigger == Trigger.CONTRACT_END else AHEAD
    if at > clock.now() + furthest:
        raise InvalidInput(
            "in_the_future", _("This time lies in the future. Only the end of a contract may be told beforehand.")
        )
    event, new = RetentionEvent.objects.get_or_create(
        customer=customer,
        trigger=trigger,
        at=at,
        defaults={"client_id": customer.client_id, "recorded_at": clock.now(), "actor": actor},
    )
    if new:
        journal.record(
            journal.Entry(
                event=Event.RETENTION_EVENT,
                actor=actor,
                client=customer.client_id,
                subject=customer.subject_id,
                data={"trigger": trigger, "at": at.isoformat(), "told": str(event.pk)},
            )
        )
    return event, new
