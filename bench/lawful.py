"""Chapter 1 at size: what data subjects wait for, due dates computed anew, decisions on consent, dialling.

Database (durable, as it ships) and keeper are processes of their own; rows lie in the real tables. `--rows` says how
many there are of what a part measures. Times are wall clock; other jobs of the machine count. One module a group of
figures.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench import _lawful_consent, _lawful_requests, _lawful_retention
from bench._site import installation, open_line

ROWS = 1_000_000

Progress = Callable[[str], None]
Part = Callable[[Any, int, Progress], dict[str, float]]
# Each is given a line, how many rows, and a way to say what it does.
PARTS: tuple[Part, ...] = (_lawful_requests.run, _lawful_retention.run, _lawful_consent.run)


def run(progress: Progress) -> dict[str, float]:
    figures: dict[str, float] = {}
    with installation():
        line = open_line("bench")
        for part in PARTS:
            figures |= part(line, ROWS, progress)
    return figures
