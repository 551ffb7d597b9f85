"""Epochs: opening the next, moving all keys to it, ending the key of the last."""

from __future__ import annotations

import logging
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from callwarden.custody import reseal, times
from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import Client, Epoch, KeyRun
from callwarden.custody.scope import client_scope
from callwarden.kernel import approvals, clock, journal
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import CallwardenError, Conflict, NotFound
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import Approval, User
from callwarden.kernel.roles import Role
from callwarden.protection.keys import runs
from callwarden.protection.keys.promise import Terms
from callwarden.protection.keys.rules import DESTROY_EPOCH, destruction_of

log = logging.getLogger("callwarden.keys")
ACTOR = "job:keys"
DECIDE = (Role.DPO, Role.SECURITY_ADMIN)


def terms() -> Terms:
    """The promise this installation is set to keep."""
    return Terms(epoch=settings.EPOCH_DAYS, overlap=settings.OVERLAP_DAYS, key_backup=settings.KEY_BACKUP_DAYS)


def start_turn(client: UUID, *, actor: str, reason: str = "", rate: int = 0, session: UUID | None = None) -> KeyRun:
    """Open the client's next epoch and begin to move its keys there. New records use it from this commit on.

    Args:
        reason: a slug: why now, if not because it is due.
        rate: most keys a second; 0, as fast as it goes.

    Raises:
        NotFound: no such client.
        Conflict: a turn goes on already, or the client has no keys yet.
        KeeperUnavailable: no epoch key can be made now.
    """
    if not Client.objects.filter(pk=client).exists():
        raise NotFound("no_such_client", _("There is no such client."))
    total = _keys_of(client)
    epoch = uuid4()
    # The key file first, as in `custody.epochs`: a file without a row is only litter.
    keeper.new_epoch(epoch)
    with client_scope(client):
        Client.objects.select_for_update().get(pk=client)
        if KeyRun.objects.filter(client_id=client, kind=KeyRun.Kind.TURN, state__in=runs.OPEN).exists():
            raise Conflict("turn_goes_on", _("The keys of this client are moving already. Let that come to its end."))
        old = Epoch.objects.select_for_update().filter(client_id=client, state=Epoch.State.ACTIVE).first()
        if old is None:
            raise Conflict("no_epoch", _("This client has no keys yet, so there is nothing to turn."))
        Epoch.objects.filter(pk=old.pk).update(state=Epoch.State.TURNING)
        number, now = old.number + 1, clock.now()
        Epoch.objects.create(id=epoch, client_id=client, number=number, opened_at=now)
        entry = journal.record(
            Entry(
                event=Event.KEY_EPOCH_OPENED,
                actor=actor,
                session=session,
                client=client,
                reasons=(reason,) if reason else (),
                data={"epoch": str(epoch), "number": number, "keys": total},
            )
        )
        return KeyRun.objects.create(
            client_id=client,
            kind=KeyRun.Kind.TURN,
            from_epoch=old.pk,
            to_epoch=epoch,
            total=total,
            rate=rate,
            actor=actor,
            entry=entry,
            reason=reason,
            started_at=now,
            moved_at=now,
        )


@runs.finisher(KeyRun.Kind.TURN)
def _turned(run: KeyRun) -> None:
    data = {**runs.facts(run), "from": str(run.from_epoch), "to": str(run.to_epoch)}
    journal.record(
        Entry(event=Event.KEY_EPOCH_TURNED, actor=run.actor, client=run.client_id, count=run.done, data=data)
    )


def ask_to_destroy(epoch: UUID, *, requester: User, reason: str, session: UUID | None = None) -> Approval:
    """Ask for leave to end an epoch's key before its overlap is over.

    Raises:
        NotFound: no such epoch.
        InvalidInput: no reason.
    """
    act = destruction_of(epoch)
    return approvals.request(act, requester=requester, reason=reason, session=session, client=_client_of(epoch))


