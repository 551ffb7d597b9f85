"""Rules for kinds of data, and purposes, that become stricter and never laxer, whatever stands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from django.db import transaction

from callwarden.lawful.purposes.actions import become, write_rule
from callwarden.lawful.purposes.entries import RuleEntry
from callwarden.lawful.purposes.models import CategoryRule, Purpose
from callwarden.lawful.purposes.queries import entry_of


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


@transaction.atomic
def narrow(
    purpose: Purpose,
    *,
    categories: Collection[str],
    recipients: Collection[str],
    method: Collection[str],
    actor: str,
) -> Purpose:
    """Leave out of a purpose in force what is not among these; nothing comes to it."""
    purpose = Purpose.objects.select_for_update().get(pk=purpose.pk)
    entry = entry_of(purpose)
    less = replace(
        entry,
        categories=tuple(one for one in entry.categories if one in categories),
        recipients=tuple(one for one in entry.recipients if one in recipients),
        method=tuple(one for one in entry.method if one in method),
    )
    if purpose.state == Purpose.State.ACTIVE and less.digest != entry.digest:
        become(purpose, less, actor=actor)
    return purpose
