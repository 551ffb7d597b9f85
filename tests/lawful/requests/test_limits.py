"""Time limits of requests are computed, over China's shifted working days and months of unequal length."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.limits import due, limit_for, may_extend
from callwarden.lawful.requests.working_days import add_months, add_working_days, announced, is_working_day

SHANGHAI, PARIS = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Paris")


def test_a_saturday_that_was_moved_to_is_worked_and_a_friday_that_was_freed_is_not() -> None:
    assert is_working_day(date(2026, 2, 14), "cn")
    assert not is_working_day(date(2026, 2, 20), "cn")
    assert not is_working_day(date(2026, 2, 14), "eu")


def test_fifteen_working_days_reach_over_the_national_holiday() -> None:
    # 25 September 2026 is free, 1 to 7 October as well; Saturday 10 October is worked.
    counted = add_working_days(date(2026, 9, 24), 15, "cn")
    assert counted.last == date(2026, 10, 22)
    assert not counted.provisional


def test_a_limit_that_runs_into_a_year_without_a_calendar_is_provisional() -> None:
    assert announced(2026, "cn")
    assert add_working_days(date(2026, 12, 28), 15, "cn").provisional is not announced(2027, "cn")
    assert not announced(2098, "cn")
    assert add_working_days(date(2097, 12, 28), 15, "cn").provisional


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
    ],
)
def test_a_month_ends_on_the_same_number_or_the_last_day(start: date, months: int, end: date) -> None:
    assert add_months(start, months) == end


def test_the_day_ends_where_the_line_is() -> None:
    # 20:00 UTC is the next day in Shanghai.
    late = datetime(2026, 3, 1, 20, tzinfo=UTC)
    assert due(Kind.ACCESS, "cn", late, zone=SHANGHAI).at == datetime(2026, 4, 1, 23, 59, 59, tzinfo=SHANGHAI)
    assert due(Kind.ACCESS, "eu", late, zone=PARIS).at == datetime(2026, 4, 1, 23, 59, 59, tzinfo=PARIS)


def test_closing_an_account_in_china_counts_working_days_and_names_its_clause() -> None:
    end = due(Kind.ACCOUNT_CLOSING, "cn", datetime(2026, 9, 24, 1, tzinfo=UTC), zone=SHANGHAI)
    assert (end.at.date(), end.provision, end.certainty) == (date(2026, 10, 22), "GB/T 35273-2020 8.5", "M")


def test_the_time_stands_still_only_where_the_law_lets_it() -> None:
    received, asked = datetime(2026, 3, 2, 9, tzinfo=UTC), timedelta(days=3, hours=1)
    plain = {one: due(Kind.ACCESS, one, received, zone=PARIS).at for one in ("eu", "cn", "us-ca")}
    paused = {one: due(Kind.ACCESS, one, received, zone=PARIS, paused=asked).at for one in ("eu", "cn", "us-ca")}
    assert (paused["eu"].date() - plain["eu"].date()).days == 3, "begun days are nobody's"
    assert (paused["cn"], paused["us-ca"]) == (plain["cn"], plain["us-ca"])


def test_what_has_no_extension_is_not_extended() -> None:
    assert not may_extend(Kind.ERASURE, "cn")
    received = datetime(2026, 1, 31, 9, tzinfo=UTC)
    assert due(Kind.ERASURE, "eu", received, zone=PARIS, extended=True).at.date() == date(2026, 4, 30)
    assert due(Kind.ERASURE, "us-ca", received, zone=PARIS, extended=True).at.date() == date(2026, 5, 1)


@given(
    kind=st.sampled_from(list(Kind)),
    place=st.sampled_from(["cn", "eu", "uk", "us-ca", "generic", "atlantis"]),
    received=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
    later=st.timedeltas(timedelta(0), timedelta(days=200)),
)
def test_a_later_request_is_never_due_earlier(kind: Kind, place: str, received: datetime, later: timedelta) -> None:
    first = due(kind, place, received, zone=SHANGHAI)
    second = due(kind, place, received + later, zone=SHANGHAI)
    assert received < first.at <= second.at
    limit = limit_for(kind, place)
    assert sum(map(bool, (limit.days, limit.working_days, limit.months))) == 1
