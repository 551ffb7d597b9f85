"""Chapter 1 at size: decisions on consent, the dialler's questions.

Database (durable, as it ships) and keeper are processes of their own; rows lie in the real tables. `--rows` says how
many consent events there are. Times are wall clock; other jobs of the machine count. One module a group of figures.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench import _lawful_consent
from bench._site import installation, open_line

ROWS = 10_000_000

Progress = Callable[[str], None]
Part = Callable[[Any, int, Progress], dict[str, float]]
# Each is given a line, how many rows, and a way to say what it does.
PARTS: tuple[Part, ...] = (_lawful_consent.run,)


def run(progress: Progress) -> dict[str, float]:
    figures: dict[str, float] = {}
    with installation():
        line = open_line("bench")
        _purposes(line)
        for part in PARTS:
            figures |= part(line, ROWS, progress)
    return figures


def _purposes(line: Any) -> None:
    from callwarden.lawful.purposes.models import LinePurpose, Purpose
    from callwarden.lawful.purposes.terms import Use

    Purpose.objects.filter(slug="quality").update(use=Use.QUALITY_REVIEW)
    offers = Purpose.objects.create(slug="offers", name="offers", name_zh="offers", use=Use.MARKETING)
    Purpose.machine.move(offers, Purpose.State.ACTIVE, actor="system")
    LinePurpose.objects.create(line=line, purpose=offers, ground="consent")
