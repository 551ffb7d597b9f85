"""Alerts on an invented centre with insiders: how many are found, how soon, and how many alerts are for nothing.

300 agents, 60 days: 30 to learn from, without attacks, and 30 that are judged, with four incidents of each kind (two of
the kinds of partners) by people who go on with their work. `--rows` is the number of seeds, 10 by default; whoever
tunes detectors uses other seeds than these. How life and attacks are made: `_alerts_centre`, `_alerts_attacks`,
`_alerts_heldout`; what counts as true: `_alerts_judge`. How soon an alert follows its entry: `_alerts_latency`.

Recall is stated for each kind at its usual intensities, with Wilson's 95 % interval. The sweeps (first two seeds)
show every intensity, from one look-up a day more than work asks for, and linkage from 80 to 99 %: the share of calls to
which look-ups can be tied. False alerts are counted on the same streams, for 100 agents and day.

These are invented insiders in an invented centre. A real centre has habits nobody invented; its own figures are on the
board of alerts.
"""

from __future__ import annotations

import gc
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping

from bench import _alerts_latency
from bench._alerts_attacks import KINDS, Incident, Kind, Planted, Rng, plant
from bench._alerts_centre import build
from bench._alerts_heldout import HELD_OUT
from bench._alerts_judge import Judged, Verdict, interval, judge, quantile
from bench._alerts_world import Centre
from bench._limits import to_limits
from callwarden.engines.watch._facts import Alert

ROWS = 10
FIRST_SEED = 501
AGENTS = 300
SWEPT_SEEDS = 2
AT_LEAST = {
    "recall_worst_kind": 0.95,
    "recall_worst_heldout": 0.85,
    "recall_with_evidence_worst_kind": 0.95,
    "recall_with_evidence_worst_heldout": 0.85,
}
AT_MOST = {"false_alerts_per_100_agents_day": 1.0, "alert_p99_s": 5.0}
LINKAGES = (0.80, 0.85, 0.90, 0.92, 0.95, 0.99)
ALL_KINDS = {**KINDS, **HELD_OUT}

Progress = Callable[[str], None]


def run(progress: Progress) -> dict[str, float]:
    verdicts: list[Verdict] = []
    swept: list[Verdict] = []
    rates: list[float] = []
    false: Counter[str] = Counter()
    speeds: list[float] = []
    for seed in range(FIRST_SEED, FIRST_SEED + ROWS):
        progress(f"seed {seed}")
        centre = build(seed, agents=AGENTS)
        judged, speed = _watched(centre, plant(centre, ALL_KINDS, seed=seed))
        verdicts += judged.verdicts
        rates.append(_rate(centre, judged))
        false += judged.false
        speeds.append(speed)
        if seed < FIRST_SEED + SWEPT_SEEDS:
            for step in range(max(len(kind.levels) for kind in ALL_KINDS.values())):
                progress(f"seed {seed}, intensity {step + 1}")
                swept += _watched(centre, plant(centre, ALL_KINDS, seed=seed, level=_at_step(step)))[0].verdicts
    figures = recalls(verdicts) | {
        "false_alerts_per_100_agents_day": sum(rates) / len(rates),
        "false_alerts_lowest_seed": min(rates),
        "false_alerts_highest_seed": max(rates),
        "happenings_s": quantile(speeds, 0.5),
        "seeds": ROWS,
    }
    figures |= _by_kind(verdicts)
    total = sum(false.values()) or 1
    figures |= {f"false_share_{_slug(name)}": count / total for name, count in false.most_common()}
    figures |= _by_intensity(swept)
    for linkage in LINKAGES:
        figures |= _at_linkage(linkage, progress)
    figures |= _alerts_latency.run(progress)
    return figures | to_limits(figures, at_least=AT_LEAST, at_most=AT_MOST) | missed(figures)


def recalls(verdicts: list[Verdict]) -> dict[str, float]:
    """Found by any alert about who did it, beside found by one whose evidence names what was done; each has a limit."""
    return {
        "recall_worst_kind": _worst(verdicts, KINDS),
        "recall_with_evidence_worst_kind": _worst(verdicts, KINDS, evidence=True),
        "recall_worst_heldout": _worst(verdicts, HELD_OUT),
        "recall_with_evidence_worst_heldout": _worst(verdicts, HELD_OUT, evidence=True),
    }


