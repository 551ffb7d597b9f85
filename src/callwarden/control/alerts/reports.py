"""The usage review, month by month: made by the clock, signed by the log, looked at by a person.

A report holds what the page shows: who opened how much and why, beside the middle of those who do the same work, by
pseudonyms. It is made once, after the month is over and the watch has read all of it, and never changes. Months are
those of UTC, as the days that are counted. Whoever watches says what they saw in it; what nobody has looked at within
two weeks is a finding.

Source: PIPL art. 54 (regular audits); GB/T 35273-2020 11.7; PCI DSS 4.0 10.4.
"""

from __future__ import annotations

import hashlib
from calendar import monthrange
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import rfc8785
from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from callwarden.control.alerts import queries
from callwarden.control.alerts.models import AccessDay, UsageReport, WatchState
from callwarden.custody.models import LedgerEntry, LedgerPending
from callwarden.kernel import clock, findings, journal, notify
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import Finding, Outcome, Severity, User
from callwarden.kernel.notify import Template
from callwarden.kernel.roles import Role

JOB: Final = "job:usage_review"
KIND: Final = "usage_review"
LOOKED_AT_WITHIN: Final = timedelta(days=14)
READY = notify.register(
    Template(
        "usage-review-ready",
        subject=_("The usage review of a month is ready"),
        body=_("Who opened how much in %(month)s, and why, can be looked at. Say within two weeks what you saw."),
        parameters=frozenset({"month"}),
    )
)
NOT_LOOKED_AT = findings.register(
    FindingKind(
        "usage-review-not-looked-at",
        title=_("Nobody has looked at the usage review of a month"),
        remedy=_("Open the usage review, look at whoever differs most from their peers, and say what you saw."),
    )
)


def make_due() -> int:
    """Make the report of every month that is over, was counted to its end, and has none yet; how many were made.

    May be killed and run again: each is made in a transaction of its own, once.
    """
    first = AccessDay.objects.aggregate(first=Min("day"))["first"]
    if first is None:
        return 0
    today, made = clock.now().astimezone(UTC).date(), 0
    known = set(UsageReport.objects.values_list("month", flat=True))
    month = first.replace(day=1)
    while (following := _after(month)) <= today:
        if month not in known and _counted_until(following):
            made += _make(month)
        month = following
    return made


def _after(month: date) -> date:
    return month + timedelta(days=monthrange(month.year, month.month)[1])


def _counted_until(day: date) -> bool:
    """Whether the watch has read every entry of before this day."""
    before = queries.midnight(day)
    cursor = WatchState.objects.values_list("cursor", flat=True).first() or 0
    unread = LedgerEntry.objects.filter(index__gte=cursor, at__lt=before)
    return not (unread.exists() or LedgerPending.objects.filter(at__lt=before).exists())


@transaction.atomic
def _make(month: date) -> int:
    report = UsageReport(month=month, made_at=clock.now())
    used = queries.usage(month, _after(month) - timedelta(days=1))
    report.body = rfc8785.dumps(_told(report, used))
    report.digest = hashlib.sha256(report.body).hexdigest()
    report.people = len(used)
    report.entry = journal.record(
        Entry(
            event=Event.USAGE_REPORTED,
            actor=JOB,
            count=len(used),
            data={"certificate": str(report.pk), "digest": report.digest, "kind": KIND, "month": f"{month:%Y-%m}"},
        )
    )
    report.save(force_insert=True)
    for person in User.objects.filter(is_active=True, roles__contains=[Role.DPO]).exclude(email=""):
        notify.send(
            READY, to=person, parameters={"month": f"{month:%Y-%m}"}, link=f"/alerts/usage/?month={month:%Y-%m}"
        )
    return 1


def _told(report: UsageReport, used: list[queries.Use]) -> dict[str, Any]:
    """The report: strings, whole numbers and truth values only, so that it has one text. Shares are in thousandths."""
    covered = queries.coverage(report.month, until=_after(report.month))
    return {
        "v": 1,
        "id": str(report.pk),
        "kind": KIND,
        "month": f"{report.month:%Y-%m}",
        "issued_at": report.made_at.isoformat(timespec="seconds"),
        "accesses_of_agents": covered.accesses,
        "explained": covered.explained,
        "people": [_whole(asdict(one)) for one in used],
    }


def _whole(told: dict[str, Any]) -> dict[str, Any]:
    shares = {f"{name}_thousandths": round(value * 1000) for name, value in told.items() if isinstance(value, float)}
    kept = {name: value for name, value in told.items() if isinstance(value, int | str)}
    return kept | shares | {"by_purpose": [list(one) for one in told["by_purpose"]]}


@transaction.atomic
def look(month: date, *, by: User, saw: str, session: UUID | None = None) -> UsageReport:
    """Say that one has looked at the report of a month, and what one saw. Said once; the words are sealed.

    Raises:
        InvalidInput: no words, or the month has no report.
        Conflict: somebody has said so.
    """
    if not saw.strip():
        raise InvalidInput("saw_missing", _("Say what you saw, so that it can be understood later."))
    report = UsageReport.objects.select_for_update().filter(month=month).first()
    if report is None:
        raise InvalidInput("no_usage_report", _("This month has no report. It is made when the month is over."))
    if report.looked_at is not None:
        raise Conflict("looked_at_already", _("Somebody has looked at this month already."))
    report.looked_by, report.looked_at = by, clock.now()
    report.look_entry = journal.record(
        Entry(
            event=Event.USAGE_LOOKED_AT,
            actor=by.actor,
            session=session,
            count=report.people,
            data={"report": str(report.pk), "month": f"{month:%Y-%m}", "own_use": own_use(report, by)},
            detail={"saw": saw.strip()},
        )
    )
    report.save(update_fields=["looked_by", "looked_at", "look_entry"])
    return report


def own_use(report: UsageReport, person: User) -> bool:
    """Whether what the person opened stands in the report: then somebody else had better look at it too."""
    first, last = report.month, _after(report.month)
    return AccessDay.objects.filter(actor=person.actor, day__gte=first, day__lt=last).exists()


def waiting(now: datetime) -> list[UsageReport]:
    """Reports that nobody has looked at in time."""
    return list(UsageReport.objects.filter(looked_at=None, made_at__lt=now - LOOKED_AT_WITHIN).order_by("month"))


def tell_of_waiting() -> None:
    """A finding for each month that nobody has looked at in time; those that were looked at since are checked."""
    late = {_where(one) for one in waiting(clock.now())}
    for where in sorted(late):
        findings.report(NOT_LOOKED_AT.name, severity=Severity.MEDIUM, actor=JOB, where=where)
    remedied = Finding.objects.filter(kind=NOT_LOOKED_AT.name, state=Finding.State.VERIFYING)
    for finding in remedied.exclude(where__in=late):
        findings.check(finding, outcome=Outcome.PASS, actor=JOB, evidence="usage_review:looked_at")


def still_waiting(finding: Finding) -> int | None:
    """1 while nobody has looked at the month of the finding in time, else 0; None for findings of other kinds."""
    if finding.kind != NOT_LOOKED_AT.name:
        return None
    return int(finding.where in {_where(one) for one in waiting(clock.now())})


def _where(report: UsageReport) -> str:
    return f"month:{report.month:%Y-%m}"
