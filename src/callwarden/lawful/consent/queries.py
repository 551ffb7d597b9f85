"""The current state of consent."""

from __future__ import annotations

from collections.abc import Iterable

from callwarden.custody.models import Line
from callwarden.lawful.consent.models import ConsentEvent


def current(line: Line, reference: bytes) -> dict[str, str]:
    """Newest state per purpose of one call. A purpose that is missing here is unknown, and unknown means no."""
    return standing(ConsentEvent.objects.filter(line=line, reference=reference))


def standing(events: Iterable[ConsentEvent]) -> dict[str, str]:
    """What holds now, purpose by purpose, after everything that was said.

    Nothing was said later than it was recorded: a telephone system whose clock runs ahead must not make a yes outlive
    the no that follows it. Of a yes and a no at the same moment the no holds.
    """
    in_time = sorted(
        events,
        key=lambda event: (
            min(event.at, event.recorded_at),
            event.state != ConsentEvent.State.GIVEN,
            event.recorded_at,
        ),
    )
    return {event.purpose: event.state for event in in_time}
