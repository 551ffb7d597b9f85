"""When a line may call out. Pure: it is told the time.

Source: Civil Code (China) art. 1033(1) (private peace); call-centre licence conditions (China): no calls in hours of
rest, second-hand, uncertain; Ofcom and ICO guidance (UK); 47 CFR 64.1200(c)(1) (8 a.m. to 9 p.m. where called). Which
hours are rest is not written in Chinese law: these are cautious defaults, and each line may set its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from types import MappingProxyType

ALL_WEEK = (1, 2, 3, 4, 5, 6, 7)


@dataclass(frozen=True)
class Hours:
    """Within which hours of which days calls may begin, by a local clock. See `models.CallingHours`."""

    opens: time
    closes: time
    pause: tuple[time, time] | None = None
    days: tuple[int, ...] = ALL_WEEK


DEFAULTS: Mapping[str, Hours] = MappingProxyType(
    {
        "cn": Hours(time(9), time(20), (time(12), time(14))),
        "eu": Hours(time(9), time(20), None, (1, 2, 3, 4, 5, 6)),
        "uk": Hours(time(8), time(21)),
        "us-ca": Hours(time(8), time(21)),
        "generic": Hours(time(9), time(20), None, (1, 2, 3, 4, 5)),
    }
)
# How far ahead the next time to call is looked for.
_AHEAD = 8


def is_open(hours: Hours, at: datetime) -> bool:
    """Whether a call may begin at this local time."""
    now = at.timetz().replace(tzinfo=None)
    in_pause = hours.pause is not None and hours.pause[0] <= now < hours.pause[1]
    return at.isoweekday() in hours.days and hours.opens <= now < hours.closes and not in_pause


def opens_at(hours: Hours, at: datetime) -> datetime | None:
    """The first local moment from `at` on in which a call may begin; None when no day is one for calling."""
    if is_open(hours, at):
        return at
    starts = (hours.opens, hours.pause[1]) if hours.pause else (hours.opens,)
    for ahead in range(_AHEAD):
        day = (at + timedelta(days=ahead)).date()
        for start in starts:
            moment = datetime.combine(day, start, tzinfo=at.tzinfo)
            if moment >= at and is_open(hours, moment):
                return moment
    return None
