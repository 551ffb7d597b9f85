"""Comparing what detectors said with the truth.

An alert is true when it is about somebody behind an incident and comes between the incident's first happening and a day
after its last: detectors that count over days may speak at the next look-up. Every other alert is false. False alerts
of one kind about the same actor on the same local day are one, since an officer looks at them once; true ones are not
counted, an incident is found or not.

`with_evidence` is stricter: one of the true alerts also points to a happening of the incident.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bench._alerts_attacks import Incident
from bench._alerts_world import BEGIN, DAY
from callwarden.engines.watch._facts import Alert

GRACE_S = DAY


@dataclass(frozen=True)
class Verdict:
    """What became of one incident. `after_s`: from its begin to the first true alert, None when none came."""

    incident: Incident
    after_s: float | None
    with_evidence: bool


@dataclass(frozen=True)
class Judged:
    """One stream's verdicts; false alerts once a matter and day, by detector."""

    verdicts: list[Verdict]
    false: Counter[str] = field(default_factory=Counter)

    @property
    def false_alerts(self) -> int:
        return sum(self.false.values())


def judge(alerts: Iterable[Alert], incidents: Sequence[Incident]) -> Judged:
    of_actor: dict[str, list[int]] = defaultdict(list)
    for number, incident in enumerate(incidents):
        for actor in incident.actors:
            of_actor[actor].append(number)
    first: dict[int, float] = {}
    evidenced: set[int] = set()
    indices = [frozenset(incident.indices) for incident in incidents]
    false: set[tuple[str, str, str, int]] = set()
    for alert in alerts:
        met = [
            number
            for number in of_actor.get(alert.actor, ())
            if incidents[number].begin <= alert.at <= incidents[number].end + GRACE_S
        ]
        if not met:
            false.add((alert.detector, alert.kind, alert.actor, int((alert.at - BEGIN) // DAY)))
        for number in met:
            first[number] = min(first.get(number, math.inf), alert.at)
            if not indices[number].isdisjoint(alert.evidence):
                evidenced.add(number)
    return Judged(
        [
            Verdict(
                incident, first[number] - incident.begin if number in first else None, with_evidence=number in evidenced
            )
            for number, incident in enumerate(incidents)
        ],
        Counter(f"{detector} {kind}" for detector, kind, _, _ in false),
    )


def interval(found: int, of: int, *, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval for a share, 95 % by default."""
    if of == 0:
        return 0.0, 1.0
    share = found / of
    middle = share + z * z / (2 * of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    below = 1 + z * z / of
    return max(0.0, (middle - half) / below), min(1.0, (middle + half) / below)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share does not exceed; nan of none."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
