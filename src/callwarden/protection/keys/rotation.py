"""Rotation: data keys wrapped anew (routine), values sealed anew after a leak, old versions retired."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from callwarden.custody import reseal
from callwarden.custody.models import Client, DataKey, Epoch, KeyRun, KeyVersion
from callwarden.custody.scope import client_scope
from callwarden.kernel import clock, findings, journal
from callwarden.kernel.errors import Conflict, NotFound
from callwarden.kernel.events import Event
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import Finding, Outcome, Severity
from callwarden.protection.keys import runs
from callwarden.protection.keys.epochs import terms

State = KeyVersion.State
ACTOR = "job:watch"
DUE = findings.register(
    FindingKind(
        "keys-due",
        title=_("Keys are due for rotation and have not moved"),
        remedy=_("See callwarden keys runs. Resume or start the run, and let it come to its end."),
    )
)


def left(client: UUID) -> dict[int, int]:
    """Version -> data keys still of it, the current one included."""
    with client_scope(client), connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.version, count(*) FROM custody_datakey k JOIN custody_record r ON r.id = k.record_id"
            " WHERE r.client_id = %s GROUP BY 1 ORDER BY 1",
            [client],
        )
        return {int(version): int(count) for version, count in cursor.fetchall()}


def look(*, late: timedelta = timedelta(days=1)) -> int:
    """Report clients whose keys are overdue: an epoch that should have turned, a run that stands still.

    Returns how many are. What somebody says has been put right is checked here.
    """
    seen, now = 0, clock.now()
    for client in Client.objects.filter(closed_at__isnull=True).values_list("id", flat=True):
        where = f"client:{client}"
        with client_scope(client):
            active = Epoch.objects.filter(client_id=client, state=Epoch.State.ACTIVE).first()
        overdue = bool(active and terms().turn_due(active.opened_at) + late < now)
        still = KeyRun.objects.filter(client_id=client, state__in=runs.OPEN, moved_at__lt=now - late).count()
        if overdue or still:
            data = {"epoch_overdue": int(overdue), "runs": still}
            findings.report(DUE.name, severity=Severity.MEDIUM, actor=ACTOR, where=where, client=client, data=data)
            seen += 1
        else:
            for finding in Finding.objects.filter(kind=DUE.name, where=where, state=Finding.State.VERIFYING):
                findings.check(finding, outcome=Outcome.PASS, actor=ACTOR, evidence="seen:0")
    return seen


def rewrap(client: UUID, *, actor: str, rate: int = 0, reason: str = "") -> KeyRun:
    """Begin to wrap every data key of the client anew. What they sealed is not touched.

    Raises:
        Conflict: such a run goes on already.
    """
    with client_scope(client):
        _alone(client, KeyRun.Kind.REWRAP)
        rounds = KeyRun.objects.filter(client_id=client, kind=KeyRun.Kind.REWRAP).count()
        return _start(client, KeyRun.Kind.REWRAP, rounds + 2, actor, rate, reason)


def reencrypt(client: UUID, *, actor: str, rate: int = 0, byte_rate: int = 0, reason: str = "") -> KeyRun:
    """Open the client's next key version and begin to seal anew under fresh data keys whatever the client has: values,
    recordings, transcripts and their redacted copies.

    New records have the new version from this commit on.

    Args:
        rate, byte_rate: most rows, and most bytes of objects, a second; 0, as fast as it goes.

    Raises:
        Conflict: such a run goes on already.
    """
    with client_scope(client):
        _alone(client, KeyRun.Kind.REENCRYPT)
        now = clock.now()
        old, _created = KeyVersion.objects.get_or_create(
            client_id=client, state=State.CURRENT, defaults={"number": 1, "opened_at": now}
        )
        KeyVersion.objects.filter(pk=old.pk).update(state=State.LEAVING)
        number = old.number + 1
        KeyVersion.objects.create(client_id=client, number=number, opened_at=now)
        data = {"version": number}
        journal.record(Entry(event=Event.KEY_VERSION_OPENED, actor=actor, client=client, data=data))
        return _start(client, KeyRun.Kind.REENCRYPT, number, actor, rate, reason, byte_rate)


def retire(client: UUID, version: int, *, actor: str) -> None:
    """Say that a version is no more. Refused while a single row is of it.

    Raises:
        NotFound: no such version.
        Conflict: rows remain, or it is the one in use.
    """
    with client_scope(client):
        found = KeyVersion.objects.select_for_update().filter(client_id=client, number=version).first()
        if found is None:
            raise NotFound("no_such_version", _("There is no such key version."))
        remaining = left(client).get(version, 0)
        if found.state == State.CURRENT or remaining:
            raise Conflict(
                "rows_remain",
                _("Records are under this key version still. Let the run come to its end, then try again."),
                data={"rows": remaining},
            )
        if found.state == State.RETIRED:
            return
        found.state, found.retired_at = State.RETIRED, clock.now()
        found.save(update_fields=["state", "retired_at"])
        data = {"version": version}
        journal.record(Entry(event=Event.KEY_VERSION_RETIRED, actor=actor, client=client, data=data))


def _alone(client: UUID, kind: str) -> None:
    Client.objects.select_for_update().get(pk=client)
    if KeyRun.objects.filter(client_id=client, kind=kind, state__in=runs.OPEN).exists():
        raise Conflict("run_goes_on", _("Such a run goes on already. Let it come to its end."))


def _start(client: UUID, kind: str, version: int, actor: str, rate: int, reason: str, byte_rate: int = 0) -> KeyRun:
    now, total = clock.now(), DataKey.objects.filter(record__client=client).count()
    objects = reseal.share(client, version) if kind == KeyRun.Kind.REENCRYPT else reseal.Share(0, 0)
    entry = journal.record(
        Entry(
            event=Event.KEY_ROTATION_STARTED,
            actor=actor,
            client=client,
            reasons=(reason,) if reason else (),
            data={"kind": kind, "version": version, "rows": total, "objects": objects.items, "bytes": objects.size},
        )
    )
    return KeyRun.objects.create(
        client_id=client,
        kind=kind,
        version=version,
        total=total,
        items_total=objects.items,
        bytes_total=objects.size,
        rate=rate,
        byte_rate=byte_rate,
        actor=actor,
        entry=entry,
        reason=reason,
        started_at=now,
        moved_at=now,
    )


def _done(run: KeyRun) -> None:
    data = {**runs.facts(run), "version": run.version}
    journal.record(
        Entry(event=Event.KEY_ROTATION_DONE, actor=run.actor, client=run.client_id, count=run.done, data=data)
    )


for _kind in (KeyRun.Kind.REWRAP, KeyRun.Kind.REENCRYPT):
    runs.finisher(_kind)(_done)
