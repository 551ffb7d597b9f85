"""Computing due dates, and refusing rules that contradict a law or themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from callwarden.custody.categories import Category
from callwarden.custody.moving import OPEN_UNTIL
from callwarden.kernel import structural
from callwarden.kernel.errors import InvalidInput, Translatable
from callwarden.kernel.structural import NotStructural
from callwarden.lawful.retention.models import BUCKET_DAYS, Trigger
from callwarden.lawful.retention.statutes import Statute, named, strictest

LONGEST_DAYS = 36_500


@dataclass(frozen=True)
class Rule:
    """One rule as data: whole days from its trigger."""

    category: Category
    purpose: str
    floor_days: int
    ceiling_days: int
    trigger: str = Trigger.CALL_END


def due_dates(
    rules: Iterable[Rule],
    *,
    purposes: frozenset[str],
    trigger: datetime,
    events: Mapping[str, datetime] | None = None,
    known_customer: bool = False,
) -> dict[Category, datetime]:
    """Per category the latest ceiling over the purposes that are live. A category without a live rule has no date,
    and may therefore not be kept at all.

    Args:
        trigger: end of the call (or last change of the customer record), aware.
        events: when what other rules count from happened. One that did not yet leaves the category open
            (`OPEN_UNTIL`), if there is a customer of whom it could be told; otherwise the end of the call counts.
    """
    due: dict[Category, datetime] = {}
    for rule in rules:
        if rule.purpose in purposes:
            begins = starts(rule.trigger, trigger=trigger, events=events or {}, known_customer=known_customer)
            end = OPEN_UNTIL if begins is None else begins + timedelta(days=rule.ceiling_days)
            due[rule.category] = max(end, due.get(rule.category, end))
    return due


def starts(kind: str, *, trigger: datetime, events: Mapping[str, datetime], known_customer: bool) -> datetime | None:
    """When a period begins to count; None while it waits for its event."""
    if kind == Trigger.CALL_END:
        return trigger
    if kind == Trigger.LAST_CONTACT:
        return max(trigger, events.get(kind, trigger))
    return events.get(kind, None if known_customer else trigger)


@dataclass(frozen=True)
class Change:
    """A rule as it shall be, and as it was when somebody asked.

    Attributes:
        line: None for a rule of a jurisdiction, which `jurisdiction` then names.
        before: (trigger, floor, floor provision, ceiling, ceiling provision); None when there was no rule.
    """

    line: UUID | None
    category: str
    purpose: str
    floor_days: int
    ceiling_days: int
    before: tuple[str, int, str, int, str] | None
    jurisdiction: str = ""
    trigger: str = Trigger.CALL_END
    floor_provision: str = ""
    ceiling_provision: str = ""

    @property
    def after(self) -> tuple[str, int, str, int, str]:
        return (self.trigger, self.floor_days, self.floor_provision, self.ceiling_days, self.ceiling_provision)


@dataclass(frozen=True)
class Bound:
    """A period and what sets it, as people read it."""

    days: int
    by: str


def floor_of(change: Change, *, jurisdiction: str, direction: str) -> Bound | None:
    """What must be kept: the longer of the rule's own floor and what a statute asks for."""
    law = strictest("floor", jurisdiction=jurisdiction, direction=direction, category=change.category)
    if law and law.days >= change.floor_days:
        return Bound(law.days, str(law))
    if change.floor_days:
        return Bound(change.floor_days, _words(change.floor_provision) or gettext("the rule's own minimum"))
    return None


def ceiling_of(change: Change, *, jurisdiction: str, direction: str) -> Bound:
    """What may be kept: the shorter of the rule's own ceiling and what a statute allows."""
    law = strictest("ceiling", jurisdiction=jurisdiction, direction=direction, category=change.category)
    if law and law.days <= change.ceiling_days:
        return Bound(law.days, str(law))
    return Bound(change.ceiling_days, _words(change.ceiling_provision) or gettext("the rule's own maximum"))


def check(change: Change, *, jurisdiction: str, direction: str) -> None:
    """Refuse a rule that contradicts a law or itself.

    Raises:
        InvalidInput: a floor less than a bucket's width below its ceiling, with both provisions named; a time out of
            all reason; a trigger there is not.
    Source: research/privacy-ops.md section 3.
    """
    if change.trigger not in Trigger.values:
        raise InvalidInput("unknown_trigger", _("There is no such event that a period counts from."))
    if not 0 < change.ceiling_days <= LONGEST_DAYS or change.floor_days < 0:
        raise InvalidInput("days_out_of_range", _("Keep it for at least a day and at most a hundred years."))
    for provision in (change.floor_provision, change.ceiling_provision):
        _check_provision(provision)
    floor = floor_of(change, jurisdiction=jurisdiction, direction=direction)
    ceiling = ceiling_of(change, jurisdiction=jurisdiction, direction=direction)
    if ceiling.days < change.ceiling_days:
        raise _conflict(
            "ceiling_above_law",
            _("“%(ceiling)s” allows %(ceiling_days)s days, the rule asks for %(asked)s."),
            floor,
            ceiling,
            asked=change.ceiling_days,
        )
    if floor and floor.days + BUCKET_DAYS > ceiling.days:
        raise _conflict(
            "floor_above_ceiling",
            _(
                "“%(floor)s” asks for at least %(floor_days)s days, “%(ceiling)s” allows at most %(ceiling_days)s."
                " Between them must lie the week that one key spans."
            ),
            floor,
            ceiling,
        )


def _conflict(code: str, message: Translatable, floor: Bound | None, ceiling: Bound, **more: int) -> InvalidInput:
    told = {"floor": floor.by, "floor_days": floor.days} if floor else {}
    told |= {"ceiling": ceiling.by, "ceiling_days": ceiling.days, **more}
    return InvalidInput(code, message % told)


def _check_provision(provision: str) -> None:
    try:
        structural.check_text(provision, where="provision")
    except NotStructural:
        raise InvalidInput(
            "provision_not_a_slug", _("Name a provision by a short reference of letters and digits, such as pipl-19.")
        ) from None


def _words(provision: str) -> str:
    law: Statute | None = named(provision)
    return str(law) if law else provision
