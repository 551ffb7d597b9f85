"""The current state of consent."""

from __future__ import annotations

from callwarden.custody.models import Line
from callwarden.lawful.consent.models import ConsentEvent


def current(line: Line, reference: bytes) -> dict[str, str]:
    """Newest state per purpose of one call. A purpose that is missing here is unknown, and unknown means no."""
    events = ConsentEvent.objects.filter(line=line, reference=reference).order_by("at", "recorded_at")
    return {event.purpose: event.state for event in events}
