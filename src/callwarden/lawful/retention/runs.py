"""Runs that compute due dates anew. Each batch commits with the run's position: a killed run goes on where it was.

A pass over the table writes the dates that differ; passes follow until one finds none, because a row that was changed
by others meanwhile may have moved to a page already passed. Then records move to the buckets of their dates.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F

from callwarden.custody import moving
from callwarden.custody.models import Line, Record
from callwarden.custody.moving import OPEN_UNTIL
from callwarden.custody.scope import client_scope
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event
from callwarden.lawful.retention import dates
from callwarden.lawful.retention.models import RetentionEvent, RetentionRule, RetentionRun, Trigger

# Pages of one batch of dates, and records of one batch of moves.
PAGES: Final = 512
MOVES: Final = 200
FIRST: Final = UUID(int=0)


@transaction.atomic
def start(client: UUID, *, cause: str, actor: str) -> RetentionRun:
    """Have the due dates of a client's records computed anew. A run under way begins again, with what holds now."""
    run = RetentionRun.objects.select_for_update().filter(client=client, finished_at=None).first()
    if run is not None:
        RetentionRun.objects.filter(pk=run.pk).update(step="dates", page=0, after=FIRST, changed=0, looked_at=0)
        return RetentionRun.objects.get(pk=run.pk)
    with client_scope(client):
        total = Record.objects.filter(client_id=client).exclude(state=Record.State.DESTROYED).count()
    return RetentionRun.objects.create(client_id=client, cause=cause, actor=actor, total=total, started_at=clock.now())


def waiting() -> list[UUID]:
    """Runs that have still something to do, the oldest first."""
    open_ones = RetentionRun.objects.filter(finished_at=None).order_by("started_at")
    return list(open_ones.values_list("pk", flat=True))


def carry_on(run: UUID, *, seconds: float) -> RetentionRun:
    """Work on a run for about so long.

    Raises:
        KeeperUnavailable: keys cannot be moved now. The dates that were written count all the same.
    """
    until = clock.monotonic() + seconds
    while (now := RetentionRun.objects.get(pk=run)).finished_at is None and clock.monotonic() < until:
        step(now)
    return now


def step(run: RetentionRun) -> None:
    """One batch, and the run's position, in one transaction."""
    with client_scope(run.client_id):
        locked = RetentionRun.objects.select_for_update().get(pk=run.pk)
        if locked.step == "dates":
            _dates(locked)
        elif locked.step == "buckets":
            _buckets(locked)
        locked.save()


def _dates(run: RetentionRun) -> None:
    pages = dates.pages()
    if run.page < pages:
        end = min(run.page + PAGES, pages)
        rules = dates.line_rules(Line.objects.filter(client=run.client_id))
        changed = dates.write(run.client_id, rules, first=run.page, end=end)
        run.looked_at = run.total * end // pages if run.dates_changed == run.changed else run.total
        run.page, run.changed, run.dates_changed = end, run.changed + changed, run.dates_changed + changed
    elif run.changed:
        run.page, run.changed = 0, 0
    else:
        run.step = "buckets"


def _buckets(run: RetentionRun) -> None:
    found = moving.astray(run.client_id, after=run.after, now=clock.now(), most=MOVES)
    if found:
        run.moved += moving.move(found, actor=run.actor)
        run.after = found[-1]
        return
    run.step, run.finished_at = "ended", clock.now()
    journal.record(
        journal.Entry(
            event=Event.RETENTION_RECOMPUTED,
            actor=run.actor,
            client=run.client_id,
            count=run.dates_changed,
            data={"run": str(run.pk), "cause": run.cause, "moved": run.moved},
        )
    )


def start_for_events(client: UUID, *, actor: str) -> RetentionRun | None:
    """Start a run where records wait for an event that was told meanwhile (or whose caller was identified since), and
    where periods count from the last contact. None: nothing to do.
    """
    with client_scope(client):
        if RetentionRun.objects.filter(client=client, finished_at=None).exists():
            return None
        last = RetentionRun.objects.filter(client=client).order_by("-started_at").first()
        told = RetentionEvent.objects.filter(client_id=client)
        if last is not None:
            told = told.filter(recorded_at__gte=last.started_at)
        open_ones = Record.objects.filter(client_id=client, due_at=OPEN_UNTIL).exclude(state=Record.State.DESTROYED)
        known = RetentionEvent.objects.filter(client_id=client).values("customer")
        found = open_ones.filter(call__customer__in=known) | open_ones.filter(customer__in=known)
        wanted = told.exists() or (last is not None and found.filter(created_at__gte=last.started_at).exists())
    return start(client, cause="events", actor=actor) if wanted else None


def counts_from_contact(client: UUID) -> bool:
    """Whether a rule of this client counts from the last contact: its dates move with every call."""
    lines = Line.objects.filter(client=client)
    rules = RetentionRule.objects.filter(trigger=Trigger.LAST_CONTACT)
    return (
        rules.filter(line__in=lines).exists()
        or rules.filter(line=None, jurisdiction__in=lines.values("jurisdiction")).exists()
    )


def latest(client: UUID | None = None) -> list[RetentionRun]:
    found = RetentionRun.objects.select_related("client").order_by(F("finished_at").desc(nulls_first=True))
    return list((found.filter(client=client) if client else found)[:10])
