"""What the pages of anonymous releases show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.anonymous.forms import lines_of
from callwarden.doors.console.chapters.plain import Button, PlainTable
from callwarden.doors.console.components import Action, Badge, Chips, Empty, Fact, Facts, Link, Option, Row, Text
from callwarden.doors.console.deeds import named_actor
from callwarden.doors.console.listing import Column as ListColumn
from callwarden.doors.console.listing import Filter
from callwarden.doors.console.retention.tables import CERTAINTIES
from callwarden.flows.names import named
from callwarden.lawful.anonymisation.fields import Role, Source, fields
from callwarden.lawful.anonymisation.measuring import Coarser, Measured
from callwarden.lawful.anonymisation.models import BucketCounted, EndRecipe, Release
from callwarden.lawful.anonymisation.note import MEANS
from callwarden.lawful.anonymisation.rules import SEVERAL, Column, Figures, Recipe, Scope

State = Release.State
ROWS_SHOWN = 50
BINS = 24
LOOKS = {
    State.PROPOSED: ("warn", "hourglass"),
    State.RELEASED: ("pass", "circle-check"),
    State.DROPPED: ("neutral", "circle-minus"),
}
END_LOOKS = {
    EndRecipe.State.ASKED: ("warn", "hourglass"),
    EndRecipe.State.IN_FORCE: ("pass", "circle-check"),
    EndRecipe.State.ENDED: ("neutral", "circle-minus"),
}
COLUMNS = (
    ListColumn("label", _("Release")),
    ListColumn("columns", _("Columns")),
    ListColumn("people", _("People"), end=True),
    ListColumn("smallest", _("Smallest group"), end=True),
    ListColumn("proposed_at", _("Counted"), sortable=True),
    ListColumn("state", _("State")),
)
FILTERS = (Filter("state", _("State"), options=[Option(*pair) for pair in State.choices]),)
EMPTY = Empty(
    _("No release yet"),
    _("Count people in groups before their records end. What is released holds nobody's data any more."),
    "users",
)
AGAINST: dict[str, Text] = {
    "nothing_left": _("No group is large and mixed enough"),
    "k_not_reached": _("Too many people are in groups that are too small"),
    "l_not_reached": _("Groups have too few different values"),
    "difference": _("Beside an earlier release it would single people out"),
    "ended_uncounted": _("Ended before it could be counted"),
    "access_refused": _("The access matrix does not let people be counted"),
}
LEFT_OUT: dict[str, Text] = {
    "on_hold": _("On hold"),
    "restricted": _("Restricted, or kept by a legal minimum"),
    "objected": _("Asked for objection, withdrawal, restriction or erasure"),
    "said_no": _("Said no"),
    "erased": _("Erased"),
    "refused": _("Refused at the door"),
}
SPECIAL: dict[str, Text] = {SEVERAL: _("several"), "other": _("other"), "unknown": _("unknown"), "*": _("all")}


def badge(release: Release) -> Badge:
    return Badge(State(release.state).label, *LOOKS[State(release.state)])


def columns_shown(recipe: Recipe) -> Chips:
    return Chips([column_badge(one) for one in recipe.columns])


def column_badge(one: Column) -> Badge:
    level = one.of.levels[one.of.step(one.level)].title
    says = _("%(column)s: %(level)s") % {"column": one.of.title, "level": level}
    return Badge(says, "seal" if one.role == Role.SENSITIVE else "neutral")


def row(release: Release) -> Row:
    found = release.found
    href = reverse("console:anonymous_release", args=[release.pk])
    return Row(
        (
            Link(release.label, href, _counted_of(release.made_of.source)),
            columns_shown(release.made_of),
            found.people,
            found.kept_smallest,
            release.proposed_at,
            badge(release),
        )
    )


def _counted_of(source: str) -> Text:
    return Source(source).label


@dataclass(frozen=True)
class Bar:
    """Groups of one size, or of a few: from the foot of the chart up, in per cent of the most."""

    x: int
    y: float
    height: float
    label: str
    count: int
    small: bool


@dataclass(frozen=True)
class Histogram:
    """How many groups have how many people. What is smaller than k is marked."""

    bars: Sequence[Bar]
    most: int
    last: int

    @property
    def width(self) -> int:
        return 12 * max(1, len(self.bars))


def histogram(figures: Figures, k: int) -> Histogram:
    last = max(figures.histogram, default=0)
    # Sizes below k stay apart from others: bins begin at k and have one width on either side.
    width = max(1, -(-last // BINS))
    counts: dict[int, int] = {}
    for size, count in figures.histogram.items():
        at = size if size < k and k <= BINS else k + (size - k) // width * width if size >= k else 1
        counts[at] = counts.get(at, 0) + count
    most = max(counts.values(), default=0)
    sizes = [*range(1, k if k <= BINS else 2), *range(k, last + 1, width)] if last else []
    bars = []
    for at, size in enumerate(sizes):
        count = counts.get(size, 0)
        height = round(max(100 * count / most, 2 if count else 0), 2)
        upto = size if size < k else min(last, size + width - 1)
        label = f"{size}" if upto <= size else f"{size}–{upto}"
        bars.append(Bar(12 * at + 1, round(100 - height, 2), height, label, count, size < k))
    return Histogram(bars, most, last)


def sizes_table(figures: Figures) -> PlainTable:
    rows = [Row((size, count)) for size, count in sorted(figures.histogram.items())[:BINS]]
    empty = Empty(_("No group"), _("Nothing that is stored now fits."), "inbox")
    return PlainTable(_("Groups by size"), (_("People in the group"), _("Groups")), rows, empty)


@dataclass(frozen=True)
class Verdict:
    """What counting found, as the page says it."""

    good: bool
    reasons: Sequence[Text]
    figures: Figures
    share: Text
    chart: Histogram
    hints: Facts | None
    left_out: Facts | None
    values: bool


def verdict(measured: Measured, left_out: Mapping[str, int], isolating: Text = "") -> Verdict:
    reasons: list[Text] = [AGAINST[one] for one in measured.against]
    if isolating:
        reasons.append(isolating)
    return Verdict(
        good=not reasons,
        reasons=reasons,
        figures=measured.figures,
        share=_("%(percent)s %% of all") % {"percent": measured.figures.suppressed_percent},
        chart=histogram(measured.figures, measured.recipe.k),
        hints=Facts([_hint(one) for one in measured.coarser]) if measured.coarser else None,
        left_out=left_out_shown(left_out),
        values=measured.recipe.sensitive is not None,
    )


def _hint(one: Coarser) -> Fact:
    """What would be left out if one column were a step coarser, and whether that is enough."""
    field = fields()[one.field]
    says = _("%(column)s: %(level)s") % {"column": field.title, "level": field.levels[field.step(one.level)].title}
    share = _("%(percent)s %% left out") % {"percent": one.suppressed_percent}
    return Fact(says, Badge(share, *(("pass", "circle-check") if one.reached else ("neutral", "circle-x"))))


def left_out_shown(left_out: Mapping[str, int]) -> Facts | None:
    told = [Fact(LEFT_OUT.get(why, why), n) for why, n in sorted(left_out.items()) if n]
    return Facts(told) if told else None


def dataset_table(release: Release) -> PlainTable:
    recipe = release.made_of
    sensitive = [recipe.sensitive] if recipe.sensitive else []
    headings = (*(one.of.title for one in (*recipe.quasi, *sensitive)), _("People"))
    rows = [
        Row((*map(shown, one.labels), *([shown(one.value)] if sensitive else []), one.people))
        for one in release.groups[:ROWS_SHOWN]
    ]
    return PlainTable(_("What it holds"), headings, rows)


def shown(label: str) -> Text:
    return SPECIAL.get(label, label)


def facts(release: Release) -> Iterator[Fact]:
    recipe, found = release.made_of, release.found
    yield Fact(_("Client"), named(release.client))
    yield Fact(_("Counted"), _counted_of(recipe.source))
    yield Fact(_("Of which records"), scope_told(release.counted))
    yield Fact(_("Columns"), columns_shown(recipe))
    yield Fact("k", _("%(k)s asked for, %(found)s reached") % {"k": recipe.k, "found": found.kept_smallest})
    if recipe.sensitive:
        reached = _("%(l)s asked for, %(found)s reached") % {"l": recipe.l, "found": found.kept_least}
        yield Fact(_("l (distinct)"), reached)
    yield Fact(_("May be left out"), _("%(percent)s %%") % {"percent": recipe.suppress})
    if excluded := sum(release.left_out.values()):
        yield Fact(_("Could not be part of it"), excluded)
    yield Fact(_("Counted at"), release.proposed_at)
    yield Fact(_("Proposed by"), named_actor(release.proposed_by))
    if release.ended_at:
        yield Fact(_("Released") if release.state == State.RELEASED else _("Ended"), release.ended_at)
    yield Fact(_("Compared with"), _("%(count)s earlier releases") % {"count": len(release.compared)})
    yield Fact(_("Rules version"), release.rules)
    yield Fact(_("Digest of the CSV"), release.digest)


def scope_told(scope: Scope) -> Text:
    if scope.buckets:
        return _("about to end by their retention rule")
    if not scope.since and not scope.until:
        return _("all that are kept")
    told = {"since": scope.since or "…", "until": scope.until or "…"}
    return _("from %(since)s, before %(until)s") % told


def ends_table(found: Sequence[EndRecipe], *, may_end: bool) -> PlainTable:
    rows = []
    for one in found:
        cells: tuple[object, ...] = (
            one.label,
            f"{lines_of(one.rule)} · {named(one.rule.purpose)}",
            columns_shown(one.made_of),
            last_of(one),
            Badge(EndRecipe.State(one.state).label, *END_LOOKS[EndRecipe.State(one.state)]),
        )
        if may_end:
            href = reverse("console:anonymous_end_stop", args=[one.pk])
            cells += (Button(Action(_("Stop"), href, "circle-minus", "quiet", method="post")),)
        rows.append(Row(cells))
    headings = (_("Recipe"), _("Retention rule"), _("Columns"), _("Last time"), _("State"), *(("",) if may_end else ()))
    empty = Empty(
        _("Nothing is counted before it ends"),
        _("A recipe can count the records of a retention rule in the week they end. They end all the same."),
        "hourglass",
    )
    return PlainTable(_("Counted before it ends"), headings, rows, empty)


def last_of(one: EndRecipe) -> object:
    last = BucketCounted.objects.filter(end_recipe=one).select_related("release").order_by("-at").first()
    if last is None:
        return ""
    if last.release:
        return Link(last.release.label, reverse("console:anonymous_release", args=[last.release.pk]))
    return Chips([Badge(AGAINST.get(why, why), "warn", "alert-triangle") for why in last.against])


def meaning() -> list[tuple[Text, Text, Badge]]:
    """(what anonymous means, on which source, how well that is known)."""
    return [(claim.says, claim.source, CERTAINTIES[claim.certainty]) for claim in MEANS]
