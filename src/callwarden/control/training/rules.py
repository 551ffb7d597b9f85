"""When training counts, and what rests on it. Pure.

Sources: PIPL art. 51(4) and GB/T 22239-2019 8.1.8.2 (regular training); ISO/IEC 27002:2022 6.3; NIST SP 800-53 AT-3.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.kernel.errors import InvalidInput, Refused
from callwarden.kernel.roles import SENSITIVE

# The course that sensitive roles rest on.
COURSE: Final = "security"


class Standing(StrEnum):
    """What a person's training is worth today; the slugs stand in reports of reviews."""

    VALID = "valid"
    LAPSED = "lapsed"
    NONE = "none"


@dataclass(frozen=True)
class Trained:
    """A person's training in security; `until` is its last day, None where there never was any."""

    standing: Standing
    until: date | None = None


UNTRAINED: Final = Trained(Standing.NONE)


def judged(last_days: Iterable[date], today: date) -> Trained:
    """Training by the last days of what a person completed. On its last day it still counts."""
    until = max(last_days, default=None)
    if until is None:
        return UNTRAINED
    return Trained(Standing.VALID if today <= until else Standing.LAPSED, until)


def last_day(completed: date, wanted: date | None, *, longest: date, today: date) -> date:
    """Until when training counts that was completed on a day.

    Args:
        wanted: the day the certificate names; None takes the longest the site allows.
        longest: the last day the site lets it count.

    Raises:
        InvalidInput: it lies ahead, or would end before it began or later than the site allows.
    """
    if completed > today:
        raise InvalidInput("training_ahead", _("Training counts once it is completed. Choose a day that has come."))
    until = wanted or longest
    if not completed <= until <= longest:
        raise InvalidInput(
            "training_until",
            _("This training cannot count so long, or ends before it was completed. Correct the last day."),
        )
    return until


def refuse_untrained(trained: Trained, roles: Collection[str]) -> None:
    """A sensitive role needs training in security that is current.

    Raises:
        Refused: it has lapsed, or there never was any.
    """
    if set(roles) & SENSITIVE and trained.standing is not Standing.VALID:
        raise Refused(
            "training_not_current",
            _("A sensitive role needs training in security that is current. Enter it in the register of training."),
            data={"training": str(trained.standing)},
        )
