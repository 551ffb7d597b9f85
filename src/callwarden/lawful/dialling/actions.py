"""Putting numbers on the list of those nobody calls, and taking them off. Everything works inside `client_scope`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Line
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.events import Event
from callwarden.lawful.dialling.models import CallingHours, DoNotCall
from callwarden.lawful.dialling.queries import listed, tokens
from callwarden.lawful.dialling.rules import ALL_WEEK, Hours


def add(client: UUID, numbers: Iterable[str], *, source: str, actor: str, session: UUID | None = None) -> int:
    """Call these numbers no more. Returns how many were not on the list yet.

    Args:
        numbers: normalised (`engines.seal.normalise.normalise_phone`).
    """
    made = set(tokens(client, numbers))
    fresh = made - listed(made)
    now = clock.now()
    DoNotCall.objects.bulk_create(
        (
            DoNotCall(client_id=client, token=token, source=source, added_by=actor, added_at=now)
            for token in sorted(fresh)
        ),
        ignore_conflicts=True,
        batch_size=2000,
    )
    if fresh:
        _record(Event.DO_NOT_CALL_ADDED, client, actor, session, count=len(fresh), source=source)
    return len(fresh)


def remove(client: UUID, numbers: Iterable[str], *, actor: str, reason: str, session: UUID | None = None) -> int:
    """Take numbers off the list, because whoever has them asked for it. Returns how many were on it.

    Raises:
        InvalidInput: no reason.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", _("Say who asked for it and when."))
    found = DoNotCall.objects.filter(token__in=tokens(client, numbers), removed_at__isnull=True)
    count = found.update(removed_at=clock.now(), removed_by=actor)
    if count:
        _record(Event.DO_NOT_CALL_REMOVED, client, actor, session, count=count, detail=reason.strip())
    return count


def set_hours(line: Line, hours: Hours, *, actor: str, session: UUID | None = None) -> CallingHours:
    """Set the hours in which a line may call out.

    Raises:
        InvalidInput: hours that end before they begin, a pause outside them, or no such day.
    """
    pause_from, pause_until = hours.pause or (None, None)
    if hours.opens >= hours.closes or not hours.days or not set(hours.days) <= set(ALL_WEEK):
        raise InvalidInput("bad_hours", _("Choose hours that end after they begin, and at least one day."))
    if pause_from and pause_until and not hours.opens < pause_from < pause_until < hours.closes:
        raise InvalidInput("bad_pause", _("The midday rest must lie within the hours for calling."))
    row, _created = CallingHours.objects.update_or_create(
        line=line,
        defaults={
            "client_id": line.client_id,
            "opens": hours.opens,
            "closes": hours.closes,
            "pause_from": pause_from,
            "pause_until": pause_until,
            "days": sorted(set(hours.days)),
        },
    )
    journal.record(
        journal.Entry(
            event=Event.CALLING_HOURS_SET,
            actor=actor,
            session=session,
            client=line.client_id,
            data={
                "line": line.slug,
                "opens": _shown(hours.opens),
                "closes": _shown(hours.closes),
                "days": [str(day) for day in row.days],
            },
        )
    )
    return row


def _shown(moment: time) -> str:
    return moment.strftime("%H:%M")


def _record(
    event: Event,
    client: UUID,
    actor: str,
    session: UUID | None,
    *,
    count: int,
    source: str = "",
    detail: str = "",
) -> None:
    journal.record(
        journal.Entry(
            event=event,
            actor=actor,
            session=session,
            client=client,
            count=count,
            data={"source": source} if source else {},
            detail={"reason": detail} if detail else None,
        )
    )
