"""What time alone does: quarantine ends, retention ends, day keys die.

Nothing of it happens while the time cannot be relied on (see `custody.times`); what is due is refused all the same.
Nothing of a line whose timers stand still (see `flows.standing_still`) is ended by time alone.

    timers.run(standing_still.lines_now())
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import wraps
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from callwarden.custody import generations, intake, times
from callwarden.custody.categories import Category
from callwarden.custody.destroy import HELD, destroy_buckets, destroy_record, purge
from callwarden.custody.holds import move_held
from callwarden.custody.keeper.client import KeeperUnavailable
from callwarden.custody.models import Call, Client, IntakeItem, Record
from callwarden.custody.restrict import due_after_floors, end_restricted, move_restricted
from callwarden.custody.scope import client_scope
from callwarden.flows import standing_still
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event
from callwarden.lawful.consent.actions import end_what_is_over
from callwarden.lawful.retention.due import Due, catch_up

# Records of a client that one look ends one by one.
AT_ONCE = 1000
State = IntakeItem.State
ACTOR = "job:retention"
Still = Collection[UUID]


def run(still: Still) -> int:
    """End all that time alone ends, or nothing. Returns how much that was.

    Args:
        still: lines whose timers stand still.
    """
    if not times.steady():
        return 0
    return sum(end(still) for end in (end_quarantine, end_retention, end_unredacted, end_day_keys))


def _by_time(end: Callable[[Still], int]) -> Callable[..., int]:
    """Asked for by itself, it asks what `run` has asked for all of them."""

    @wraps(end)
    def ask(still: Still | None = None) -> int:
        if still is not None:
            return end(still)
        return end(standing_still.lines_now()) if times.steady() else 0

    return ask


@_by_time
def end_quarantine(still: Still) -> int:
    """Destroy arrivals whose time is up, whatever state they wait in. Returns how many.

    Those of a line whose timers stand still wait as long as their day keys live. Nothing is opened by that.
    """
    ended = 0
    due = IntakeItem.objects.filter(delete_at__lte=clock.now()).exclude(state=State.DESTROYED)
    due = due.exclude(line__in=still, key__expires_at__gt=clock.now())
    for item_id in due.values_list("id", flat=True)[:1000]:
        with transaction.atomic():
            item = (
                IntakeItem.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("line")
                .filter(pk=item_id, delete_at__lte=clock.now())
                .exclude(state=State.DESTROYED)
                .first()
            )
            if item is None:
                continue
            was = item.state
            intake.wipe(item)
            journal.record(
                journal.Entry(
                    event=Event.QUARANTINE_DESTROYED,
                    actor=ACTOR,
                    client=item.line.client_id,
                    data={"item": str(item.id), "kind": item.kind, "was": was},
                )
            )
        intake.discard(item)
        ended += 1
    return ended


@_by_time
def end_retention(still: Still) -> int:
    """End the keys of buckets whose week has come, then records past their due date. Returns how many of both.

    What waited for its floor after an erasure somebody asked for goes on every line.
    """
    ended = 0
    for client in Client.objects.values_list("id", flat=True):
        with client_scope(client):
            due_after_floors(client)
        with suppress(KeeperUnavailable), client_scope(client):
            move_held(client)
            move_restricted(client)
        with client_scope(client):
            due = Due(client, still)
            ended += _end(due)
        if due.late:
            catch_up(client, actor=ACTOR)
    return ended


def _end(due: Due) -> int:
    """Records before buckets, as everybody who locks both: whoever marks one for a hold shares its bucket then."""
    ended = end_restricted(due.after_floors(AT_ONCE), actor=ACTOR)
    # Whole buckets are one act for any number of records, which `purge` clears away later.
    buckets = due.buckets()
    week = clock.now().astimezone(UTC).date() + timedelta(days=8)
    for record in due.records(AT_ONCE, besides=buckets):
        # Asked once more under the record's lock: a hold may have come since the list was made.
        # Where its bucket's key ends within the week, and with it every copy, no generation is due for this.
        turn = record.bucket.expires_on > week
        ended += destroy_record(record, actor=ACTOR, reason="retention_ended", still=due.by_time, turn=turn)
    return ended + destroy_buckets(buckets, actor=ACTOR)


def purge_ended(*, seconds: float) -> int:
    """Clear away what ended with its bucket, for about so long. Returns how many records that was."""
    until, cleared = clock.monotonic() + seconds, 0
    for client in Client.objects.values_list("id", flat=True):
        while clock.monotonic() < until:
            with client_scope(client):
                gone = purge(client, actor=ACTOR)
            cleared += gone
            if not gone:
                break
    return cleared


def turn_generations() -> int:
    """Turn the subjects some of whose records were destroyed. Returns how many."""
    turned = 0
    for client in Client.objects.values_list("id", flat=True):
        for subject in generations.due(client):
            turned += generations.turn(subject, client, actor=ACTOR) is not None
    return turned


@_by_time
def end_unredacted(still: Still) -> int:
    """On lines that take cards, destroy originals that could not be redacted in time: they may hold security codes.

    A call that is redacted again, because somebody was taken out of it or its words came anew, has its time from the
    words that came then. Where the timers of a line stand still it waits as long again, and no longer: a security code
    may not be kept.

    Source: PCI DSS 4.0.1 requirement 3.3.1; DESIGN section 3.
    """
    ended = 0
    limit = clock.now() - timedelta(hours=settings.UNREDACTED_HOURS)
    latest = clock.now() - timedelta(hours=2 * settings.UNREDACTED_HOURS)
    for client in Client.objects.values_list("id", flat=True):
        with client_scope(client):
            late = _pending_since(limit).filter(line__takes_cards=True)
            late = late.exclude(Q(line__in=still) & ~Q(pk__in=_pending_since(latest)))
            originals = Record.objects.filter(
                call__in=late, category__in=[Category.RECORDING_ORIGINAL, Category.TRANSCRIPT_ORIGINAL]
            )
            for record in originals.exclude(state=Record.State.DESTROYED).exclude(HELD)[:AT_ONCE]:
                # Asked once more under the record's lock: it may have been redacted since the list was made.
                waits = Q(call__in=late)
                ended += destroy_record(record, actor=ACTOR, reason="unredacted_too_long", still=waits)
    return ended


def _pending_since(limit: datetime) -> QuerySet[Call]:
    """Calls not redacted, though both they and the words they wait with were there at `limit`."""
    words = Record.objects.filter(call=OuterRef("pk"), category=Category.TRANSCRIPT_ORIGINAL)
    newer = Exists(words.filter(created_at__gt=limit).exclude(state=Record.State.DESTROYED))
    return Call.objects.filter(~newer, admitted_at__lte=limit).exclude(redaction=Call.Redaction.DONE)


@_by_time
def end_day_keys(still: Still) -> int:
    """Destroy day keys past their life or no longer needed; what was still sealed to them is unreadable from now on.

    Of every line: a day key lives as long as it was made for, and no longer.
    """
    return intake.end_day_keys(ACTOR)


def end_consents() -> int:
    """Note which consents have come to the end they were given for. Returns how many."""
    clients = Client.objects.filter(closed_at__isnull=True).values_list("id", flat=True)
    return sum(end_what_is_over(client) for client in clients)