def destroy(epoch: UUID, *, actor: str, approval: UUID | None = None) -> None:
    """End an epoch's key: whatever was wrapped under it, in any copy, can be opened by nobody. Once is enough.

    Raises:
        NotFound: no such epoch.
        EpochNeeded: keys are under it still, or its overlap lasts and nobody approved.
        KeeperUnavailable: it did not come back; call again.
    """
    client = _client_of(epoch)
    # The keeper first, and without a lock on the row, which it takes itself. Repeating it changes nothing.
    keeper.destroy_epoch(epoch, approval=approval)
    with client_scope(client):
        row = Epoch.objects.select_for_update().get(pk=epoch)
        if row.state == Epoch.State.DESTROYED:
            return
        row.state, row.destroyed_at, row.approval = Epoch.State.DESTROYED, clock.now(), approval
        row.save(update_fields=["state", "destroyed_at", "approval"])
        journal.record(
            Entry(
                event=Event.KEY_EPOCH_DESTROYED,
                actor=actor,
                client=client,
                approval=approval,
                data={"epoch": str(epoch), "number": row.number},
            )
        )


def tend(*, seconds: float = 45.0) -> None:
    """What is due: turn epochs whose time has come, carry runs on, end keys whose overlap is over."""
    now = clock.now()
    for client in Client.objects.filter(closed_at__isnull=True).values_list("id", flat=True):
        with client_scope(client):
            active = Epoch.objects.filter(client_id=client, state=Epoch.State.ACTIVE).first()
            over = Epoch.objects.filter(client_id=client, state=Epoch.State.RETIRED, destroy_after__lte=now)
            ended = list(over.values_list("id", flat=True)) if times.steady() else []
        open_runs = KeyRun.objects.filter(client_id=client, kind=KeyRun.Kind.TURN, state__in=runs.OPEN)
        if active and terms().turn_due(active.opened_at) <= now and not open_runs.exists():
            start_turn(client, actor=ACTOR, reason="epoch_over")
        for epoch in ended:
            destroy(epoch, actor=ACTOR)
    until = clock.monotonic() + seconds
    for run in KeyRun.objects.filter(state=runs.State.RUNNING).exclude(kind=KeyRun.Kind.REINDEX).order_by("started_at"):
        try:
            runs.carry_on(run.id, seconds=max(until - clock.monotonic(), 1.0))
        except CallwardenError as error:
            # One client's damage, or a keeper that is away: the others go on, and this one is tried again.
            log.error("key_run_stopped", extra={"kind": run.kind, "code": error.code})
    reseal.clear_ended()


def find(epoch: UUID) -> tuple[Epoch, Client]:
    """The epoch and whose it is.

    Raises:
        NotFound: there is none.
    """
    for client in Client.objects.all():
        with client_scope(client.id):
            row = Epoch.objects.filter(pk=epoch, client_id=client.id).first()
        if row is not None:
            return row, client
    raise NotFound("no_such_epoch", _("There is no such epoch."))


def _client_of(epoch: UUID) -> UUID:
    return find(epoch)[1].id


def _keys_of(client: UUID) -> int:
    """Subject and bucket keys under the client's active epoch."""
    with client_scope(client), connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM custody_subjectkey WHERE epoch_id = e.id)"
            " + (SELECT count(*) FROM custody_bucketkey WHERE epoch_id = e.id)"
            " FROM custody_epoch e WHERE e.client_id = %s AND e.state = 'active'",
            [client],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _destroy_now(execution: Execution) -> None:
    destroy(UUID(str(execution.parameters["epoch"])), actor=execution.by.actor, approval=execution.approval)


def destroy_approved(approval: UUID, *, by: User) -> None:
    """Carry an approved early destruction out.

    Raises:
        NotFound, Conflict, Refused: as `approvals.execute`.
        EpochNeeded, KeeperUnavailable: as `destroy`; the approval stands.
    """
    asked = Approval.objects.filter(pk=approval, kind=DESTROY_EPOCH).first()
    if asked is None:
        raise NotFound("no_such_approval", _("There is no such request. Go back to your inbox."))
    approvals.execute(approval, Act(DESTROY_EPOCH, dict(asked.parameters)), by=by)


approvals.register(
    ActKind(DESTROY_EPOCH, title=_("End an epoch's key before its time"), roles=DECIDE, quorum=1, run=_destroy_now)
)
