"""What time alone does: quarantine ends, retention ends, day keys die.

Nothing of it happens while the time cannot be relied on (see `custody.times`); what is due is refused all the same.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from callwarden.custody import generations, intake, times
from callwarden.custody.categories import Category
from callwarden.custody.destroy import HELD, destroy_due_buckets, destroy_record, purge
from callwarden.custody.holds import move_held
from callwarden.custody.keeper.client import KeeperUnavailable
from callwarden.custody.models import Bucket, Call, Client, IntakeItem, Line, Record
from callwarden.custody.restrict import due_after_floors, end_restricted, move_restricted
from callwarden.custody.scope import client_scope
from callwarden.flows.troubles import refusals
from callwarden.kernel import clock, journal, standing
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

    Where the gate refuses an unusual share of a line's calls, something is probably wrong with the line, not with its
    callers: its quarantine keeps what it holds, as long as the day keys live, until somebody has looked (a finding
    says so). Nothing is opened by that.
    """
    if not times.steady():
        return 0
    ended = 0
    stopped = [line.id for line in Line.objects.all() if _stands_still(line)]
    due = IntakeItem.objects.filter(delete_at__lte=clock.now()).exclude(state=State.DESTROYED)
    due = due.exclude(line__in=stopped, state=State.QUARANTINED, key__expires_at__gt=clock.now())
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


def _stands_still(line: Line) -> bool:
    """Whether the timers of a line's quarantine stand still now. Stopping and going on are entered once each."""
    many, name = refusals(line), f"quarantine:{line.pk}"
    with transaction.atomic():
        event = None
        if many and standing.begins(name):
            event = Event.QUARANTINE_TIMER_STOPPED
        elif not many and standing.ends(name):
            event = Event.QUARANTINE_TIMER_RESUMED
        if event is not None:
            facts: dict[str, Value] = {"line": line.slug}
            journal.record(
                journal.Entry(event=event, actor=ACTOR, client=line.client_id, count=many or None, data=facts)
            )
    return bool(many)


def end_retention() -> int:
    """End the keys of buckets whose week has come, then records past their due date. Returns how many of both."""
    if not times.steady():
        return 0
    ended = 0
    for client in Client.objects.values_list("id", flat=True):
        with client_scope(client):
            put_off(client, actor=ACTOR)
        with suppress(KeeperUnavailable), client_scope(client):
            move_held(client)
            move_restricted(client)
        with client_scope(client):
            rules = Now(client)
            ended += _end_by_time(client, rules)
        if rules.late:
            catch_up(client, actor=ACTOR)
    return ended


def _end_by_time(client: UUID, rules: Now) -> int:
    # Asked again, as the rules stand still only now.
    put_off(client, actor=ACTOR)
    due_after_floors(client)
    # Whole buckets first: one act for any number of records, which `purge` clears away later.
    today = clock.now().astimezone(UTC).date()
    ended = destroy_due_buckets(client, today=today, actor=ACTOR, spare=rules.spared_buckets())
    due = Q(due_at__lte=clock.now(), bucket__in=Bucket.objects.filter(hold=False, destroyed_at__isnull=True))
    over = Record.objects.filter(due).exclude(state=Record.State.DESTROYED).select_related("bucket")
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

    Source: PCI DSS 4.0.1 requirement 3.3.1; DESIGN section 3.
    """
    if not times.steady():
        return 0
    ended = 0
    limit = clock.now() - timedelta(hours=settings.UNREDACTED_HOURS)
    for client in Client.objects.values_list("id", flat=True):
        with client_scope(client):
            late = Call.objects.filter(line__takes_cards=True, admitted_at__lte=limit).exclude(
                redaction=Call.Redaction.DONE
            )
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
