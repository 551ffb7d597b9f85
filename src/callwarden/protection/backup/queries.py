"""What people and checks ask of copies and drills."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from callwarden.kernel import clock
from callwarden.protection.backup.models import Backup, Drill, Restore
from callwarden.protection.backup.rules import DRILL_EVERY, OVERDUE


@dataclass(frozen=True)
class Standing:
    """The newest good copy of either kind, the newest drill that ended, what is late, and since when log and journal
    are not shipped (None: they are)."""

    data: Backup | None
    keys: Backup | None
    drill: Drill | None
    data_overdue: bool
    keys_overdue: bool
    drill_overdue: bool
    stuck: Backup | None

    @property
    def age(self) -> timedelta | None:
        """How old the newest good copy of the data is."""
        return clock.now() - self.data.started_at if self.data else None


def standing(at: datetime | None = None) -> Standing:
    now = at or clock.now()
    data, keys = last_good(Backup.Kind.DATA), last_good(Backup.Kind.KEYS)
    drill = drills().exclude(finished_at=None).first()
    passed = drills().filter(state=Drill.State.PASSED).first()
    return Standing(
        data=data,
        keys=keys,
        drill=drill,
        data_overdue=data is None or now - data.started_at > OVERDUE,
        keys_overdue=keys is None or now - keys.started_at > OVERDUE,
        drill_overdue=passed is None or passed.finished_at is None or now - passed.finished_at > DRILL_EVERY,
        stuck=not_shipping(),
    )


def last_good(kind: str) -> Backup | None:
    """The newest copy of this kind that was made and read back."""
    return Backup.objects.filter(kind=kind, state=Backup.State.DONE).order_by("-started_at").first()


def not_shipping() -> Backup | None:
    """The time, lasting still, in which log, journal or objects do not reach their target."""
    return Backup.objects.filter(kind=Backup.Kind.LOG, state=Backup.State.FAILED, finished_at=None).first()


def runs() -> QuerySet[Backup]:
    """All runs, newest first."""
    return Backup.objects.order_by("-started_at")


def drills() -> QuerySet[Drill]:
    """All drills with their evidence, newest first."""
    return Drill.objects.order_by("-asked_at")


def history(limit: int = 104) -> list[tuple[datetime, float, float]]:
    """(when, RPO in seconds, RTO in seconds) of drills that measured both, oldest first: a chart's points."""
    measured = Drill.objects.filter(rpo_seconds__isnull=False, rto_seconds__isnull=False).exclude(finished_at=None)
    newest = measured.order_by("-finished_at").values_list("finished_at", "rpo_seconds", "rto_seconds")[:limit]
    return [(at, rpo, rto) for at, rpo, rto in reversed(newest) if at and rpo is not None and rto is not None]


def unopened() -> Restore | None:
    """The restore that two people have not signed yet, if this installation came from one."""
    return Restore.objects.filter(opened_at=None).order_by("-restored_at").first()
