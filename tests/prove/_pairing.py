"""Answers that held personal data, each matched with an entry of the log that is its own.

Sums would not do: a request whose process was killed leaves an entry without an answer, and as many answers without an
entry would vanish behind it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

# Clocks of one machine, read before and after the entry's own moment; an entry keeps milliseconds.
SLACK = timedelta(milliseconds=2)


class Answer(NamedTuple):
    """An answer with data: who got it (name in the log and session, "" for a program), and from when to when."""

    who: str
    session: str
    event: str
    asked_at: datetime
    answered_at: datetime


class Opening(NamedTuple):
    """An entry that allows an opening."""

    who: str
    session: str
    event: str
    at: datetime


def unpaired(answers: Iterable[Answer], openings: Iterable[Opening]) -> list[Answer]:
    """The answers for which no entry of their own was written between question and answer, the earliest first."""
    free: dict[tuple[str, str, str], list[datetime]] = defaultdict(list)
    for opening in openings:
        free[opening[:3]].append(opening.at)
    for moments in free.values():
        moments.sort()
    missing = []
    for answer in sorted(answers, key=lambda one: one.answered_at):
        moments = free[answer[:3]]
        first, last = answer.asked_at - SLACK, answer.answered_at + SLACK
        place = next((at for at, moment in enumerate(moments) if first <= moment <= last), None)
        if place is None:
            missing.append(answer)
        else:
            del moments[: place + 1]  # what is older can belong to none that was answered later
    return missing
