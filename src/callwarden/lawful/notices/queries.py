"""Versions of a line's notice, the facts a draft is made of, and where the public finds them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from callwarden.custody.categories import Category
from callwarden.custody.models import Client, Line
from callwarden.lawful.notices.drafting import DraftFacts, KeptFacts, PurposeFacts, TwoNames
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.purposes.models import LinePurpose
from callwarden.lawful.retention.models import RetentionRule


def told(line: Line) -> Notice | None:
    """What callers are told now."""
    return Notice.objects.filter(line=line, state=Notice.State.PUBLISHED).first()


def once_told(line: Line) -> QuerySet[Notice]:
    """What callers are or were told, the newest first. Drafts were told to nobody."""
    return Notice.objects.filter(line=line).exclude(state=Notice.State.DRAFT).order_by("-published_at")


def facts_of(line: Line) -> DraftFacts:
    """What is configured for a line, as far as a caller has to be told."""
    kinds: dict[str, list[str]] = defaultdict(list)
    longest: dict[str, int] = {}
    order = {category: place for place, category in enumerate(Category.values)}
    rules = RetentionRule.objects.filter(line=line).values_list("purpose_id", "category", "ceiling_days")
    for purpose, category, days in sorted(rules, key=lambda rule: order[rule[1]]):
        kinds[purpose].append(category)
        longest[category] = max(days, longest.get(category, 0))
    served = line.purposes.filter(purpose__retired_at=None).select_related("purpose").order_by("-core", "purpose")
    return DraftFacts(
        line=TwoNames(line.name, line.name_zh),
        controller=TwoNames(line.client.name, line.client.name_zh),
        contact="",
        purposes=tuple(_purpose(row, kinds[row.purpose_id]) for row in served),
        kept=tuple(KeptFacts(category, days) for category, days in longest.items()),
        recipients=(),
        takes_cards=line.takes_cards,
        days_until_unreadable=round(settings.EPOCH_DAYS + settings.OVERLAP_DAYS + settings.KEY_BACKUP_DAYS),
    )


def _purpose(row: LinePurpose, kinds: list[str]) -> PurposeFacts:
    return PurposeFacts(
        slug=row.purpose_id,
        name=TwoNames(row.purpose.name, row.purpose.name_zh),
        ground=row.ground,
        ground_label=LinePurpose.Ground(row.ground).label,
        core=row.core,
        separate=row.purpose.separate_consent,
        categories=tuple(kinds),
    )


def public_name(line: Line) -> str:
    """The name of a line in public addresses: its slug, with the client's before it where there is more than one."""
    return line.slug if Client.objects.count() == 1 else f"{line.client.slug}.{line.slug}"


def public_line(name: str) -> Line | None:
    """The line behind a public address. A bare slug that two clients use leads to neither of them."""
    client, _dot, slug = name.rpartition(".")
    wanted: dict[str, Any] = {"slug": slug} | ({"client__slug": client} if client else {})
    found = list(Line.objects.select_related("client").filter(**wanted)[:2])
    return found[0] if len(found) == 1 else None
