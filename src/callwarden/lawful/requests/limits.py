"""By when a request must be answered: computed from what the law says, never typed.

Certainty marks are those of the control map: "[S]" read at the source, "[M]" from memory of the clause. None of this is
legal advice; it is the figure the centre works toward.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.working_days import add_months, add_working_days

GENERIC: Final = "generic"
# A code that was sent is typed in at once (NIST SP 800-63B-4, 3.1.3.2: out-of-band secrets hold for ten minutes at
# most): for so long something waits for the person.
CODE_LASTS: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class Limit:
    """How long a kind of request may take in a jurisdiction. Exactly one of the three counts is set.

    Attributes:
        extension_days, extension_months: what a notice within the first period may add, once.
        pauses: whether the time stands still while the person is asked to prove who they are.
        provision: instrument and clause, as the control map cites it.
    """

    provision: str
    certainty: str
    days: int = 0
    working_days: int = 0
    months: int = 0
    extension_days: int = 0
    extension_months: int = 0
    pauses: bool = False


@dataclass(frozen=True)
class Due:
    """The end of a time limit: the last moment of its last day, where the line is.

    Attributes:
        provisional: a calendar in it was not announced yet; the date is computed again when it is.
    """

    at: datetime
    provision: str
    certainty: str
    provisional: bool = False


_GDPR = Limit("GDPR art. 12(3)", "M", months=1, extension_months=2, pauses=True)
_UK = Limit("UK GDPR art. 12(3), 12A", "M", months=1, extension_months=2, pauses=True)
_CCPA = Limit("CCPA 1798.130(a)(2)", "M", days=45, extension_days=45)
# PIPL art. 50 says "timely" only; the figure comes from the standard.
_CN = Limit("PIPL 50; GB/T 35273-2020 8.7", "M", days=30)
_CN_CLOSING = Limit("GB/T 35273-2020 8.5", "M", working_days=15)
_GENERIC = Limit("policy of this centre", "", days=30)

_LIMITS: Final[dict[tuple[str, Kind | None], Limit]] = {
    ("cn", None): _CN,
    ("cn", Kind.ACCOUNT_CLOSING): _CN_CLOSING,
    ("eu", None): _GDPR,
    ("uk", None): _UK,
    ("us-ca", None): _CCPA,
    (GENERIC, None): _GENERIC,
}


def limit_for(kind: Kind, jurisdiction: str) -> Limit:
    """The limit of this kind of request; where a jurisdiction is not in the table, the centre's own."""
    return _LIMITS.get((jurisdiction, kind)) or _LIMITS.get((jurisdiction, None)) or _LIMITS[(GENERIC, None)]


def due(
    kind: Kind,
    jurisdiction: str,
    received_at: datetime,
    *,
    zone: ZoneInfo,
    paused: timedelta = timedelta(0),
    extended: bool = False,
) -> Due:
    """The last moment to answer.

    Args:
        received_at: when the request reached the centre, by whatever channel. Aware.
        zone: where the line is; a day ends at midnight there.
        paused: how long a proof waited for the person; it counts only where the law lets the time stand still, and in
            whole days alone: a date is never later than the law's.
        extended: whether the person was told within the first period that it takes longer.
    """
    limit = limit_for(kind, jurisdiction)
    start = received_at.astimezone(zone).date()
    last, provisional = _last_day(limit, start, jurisdiction, extended)
    if limit.pauses:
        last += timedelta(days=max(0, paused // timedelta(days=1)))
    end = datetime.combine(last, time(23, 59, 59), tzinfo=zone)
    return Due(end, limit.provision, limit.certainty, provisional)


def may_extend(kind: Kind, jurisdiction: str) -> bool:
    """Whether the law knows a longer time for this kind of request."""
    limit = limit_for(kind, jurisdiction)
    return bool(limit.extension_days or limit.extension_months)


def _last_day(limit: Limit, start: date, jurisdiction: str, extended: bool) -> tuple[date, bool]:
    if limit.months:
        return add_months(start, limit.months + extended * limit.extension_months), False
    if limit.working_days:
        counted = add_working_days(start, limit.working_days, jurisdiction)
        return counted.last, counted.provisional
    return start + timedelta(days=limit.days + extended * limit.extension_days), False
