"""Chapter 1 as it is configured: lines, purposes, notices, consent and retention."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from django.db.models import Prefetch
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.custody.categories import Category
from callwarden.custody.models import Line
from callwarden.custody.scope import client_scope
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Badge, Chips, Empty, Link, Row, Text
from callwarden.doors.console.labels import language_label, look
from callwarden.flows.names import named
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.purposes.models import LinePurpose, Purpose
from callwarden.lawful.retention.models import RetentionRule
from callwarden.lawful.retention.queries import rules_of

NO_LINE = Empty(
    _("No line is set up yet"), _("Lines are set up by a system administrator; then they appear here."), "phone"
)
# In the words of consent, not of calls.
CONSENT_LOOKS = {"given": "given", "refused": "declined", "withdrawn": "withdrawn"}


def lines() -> list[Line]:
    """Every line with its notices and purposes."""
    return list(
        Line.objects.select_related("client")
        .prefetch_related(
            Prefetch("notices", Notice.objects.order_by("-published_at", "-version")),
            Prefetch("purposes", LinePurpose.objects.select_related("purpose").order_by("-core", "purpose")),
        )
        .order_by("client__slug", "slug")
    )


def context_of(request: HttpRequest, *, may_change: bool) -> dict[str, object]:
    found = lines()
    return {
        "lines": lines_table(found, may_change=may_change),
        "purposes": purposes_table(found),
        "consent": consent_table(found),
        "retention": retention_table(found, may_change=may_change),
    }


def lines_table(found: Iterable[Line], *, may_change: bool) -> PlainTable:
    rows = []
    for line in found:
        notices = list(line.notices.all())
        told = next((notice for notice in notices if notice.state == Notice.State.PUBLISHED), None)
        drafts = [notice for notice in notices if notice.state == Notice.State.DRAFT]
        new = Link(_("Write a new version"), reverse("console:notice_new", args=[line.pk]), icon="pencil")
        rows.append(
            Row(
                (
                    Link(named(line), reverse("console:notices", args=[line.pk])),
                    Line.Direction(line.direction).label,
                    ", ".join(dict.fromkeys(str(language_label(code)) for code in line.languages)),
                    Line.Suite(line.suite).label,
                    _notice_link(told) if told else Badge(_("No notice"), "fail", "circle-x"),
                    Chips([_notice_link(draft) for draft in drafts]) if drafts else (new if may_change else ""),
                )
            )
        )
    headings = (_("Line"), _("Direction"), _("Languages"), _("Sealed with"), _("Notice in force"), _("Next version"))
    return PlainTable(_("Lines and their notices"), headings, rows, NO_LINE)


def _notice_link(notice: Notice) -> Link:
    return Link(notice.version, reverse("console:notice", args=[notice.pk]), Notice.State(notice.state).label)


def purposes_table(found: Iterable[Line]) -> PlainTable:
    rows = [
        Row(
            (
                named(one.purpose),
                named(line),
                LinePurpose.Ground(one.ground).label,
                Badge(_("Needed"), "info", "lock")
                if one.core
                else Badge(pgettext_lazy("use of data", "Optional"), "neutral", "circle-dashed"),
                _("Yes") if one.purpose.separate_consent else _("No"),
            )
        )
        for line in found
        for one in line.purposes.all()
    ]
    headings = (_("Purpose"), _("Line"), _("Rests on"), _("For keeping a call"), _("Separate consent"))
    empty = Empty(_("No purpose is set up yet"), _("Without a purpose nothing can be admitted."), "scale")
    return PlainTable(_("Purposes and what they rest on"), headings, rows, empty)


def consent_table(found: Iterable[Line]) -> PlainTable:
    """The newest word on each purpose of each call."""
    names = {purpose.slug: purpose for purpose in Purpose.objects.all()}
    rows = []
    for line in found:
        for purpose, counts in sorted(_consents(line).items()):
            cells = [
                Badge(f"{counts[state]:,}", look(CONSENT_LOOKS[state]).tone, look(CONSENT_LOOKS[state]).icon)
                if counts[state]
                else ""
                for state in CONSENT_LOOKS
            ]
            rows.append(Row((named(names[purpose]) if purpose in names else purpose, named(line), *cells)))
    headings = (_("Purpose"), _("Line"), *(ConsentEvent.State(state).label for state in CONSENT_LOOKS))
    empty = Empty(
        _("No consent was reported yet"), _("It comes with the call records, or from another system."), "scale"
    )
    return PlainTable(_("Consent, by the newest word of each call"), headings, rows, empty)


def _consents(line: Line) -> dict[str, Counter[str]]:
    with client_scope(line.client_id):
        newest = (
            ConsentEvent.objects.filter(line=line, recipient="")
            .exclude(state=ConsentEvent.State.REQUESTED)
            .order_by("reference", "purpose", "-at", "-recorded_at")
            .distinct("reference", "purpose")
            .values_list("purpose", "state")
        )
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for purpose, state in newest:
            counts[purpose][state] += 1
    return counts


def retention_table(found: Iterable[Line], *, may_change: bool) -> PlainTable:
    """Rules that say the same for the same purposes, on one line together."""
    rows = []
    for line in found:
        for (purposes, floor, ceiling), rules in _alike(line).items():
            first = rules[0]
            href = f"{reverse('console:retention')}?line={line.pk}&category={first.category}&purpose={first.purpose_id}"
            rows.append(
                Row(
                    (
                        named(line),
                        Chips([Badge(label) for label in dict.fromkeys(Category(one.category).label for one in rules)]),
                        ", ".join(purposes),
                        _days(floor) if floor else "",
                        _days(ceiling),
                        *((Link(_("Change"), href, icon="pencil"),) if may_change else ()),
                    )
                )
            )
    headings = (_("Line"), _("Kinds of data"), _("Purposes"), _("Must be kept"), _("May be kept"))
    empty = Empty(_("No rule yet"), _("What has no rule may not be kept at all."), "hourglass")
    return PlainTable(_("Retention rules"), headings + (("",) if may_change else ()), rows, empty)


def _alike(line: Line) -> dict[tuple[tuple[str, ...], int, int], list[RetentionRule]]:
    """Rules by (names of the purposes, floor, ceiling): first the purposes of each kind, then kinds with the same."""
    kinds: dict[tuple[str, int, int], list[RetentionRule]] = defaultdict(list)
    for rule in rules_of(line):
        kinds[rule.category, rule.floor_days, rule.ceiling_days].append(rule)
    alike: dict[tuple[tuple[str, ...], int, int], list[RetentionRule]] = defaultdict(list)
    for (_category, floor, ceiling), rules in kinds.items():
        alike[tuple(named(rule.purpose) for rule in rules), floor, ceiling] += rules
    return dict(sorted(alike.items(), key=lambda item: item[0][2]))


def _days(count: int) -> Text:
    return _("%(days)s days") % {"days": f"{count:,}"}
