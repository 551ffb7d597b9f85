"""Noting copies and drills, filing what is late, and opening a restored store with two people."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from callwarden.custody.keeper import client as keeper
from callwarden.kernel import approvals, clock, findings, journal
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import CallwardenError, Conflict
from callwarden.kernel.events import Event
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import Approval, Finding, Outcome, Severity, User
from callwarden.kernel.roles import Role
from callwarden.kernel.structural import Value
from callwarden.protection.backup.models import Backup, Drill, Restore
from callwarden.protection.backup.queries import not_shipping, standing
from callwarden.protection.backup.rules import RESTORE_OPEN

ACTOR = "job:backup"
OVERDUE = findings.register(
    FindingKind(
        "backup-overdue",
        title=_("There is no fresh backup"),
        remedy=_("See that the backup process runs and its target answers, then run “callwarden backup”."),
    )
)
FAILED = findings.register(
    FindingKind(
        "backup-failed",
        title=_("A backup could not be made"),
        remedy=_("Make room or mend the target, as the reason says, then run “callwarden backup”."),
    )
)
DRILL_FAILED = findings.register(
    FindingKind(
        "drill-failed",
        title=_("A restore for practice failed"),
        remedy=_("Read what the drill found, mend it, make a new backup and run “callwarden drill”."),
    )
)
DRILL_OVERDUE = findings.register(
    FindingKind(
        "drill-overdue",
        title=_("No restore was practised within seven days"),
        remedy=_("Run “callwarden drill”, or see why the weekly drill does not run."),
    )
)
NOT_SHIPPED = findings.register(
    FindingKind(
        "backup-not-shipped",
        title=_("Log, journal or objects do not reach the backup target"),
        remedy=_(
            "Make room or mend the target, as the reason says. Shipping goes on by itself, and nothing is skipped."
        ),
    )
)
LOG_GAP = findings.register(
    FindingKind(
        "backup-log-gap",
        title=_("A piece of the database's log was never copied"),
        remedy=_(
            "A new copy is made by itself; see that it was. Moments between the last piece and that copy cannot be "
            "restored. Look why the target did not answer for so long."
        ),
    )
)


def begin(kind: str) -> Backup:
    """Note that a run begins. Whoever calls holds the lock of its kind, so another one still running was killed."""
    cut = Backup.objects.filter(kind=kind, state=Backup.State.RUNNING)
    cut.update(state=Backup.State.FAILED, reason="interrupted", finished_at=clock.now())
    return Backup.objects.create(kind=kind, started_at=clock.now())


@transaction.atomic
def succeeded(run: Backup, *, name: str, size: int, ledger_size: int = 0) -> None:
    """The copy was made and all of it read back."""
    run.state, run.name, run.size, run.ledger_size, run.finished_at = (
        *(Backup.State.DONE, name, size, ledger_size, clock.now()),
    )
    run.save()
    data: dict[str, Value] = {"kind": run.kind, "backup": name, "size": size}
    journal.record(Entry(event=Event.BACKUP_MADE, actor=ACTOR, data=data))
    _right_again(FAILED.name, f"backup:{run.kind}", f"backup:{name}")
    if run.kind == Backup.Kind.DATA:
        _right_again(LOG_GAP.name, "backup:log-gap", f"backup:{name}")


@transaction.atomic
def failed(run: Backup, error: CallwardenError) -> None:
    """The copy could not be made; a finding says so until one is."""
    run.state, run.reason, run.finished_at = Backup.State.FAILED, error.code, clock.now()
    run.save()
    findings.report(
        FAILED.name,
        severity=Severity.HIGH,
        actor=ACTOR,
        where=f"backup:{run.kind}",
        data={"reason": error.code},
    )


@transaction.atomic
def not_shipped(reason: str, *, since: datetime) -> None:
    """Log, journal or objects have not reached their target for a while; said until they do.

    Args:
        reason: code of the error.
    """
    if known := not_shipping():
        Backup.objects.filter(pk=known.pk).exclude(reason=reason).update(reason=reason)
        return
    Backup.objects.create(kind=Backup.Kind.LOG, state=Backup.State.FAILED, reason=reason, started_at=since)
    findings.report(NOT_SHIPPED.name, severity=Severity.HIGH, actor=ACTOR, where="backup:log", data={"reason": reason})


@transaction.atomic
def shipped() -> None:
    """Log, journal and objects reach their target again, with everything that had waited."""
    if known := not_shipping():
        known.finished_at = clock.now()
        known.save(update_fields=["finished_at"])
    _right_again(NOT_SHIPPED.name, "backup:log", "backup:shipped")


def log_gap() -> None:
    """The server gave up keeping its log for us: what it wrote since the last piece was never received."""
    findings.report(LOG_GAP.name, severity=Severity.HIGH, actor=ACTOR, where="backup:log-gap")


def ask_drill(*, by: str) -> Drill:
    """Ask the backup process for a restore for practice.

    Raises:
        Conflict: one waits or runs already.
    """
    try:
        with transaction.atomic():
            if Drill.objects.filter(state__in=(Drill.State.ASKED, Drill.State.RUNNING)).exists():
                raise _already()
            drill = Drill.objects.create(by=by, asked_at=clock.now())
            journal.record(Entry(event=Event.DRILL_ASKED, actor=by, data={"drill": str(drill.pk)}))
            return drill
    except IntegrityError:
        raise _already() from None


def start_drill(drill: Drill) -> None:
    drill.state, drill.started_at = Drill.State.RUNNING, clock.now()
    drill.save()


def settle_drills() -> int:
    """Drills that were killed have failed. Whoever calls holds the drills' lock, so none of them still runs."""
    cut = list(Drill.objects.filter(state=Drill.State.RUNNING))
    for drill in cut:
        drill.checks = [{"check": "interrupted", "outcome": "fail", "measured": {}}]
        finish_drill(drill)
    return len(cut)


