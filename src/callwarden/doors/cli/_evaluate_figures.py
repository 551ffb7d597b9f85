"""The figures of an evaluation as one object: counts and shares, no values, no ids."""

from __future__ import annotations

from typing import Any

from callwarden.engines.redact.evaluation import Evaluation, Score, interval


def figures(found: Evaluation) -> dict[str, Any]:
    """Everything a program may want to compare; shares are 0..1, None where nothing was measured."""
    pace = found.pace
    return {
        **_of(found.score),
        "refused": len(found.failed),
        "languages": {name or "unknown": _of(score) for name, score in sorted(found.by_language.items())},
        "types": {
            kind: {
                "values": found.score.gold[kind],
                "recall": found.score.recall(kind) if found.score.gold[kind] else None,
                "recall_interval": interval(found.score.covered[kind], found.score.gold[kind]),
                "leaked": found.score.leaked[kind],
                "precision": found.score.precision(kind) if found.score.spans[kind] else None,
            }
            for kind in sorted({*found.score.gold, *found.score.spans})
        },
        "speed": pace
        and {
            "mb_per_s": pace.megabytes_a_second,
            "characters_per_s": pace.characters_a_second,
            "p50_ms_turn": pace.milliseconds_a_turn(0.5),
            "p99_ms_turn": pace.milliseconds_a_turn(0.99),
        },
    }


def _of(score: Score) -> dict[str, Any]:
    return {
        "calls": score.calls,
        "values": score.gold.total(),
        "leak_rate": score.leak_rate,
        "recall": score.recall(),
        "precision": score.precision(),
        "over_redaction": score.over_redaction,
        "calls_without_a_leak": score.clean / score.calls if score.calls else None,
        "readable_in_other_forms": score.form_leak_rate,
        "silent_in_the_sound_plan": score.sound_recall,
    }
