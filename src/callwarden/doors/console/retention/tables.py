"""What the calendar of retention shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from callwarden.custody.categories import Category
from callwarden.custody.jurisdictions import Jurisdiction
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Badge, Chips, Empty, Progress, Row, Text
from callwarden.flows.names import named
from callwarden.kernel import clock
from callwarden.lawful.retention import runs, statutes
from callwarden.lawful.retention.calendar import Calendar
from callwarden.lawful.retention.models import RetentionRun
from callwarden.lawful.retention.preview import Preview

MONTHS = 24
WIDTH, HEIGHT, BAR = 12, 100, 9
CAUSES: dict[str, Text] = {
    "rule": _("A rule was changed"),
    "events": _("Events of customers came"),
    "last_contact": _("Last contacts have moved on"),
    "restore": _("A copy was restored"),
    "late": _("A date was older than its rule"),
}
CERTAINTIES: dict[str, Badge] = {
    "read": Badge(_("Text read"), "neutral", "check"),
    "second_hand": Badge(_("Second-hand account"), "warn", "alert-triangle"),
    "unconfirmed": Badge(_("To be confirmed"), "unmeasured", "help-circle"),
}
KEEPERS: dict[str, Text] = {
    "records": _("Checked against every rule"),
    "ledger": _("The operation log never ends"),
    "assessments": _("Assessments are kept by their register"),
    "partners": _("Deliveries are kept with their agreement"),
    "authentication_data": _("Removed by redaction, never stored"),
}


@dataclass(frozen=True)
class Bar:
    """One month: from the foot of the chart up, in per cent of the fullest month."""

    x: int
    y: float
    height: float
    month: date
    count: int
    past: bool


@dataclass(frozen=True)
class Chart:
    """Records that go, month by month; what lies beyond the last month is counted in `beyond`."""

    bars: Sequence[Bar]
    beyond: int
    first: date | None
    last: date | None
    most: int

    @property
    def width(self) -> int:
        return WIDTH * max(1, len(self.bars))


def chart(told: Calendar) -> Chart:
    today = clock.now().date().replace(day=1)
    start = min([today, *told.months])
    span = [_plus(start, at) for at in range(MONTHS)]
    counts = [sum(told.months.get(month, Counter()).values()) for month in span]
    beyond = sum(sum(kinds.values()) for month, kinds in told.months.items() if month > span[-1])
    most = max([*counts, 1])
    bars = [
        Bar(WIDTH * at + 1, HEIGHT - height, height, month, count, month < today)
        for at, (month, count) in enumerate(zip(span, counts, strict=True))
        for height in (round(max(HEIGHT * count / most, 2 if count else 0), 2),)
    ]
    return Chart(bars, beyond, span[0], span[-1], max(counts))


def _plus(month: date, months: int) -> date:
    total = month.year * 12 + month.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)


def months_table(told: Calendar) -> PlainTable:
    rows = [
        Row((unbroken(month), sum(kinds.values()), _kinds(kinds)))
        for month, kinds in sorted(told.months.items())[:MONTHS]
    ]
    empty = Empty(
        _("Nothing has a date"), _("What is stored gets its date from a rule, when it is stored."), "calendar"
    )
    return PlainTable(_("Month by month"), (_("Month"), _("Records"), _("Kinds of data")), rows, empty)


def unbroken(day: date) -> str:
    """A month that stays on one line."""
    return f"{day:%Y}\u2011{day:%m}"


def _kinds(counts: Counter[str]) -> Chips:
    labels = dict(Category.choices)
    says = _("%(kind)s: %(count)s")
    return Chips([Badge(says % {"kind": labels.get(kind, kind), "count": n}) for kind, n in counts.most_common()])


def waiting_table(told: Calendar) -> PlainTable:
    """What has no day yet, or another than its rule says."""
    rows = [Row((_("Waits for an event of the customer system"), sum(told.open.values()), _kinds(told.open)))]
    rows = rows if told.open else []
    if told.held:
        rows.append(Row((_("On hold: goes after the last release"), told.held, "")))
    rows += [
        Row((_("Erasure asked for, kept by a legal minimum until %(day)s") % {"day": day}, count, ""))
        for day, count in sorted(told.restricted.items())[:50]
    ]
    empty = Empty(_("Nothing waits"), _("Every record goes on the day its rule says."), "check")
    return PlainTable(_("What waits"), (_("For what"), _("Records"), _("Kinds of data")), rows, empty)


def statutes_table() -> PlainTable:
    labels = dict(Jurisdiction.choices)
    rows = [
        Row(
            (
                str(one),
                labels.get(one.jurisdiction, _("Everywhere")),
                _("at least %(days)s days") % {"days": one.days}
                if one.kind == "floor"
                else _("at most %(days)s days") % {"days": one.days},
                KEEPERS[one.keeps],
                CERTAINTIES[one.certainty],
            )
        )
        for one in statutes.statutes()
    ]
    headings = (_("Provision"), _("Where"), _("Period"), _("How it is kept here"), _("How well the source is known"))
    return PlainTable(_("Periods that laws and standards set"), headings, rows)


@dataclass(frozen=True)
class Run:
    """A run over due dates as the page shows it."""

    client: str
    started_at: datetime
    bar: Progress


def shown_runs() -> list[Run]:
    return [_run(run) for run in runs.latest()]


def _run(run: RetentionRun) -> Run:
    label = CAUSES.get(run.cause, run.cause)
    done = run.total if run.finished_at else min(run.looked_at, run.total)
    note = _("%(dates)s dates changed, %(moved)s keys moved to another week") % {
        "dates": f"{run.dates_changed:,}",
        "moved": f"{run.moved:,}",
    }
    state = "done" if run.finished_at else "running"
    return Run(named(run.client), run.started_at, Progress(f"run-{run.pk}", label, done, run.total, state, note=note))


def shifts_table(preview: Preview) -> PlainTable:
    """Records by the month they go now and the month they would go."""
    rows = [Row((_month(one.was), _month(one.due), one.count, one.now or "")) for one in preview.shifts]
    empty = Empty(_("Nothing of this kind is stored"), _("The rule holds for what comes."), "inbox")
    headings = (_("Goes now"), _("Would go"), _("Records"), _("Destroyed at once"))
    return PlainTable(_("What would go when"), headings, rows, empty)


def _month(at: datetime | None) -> Text:
    return unbroken(at) if at else _("when its event comes")
