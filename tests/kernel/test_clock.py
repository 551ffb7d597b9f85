from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

import callwarden
from callwarden.kernel import clock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_time_is_aware_and_in_utc() -> None:
    assert clock.now().tzinfo is UTC


def test_a_frozen_clock_moves_only_when_told() -> None:
    with clock.frozen(NOON) as time:
        before = clock.monotonic()
        assert clock.now() == NOON
        time.advance(timedelta(hours=4))
        assert clock.now() == NOON + timedelta(hours=4)
        assert clock.monotonic() - before == 4 * 3600
    assert clock.now() != NOON + timedelta(hours=4)


def test_a_jump_of_the_time_of_day_is_not_time_that_passed() -> None:
    with clock.frozen(NOON) as time:
        before = clock.monotonic()
        time.set(NOON - timedelta(days=1))
        assert clock.now() < NOON
        assert clock.monotonic() == before


def test_other_threads_read_the_same_frozen_clock() -> None:
    seen: list[datetime] = []
    with clock.frozen(NOON):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
    assert seen == [NOON]


def test_the_clock_before_comes_back_even_after_a_failure() -> None:
    with pytest.raises(RuntimeError), clock.frozen(NOON):
        raise RuntimeError
    assert clock.now() != NOON


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"), clock.frozen(datetime(2026, 3, 2)):
        pass


def test_a_time_of_another_zone_is_the_same_moment_in_utc() -> None:
    shanghai = timezone(timedelta(hours=8))
    with clock.frozen(datetime(2026, 3, 2, 20, tzinfo=shanghai)):
        assert clock.now() == NOON
        assert clock.now().tzinfo is UTC


def test_no_rule_reads_the_time_of_day_by_itself() -> None:
    package = Path(callwarden.__file__).parent
    reading = re.compile(r"\btimezone\.now\(|\bdatetime\.(?:now|utcnow|today)\(|\bdate\.today\(")
    layers = ("kernel", "custody", "lawful", "protection", "control", "partners", "flows")
    readers = {
        str(path.relative_to(package))
        for layer in layers
        for path in (package / layer).rglob("*.py")
        if reading.search(path.read_text(encoding="utf-8"))
    }
    assert readers == {"kernel/clock.py"}
