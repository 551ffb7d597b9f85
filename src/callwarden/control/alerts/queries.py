"""What pages and reports ask about alerts and accesses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Case, Count, Max, Q, QuerySet, Sum, Value, When
from django.db.models.functions import TruncDate
from django.utils import timezone

from callwarden.control.alerts.models import AccessDay, Alert, Canary, Suppression, Tuning, WatchState
from callwarden.control.alerts.rules import Proposal, proposal, tunable, would_remain
from callwarden.custody.models import LedgerEntry
from callwarden.engines.watch import KINDS
from callwarden.kernel import clock
from callwarden.kernel.models import Severity

State = Alert.State
UNSETTLED = (State.OPEN, State.ACKNOWLEDGED, State.SUSPECTED)
# Marks older than this no longer say how alerts do now.
MARKS_COUNT = timedelta(days=60)
BEAT_LATE = timedelta(seconds=60)
_RANK = {Severity.CRITICAL: 0, Severity.HIGH: 1, Severity.MEDIUM: 2, Severity.LOW: 3}


def board() -> QuerySet[Alert]:
    """All alerts, with `rank`: 0 for the most severe."""
    cases = [When(severity=severity, then=Value(rank)) for severity, rank in _RANK.items()]
    return Alert.objects.annotate(rank=Case(*cases, default=Value(9)))


def unsettled(but: str = "") -> QuerySet[Alert]:
    """What somebody has to look at, without those about this actor."""
    return Alert.objects.filter(state__in=UNSETTLED).exclude(actor=but)


@dataclass(frozen=True)
class Coverage:
    """How many of the accesses to named people something explains."""

    accesses: int
    explained: int

    @property
    def share(self) -> float | None:
        return self.explained / self.accesses if self.accesses else None


def coverage(since: date, until: date | None = None) -> Coverage:
    """Of agents' accesses, whose work comes by calls and tasks, without searches and exports, since a day and before
    another.
    """
    agents = AccessDay.objects.filter(day__gte=since, peers__startswith="agent/")
    if until is not None:
        agents = agents.filter(day__lt=until)
    days = agents.exclude(action__in=("search", "export"))
    totals = days.aggregate(all=Sum("count"), linked=Sum("count", filter=~Q(link="")))
    return Coverage(totals["all"] or 0, totals["linked"] or 0)


def lag_p99_s(since: datetime) -> float | None:
    """Seconds from commit to alert that 99 of 100 alerts stayed within; None where there was none."""
    lags = sorted(Alert.objects.filter(raised_at__gte=since).values_list("lag_ms", flat=True))
    return lags[min(len(lags) - 1, len(lags) * 99 // 100)] / 1000 if lags else None


@dataclass(frozen=True)
class Pulse:
    """How the watch does.

    Attributes:
        beat_at: when it last looked at the log; None before it first ran.
        waiting: entries in the log that it has not read.
        lag_s: age of the oldest of these, in seconds; 0 where there is none.
    """

    beat_at: datetime | None
    waiting: int
    lag_s: float

    @property
    def beats(self) -> bool:
        return self.beat_at is not None and abs(clock.now() - self.beat_at) < BEAT_LATE

    @property
    def keeps_up(self) -> bool:
        return self.beats and self.lag_s < BEAT_LATE.total_seconds()


def pulse() -> Pulse:
    """Whether the watch looks at the log, and how far it is behind."""
    state = WatchState.objects.first()
    if state is None:
        return Pulse(None, 0, 0.0)
    last = LedgerEntry.objects.aggregate(last=Max("index"))["last"]
    oldest = LedgerEntry.objects.filter(index__gte=state.cursor).order_by("index").values_list("at", flat=True).first()
    lag = abs((clock.now() - oldest).total_seconds()) if oldest else 0.0
    return Pulse(state.beat_at, max(0, (-1 if last is None else last) + 1 - state.cursor), lag)


@dataclass(frozen=True)
class Day:
    """One day of somebody: accesses that something explains, and those that nothing does."""

    day: date
    explained: int
    unexplained: int


def days_of(actor: str, until: date, count: int = 28) -> list[Day]:
    """The last days of an actor, oldest first, those without any included."""
    first = until - timedelta(days=count - 1)
    found: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    rows = AccessDay.objects.filter(actor=actor, day__gte=first, day__lte=until)
    for day, link, total in rows.values_list("day", "link").annotate(total=Sum("count")).order_by():
        found[day][link == ""] += total
    return [Day(one, *found[one]) for one in (first + timedelta(days=n) for n in range(count))]


@dataclass(frozen=True)
class RaisedDay:
    """Alerts of one day, without those that were suppressed."""

    day: date
    severe: int
    other: int


def raised_by_day(until: date, count: int = 60) -> list[RaisedDay]:
    """The last days of the board, oldest first, those without any alert included. Days are the reader's."""
    first = until - timedelta(days=count - 1)
    start = timezone.make_aware(datetime.combine(first, time()))
    rows = Alert.objects.filter(raised_at__gte=start).exclude(state=State.SUPPRESSED)
    found: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    by_day = rows.annotate(day=TruncDate("raised_at")).values_list("day", "severity")
    for day, severity, n in by_day.annotate(n=Count("id")).order_by():
        found[day][severity not in (Severity.CRITICAL, Severity.HIGH)] += n
    return [RaisedDay(one, *found[one]) for one in (first + timedelta(days=n) for n in range(count))]


@dataclass(frozen=True)
class Tuned:
    """How strict a kind is, what people said of its alerts lately, and what they ask for."""

    kind: str
    detector: str
    strictness: float
    raised: int
    proposal: Proposal
    would_remain: int
    latest: Tuning | None


