"""What a check of an installation ends in: one of four outcomes, and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    NOT_MEASURED = "not_measured"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class Result:
    """What a check found. `says` is one sentence in the reader's language; for a failure it names the remedy."""

    outcome: Outcome
    says: str


def passed(says: str) -> Result:
    return Result(Outcome.PASS, says)


def failed(says: str) -> Result:
    return Result(Outcome.FAIL, says)


def unmeasured(says: str) -> Result:
    return Result(Outcome.NOT_MEASURED, says)


def not_applicable(says: str) -> Result:
    return Result(Outcome.NOT_APPLICABLE, says)
