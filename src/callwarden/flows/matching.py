"""Finding what belongs together: call detail records, recordings, words; and what is missing after the grace time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from callwarden.custody.models import IntakeItem, IntakeMatch, Line
from callwarden.flows.take_in import Arrived
from callwarden.kernel import clock

State, Kind = IntakeItem.State, IntakeItem.Kind
_OPEN = (State.SEALED, State.WAITING)


def complete_calls(line: Line, *, only: UUID | None = None) -> Iterator[Arrived]:
    """Calls of this line that can be judged now: the record and all its recordings are here, and the words are here
    or have been waited for long enough.

    Args:
        only: look at this one record alone.
    """
    waiting = IntakeItem.objects.select_related("line").filter(line=line, state__in=_OPEN)
    if only is None:
        waiting = waiting.filter(kind__in=[Kind.ROW, Kind.AUDIO, Kind.WORDS])
    else:
        tokens_of_row = IntakeMatch.objects.filter(item_id=only).values("token")
        waiting = waiting.filter(
            Q(pk=only) | Q(kind__in=[Kind.AUDIO, Kind.WORDS], matches__token__in=tokens_of_row)
        ).distinct()
    items = {item.id: item for item in waiting}
    by_token: dict[bytes, list[IntakeItem]] = defaultdict(list)
    tokens: dict[object, list[bytes]] = defaultdict(list)
    matches = IntakeMatch.objects.filter(item_id__in=items).order_by("id")
    for item_id, token in matches.values_list("item_id", "token"):
        by_token[bytes(token)].append(items[item_id])
        tokens[item_id].append(bytes(token))
    for row in (item for item in items.values() if item.kind == Kind.ROW):
        found = _counterparts(row, tokens[row.id], by_token)
        recordings = [item for item in found if item.kind == Kind.AUDIO]
        words = [item for item in found if item.kind == Kind.WORDS]
        if row.needs and len(recordings) >= row.needs and (words or _waited(recordings)):
            newest, replaced = _newest(recordings, tokens)
            in_time = sorted(words, key=lambda item: item.arrived_at)
            yield Arrived(row, newest, tuple(in_time[-1:]), (*replaced, *in_time[:-1]))


def _newest(
    recordings: list[IntakeItem], tokens: Mapping[object, list[bytes]]
) -> tuple[tuple[IntakeItem, ...], tuple[IntakeItem, ...]]:
    """(what counts, what it replaced): of recordings delivered under one and the same name the newest counts.

    The first token of a recording is that of its name.
    """
    by_name: dict[bytes, list[IntakeItem]] = {}
    for item in recordings:
        by_name.setdefault(tokens[item.id][0], []).append(item)
    in_time = [sorted(same, key=lambda item: item.arrived_at) for same in by_name.values()]
    return tuple(same[-1] for same in in_time), tuple(item for same in in_time for item in same[:-1])


def reopen(line: Line) -> int:
    """Take up calls that were set aside for a bad recording and whose recording has been delivered again.

    Returns how many.
    """
    aside = IntakeItem.objects.filter(line=line, state=State.SET_ASIDE).filter(
        Q(reason__startswith="audio_") | Q(reason="spool_damaged")
    )
    fresh = IntakeMatch.objects.filter(item__line=line, item__kind=Kind.AUDIO, item__state__in=_OPEN)
    rows = list(aside.filter(kind=Kind.ROW, matches__token__in=fresh.values("token")).values_list("id", flat=True))
    if rows:
        theirs = IntakeMatch.objects.filter(item__in=rows).values("token")
        parts = aside.filter(matches__token__in=theirs).values_list("id", flat=True)
        IntakeItem.objects.filter(id__in=list(parts)).update(state=State.WAITING, reason="")
    return len(set(rows))


def _counterparts(row: IntakeItem, tokens: list[bytes], by_token: dict[bytes, list[IntakeItem]]) -> list[IntakeItem]:
    """In the order of the row's own tokens, so that several recordings keep the order the system gave them."""
    found: dict[object, IntakeItem] = {}
    for token in tokens:
        for item in by_token[token]:
            if item.kind != Kind.ROW:
                found.setdefault(item.id, item)
    return list(found.values())


def _waited(recordings: list[IntakeItem]) -> bool:
    latest = max(item.arrived_at for item in recordings)
    return clock.now() - latest > timedelta(seconds=settings.WORDS_GRACE_SECONDS)


@dataclass(frozen=True)
class Reconciled:
    """How many are still without their counterpart after the grace time."""

    rows_without_recording: int
    recordings_without_row: int


def reconcile(line: Line) -> Reconciled:
    """Mark what has waited longer than the grace time for its counterpart. It goes on waiting, visibly."""
    limit = clock.now() - timedelta(seconds=settings.MATCH_GRACE_SECONDS)
    late = IntakeItem.objects.filter(line=line, state__in=_OPEN, arrived_at__lt=limit)
    rows = late.filter(kind=Kind.ROW, needs__gt=0).update(state=State.WAITING, reason="recording_missing")
    audio = late.filter(kind=Kind.AUDIO).update(state=State.WAITING, reason="cdr_missing")
    late.filter(kind=Kind.WORDS).update(state=State.WAITING, reason="recording_missing")
    return Reconciled(rows, audio)
