"""What the gate did not take, in people's hands: read again once what was wrong is put right, or destroyed early.

Nobody opens anything by that. Reading again offers the very same sealed bytes to the same judge; the time until they
are destroyed goes on, and a call that was kept meanwhile is a duplicate, as at any other delivery. Destroying is an act
of two (`flows.many_arrivals`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.custody import intake
from callwarden.custody.clients import require_open
from callwarden.custody.models import IntakeItem, IntakeMatch
from callwarden.flows import jobs
from callwarden.kernel import journal
from callwarden.kernel.errors import Conflict
from callwarden.kernel.events import Event

State, Kind = IntakeItem.State, IntakeItem.Kind
TURNED_AWAY: Final = (State.SET_ASIDE, State.QUARANTINED)
WAITS: Final = (State.SEALED, State.WAITING)
LISTS: Final = (Kind.CDR, Kind.CUSTOMERS, Kind.ORDERS)


def with_parts(item: IntakeItem) -> list[UUID]:
    """The arrival and what of its call, or of its lists, was turned away with it."""
    away = IntakeItem.objects.filter(line=item.line_id, state__in=TURNED_AWAY)
    if item.kind in (Kind.CUSTOMERS, Kind.ORDERS) and item.batch_id:
        found = away.filter(kind__in=(Kind.CUSTOMERS, Kind.ORDERS), batch=item.batch_id)
    elif item.kind in (Kind.CUSTOMERS, Kind.ORDERS):
        found = away.filter(pk__in=[item.pk, *_other_list(item, away)])
    elif item.kind in LISTS:
        found = away.filter(pk=item.pk)
    else:
        mine = IntakeMatch.objects.filter(item=item).values("token")
        rows = away.filter(Q(pk=item.pk) | Q(matches__token__in=mine), kind=Kind.ROW)
        theirs = IntakeMatch.objects.filter(item__in=rows.values("pk")).values("token")
        found = away.filter(Q(pk=item.pk) | Q(matches__token__in=theirs)).exclude(kind__in=LISTS)
    return sorted(set(found.values_list("pk", flat=True)) | {item.pk})


def _other_list(item: IntakeItem, away: QuerySet[IntakeItem]) -> list[UUID]:
    """The orders of a list of customers that came without a batch, or the customers of orders: what was turned away for
    the same reason and came nearest to it."""
    kind = Kind.ORDERS if item.kind == Kind.CUSTOMERS else Kind.CUSTOMERS
    others = away.filter(kind=kind, batch=None, state=item.state, reason=item.reason)
    nearest = sorted(others, key=lambda one: abs(one.arrived_at - item.arrived_at))
    return [one.pk for one in nearest[:1]]


def read_again(item: UUID, *, actor: str, session: UUID | None = None) -> int:
    """Offer an arrival, and what belongs to its call, to the gate again. Returns how many pieces that is.

    Raises:
        Conflict: it was not turned away, or is not any more; or it is orders without their customers.
        ClientClosed: its client was closed.
    """
    with transaction.atomic():
        found = IntakeItem.objects.filter(pk=item, state__in=TURNED_AWAY).first()
        parts = with_parts(found) if found else []
        locked = list(_locked(parts))
        if item not in {one.pk for one in locked}:
            raise Conflict("not_turned_away", _("This does not lie set aside or in quarantine any more."))
        require_open(locked[0].line.client_id)
        if {one.kind for one in locked} == {Kind.ORDERS}:
            raise Conflict(
                "orders_alone",
                _("Orders are read with the customers they came with, and these are not here. Send both again."),
            )
        for one in locked:
            _offer(one, actor, session)
        jobs.match_later(locked[0].line_id)
    return len(locked)


def _offer(one: IntakeItem, actor: str, session: UUID | None) -> None:
    was, why = one.state, one.reason
    one.state, one.reason, one.problems = (State.SEALED if one.kind in LISTS else State.WAITING), "", []
    one.save(update_fields=["state", "reason", "problems"])
    journal.record(
        journal.Entry(
            event=Event.INTAKE_READ_AGAIN,
            actor=actor,
            session=session,
            client=one.line.client_id,
            reasons=(why,) if why else (),
            data={"line": one.line.slug, "item": str(one.pk), "kind": one.kind, "was": was},
        )
    )
    if one.kind in (Kind.CDR, Kind.CUSTOMERS):
        jobs.later(jobs.read_list, lock=f"read:{one.pk}", item=str(one.pk))


def destroy(item: IntakeItem, *, actor: str, approval: UUID | None) -> None:
    """Destroy an arrival before its time, on what two people decided. Call it with the row locked.

    Its key, names and tokens go with the commit, its sealed bytes right after; should the process die in between, they
    are noise already and `intake.sweep_litter` clears them away.
    """
    was = item.state
    intake.wipe(item)
    journal.record(
        journal.Entry(
            event=Event.QUARANTINE_ERASED,
            actor=actor,
            client=item.line.client_id,
            approval=approval,
            reasons=(item.reason,) if item.reason else (),
            data={"line": item.line.slug, "item": str(item.pk), "kind": item.kind, "was": was},
        )
    )
    transaction.on_commit(partial(intake.discard, item))


def locked_away(item: UUID) -> IntakeItem | None:
    """The arrival, locked, while it is turned away."""
    return _locked([item]).first()


def _locked(items: Sequence[UUID]) -> QuerySet[IntakeItem]:
    away = IntakeItem.objects.select_for_update(of=("self",)).select_related("line")
    return away.filter(pk__in=items, state__in=TURNED_AWAY).order_by("pk")
