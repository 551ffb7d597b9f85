"""Labelled calls made up with a seed of this very run, and the sets that may not be shipped."""

from __future__ import annotations

import importlib
import os
import secrets
from collections.abc import Iterator

from callwarden.engines.redact.evaluation import LANGUAGES, MIXED, Case, generate, measure
from tests.prove._figures import Limit, lines
from tests.prove._pytest import Line

CALLS = int(os.environ.get("CALLWARDEN_PROVE_CALLS", "1000"))
# Drawn anew each time: nobody can have written rules for it. Name it to see the same calls again.
SEED = int(os.environ.get("SEED") or secrets.randbelow(1_000_000_000))
_SETS = {
    "dstc10": ("DSTC10, spoken telephone numbers", {"recall": Limit(0.97, None, 0.99), "precision": Limit(0.95)}),
    "natcs": ("NatCS, names in lower case", {"recall": Limit(0.75, None, 0.90)}),
    "presidio_research": (
        "presidio-research, synthetic",
        {"recall_card": Limit(0.98, None, 0.995), "recall_phone": Limit(0.90, None, 0.97)},
    ),
    "crosswoz": (
        "CrossWOZ, numbers put into words",
        {f"recall_{style}": Limit(0.97, None, 0.99) for style in ("digits", "spoken", "half", "grouped")}
        | {
            f"over_redaction_{style}": Limit(None, 0.01, 0.003)
            for style in ("digits", "spoken", "half", "grouped")
        },
    ),
}  # fmt: skip


def run() -> Iterator[Line]:
    for language in (*LANGUAGES, MIXED):
        for scenes in ("everyday", "wide"):
            yield from _made_up(language, scenes)
    for name, (what, limits) in _SETS.items():
        yield from lines(what, importlib.import_module(f"bench.{name}").run(lambda _text: None), limits)
    yield (
        "A corpus of real Chinese calls",
        "not measured",
        "none that may be used is known; see docs/guides/accuracy.md",
    )


def _made_up(language: str, scenes: str) -> list[Line]:
    calls = generate(SEED, CALLS, language, scenes=scenes, forms=True)
    found = measure(Case.of(call) for call in calls)
    score = found.score
    figures = {
        "recall (full cover)": score.recall(),
        "precision": score.precision(),
        "other forms that leak": score.form_leak_rate or 0.0,
        "refused": float(len(found.failed)),
    }
    limits = {
        "recall (full cover)": Limit(0.97, None, 0.99),
        "precision": Limit(0.95, None, 0.98),
        "other forms that leak": Limit(None, 0.03),
        "refused": Limit(None, 0),
    }
    what = f"Own generator, {language}, {scenes}"
    told = f"; {CALLS} calls, {score.gold.total()} values, seed {SEED}"
    return [(line, outcome, measured + told) for line, outcome, measured in lines(what, figures, limits)]