def thresholds() -> list[Tuned]:
    """Every kind that can be tuned."""
    since = clock.now() - MARKS_COUNT
    latest: dict[str, Tuning] = {one.kind: one for one in Tuning.objects.order_by("at", "pk")}
    marks: dict[str, dict[str, int]] = defaultdict(dict)
    counted = Alert.objects.filter(raised_at__gte=since).values_list("kind", "state").annotate(n=Count("id")).order_by()
    for kind, state, n in counted:
        marks[kind][state] = n
    facts: dict[str, list[dict[str, float]]] = defaultdict(list)
    for kind, told in Alert.objects.filter(raised_at__gte=since).values_list("kind", "facts"):
        facts[kind].append(told)
    found = []
    for kind in tunable():
        now = latest[kind].after if kind in latest else 0.0
        said = marks[kind]
        # Marks given under the present setting count; what was said before it has been heard.
        wanted = _asked(kind, now, latest.get(kind))
        found.append(
            Tuned(
                kind=kind,
                detector=KINDS[kind][0],
                strictness=now,
                raised=sum(said.values()),
                proposal=wanted,
                would_remain=would_remain(kind, facts[kind], now, wanted.after),
                latest=latest.get(kind),
            )
        )
    return found


def _asked(kind: str, now: float, latest: Tuning | None) -> Proposal:
    marked = Alert.objects.filter(kind=kind, closed_at__gte=clock.now() - MARKS_COUNT)
    if latest is not None:
        marked = marked.filter(raised_at__gt=latest.at)
    counts = marked.aggregate(
        true=Count("id", filter=Q(state=State.TRUE)), false=Count("id", filter=Q(state=State.FALSE))
    )
    return proposal(kind, now, true=counts["true"], false=counts["false"])


def suppressions() -> QuerySet[Suppression]:
    return Suppression.objects.select_related("owner").annotate(silenced=Count("alerts")).order_by("-created_at")


def canaries(client: UUID) -> QuerySet[Canary]:
    return Canary.objects.filter(client=client, removed_at=None).order_by("-planted_at")


@dataclass(frozen=True)
class Use:
    """What one actor did in a time, beside the median of their peers.

    Attributes:
        per_day: accesses a day on which there was any; `peers_per_day` the median of the group's members.
        unexplained: share of accesses to named people that nothing explains.
        by_purpose: purpose -> accesses.
    """

    actor: str
    peers: str
    days: int
    accesses: int
    unexplained: float
    reveals: int
    originals: int
    exports: int
    searches: int
    refused: int
    per_day: float
    peers_per_day: float
    peers_unexplained: float
    by_purpose: tuple[tuple[str, int], ...]
    alerts: int

    @property
    def times_peers(self) -> float:
        return self.per_day / self.peers_per_day if self.peers_per_day else 1.0


def midnight(day: date) -> datetime:
    """When a day that accesses are counted by (`AccessDay.day`) begins."""
    return datetime.combine(day, time(), UTC)


def usage(first: date, last: date) -> list[Use]:
    """Everybody who opened anything from `first` to `last`, in UTC; whoever differs most from their peers first."""
    rows = AccessDay.objects.filter(day__gte=first, day__lte=last)
    counted = rows.values("actor", "peers").annotate(
        days=Count("day", distinct=True),
        accesses=Sum("count", filter=~Q(action__in=("search", "export")), default=0),
        stray=Sum("count", filter=Q(link="") & ~Q(action__in=("search", "export")), default=0),
        reveals=Sum("count", filter=Q(action="reveal"), default=0),
        originals=Sum("count", filter=Q(action="play_original"), default=0),
        exports=Sum("count", filter=Q(action="export"), default=0),
        searches=Sum("count", filter=Q(action="search"), default=0),
        turned_away=Sum("refused", default=0),
    )
    purposes: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for actor, purpose, n in (
        rows.exclude(purpose="").values_list("actor", "purpose").annotate(n=Sum("count")).order_by("-n")
    ):
        purposes[actor].append((purpose, n))
    raised = dict(
        Alert.objects.filter(raised_at__gte=midnight(first), raised_at__lt=midnight(last + timedelta(days=1)))
        .exclude(state=State.SUPPRESSED)
        .values_list("actor")
        .annotate(n=Count("id"))
        .order_by()
    )
    people = list(counted.order_by())
    pace: dict[str, list[float]] = defaultdict(list)
    stray: dict[str, list[float]] = defaultdict(list)
    for one in people:
        pace[one["peers"]].append(one["accesses"] / max(1, one["days"]))
        stray[one["peers"]].append(one["stray"] / max(1, one["accesses"]))
    found = [
        Use(
            actor=one["actor"],
            peers=one["peers"],
            days=one["days"],
            accesses=one["accesses"],
            unexplained=one["stray"] / max(1, one["accesses"]),
            reveals=one["reveals"],
            originals=one["originals"],
            exports=one["exports"],
            searches=one["searches"],
            refused=one["turned_away"],
            per_day=one["accesses"] / max(1, one["days"]),
            peers_per_day=_middle(pace[one["peers"]]),
            peers_unexplained=_middle(stray[one["peers"]]),
            by_purpose=tuple(purposes[one["actor"]][:5]),
            alerts=raised.get(one["actor"], 0),
        )
        for one in people
    ]
    return sorted(found, key=lambda use: (-use.alerts, -(use.unexplained - use.peers_unexplained), -use.times_peers))


def _middle(values: Sequence[float]) -> float:
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
