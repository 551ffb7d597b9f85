"""The review of a month is signed when the month is over where it is counted, and counted to its end."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from callwarden.control.alerts import queries, reports
from callwarden.control.alerts.models import AccessDay, Alert, UsageReport, WatchState
from callwarden.custody.models import LedgerEntry, LedgerPending
from callwarden.kernel import clock

pytestmark = pytest.mark.django_db

ACTOR = "user:ada"
LAST = date(2026, 3, 31)
OVER = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def march() -> None:
    """Somebody opened something on the last day of a month; the watch has read nothing yet, and there is nothing."""
    AccessDay.objects.create(day=LAST, actor=ACTOR, peers="agent/all", action="view_masked", link="", count=3)
    WatchState.objects.create(id=1, learn_until=OVER)


def told(at: datetime, *, index: int) -> None:
    LedgerEntry.objects.create(index=index, entry=uuid4(), body=b"{}", at=at, event="disclose:view", actor=ACTOR)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/Los_Angeles", "UTC"])
def test_no_month_is_signed_before_it_is_over_where_days_are_counted(zone: str) -> None:
    """At 16:50 UTC it is the first of the next month in Shanghai; at 00:40 it is still the last in Los Angeles."""
    with timezone.override(zone):
        with clock.frozen(OVER - timedelta(hours=7, minutes=10)):
            assert reports.make_due() == 0
        with clock.frozen(OVER + timedelta(minutes=40)):
            assert [reports.make_due(), reports.make_due()] == [1, 0]


def test_no_month_is_signed_while_the_watch_has_still_to_read_of_it() -> None:
    told(OVER + timedelta(minutes=1), index=7)
    told(OVER - timedelta(seconds=1), index=8)  # its transaction ended later than that of the one before
    with clock.frozen(OVER + timedelta(minutes=40)):
        for cursor in (7, 8):
            WatchState.objects.update(cursor=cursor)
            assert reports.make_due() == 0
        WatchState.objects.update(cursor=9)
        assert reports.make_due() == 1


def test_what_waits_to_be_laid_into_the_log_is_waited_for() -> None:
    entry = LedgerPending.objects.create(at=OVER - timedelta(seconds=1), body=b"{}")
    with clock.frozen(OVER + timedelta(minutes=40)):
        assert reports.make_due() == 0
        entry.delete()
        LedgerPending.objects.create(at=OVER, body=b"{}")
        assert reports.make_due() == 1


def test_what_comes_after_the_month_holds_nothing_up() -> None:
    told(OVER, index=7)
    with clock.frozen(OVER + timedelta(minutes=40)):
        assert reports.make_due() == 1


def test_a_month_waits_while_nothing_has_ever_been_read() -> None:
    WatchState.objects.all().delete()
    told(OVER - timedelta(days=1), index=0)
    with clock.frozen(OVER + timedelta(minutes=40)):
        assert reports.make_due() == 0


def test_alerts_are_counted_in_the_month_of_their_accesses_wherever_it_is_signed() -> None:
    for at in (OVER - timedelta(hours=7), OVER + timedelta(minutes=5)):
        Alert.objects.create(
            detector="D1", kind="probing", severity="high", actor=ACTOR, at=at, since=at, raised_at=at, facts={},
            evidence=[],
        )  # fmt: skip
    with timezone.override("Asia/Shanghai"), clock.frozen(OVER + timedelta(minutes=40)):
        assert [use.alerts for use in queries.usage(LAST.replace(day=1), LAST)] == [1]
        reports.make_due()
    assert json.loads(bytes(UsageReport.objects.get().body))["people"][0]["alerts"] == 1
