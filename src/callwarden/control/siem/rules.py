"""When a receiver is tried again, and how much it gets at once. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

BATCH: Final = 500
# After the first, second, ... failure in a row; then always the last. It is never given up.
BACKOFF: Final = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 60, 120, 300, 600, 900))
# A worker's claim on a receiver: longer than any one batch takes with every time limit used up.
TAKEN_FOR: Final = timedelta(minutes=2)
# From when a receiver that takes nothing is a finding.
SILENCE: Final = timedelta(hours=1)
# For how long, and how often, one person alone may have a receiver get nothing.
ALONE: Final = timedelta(hours=1)
ALONE_EVERY: Final = timedelta(hours=24)


def wait_after(failures: int) -> timedelta:
    """How long until the next try after so many failures in a row (1 or more)."""
    return BACKOFF[min(failures, len(BACKOFF)) - 1]
