"""Putting numbers on the list of those nobody calls, and taking them off. Everything works inside `client_scope`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Line
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.structural import Value
from callwarden.lawful.dialling.models import CallingHours, DoNotCall
from callwarden.lawful.dialling.queries import AT_ONCE, listed, parts, tokens
from callwarden.lawful.dialling.rules import ALL_WEEK, Hours

# Tokens in one entry of the ledger: 67 bytes each, and an entry has at most 8,192 (`engines.ledger.MAX_ENTRY`).
_IN_ENTRY: Final = 100


def add(client: UUID, numbers: Iterable[str], *, source: str, actor: str, session: UUID | None = None) -> int:
    """Call these numbers no more. Returns how many were not on the list yet.

    Args:
        numbers: normalised (`engines.seal.normalise.normalise_phone`).
    """
    made = set(tokens(client, numbers))
    fresh = sorted(made - listed(made))
    _put(client, fresh, source=source, by=actor, at=clock.now())
    _record(Event.DO_NOT_CALL_ADDED, client, fresh, actor=actor, session=session, data={"source": source})
    return len(fresh)


def remove(client: UUID, numbers: Iterable[str], *, actor: str, reason: str, session: UUID | None = None) -> int:
    """Take numbers off the list, because whoever has them asked for it. Returns how many were on it.

    Raises:
        InvalidInput: no reason.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", _("Say who asked for it and when."))
    found = _take(tokens(client, numbers), by=actor, at=clock.now())
    detail = {"reason": reason.strip()}
    _record(Event.DO_NOT_CALL_REMOVED, client, found, actor=actor, session=session, detail=detail)
    return len(found)


def add_again(client: UUID, made: Collection[bytes], *, source: str, by: str, at: datetime, actor: str) -> None:
    """Put tokens on the list as somebody did of whom a restored store knows nothing; those it has are left alone."""
    fresh = sorted(set(made) - listed(made))
    _put(client, fresh, source=source, by=by, at=at)
    _record(Event.DO_NOT_CALL_ADDED, client, fresh, actor=actor, data={"source": source}, reasons=("restored",))


def remove_again(client: UUID, made: Collection[bytes], *, by: str, at: datetime, actor: str) -> None:
    """Take tokens off the list as somebody did of whom a restored store knows nothing."""
    _record(Event.DO_NOT_CALL_REMOVED, client, _take(made, by=by, at=at), actor=actor, reasons=("restored",))


def _put(client: UUID, fresh: Iterable[bytes], *, source: str, by: str, at: datetime) -> None:
    rows = (DoNotCall(client_id=client, token=token, source=source, added_by=by, added_at=at) for token in fresh)
    DoNotCall.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)


def _take(made: Collection[bytes], *, by: str, at: datetime) -> list[bytes]:
    """The tokens that were on the list."""
    found: dict[UUID, bytes] = {}
    for some in parts(sorted(made), AT_ONCE):
        rows = DoNotCall.objects.filter(token__in=some, removed_at__isnull=True).select_for_update()
        found.update((pk, bytes(token)) for pk, token in rows.values_list("pk", "token"))
    for pks in parts(list(found), AT_ONCE):
        DoNotCall.objects.filter(pk__in=pks).update(removed_at=at, removed_by=by)
    return sorted(found.values())


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
    made: Sequence[bytes],
    *,
    actor: str,
    session: UUID | None = None,
    data: Mapping[str, Value] | None = None,
    detail: Mapping[str, object] | None = None,
    reasons: tuple[str, ...] = (),
) -> None:
    """Tell which tokens they were, so that a restored store can be told again: an entry for every so many."""
    for some in parts(made, _IN_ENTRY):
        journal.record(
            journal.Entry(
                event=event,
                actor=actor,
                session=session,
                client=client,
                count=len(some),
                reasons=reasons,
                data={**(data or {}), "tokens": [token.hex() for token in some]},
                detail=detail,
            )
        )
