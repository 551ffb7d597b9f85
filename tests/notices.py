"""Notices that callers have been told for long: the calls of these tests came later than their text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from callwarden.custody.models import Line
from callwarden.lawful.notices.actions import draft, publish
from callwarden.lawful.notices.models import Notice

# Before the first generated call (`samples.generate`).
TOLD_SINCE: Final = datetime(2026, 9, 1, tzinfo=UTC)


def tell(line: Line, version: str = "2026-1", *, since: datetime | None = TOLD_SINCE) -> Notice:
    """Publish a notice that callers of a line were told since then; with None, from now on."""
    made = draft(line, version=version, text_en="Calls are recorded.", text_zh="通话将被录音。", told_since=since)
    return publish(made, actor="system")
