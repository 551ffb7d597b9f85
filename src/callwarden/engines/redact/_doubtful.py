"""What was said where the recogniser was in doubt may be anything, so none of it stays to be heard."""

from __future__ import annotations

from typing import Final

from ._spans import SoundSpan
from ._transcript import Transcript, Turn

DOUBTFUL: Final = "DOUBTFUL"


def doubtful(transcript: Transcript) -> tuple[SoundSpan, ...]:
    """The sound of every turn with doubts, whole; of one without times, its whole channel.

    Words that a recogniser made up or misheard hide what was really said from every rule. Mute this beside what
    `redact` found, and have a person look.
    """
    return tuple(_whole(turn) for turn in transcript.turns if turn.doubts)


def _whole(turn: Turn) -> SoundSpan:
    timed = all(word.start_ms is not None and word.end_ms is not None for word in turn.words)
    if not timed and (turn.start_ms is None or turn.end_ms is None):
        return SoundSpan(turn.channel, 0.0, float("inf"), DOUBTFUL, "doubt", unplaced=True)
    starts = [time for time in (turn.start_ms, *(word.start_ms for word in turn.words)) if time is not None]
    ends = [time for time in (turn.end_ms, *(word.end_ms for word in turn.words)) if time is not None]
    if not starts or not ends or min(starts) > max(ends):
        return SoundSpan(turn.channel, 0.0, float("inf"), DOUBTFUL, "doubt", unplaced=True)
    return SoundSpan(turn.channel, min(starts), max(ends), DOUBTFUL, "doubt")
