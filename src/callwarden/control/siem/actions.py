"""Sending the log on, pausing, starting again from an earlier entry, and a test message."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from callwarden.control.siem import rules, sending
from callwarden.control.siem.models import SiemReceiver
from callwarden.control.siem.sending import Leaf
from callwarden.custody.ledger.sequencer import origin
from callwarden.custody.models import Checkpoint, LedgerEntry
from callwarden.kernel import clock, journal, notify
from callwarden.kernel.errors import Conflict, InvalidInput, NotFound, Unavailable
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.machine import About
from callwarden.kernel.models import User
from callwarden.kernel.notify import DeliveryFailed, Template
from callwarden.kernel.roles import Role
from callwarden.kernel.structural import Value

ACTOR: Final = "job:siem"
TOLD: Final = (Role.SECURITY_ADMIN, Role.DPO, Role.AUDITOR)
STOPPED = notify.register(
    Template(
        "siem-paused-alone",
        subject=_("A security system gets no log"),
        body=_(
            "Somebody alone paused the security system “%(receiver)s” for an hour. Look whether that is right; what it "
            "misses is sent when it goes on."
        ),
        parameters=frozenset({"receiver"}),
    )
)
State = SiemReceiver.State


def add_configured() -> list[SiemReceiver]:
    """A row for every receiver of the settings' file that has none yet; those there are then.

    A receiver starts with the first entry of the log: what was before it was connected is sent as well.
    """
    known = set(SiemReceiver.objects.values_list("name", flat=True))
    for name in sorted(set(settings.CALLWARDEN_SIEM) - known):
        now = clock.now()
        with transaction.atomic():
            row, made = SiemReceiver.objects.get_or_create(name=name, defaults={"created_at": now, "next_at": now})
            if made:
                journal.record(Entry(event=Event.SIEM_ADDED, actor=ACTOR, data={"id": str(row.pk), "receiver": name}))
    return configured()


def configured() -> list[SiemReceiver]:
    """Those of the settings' file that are known here, by name."""
    return list(SiemReceiver.objects.filter(name__in=settings.CALLWARDEN_SIEM).order_by("name"))


def due() -> list[str]:
    """Names of receivers that have something to get and may be tried now."""
    now = clock.now()
    ready = SiemReceiver.objects.filter(
        Q(taken_until__isnull=True) | Q(taken_until__lt=now),
        name__in=settings.CALLWARDEN_SIEM,
        state__in=(State.ACTIVE, State.FAILING),
        next_at__lte=now,
        next_index__lt=covered(),
    )
    return list(ready.order_by("name").values_list("name", flat=True))


def covered() -> int:
    """How many entries the newest signed head covers: no other leaves this host."""
    newest = Checkpoint.objects.order_by("-size").values_list("size", flat=True).first()
    return newest or 0


def carry_on(name: str, *, seconds: float) -> int:
    """Send batches to one receiver for about so long; how many entries it confirmed. 0 where somebody else sends.

    No transaction is open while it is being talked to, so nothing waits for it.
    """
    row = _take(name)
    if row is None:
        return 0
    until, count = clock.monotonic() + seconds, 0
    try:
        while sent := _batch(row):
            count += sent
            if clock.monotonic() >= until:
                break
    except DeliveryFailed as failure:
        _failed(row, failure.code)
    finally:
        SiemReceiver.objects.filter(pk=row.pk).update(taken_until=None)
    return count


def pause(row: SiemReceiver, *, by: str, approval: UUID) -> SiemReceiver:
    """Send it nothing more, as two people decided; its place is kept. What one person paused alone stays paused."""
    with transaction.atomic():
        locked = SiemReceiver.objects.select_for_update().get(pk=row.pk)
        about = _about(locked, approval=approval)
        if locked.state != State.PAUSED:
            return SiemReceiver.machine.move(
                locked, State.PAUSED, actor=by, changes={"paused_until": None}, about=about
            )
        journal.record(Entry(event=Event.SIEM_PAUSED, actor=by, approval=approval, data=about["data"]))
        locked.paused_until = None
        locked.save(update_fields=["paused_until"])
    return locked


