"""Which days count where a law counts working days, China's shifted ones included.

Source: the yearly holiday notices of the State Council, as the holidays library carries them (ADR 16).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import holidays

# Jurisdiction -> country whose calendar counts. The EU has none of its own: only weekends are free there, so that a
# date computed here is never later than the one a member state's calendar would give.
COUNTRIES: Final = {"cn": ("CN", None), "uk": ("GB", "ENG"), "us-ca": ("US", "CA")}
_SATURDAY: Final = 5
# From this year on the notices move days; a year without a moved day has not been announced yet.
_SHIFTED_SINCE: Final = 2008


@dataclass(frozen=True)
class Counted:
    """The last day of a time limit.

    Attributes:
        provisional: the calendar of a year in it was not announced when it was computed; it is computed again.
    """

    last: date
    provisional: bool


def is_working_day(day: date, jurisdiction: str) -> bool:
    """Whether people work on this day: a weekend day may be moved to, a weekday may be free."""
    if jurisdiction not in COUNTRIES:
        return day.weekday() < _SATURDAY
    return _calendar(jurisdiction, day.year).is_working_day(day)


def announced(year: int, jurisdiction: str) -> bool:
    """Whether the working days of the year are known. China's are announced in the autumn before."""
    if jurisdiction != "cn" or year < _SHIFTED_SINCE:
        return True
    moved = _calendar(jurisdiction, year).weekend_workdays
    return any(day.year == year for day in moved)


def add_working_days(start: date, count: int, jurisdiction: str) -> Counted:
    """The `count`-th working day after `start`; the day of the event itself is not counted.

    Raises:
        ValueError: count is not positive.
    """
    if count < 1:
        raise ValueError("A time limit has at least one day.")
    day, left = start, count
    while left:
        day += timedelta(days=1)
        left -= is_working_day(day, jurisdiction)
    years = range(start.year, day.year + 1)
    return Counted(day, provisional=not all(announced(year, jurisdiction) for year in years))


def add_months(start: date, count: int) -> date:
    """The day of the same number `count` months later, or the last of that month where it has none.

    Source: Regulation (EEC, Euratom) 1182/71 art. 3(2)(c). Its extension over free days is left out: earlier is safe.
    """
    month = start.month - 1 + count
    first = date(start.year + month // 12, month % 12 + 1, 1)
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return first.replace(day=min(start.day, (after - timedelta(days=1)).day))


@lru_cache(maxsize=64)
def _calendar(jurisdiction: str, year: int) -> holidays.HolidayBase:
    import holidays  # the calendars of all countries: slow to load, and needed when a time limit is counted

    country, part = COUNTRIES[jurisdiction]
    return holidays.country_holidays(country, subdiv=part, years=[year])
