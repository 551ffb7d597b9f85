"""The only place that reads the time.

due = clock.now() + timedelta(hours=4)

with clock.frozen(datetime(2026, 3, 1, tzinfo=UTC)) as time:   # tests
    time.advance(timedelta(hours=5))
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time of day and the time that passed."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class FrozenClock:
    """Stands still until told to move. `set` may also go back, which real clocks do."""

    def __init__(self, at: datetime) -> None:
        self._now = _aware(at)
        self._passed = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._passed

    def advance(self, by: timedelta) -> None:
        """Let time pass on both clocks."""
        if by < timedelta(0):
            raise ValueError("Time passes forwards; use set() to make a clock jump back.")
        self._now += by
        self._passed += by.total_seconds()

    def set(self, at: datetime) -> None:
        """Make the time of day jump, as after a wrong synchronisation; the passed time does not."""
        self._now = _aware(at)


_clock: Clock = SystemClock()


def now() -> datetime:
    """The time of day, aware, in UTC."""
    return _clock.now()


def monotonic() -> float:
    """Seconds since an arbitrary start; never goes back."""
    return _clock.monotonic()


@contextmanager
def using(replacement: Clock) -> Iterator[Clock]:
    """Read another clock in all threads of this process until the block ends."""
    global _clock
    before, _clock = _clock, replacement
    try:
        yield replacement
    finally:
        _clock = before


@contextmanager
def frozen(at: datetime) -> Iterator[FrozenClock]:
    """Time stands at `at` (aware) until the block ends or the clock is told otherwise."""
    clock = FrozenClock(at)
    with using(clock):
        yield clock


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("A time without a zone means nothing here; give it tzinfo=UTC.")
    return at.astimezone(UTC)