def pause_alone(row: SiemReceiver, *, by: User, reason: str, session: UUID | None = None) -> SiemReceiver:
    """Send it nothing for an hour, at once and by oneself, once a day; the others are told. Then it goes on.

    Args:
        reason: in words; kept sealed beside the log.

    Raises:
        InvalidInput: no reason.
        Conflict: it was done within a day, or it gets nothing anyway.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", _("Say why it must stop at once."))
    now = clock.now()
    with transaction.atomic():
        locked = SiemReceiver.objects.select_for_update().get(pk=row.pk)
        if locked.alone_at is not None and now - locked.alone_at < rules.ALONE_EVERY:
            raise Conflict(
                "alone_already",
                _("It was paused by one person alone within a day. Now somebody else has to approve."),
            )
        about = _about(locked)
        about["session"], about["detail"] = session, {"reason": reason.strip()}
        changes = {"alone_at": now, "paused_until": now + rules.ALONE}
        moved = SiemReceiver.machine.move(locked, State.PAUSED, actor=by.actor, changes=changes, about=about)
        link = "/audit/receivers/"
        notify.tell(STOPPED, roles=TOLD, parameters={"receiver": locked.name}, link=link, but=by)
    return moved


def end_pauses() -> int:
    """Have those go on that one person alone has paused, when their hour is over. Returns how many."""
    over = SiemReceiver.objects.filter(state=State.PAUSED, paused_until__lte=clock.now())
    ended = 0
    for row in over:
        with transaction.atomic():
            locked = SiemReceiver.objects.select_for_update().get(pk=row.pk)
            if locked.state == State.PAUSED and locked.paused_until and locked.paused_until <= clock.now():
                resume(locked, by=ACTOR)
                ended += 1
    return ended


def remove(row: SiemReceiver, *, by: str, approval: UUID) -> SiemReceiver:
    """Take it out of use, as two people decided; its place is kept, should it come back."""
    about = _about(row, approval=approval)
    return SiemReceiver.machine.move(row, State.REMOVED, actor=by, changes={"paused_until": None}, about=about)


def taken_away() -> int:
    """How many receivers are gone from the settings' file without two people having decided it."""
    return SiemReceiver.objects.exclude(name__in=settings.CALLWARDEN_SIEM).exclude(state=State.REMOVED).count()


def resume(row: SiemReceiver, *, by: str) -> SiemReceiver:
    """Go on where it was."""
    changes = {"attempts": 0, "next_at": clock.now(), "failing_since": None, "error": "", "paused_until": None}
    return SiemReceiver.machine.move(row, State.ACTIVE, actor=by, changes=changes, about=_about(row))


def try_now(row: SiemReceiver) -> None:
    """Do not wait for the next try."""
    SiemReceiver.objects.filter(pk=row.pk).update(next_at=clock.now())


def send_again(row: SiemReceiver, *, first: int, by: str) -> SiemReceiver:
    """Send everything from this leaf index on once more, for instance after the receiver lost its store.

    Raises:
        InvalidInput: the receiver has not got that far.
        NotFound: the receiver is gone.
    """
    with transaction.atomic():
        locked = SiemReceiver.objects.select_for_update().filter(pk=row.pk).first()
        if locked is None:
            raise NotFound("no_receiver", _("This receiver is not known here any more."))
        if not 0 <= first < locked.next_index:
            raise InvalidInput(
                "not_sent_yet",
                _("Entries up to %(next)s were sent. Give the number of one of them."),
                data={"next": locked.next_index},
            )
        data: dict[str, Value] = {"id": str(locked.pk), "receiver": locked.name, "from": locked.next_index, "to": first}
        journal.record(Entry(event=Event.SIEM_REWOUND, actor=by, data=data))
        locked.next_index, locked.next_at = first, clock.now()
        locked.save(update_fields=["next_index", "next_at"])
    return locked


