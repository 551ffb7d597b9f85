"""Erasing with proof: gather, destroy, search, note; and searching later for what others destroyed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Client, ResidueScan, Subject
from callwarden.custody.scope import client_scope
from callwarden.flows import mentions
from callwarden.flows.mentions import Erased
from callwarden.flows.residue.marks import JOB, gather
from callwarden.flows.residue.report import ScanReport
from callwarden.flows.residue.scan import scan
from callwarden.kernel import clock, findings, journal
from callwarden.kernel.errors import Conflict, NotFound
from callwarden.kernel.events import Event
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Finding, Outcome, Severity
from callwarden.kernel.structural import Value

ACTOR: Final = JOB.name
AT_ONCE: Final = 200
# Whoever erases searches right afterwards; what is older and unsearched was destroyed by somebody else, or they died.
WAIT: Final = timedelta(hours=1)
LOOK_BACK: Final = timedelta(days=14)
FOUND = findings.register(
    FindingKind(
        "residue-found",
        title=_("Something is left of data that was erased"),
        remedy=_("The search names the places. Remove what is left there, then run “callwarden scan last” again."),
    )
)
NOT_MEASURED = findings.register(
    FindingKind(
        "residue-not-measured",
        title=_("After an erasure not every place could be searched"),
        remedy=_(
            "The search names what it could not read. Run “callwarden scan last” as the account that started the site."
        ),
    )
)


def erase(client: UUID, subject: UUID, *, actor: str, reason: str) -> tuple[Erased, ResidueScan]:
    """Erase a person everywhere and search for what is left, with their values in the memory of this process only.

    Killed before the end it may be called again: it erases what is left, and searches for ids where values have gone.
    """
    marks = gather(client, [subject])
    erased = mentions.erase_subject(client, subject, actor=actor, reason=reason)
    return erased, note(scan(marks), actor=actor)


def search_again(client: UUID, subjects: Iterable[UUID], *, actor: str = ACTOR) -> ResidueScan:
    """Search for what is left of subjects that were erased before: by random ids, as their values have gone.

    Raises:
        NotFound: no such subject of this client.
        Conflict: one of them was not erased.
    """
    chosen = tuple(subjects)
    with client_scope(client):
        rows = dict(Subject.objects.filter(pk__in=chosen).values_list("pk", "destroyed_at"))
    if set(rows) != set(chosen):
        raise NotFound("no_such_subject", _("There is no such data subject."))
    if not all(rows.values()):
        raise Conflict("not_erased", _("This data subject was not erased, so their data is where it belongs."))
    return note(scan(gather(client, chosen, values=False)), actor=actor)


@transaction.atomic
def note(report: ScanReport, *, actor: str) -> ResidueScan:
    """Keep the report, write it into the ledger, file what is wrong, and close what has been put right."""
    entry = journal.record(
        journal.Entry(
            event=Event.ERASURE_SCANNED,
            actor=actor,
            client=report.client,
            subject=report.subjects[0] if len(report.subjects) == 1 else None,
            count=len(report.subjects),
            data={
                "scan": str(report.scan),
                "outcome": str(report.outcome),
                "found": report.found,
                "values_known": report.values_known,
                "report": f"sha256:{report.digest}",
            },
        )
    )
    row = ResidueScan.objects.create(
        id=report.scan,
        client=report.client,
        subjects=list(report.subjects),
        outcome=report.outcome,
        values_known=report.values_known,
        actor=actor,
        started_at=report.started_at,
        finished_at=report.finished_at,
        ends_on=report.ends_on,
        report=report.to_json(),
        digest=report.digest,
        entry=entry,
    )
    _file(report)
    return row


def _file(report: ScanReport) -> None:
    where, evidence = f"client:{report.client}", f"report:{report.scan}"
    if report.outcome == Outcome.FAIL:
        data: dict[str, Value] = {"scan": str(report.scan), "found": report.found}
        findings.report(FOUND.name, severity=Severity.HIGH, actor=ACTOR, where=where, client=report.client, data=data)
        return
    if report.outcome == Outcome.NOT_MEASURED:
        missing = [one.name for one in report.replicas if one.outcome == Outcome.NOT_MEASURED]
        findings.report(
            NOT_MEASURED.name,
            severity=Severity.MEDIUM,
            actor=ACTOR,
            where="host:residue",
            data={"scan": str(report.scan), "not_measured": missing},
        )
        return
    for kind, place in ((FOUND, where), (NOT_MEASURED, "host:residue")):
        remedied = Finding.objects.filter(kind=kind.name, where=place, state=Finding.State.VERIFYING)
        for finding in remedied:
            findings.check(finding, outcome=Outcome.PASS, actor=ACTOR, evidence=evidence)


def unsearched(client: UUID) -> list[UUID]:
    """Subjects that were erased and not searched for since, the oldest first. Call it inside `client_scope`."""
    now = clock.now()
    searched = ResidueScan.objects.filter(
        client=client, subjects__contains=[OuterRef("pk")], finished_at__gt=OuterRef("destroyed_at")
    )
    erased = Subject.objects.filter(destroyed_at__lt=now - WAIT, destroyed_at__gt=now - LOOK_BACK)
    return list(erased.exclude(Exists(searched)).order_by("destroyed_at").values_list("id", flat=True)[:AT_ONCE])


def waiting() -> list[tuple[UUID, list[UUID]]]:
    """(client, subjects) that a search is due for."""
    found = []
    for client in Client.objects.filter(closed_at__isnull=True).values_list("id", flat=True):
        with client_scope(client):
            if subjects := unsearched(client):
                found.append((client, subjects))
    return found


def last(client: UUID | None = None) -> ResidueScan | None:
    """The newest search."""
    every = ResidueScan.objects.filter(client=client) if client else ResidueScan.objects.all()
    return every.order_by("-finished_at").first()


def latest_of(subject: UUID) -> ScanReport | None:
    """The newest report about this subject, for a certificate."""
    row = ResidueScan.objects.filter(subjects__contains=[subject]).order_by("-finished_at").first()
    return ScanReport.from_json(row.report) if row else None
