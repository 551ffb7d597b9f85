"""How far things have come: one call by its own number, one batch by its id. States and reasons, never contents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody import intake
from callwarden.custody.models import Call, IntakeBatch, IntakeItem, IntakeMatch, Line
from callwarden.custody.scope import client_scope
from callwarden.flows.take_in import call_reference
from callwarden.kernel.errors import NotFound

State, Kind = IntakeItem.State, IntakeItem.Kind
_OPEN = (State.SEALED, State.WAITING)
Standing = Literal["received", "quarantined", "set_aside", "admitted", "redacted", "destroyed"]
_STANDS: Mapping[str, Standing] = {
    State.ADMITTED: "admitted",
    State.QUARANTINED: "quarantined",
    State.SET_ASIDE: "set_aside",
    State.DESTROYED: "destroyed",
}


@dataclass(frozen=True)
class CallState:
    """Where one call stands.

    Attributes:
        reason: why it is not further, as a stable code; empty when nothing holds it.
        call: its id once it is admitted.
    """

    state: Standing
    reason: str = ""
    call: UUID | None = None


def state_of_call(line: Line, call_id: str) -> CallState:
    """Where the call with this number of its telephone system stands.

    Raises:
        NotFound: nothing of it has arrived, or nothing of it is left.
    """
    with client_scope(line.client_id):
        call = Call.objects.filter(line=line, reference=call_reference(line, call_id)).first()
    if call is not None:
        stands: Standing = "redacted" if call.redaction == Call.Redaction.DONE else "admitted"
        return CallState(stands, "redaction_failed" if call.redaction == Call.Redaction.FAILED else "", call.id)
    token = intake.match_token(line.id, f"call:{call_id}")
    items = list(
        IntakeItem.objects.filter(line=line, matches__token=token)
        .exclude(state=State.DUPLICATE)
        .order_by("-arrived_at")
        .values_list("kind", "state", "reason")
    )
    rows = [item for item in items if item[0] == Kind.ROW]
    for _kind, state, reason in rows or items:
        if state in _OPEN:
            return CallState("received", reason)
        return CallState(_STANDS[state], reason)
    raise NotFound("call_not_found", _("Nothing of a call with this number has arrived on this line."))


@dataclass(frozen=True)
class BatchProgress:
    """How far a batch has come.

    Attributes:
        files: files of it, read or refused.
        lists_unread: lists of it that have not been read yet; orders are read with their customers.
        pending: calls that are complete or may become so at any moment, and are not judged and redacted yet.
        calls: outcome -> count: admitted (not redacted yet), redacted, redaction_failed, quarantined, set_aside,
            duplicate, destroyed; unanswered, of which no recording is expected.
        quarantined, set_aside: reason -> count.
        missing_recordings: call records whose recording has not arrived.
        recordings_without_record: recordings that no call record names.
        orders_waiting: lists of orders that no list of customers has come with.
        problems: what was wrong with rows of its lists: line, code, field, source.
    """

    batch: IntakeBatch
    files: int
    lists_unread: int
    pending: int
    calls: Mapping[str, int] = field(default_factory=dict)
    quarantined: Mapping[str, int] = field(default_factory=dict)
    set_aside: Mapping[str, int] = field(default_factory=dict)
    missing_recordings: int = 0
    recordings_without_record: int = 0
    orders_waiting: int = 0
    problems: tuple[Mapping[str, Any], ...] = ()

    @property
    def settled(self) -> bool:
        """Everything that can be decided is decided. What misses its counterpart goes on waiting all the same."""
        return not self.pending and not self.lists_unread and self.batch.finished_at is not None


def of_batch(batch: IntakeBatch) -> BatchProgress:
    """Look at a batch as it is now."""
    items = list(
        IntakeItem.objects.filter(batch=batch).values_list("id", "kind", "state", "reason", "needs", "call", "problems")
    )
    unmatched = _unmatched(items)
    with client_scope(batch.line.client_id):
        redaction = dict(Call.objects.filter(intake__batch=batch).values_list("id", "redaction"))
    calls: Counter[str] = Counter()
    quarantined: Counter[str] = Counter()
    set_aside: Counter[str] = Counter()
    pending = missing = without = 0
    for item, kind, state, reason, needs, call, _problems in items:
        if kind == Kind.ROW:
            if state in _OPEN and not needs:
                calls["unanswered"] += 1
                continue
            if state in _OPEN:
                missing, pending = (missing + 1, pending) if item in unmatched else (missing, pending + 1)
                continue
            outcome = _outcome(state, redaction.get(call))
            calls[outcome] += 1
            pending += outcome == "admitted"
            quarantined.update([reason] if state == State.QUARANTINED else [])
        elif kind == Kind.AUDIO and state in _OPEN:
            without += item in unmatched
        if state == State.SET_ASIDE:
            set_aside[reason] += 1
    unread = Counter(kind for _item, kind, state, *_rest in items if state == State.SEALED)
    return BatchProgress(
        batch=batch,
        files=batch.total,
        lists_unread=unread[Kind.CDR] + unread[Kind.CUSTOMERS],
        pending=pending,
        calls=dict(calls),
        quarantined=dict(quarantined),
        set_aside=dict(set_aside),
        missing_recordings=missing,
        recordings_without_record=without,
        orders_waiting=0 if unread[Kind.CUSTOMERS] else unread[Kind.ORDERS],
        problems=tuple(problem for *_rest, problems in items for problem in problems),
    )


def _outcome(state: str, redaction: str | None) -> str:
    if state != State.ADMITTED:
        return state
    if redaction == Call.Redaction.DONE:
        return "redacted"
    return "redaction_failed" if redaction == Call.Redaction.FAILED else "admitted"


def _unmatched(items: list[tuple[Any, ...]]) -> set[UUID]:
    """Open call records whose recordings are not all here, and open recordings that no call record is waiting for.

    Counterparts count wherever they came from, not only in this batch.
    """
    rows = {item: needs for item, kind, state, _reason, needs, *_rest in items if kind == Kind.ROW and state in _OPEN}
    sounds = {item for item, kind, state, *_rest in items if kind == Kind.AUDIO and state in _OPEN}
    tokens = IntakeMatch.objects.filter(item__in=[*rows, *sounds]).values("token")
    pairs = IntakeMatch.objects.filter(token__in=tokens, item__state__in=_OPEN).values_list(
        "token", "item", "item__kind"
    )
    by_token: dict[bytes, dict[str, set[UUID]]] = {}
    for token, item, kind in pairs:
        by_token.setdefault(bytes(token), {}).setdefault(kind, set()).add(item)
    found: dict[UUID, set[UUID]] = {}
    for kinds in by_token.values():
        for row in kinds.get(Kind.ROW, ()):
            found.setdefault(row, set()).update(kinds.get(Kind.AUDIO, ()))
        for sound in kinds.get(Kind.AUDIO, ()):
            found.setdefault(sound, set()).update(kinds.get(Kind.ROW, ()))
    lonely = {row for row, needs in rows.items() if len(found.get(row, ())) < needs}
    return lonely | {sound for sound in sounds if not found.get(sound)}
