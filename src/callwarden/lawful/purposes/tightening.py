"""Rules for kinds of data that become stricter and never laxer, whatever stands."""

from __future__ import annotations

from django.db import transaction

from callwarden.lawful.purposes.actions import write_rule
from callwarden.lawful.purposes.entries import RuleEntry
from callwarden.lawful.purposes.models import CategoryRule


@transaction.atomic
def tighten(category: str, place: str, *, level: int, sensitive: bool, never_store: bool, actor: str) -> CategoryRule:
    """Let a rule for a kind of data be as strict as this; where it is stricter already it stays so."""
    before = CategoryRule.objects.select_for_update().filter(category=category, jurisdiction=place).first()
    rule = RuleEntry(level=level, sensitive=sensitive, never_store=never_store)
    if before is not None:
        rule = RuleEntry(
            level=max(level, before.level),
            sensitive=sensitive or before.sensitive,
            never_store=never_store or before.never_store,
            provision=before.provision,
            certainty=before.certainty,
        )
    return write_rule(category, place, rule, actor=actor)
