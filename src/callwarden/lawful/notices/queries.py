"""Versions of a line's notice, the facts a draft is made of, and where the public finds them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from callwarden.custody.models import Client, Line
from callwarden.lawful.notices.drafting import DraftFacts, KeptFacts, PurposeFacts, RecipientFacts, TwoNames
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.purposes import queries as purposes
from callwarden.lawful.purposes.models import LinePurpose, Purpose, Recipient
from callwarden.lawful.purposes.queries import Served
from callwarden.lawful.purposes.terms import CATEGORIES, Role
from callwarden.lawful.retention.models import Trigger
from callwarden.lawful.retention.queries import rules_of

# Clocks of telephone systems run ahead; a time further ahead than this is a mistake.
AHEAD: Final = timedelta(minutes=5)


def told(line: Line) -> Notice | None:
    """What callers are told now."""
    return Notice.objects.filter(line=line, state=Notice.State.PUBLISHED).first()


def once_told(line: Line) -> QuerySet[Notice]:
    """What callers are or were told, the newest first. Drafts were told to nobody."""
    return Notice.objects.filter(line=line).exclude(state=Notice.State.DRAFT).order_by("-published_at")


def told_by(line: Line, version: str, at: datetime) -> Notice | None:
    """This version, if callers could be told it at that time. A yes is one to a text that was told when it was said:
    nobody agrees to what is published later, however their answer is reported.

    Source: PIPL art. 14(1), 17; GDPR art. 4(11), 7(1).
    """
    return _begun(line, at + AHEAD).filter(version=version).first()


def told_at(line: Line, at: datetime) -> Notice | None:
    """What callers were told at that time; None before anything was."""
    return _begun(line, at).first()


def may_bring_over(line: Line) -> bool:
    """Whether a version may still say that callers were told it before: nothing of the line was published here yet."""
    former = told(line)
    return former is None or former.told_since is not None


def _begun(line: Line, at: datetime) -> QuerySet[Notice]:
    return once_told(line).alias(begun=Coalesce("told_since", "published_at")).filter(begun__lte=at)


def facts_of(line: Line) -> DraftFacts:
    """What is configured for a line, as far as a caller has to be told: active purposes whose ground the registry
    bears out, the kinds of data the registry or a retention rule names for them, periods and recipients.
    """
    served = {one.purpose: one for one in purposes.grounds(line)}
    rows = Purpose.objects.filter(slug__in=served).prefetch_related("categories")
    kinds: dict[str, set[str]] = {row.slug: {one.category for one in row.categories.all()} for row in rows}
    longest: dict[tuple[str, str], int] = {}
    for rule in rules_of(line):
        if rule.purpose_id in served:
            kinds[rule.purpose_id].add(rule.category)
            key = rule.category, rule.trigger
            longest[key] = max(rule.ceiling_days, longest.get(key, 0))
    never = purposes.never_store(line.jurisdiction)
    order = {category: place for place, category in enumerate(CATEGORIES)}
    by_slug = {row.slug: row for row in rows}
    client = line.client
    return DraftFacts(
        line=TwoNames(line.name, line.name_zh),
        controller=TwoNames(client.controller or client.name, client.controller_zh or client.name_zh),
        contact=client.contact,
        purposes=tuple(
            _purpose(one, by_slug[slug], sorted(kinds[slug] - never, key=order.__getitem__))
            for slug, one in served.items()
        ),
        kept=tuple(
            KeptFacts(category, longest[category, trigger], Trigger(trigger).label)
            for category, trigger in sorted(longest, key=lambda key: (order[key[0]], key[1]))
        ),
        recipients=tuple(_recipient(one, line, served) for one in purposes.recipients(line)),
        takes_cards=line.takes_cards,
        days_until_unreadable=round(settings.EPOCH_DAYS + settings.OVERLAP_DAYS + settings.KEY_BACKUP_DAYS),
    )


def _purpose(served: Served, row: Purpose, kinds: list[str]) -> PurposeFacts:
    return PurposeFacts(
        slug=served.purpose,
        name=TwoNames(row.name, row.name_zh),
        ground=served.ground,
        ground_label=LinePurpose.Ground(served.ground).label,
        core=served.core,
        separate=served.separate_consent,
        categories=tuple(kinds),
        methods=tuple(row.method),
        abroad=served.abroad,
        description=TwoNames(row.description_en, row.description_zh),
    )


def _recipient(row: Recipient, line: Line, served: Collection[str]) -> RecipientFacts:
    return RecipientFacts(
        slug=row.slug,
        name=TwoNames(row.name, row.name_zh),
        role=Role(row.role).label,
        country=row.country if row.abroad_from(line.jurisdiction) else "",
        purposes=tuple(one.slug for one in row.purposes.all() if one.slug in served),
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
