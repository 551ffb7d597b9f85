"""Carrying an act out: one batch, its outcomes and the counts are one transaction."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import clock, journal
from callwarden.kernel.approvals import Execution
from callwarden.kernel.bulk.drawing import about, check_may, facts, locked, stored_digest
from callwarden.kernel.bulk.kinds import BulkKind, Doing, Found, kind_of
from callwarden.kernel.errors import Conflict, Unavailable
from callwarden.kernel.events import Event
from callwarden.kernel.models import BulkAct, BulkRow, User

log = logging.getLogger("callwarden.jobs")
State, Outcome = BulkAct.State, BulkRow.Outcome
BATCH: Final = 100
# Batches that break off in a row before somebody must look.
PATIENCE: Final = 5


def begin(execution: Execution) -> BulkAct:
    """The approved act sets off (run by `approvals.execute`, in its transaction)."""
    act = locked(UUID(str(execution.parameters["bulk"])))
    wanted = (execution.parameters["rows"], execution.parameters["count"])
    if act.approval != execution.approval or (act.digest, act.total) != wanted or stored_digest(act) != act.digest:
        raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
    return set_off(act, by=execution.by)


def set_off(act: BulkAct, *, by: User, session: UUID | None = None, entry: UUID | None = None) -> BulkAct:
    """Under way from the commit on. Whoever sets it off carries it out: their roles count."""
    kind = kind_of(act.kind)
    check_may(kind, by)
    changes: dict[str, object] = {"carried_by": by, "started_at": clock.now()}
    if entry is not None:
        changes["entry"] = entry
    BulkAct.machine.move(act, State.RUNNING, actor=by.actor, changes=changes, about=about(act, session))
    kind.begun(Doing(act.parameters, act.client, by, act))
    _hand_over(act)
    return act


def carry_on(act: UUID, *, seconds: float) -> BulkAct:
    """Work on it for about so long.

    Raises:
        Unavailable: a part the act depends on does not answer; the batch is done again later.
        Exception: a batch broke off; after a few in a row the act is stopped.
    """
    until = clock.monotonic() + seconds
    while _tried(act) and clock.monotonic() < until:
        pass
    return BulkAct.objects.get(pk=act)


def _tried(act: UUID) -> bool:
    try:
        return step(act)
    except Unavailable:
        raise
    except Exception as error:
        log.warning("bulk_batch_broke_off", extra={"bulk": str(act), "error": type(error).__name__})
        _note_trouble(act)
        raise


def step(act: UUID) -> bool:
    """One batch, in one transaction. Returns whether there may be more to do."""
    with transaction.atomic():
        # Whoever holds the row works on it; a second worker has nothing to do meanwhile.
        one = BulkAct.objects.select_for_update(skip_locked=True).filter(pk=act, state=State.RUNNING).first()
        if one is None:
            return False
        kind = kind_of(one.kind)
        person = User.objects.select_for_update(no_key=True).get(pk=str(one.carried_by_id))
        if not person.has_role(*kind.roles):
            _halt(one, "access_lost")
            return False
        rows = list(one.rows.filter(outcome=Outcome.WAITING).order_by("place")[:BATCH])
        if not rows:
            _finish(one, kind, person, State.DONE, actor=person.actor)
            return False
        doing = Doing(one.parameters, one.client, person, one)
        _write(one, rows, _outcomes(kind, doing, rows), person)
        return True


def _outcomes(kind: BulkKind, doing: Doing, rows: Sequence[BulkRow]) -> Mapping[UUID, str]:
    """Why each row was skipped; "" where the act was done."""
    now = {one.target: one for one in kind.find(doing, [row.target for row in rows])}
    outcomes: dict[UUID, str] = {}
    left: list[Found] = []
    for row in rows:
        found = now.get(row.target)
        if found is None:
            outcomes[row.target] = "gone"
        elif found.why or found.mark != row.mark:
            outcomes[row.target] = found.why or "changed"
        else:
            left.append(found)
    return {**outcomes, **kind.apply(doing, left)}


def _write(act: BulkAct, rows: Sequence[BulkRow], outcomes: Mapping[UUID, str], person: User) -> None:
    now = clock.now()
    for row in rows:
        row.reason, row.at = outcomes[row.target], now
        row.outcome = Outcome.SKIPPED if row.reason else Outcome.DONE
    BulkRow.objects.bulk_update(rows, ["outcome", "reason", "at"])
    done = sum(row.outcome == Outcome.DONE for row in rows)
    act.done, act.skipped, act.troubles = act.done + done, act.skipped + len(rows) - done, 0
    act.save(update_fields=["done", "skipped", "troubles"])
    places = {"first": rows[0].place, "last": rows[-1].place, "done": done, "skipped": len(rows) - done}
    journal.record(
        journal.Entry(
            event=Event.BULK_BATCH_DONE,
            actor=person.actor,
            client=act.client,
            approval=act.approval,
            count=len(rows),
            data=facts(act) | places,
        )
    )


def stop(act: UUID, *, by: User, session: UUID | None = None) -> BulkAct:
    """Stop after the batch that is under way. What was done stays done; it can go on later, or be ended.

    Raises:
        Refused: the person's role does not do such acts. Conflict: it is not under way.
    """
    with transaction.atomic():
        one = locked(act)
        check_may(kind_of(one.kind), by)
        return _halt(one, "asked", actor=by.actor, session=session)


def resume(act: UUID, *, by: User, session: UUID | None = None) -> BulkAct:
    """Go on with what is left, on the authority of `by` from now on.

    Raises:
        Refused: the person's role does not do such acts. Conflict: it is not stopped.
    """
    with transaction.atomic():
        one = locked(act)
        check_may(kind_of(one.kind), by)
        changes: dict[str, object] = {"carried_by": by, "troubles": 0, "why_stopped": ""}
        _must_be(one, State.STOPPED)
        BulkAct.machine.move(one, State.RUNNING, actor=by.actor, changes=changes, about=about(one, session))
        _hand_over(one)
        return one


def end(act: UUID, *, by: User, session: UUID | None = None) -> BulkAct:
    """Leave the rest alone, for good.

    Raises:
        Refused: the person's role does not do such acts. Conflict: it is not stopped.
    """
    with transaction.atomic():
        one = locked(act)
        kind = kind_of(one.kind)
        check_may(kind, by)
        _must_be(one, State.STOPPED)
        left = one.rows.filter(outcome=Outcome.WAITING)
        one.skipped += left.update(outcome=Outcome.SKIPPED, reason="ended_early", at=clock.now())
        one.save(update_fields=["skipped"])
        return _finish(one, kind, by, State.ENDED, actor=by.actor, session=session)


def _finish(act: BulkAct, kind: BulkKind, person: User, to: str, *, actor: str, session: UUID | None = None) -> BulkAct:
    changes = {"finished_at": clock.now()}
    BulkAct.machine.move(act, to, actor=actor, changes=changes, about=about(act, session))
    kind.finished(Doing(act.parameters, act.client, person, act))
    return act


def _halt(act: BulkAct, why: str, *, actor: str = "job:bulk", session: UUID | None = None) -> BulkAct:
    said = about(act, session)
    said["reasons"] = (why,)
    return BulkAct.machine.move(act, State.STOPPED, actor=actor, changes={"why_stopped": why}, about=said)


def _must_be(act: BulkAct, state: str) -> None:
    if act.state != state:
        raise Conflict("bulk_not_stopped", _("This is not stopped. Look at its present state."))


def _note_trouble(act: UUID) -> None:
    with transaction.atomic():
        one = BulkAct.objects.select_for_update().filter(pk=act, state=State.RUNNING).first()
        if one is None:
            return
        one.troubles += 1
        one.save(update_fields=["troubles"])
        if one.troubles >= PATIENCE:
            _halt(one, "failed")


def _hand_over(act: BulkAct) -> None:
    from callwarden.kernel.jobs import work_bulk_later

    work_bulk_later(act.pk)
