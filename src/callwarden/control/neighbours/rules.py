"""What makes an entry unalterable, when a system is silent, and when an act may be judged. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

# Lines of one batch; a batch is one transaction.
MOST: Final = 500
# What is older than this tells nothing any more that could be acted on, and what lies ahead was not true yet.
OLDEST: Final = timedelta(days=31)
AHEAD: Final = timedelta(minutes=10)
# Beyond this a clock is off: the page says so.
SKEW_TOLD: Final = timedelta(minutes=2)
SHORTEST_KEPT_DAYS: Final = 183
_VERSION: Final = "callwarden-neighbour-entry/1"

Health = Literal["pass", "fail", "warn", "not_measured"]


@dataclass(frozen=True)
class AsReceived:
    """What an entry says, as it was received. Tokens in place of whatever says something of a person."""

    number: int
    mark: bytes
    at: datetime
    act: str
    rows: int | None
    inside: bool | None
    who: bytes
    person: bytes | None
    calls: bytes | None

    def commitment(self, salt: bytes) -> str:
        """SHA-256 (hex) over salt and parts. Without the salt nobody can tell whether it is of these parts."""
        said = {
            "v": _VERSION,
            "number": self.number,
            "mark": self.mark.hex(),
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "act": self.act,
            "rows": self.rows,
            "inside": self.inside,
            "who": self.who.hex(),
            "person": self.person.hex() if self.person else None,
            "calls": self.calls.hex() if self.calls else None,
        }
        canonical = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
        return hashlib.sha256(salt + canonical).hexdigest()


def digest_of(commitments: Iterable[str]) -> str:
    """SHA-256 (hex) over the commitments of a batch, in order: what the operation log holds."""
    return hashlib.sha256("\n".join(commitments).encode()).hexdigest()


def too_far(at: datetime, now: datetime) -> str:
    """Why a line of that time is not kept; "" where it is."""
    if at < now - OLDEST:
        return "too_old"
    return "ahead" if at > now + AHEAD else ""


def silent_since(heard: datetime, quiet_minutes: int, now: datetime) -> datetime | None:
    """From when a system has been silent for longer than it may; None while it has not."""
    if not quiet_minutes:
        return None
    due = heard + timedelta(minutes=quiet_minutes)
    return due if due < now else None


def is_off(skew_s: int) -> bool:
    """Whether a clock is so far ahead that the order of acts across systems is not certain.

    One that is behind looks like lines that were long on their way, so nothing can be said of it.
    """
    return skew_s < -SKEW_TOLD.total_seconds()
