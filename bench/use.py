"""Decisions on use alone, at the size `lawful` has them: ten million consent events beside a million records.

A part of `lawful` by itself, for whoever works on the decision. Database and keeper are processes of their own.
"""

from __future__ import annotations

from collections.abc import Callable

from bench import _lawful_consent, _lawful_retention
from bench._site import installation, open_line

ROWS = 1_000_000


def run(progress: Callable[[str], None]) -> dict[str, float]:
    with installation():
        line = open_line("bench")
        progress(f"laying {ROWS:,} records")
        figures = {"records": float(ROWS), "records_seed_s": _lawful_retention._seed(line, ROWS)}
        return figures | _lawful_consent.run(line, ROWS, progress)
