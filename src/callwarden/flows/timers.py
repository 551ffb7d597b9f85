"""What time alone does: quarantine ends, retention ends, day keys die.

Nothing of it happens while the time cannot be relied on (see `custody.times`); what is due is refused all the same.

Where the gate refuses an unusual share of a line's calls (`CALLWARDEN_REFUSAL_SHARE`, `CALLWARDEN_REFUSALS_AT_LEAST`),
something is probably wrong with the line, not with its callers, and what was due because of it should not be lost: the
timers of that line stand still. They run again when the rate has ended and somebody has put the finding about it right:
a quiet night alone starts nothing. What a person asked for is no timer.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from callwarden.custody import generations, intake, standstill, times
from callwarden.custody.categories import Category
from callwarden.custody.destroy import HELD, destroy_due_buckets, destroy_record, purge
from callwarden.custody.holds import move_held
from callwarden.custody.keeper.client import KeeperUnavailable
from callwarden.custody.models import Bucket, Call, Client, IntakeItem, Line, Record
from callwarden.custody.restrict import due_after_floors, end_restricted, move_restricted
from callwarden.custody.scope import client_scope
from callwarden.flows import troubles
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event
from callwarden.kernel.structural import Value
from callwarden.lawful.consent.actions import end_what_is_over
from callwarden.lawful.retention.ending import Now, catch_up
from callwarden.lawful.retention.erasing import put_off

# Records of a client that one look ends one by one.
AT_ONCE = 1000
State = IntakeItem.State
ACTOR = "job:retention"


def end_quarantine() -> int:
    """Destroy arrivals whose time is up, whatever state they wait in. Returns how many.

    Those of a line whose timers stand still wait as long as their day keys live. Nothing is opened by that.
    """
    if not times.steady():
        return 0
    ended = 0
    stopped = stand_still_or_go_on()
    due = IntakeItem.objects.filter(delete_at__lte=clock.now()).exclude(state=State.DESTROYED)
    due = due.exclude(line__in=stopped, key__expires_at__gt=clock.now())
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
            item.state, item.inline, item.name_blob, item.sealed_key = State.DESTROYED, b"", b"", b""
            item.shown = ""
            item.save(update_fields=["state", "inline", "name_blob", "sealed_key", "shown"])
            item.matches.all().delete()
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


def stand_still_or_go_on() -> set[UUID]:
    """Stop the timers of lines that refuse too much, let those run again that somebody has put right. Returns the
    lines whose timers stand still now. Stopping and going on are entered once each; with the stop people are told.
    """
    for line in Line.objects.select_related("client"):
        many = troubles.refusals(line)
        with transaction.atomic():
            if many and standstill.begins(line.pk):
                _tell(Event.QUARANTINE_TIMER_STOPPED, line, many)
                troubles.many_refused(line)
            elif not many and not troubles.refusals_in_hand(line) and standstill.ends(line.pk):
                _tell(Event.QUARANTINE_TIMER_RESUMED, line, None)
    return standstill.lines()


def _tell(event: Event, line: Line, count: int | None) -> None:
    facts: dict[str, Value] = {"line": line.slug}
    journal.record(journal.Entry(event=event, actor=ACTOR, client=line.client_id, count=count, data=facts))


def end_retention() -> int:
    """End the keys of buckets whose week has come, then records past their due date. Returns how many of both.

    Nothing of a line whose timers stand still, but what waited for its floor after an erasure somebody asked for.
    """
    if not times.steady():
        return 0
    ended, stopped = 0, stand_still_or_go_on()
    for client in Client.objects.values_list("id", flat=True):
        with client_scope(client):
            put_off(client, actor=ACTOR)
        with suppress(KeeperUnavailable), client_scope(client):
            move_held(client)
            move_restricted(client)
        with client_scope(client):
            rules = Now(client)
            ended += _end_by_time(client, rules, stopped)
        if rules.late:
            catch_up(client, actor=ACTOR)
    return ended


def _end_by_time(client: UUID, rules: Now, stopped: Collection[UUID]) -> int:
    # Asked again, as the rules stand still only now.
    put_off(client, actor=ACTOR)
    due_after_floors(client)
    # Whole buckets first: one act for any number of records, which `purge` clears away later.
    today = clock.now().astimezone(UTC).date()
    ended = destroy_due_buckets(client, today=today, actor=ACTOR, spare=rules.spared_buckets())
    due = Q(due_at__lte=clock.now(), bucket__in=Bucket.objects.filter(hold=False, destroyed_at__isnull=True))
    over = Record.objects.filter(due).exclude(state=Record.State.DESTROYED).exclude(line__in=stopped)
    over = over.select_related("bucket")
    # What is on hold ends with its hold, and keeps no other from ending.
    chosen = list(over.exclude(HELD)[:AT_ONCE])
    spared = rules.spared([record.pk for record in chosen])
    for record in chosen:
        if record.pk in spared:
            continue
        # Asked once more under the record's lock: a hold may have come since the list was made.
        # Where its bucket's key ends within the week, and with it every copy, no generation is due for this.
        turn = record.bucket.expires_on > today + timedelta(days=8)
        ended += destroy_record(record, actor=ACTOR, reason="retention_ended", still=due, turn=turn)
    return ended + end_restricted(client, actor=ACTOR)


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


def end_unredacted() -> int:
    """On lines that take cards, destroy originals that could not be redacted in time: they may hold security codes.

    Where the timers of a line stand still it waits as long again, and no longer: a security code may not be kept.

    Source: PCI DSS 4.0.1 requirement 3.3.1; DESIGN section 3.
    """
    if not times.steady():
        return 0
    ended, stopped = 0, stand_still_or_go_on()
    limit = clock.now() - timedelta(hours=settings.UNREDACTED_HOURS)
    latest = clock.now() - timedelta(hours=2 * settings.UNREDACTED_HOURS)
    for client in Client.objects.values_list("id", flat=True):
        with client_scope(client):
            late = Call.objects.filter(line__takes_cards=True, admitted_at__lte=limit).exclude(
                redaction=Call.Redaction.DONE
            )
            late = late.exclude(line__in=stopped, admitted_at__gt=latest)
            originals = Record.objects.filter(
                call__in=late, category__in=[Category.RECORDING_ORIGINAL, Category.TRANSCRIPT_ORIGINAL]
            )
            for record in originals.exclude(state=Record.State.DESTROYED).exclude(HELD)[:AT_ONCE]:
                ended += destroy_record(record, actor=ACTOR, reason="unredacted_too_long")
    return ended


def end_day_keys() -> int:
    """Destroy day keys past their life or no longer needed; what was still sealed to them is unreadable from now on."""
    return intake.end_day_keys(ACTOR) if times.steady() else 0


def end_consents() -> int:
    """Note which consents have come to the end they were given for. Returns how many."""
    clients = Client.objects.filter(closed_at__isnull=True).values_list("id", flat=True)
    return sum(end_what_is_over(client) for client in clients)