@transaction.atomic
def finish_drill(drill: Drill) -> None:
    """Keep what was measured; a failed one is a finding until a later one passes."""
    drill.finished_at = clock.now()
    wrong = [check["check"] for check in drill.checks if check["outcome"] == "fail"]
    drill.state = Drill.State.FAILED if wrong or not drill.checks else Drill.State.PASSED
    drill.save()
    if drill.state == Drill.State.FAILED:
        findings.report(
            DRILL_FAILED.name,
            severity=Severity.CRITICAL,
            actor="job:drill",
            where="backup:drill",
            data={"drill": str(drill.pk), "checks": wrong},
        )
        return
    _right_again(DRILL_FAILED.name, "backup:drill", f"drill:{drill.pk}")
    _right_again(DRILL_OVERDUE.name, "backup:drill", f"drill:{drill.pk}")


def file_what_is_late() -> int:
    """Findings for copies and drills that should have been made by now; how many.

    A site that has set no target is told too: no backup at all is the oldest one. A demonstration is not.
    """
    if settings.DEMO:
        return 0
    now, filed = standing(), 0
    late = (
        (now.data_overdue, OVERDUE.name, "backup:data"),
        (now.keys_overdue, OVERDUE.name, "backup:keys"),
        (now.drill_overdue, DRILL_OVERDUE.name, "backup:drill"),
    )
    for is_late, kind, where in late:
        if is_late:
            findings.report(kind, severity=Severity.HIGH, actor=ACTOR, where=where)
            filed += 1
        elif kind == OVERDUE.name:
            _right_again(kind, where, "backup:fresh")
    return filed


def ask_to_open(restore: Restore, *, requester: User, reason: str) -> Approval:
    """Ask a second person to sign that this restored store opens, under a new name of its ledger."""
    return approvals.request(opening(restore), requester=requester, reason=reason)


def open_restored(approval: UUID, restore: Restore, *, by: User) -> None:
    """Carry the approved opening out, once.

    Raises:
        NotFound, Conflict, Refused: as `approvals.execute`.
        KeeperUnavailable: the keeper does not answer; the approval stands.
    """
    approvals.execute(approval, opening(restore), by=by)


def opening(restore: Restore) -> Act:
    """Opening exactly this restored state: the copy, its ledger's size and root, the ledger's old and new name."""
    return Act(
        RESTORE_OPEN,
        {
            "restore": str(restore.pk),
            "backup": restore.backup,
            "ledger_size": restore.ledger_size,
            "ledger_root": restore.ledger_root,
            "old_origin": sha256(restore.old_origin.encode()).hexdigest(),
            "new_origin": sha256(restore.new_origin.encode()).hexdigest(),
            "replayed": restore.replayed,
        },
    )


def _open(execution: Execution) -> None:
    restore = Restore.objects.select_for_update().get(pk=str(execution.parameters["restore"]))
    if restore.opened_at is not None:
        raise Conflict("restore_opened", _("This store is open already."))
    restore.opened_at, restore.approval = clock.now(), execution.approval
    restore.save()
    journal.record(
        Entry(
            event=Event.BACKUP_RESTORED,
            actor=execution.by.actor,
            approval=execution.approval,
            data=execution.parameters,
        )
    )
    # Last of all the keeper, which sees the approval for itself: whatever fails before leaves the store closed.
    keeper.open_restored(approval=execution.approval)


def _right_again(kind: str, where: str, evidence: str) -> None:
    """A passing check for the open finding, if there is one; it closes where people had set it right."""
    known = Finding.objects.filter(kind=kind, where=where).exclude(state=Finding.State.CLOSED).first()
    if known is not None and known.state == Finding.State.VERIFYING:
        findings.check(known, outcome=Outcome.PASS, actor=ACTOR, evidence=evidence)


def _already() -> Conflict:
    return Conflict("drill_waits", _("A drill waits or runs already. Its outcome appears in the list."))


approvals.register(
    ActKind(
        RESTORE_OPEN,
        title=_("Open a restored store"),
        roles=(Role.DPO, Role.SECURITY_ADMIN),
        quorum=1,
        run=_open,
        always=True,
    )
)