def test(row: SiemReceiver, *, by: str) -> None:
    """Send a message that says it is a test, now.

    Raises:
        Unavailable: it was not taken; `data["cause"]` says why.
    """
    cause = ""
    try:
        sending.test(row.name, log=origin(), size=covered())
    except DeliveryFailed as failure:
        cause = failure.code
    with transaction.atomic():
        data = {"id": str(row.pk), "receiver": row.name, "outcome": cause or "delivered"}
        journal.record(Entry(event=Event.SIEM_TESTED, actor=by, data=data))
    if cause:
        raise Unavailable("siem_not_reached", _("The receiver did not take the message."), data={"cause": cause})


def _take(name: str) -> SiemReceiver | None:
    """Claim a receiver for this worker, if it is due."""
    if name not in due():
        return None
    now = clock.now()
    free = Q(taken_until__isnull=True) | Q(taken_until__lt=now)
    mine = SiemReceiver.objects.filter(free, name=name).update(taken_until=now + rules.TAKEN_FOR)
    return SiemReceiver.objects.get(name=name) if mine else None


def _batch(row: SiemReceiver) -> int:
    """Send the next entries and note that they were confirmed; how many. 0: it has all there are, or was stopped."""
    now = clock.now()
    # Whoever paused it or sent it back meanwhile is heeded.
    row.refresh_from_db()
    if row.state in (State.PAUSED, State.REMOVED):
        return 0
    size = covered()
    rows = LedgerEntry.objects.filter(index__gte=row.next_index, index__lt=size).order_by("index")[: rules.BATCH]
    leaves = [Leaf(each.index, each.at, json.loads(bytes(each.body))) for each in rows]
    if not leaves:
        return 0
    SiemReceiver.objects.filter(pk=row.pk).update(taken_until=now + rules.TAKEN_FOR)
    sending.deliver(row.name, leaves, log=origin(), size=size)
    _confirmed(row, leaves)
    return len(leaves)


def _confirmed(row: SiemReceiver, leaves: list[Leaf]) -> None:
    changes = {"sent_at": clock.now(), "covered_at": leaves[-1].at, "attempts": 0, "error": "", "failing_since": None}
    with transaction.atomic():
        # Somebody who sent it back to an earlier entry meanwhile has the last word.
        SiemReceiver.objects.filter(pk=row.pk, next_index=row.next_index).update(next_index=leaves[-1].index + 1)
        locked = SiemReceiver.objects.select_for_update().get(pk=row.pk)
        if locked.state == State.FAILING:
            SiemReceiver.machine.move(locked, State.ACTIVE, actor=ACTOR, changes=changes, about=_about(locked))
        else:
            SiemReceiver.objects.filter(pk=row.pk).update(**changes)


def _failed(row: SiemReceiver, code: str) -> None:
    now = clock.now()
    with transaction.atomic():
        locked = SiemReceiver.objects.select_for_update().get(pk=row.pk)
        attempts = locked.attempts + 1
        changes: dict[str, object] = {
            "attempts": attempts,
            "next_at": now + rules.wait_after(attempts),
            "error": code,
            "failing_since": locked.failing_since or now,
        }
        if locked.state == State.ACTIVE:
            about = _about(locked)
            about["reasons"] = (code,)
            SiemReceiver.machine.move(locked, State.FAILING, actor=ACTOR, changes=changes, about=about)
        else:
            SiemReceiver.objects.filter(pk=row.pk).update(**changes)


def _about(row: SiemReceiver, *, approval: UUID | None = None) -> About:
    return {"data": {"receiver": row.name, "next": row.next_index}, "approval": approval}


def lag(row: SiemReceiver) -> tuple[int, timedelta]:
    """How many signed entries it has not confirmed, and how old the oldest of them is."""
    behind = max(0, covered() - row.next_index)
    if not behind:
        return 0, timedelta(0)
    oldest = LedgerEntry.objects.filter(index=row.next_index).values_list("at", flat=True).first()
    return behind, clock.now() - oldest if oldest else timedelta(0)


def silent() -> int:
    """How many receivers have taken nothing for longer than anybody should leave them alone."""
    since = clock.now() - rules.SILENCE
    return SiemReceiver.objects.filter(
        name__in=settings.CALLWARDEN_SIEM, state=State.FAILING, failing_since__lte=since
    ).count()
