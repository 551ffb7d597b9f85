"""What all runs over keys have in common. The keeper does the work; here it is started, stopped and recorded."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.custody import reseal
from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import KeyRun
from callwarden.custody.scope import client_scope
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Conflict, NotFound
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry

State = KeyRun.State
OPEN = (State.RUNNING, State.PAUSED)
# What one call of `carry_on` asks of the keeper at a time, in seconds.
SLICE_SECONDS = 5.0

_finishers: dict[str, Callable[[KeyRun], None]] = {}


def finisher(kind: str) -> Callable[[Callable[[KeyRun], None]], Callable[[KeyRun], None]]:
    """Register what is done, in the transaction that ends a run of this kind, once nothing is left to move."""

    def register(function: Callable[[KeyRun], None]) -> Callable[[KeyRun], None]:
        _finishers[kind] = function
        return function

    return register


def find(run: UUID) -> KeyRun:
    """The run.

    Raises:
        NotFound: there is none.
    """
    found = KeyRun.objects.filter(pk=run).first()
    if found is None:
        raise NotFound("no_such_run", _("There is no such run. See the list of runs."))
    return found


def carry_on(run: UUID, *, seconds: float) -> KeyRun:
    """Work on a run for about so long, and end it when nothing is left. Safe to call again after any crash.

    Raises:
        NotFound: no such run.
        KeeperUnavailable: the keeper did not answer; the run stands where its last batch left it.
    """
    until = clock.monotonic() + seconds
    while True:
        moved = keeper.move(run, seconds=min(seconds, SLICE_SECONDS))
        if moved.ended and not _objects_left(run, seconds=max(until - clock.monotonic(), 0.1)):
            return _end(run)
        if not moved.running or clock.monotonic() >= until:
            return find(run)


def _objects_left(run: UUID, *, seconds: float) -> bool:
    """Work on what the keeper cannot reach, the store; whether something is left there."""
    return find(run).kind == KeyRun.Kind.REENCRYPT and reseal.advance(run, seconds=seconds)


def pause(run: UUID, *, actor: str) -> KeyRun:
    """Let a run rest after the batch it is at. Old and new keys open meanwhile.

    Raises:
        NotFound: no such run.
        Conflict: it does not run.
    """
    return _set(run, State.RUNNING, State.PAUSED, Event.KEY_RUN_PAUSED, actor)


def resume(run: UUID, *, actor: str) -> KeyRun:
    """Let a run go on where it was.

    Raises:
        NotFound: no such run.
        Conflict: it is not paused.
    """
    return _set(run, State.PAUSED, State.RUNNING, Event.KEY_RUN_RESUMED, actor)


def set_rate(run: UUID, *, rate: int, byte_rate: int = 0) -> KeyRun:
    """Let an open run move at most so many rows and bytes of objects a second; 0, as fast as it goes."""
    KeyRun.objects.filter(pk=run, state__in=OPEN).update(rate=rate, byte_rate=byte_rate)
    return find(run)


def _set(run: UUID, before: State, after: State, event: Event, actor: str) -> KeyRun:
    with transaction.atomic():
        found = KeyRun.objects.select_for_update().filter(pk=run).first()
        if found is None:
            raise NotFound("no_such_run", _("There is no such run. See the list of runs."))
        if found.state != before:
            raise Conflict(
                "run_not_so", _("This run is in another state by now. See the list of runs."), data={"is": found.state}
            )
        found.state = after
        found.save(update_fields=["state"])
        journal.record(Entry(event=event, actor=actor, client=found.client_id, data=facts(found)))
    return found


def _end(run: UUID) -> KeyRun:
    with client_scope(find(run).client_id):
        found = KeyRun.objects.select_for_update().get(pk=run)
        if found.state in OPEN:
            _finishers[found.kind](found)
            found.state, found.finished_at = State.DONE, clock.now()
            found.save(update_fields=["state", "finished_at"])
    return found


def facts(run: KeyRun) -> dict[str, str | int]:
    """A run as the ledger tells it."""
    told: dict[str, str | int] = {"run": str(run.id), "kind": run.kind, "rows": run.done, "wal_bytes": run.wal_bytes}
    if run.kind == KeyRun.Kind.REENCRYPT:
        told |= {"objects": run.items, "bytes": run.bytes, "failed": run.failed}
    return told