def missed(figures: Mapping[str, float]) -> dict[str, float]:
    """`NAME_missed_by`: how far a share of found incidents stays below what was asked; nothing where it does not."""
    return {f"{name}_missed_by": limit - figures[name] for name, limit in AT_LEAST.items() if figures[name] < limit}


def _watched(centre: Centre, planted: Planted) -> tuple[Judged, float]:
    """What the detectors say of the judged days, and how many happenings a second they took in."""
    from callwarden.engines.watch import Watch

    begin = next(place for place, each in enumerate(planted.stream) if each.at >= centre.learn_until)
    watch = Watch()
    gc.disable()  # hundreds of thousands of small objects that stay: walking them measures nothing
    try:
        started = time.perf_counter()
        watch.learn(planted.stream[:begin])
        alerts: list[Alert] = []
        for happening in planted.stream[begin:]:
            alerts += watch.feed(happening)
        took = time.perf_counter() - started
    finally:
        gc.enable()
    return judge(alerts, planted.incidents), len(planted.stream) / took


def _rate(centre: Centre, judged: Judged) -> float:
    return judged.false_alerts / (centre.days - centre.learn_days) / (AGENTS / 100)


def _at_step(step: int) -> Callable[[Rng, Kind], int]:
    return lambda rng, kind: kind.levels[min(step, len(kind.levels) - 1)]


def _share(verdicts: Iterable[Verdict], *, evidence: bool = False) -> tuple[int, int]:
    listed = list(verdicts)
    return sum(each.with_evidence if evidence else each.after_s is not None for each in listed), len(listed)


def _worst(verdicts: list[Verdict], kinds: Iterable[str], *, evidence: bool = False) -> float:
    shares = [_share((each for each in verdicts if each.incident.kind == kind), evidence=evidence) for kind in kinds]
    return min(found / of if of else 0.0 for found, of in shares)


def _by_kind(verdicts: list[Verdict]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for kind in ALL_KINDS:
        of_kind = [each for each in verdicts if each.incident.kind == kind]
        found, of = _share(of_kind)
        low, high = interval(found, of)
        after = [each.after_s for each in of_kind if each.after_s is not None]
        figures |= {
            f"recall_{kind}": found / of if of else 0.0,
            f"recall_{kind}_low": low,
            f"recall_{kind}_high": high,
            f"incidents_{kind}": of,
            f"with_evidence_{kind}": _share(of_kind, evidence=True)[0] / of if of else 0.0,
        }
        if after:
            figures[f"hours_to_alert_p50_{kind}"] = quantile(after, 0.5) / 3600
            figures[f"hours_to_alert_p90_{kind}"] = quantile(after, 0.9) / 3600
    return figures


def _by_intensity(verdicts: list[Verdict]) -> dict[str, float]:
    """Recall of each kind at each of its levels; a level above the last is the last, and counts there."""
    of_level: dict[tuple[str, int], list[Verdict]] = defaultdict(list)
    for each in verdicts:
        incident: Incident = each.incident
        of_level[incident.kind, incident.level].append(each)
    figures: dict[str, float] = {}
    for kind, facts in ALL_KINDS.items():
        for level in facts.levels:
            found, of = _share(of_level[kind, level])
            if of:
                figures[f"recall_{kind}_at_{level}"] = found / of
    return figures


def _at_linkage(linkage: float, progress: Progress) -> dict[str, float]:
    verdicts: list[Verdict] = []
    rates: list[float] = []
    for seed in range(FIRST_SEED, FIRST_SEED + min(SWEPT_SEEDS, ROWS)):
        progress(f"seed {seed}, {linkage:.0%} of the calls linked")
        centre = build(seed, agents=AGENTS, linkage=linkage)
        judged, _ = _watched(centre, plant(centre, ALL_KINDS, seed=seed))
        verdicts += judged.verdicts
        rates.append(_rate(centre, judged))
    found, of = _share(verdicts)
    percent = round(linkage * 100)
    return {
        f"false_alerts_per_100_agents_day_at_{percent}_linked": sum(rates) / len(rates),
        f"recall_all_at_{percent}_linked": found / of,
        f"recall_worst_kind_at_{percent}_linked": _worst(verdicts, KINDS),
    }


def _slug(name: str) -> str:
    return name.replace(" ", "_")
