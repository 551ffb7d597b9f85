"""An incident found only by an alert that names nothing of it misses the stricter limit, and is told so."""

from __future__ import annotations

from bench._alerts_attacks import KINDS, Incident
from bench._alerts_heldout import HELD_OUT
from bench._alerts_judge import Verdict
from bench._limits import to_limits
from bench.alerts import AT_LEAST, missed, recalls


def test_found_by_any_alert_does_not_stand_for_found_by_what_was_done() -> None:
    figures = recalls([_verdict(kind, with_evidence=kind in HELD_OUT) for kind in {**KINDS, **HELD_OUT}])
    assert list(missed(figures)) == ["recall_with_evidence_worst_kind_missed_by"]
    ratios = to_limits(figures, at_least=AT_LEAST)
    assert ratios["recall_worst_kind_to_limit"] > 1 > ratios["recall_with_evidence_worst_kind_to_limit"]


def test_nothing_is_missed_when_the_evidence_names_what_was_done() -> None:
    assert missed(recalls([_verdict(kind, with_evidence=True) for kind in {**KINDS, **HELD_OUT}])) == {}


def _verdict(kind: str, *, with_evidence: bool) -> Verdict:
    incident = Incident(kind=kind, level=1, actors=frozenset({"a"}), indices=(1,), begin=0.0, end=1.0)
    return Verdict(incident, 1.0, with_evidence=with_evidence)
