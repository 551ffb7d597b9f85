"""Reminders of reviews: before one ends with rights undecided, and before and after the next one is due.

Each step is told once. So many days late (`CALLWARDEN_REVIEW_ESCALATE_DAYS`) it goes to a second person, the auditor.
Source: ISO/IEC 27002:2022 5.18; GB/T 22239-2019 8.1.10.10 (rights are reviewed at planned times).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from callwarden.control.reviews.models import Campaign
from callwarden.kernel import clock, findings, notify
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Finding, Outcome, Severity, User
from callwarden.kernel.notify import Template
from callwarden.kernel.roles import Role

ACTOR: Final = "job:reminders"
# Before the next review is due, and before a running one ends; in its last days whoever oversees is told as well.
BEFORE_DUE: Final = timedelta(days=30)
BEFORE_END: Final = timedelta(days=7)
LAST_DAYS: Final = timedelta(days=2)
EVERYTHING: Final = "reviews"

DUE = findings.register(
    FindingKind(
        "review-due",
        title=_("A review of rights is due"),
        remedy=_("Begin it on the page “Reviews of rights”: somebody else says of each right whether it is needed."),
    )
)
UNDECIDED = findings.register(
    FindingKind(
        "review-undecided",
        title=_("A review of rights ends soon, and not everything is decided"),
        remedy=_("Decide on what is left. What nobody decides on by its end is revoked."),
    )
)
DUE_SOON = notify.register(
    Template(
        "review-due",
        subject=_("A review of rights is due on %(day)s"),
        body=_("Rights were last reviewed long ago. The next review is due on %(day)s; begin it."),
        parameters=frozenset({"day"}),
    )
)
LATE = notify.register(
    Template(
        "review-late",
        subject=_("A review of rights is late"),
        body=_("The review of rights that was due on %(day)s has not begun. Begin it, or see that somebody does."),
        parameters=frozenset({"day"}),
    )
)
LEFT = notify.register(
    Template(
        "review-undecided",
        subject=_("Rights still wait for your review"),
        body=_("The review “%(reference)s” ends on %(day)s. What nobody decided on by then is revoked."),
        parameters=frozenset({"reference", "day"}),
    )
)


def next_due() -> datetime | None:
    """When the next review has to begin; None while one is running, or where the site sets no rhythm."""
    if not settings.REVIEW_DAYS or Campaign.objects.filter(state=Campaign.State.RUNNING).exists():
        return None
    last = Campaign.objects.order_by("-closed_at").values_list("closed_at", flat=True).first()
    # A site that was never reviewed counts from its first account.
    since = last or User.objects.aggregate(first=Min("date_joined"))["first"]
    return since + timedelta(days=settings.REVIEW_DAYS) if since else None


@dataclass(frozen=True)
class Step:
    """How urgent it has become, and whom that is told to."""

    kind: str
    where: str
    severity: Severity
    until: datetime
    campaign: Campaign | None = None


def step_due(due: datetime, now: datetime) -> Severity | None:
    """How urgent the next review is: from a month before, when it is late, and when a second person hears of it."""
    if now >= due + timedelta(days=settings.REVIEW_ESCALATE_DAYS):
        return Severity.CRITICAL
    if now >= due:
        return Severity.HIGH
    return Severity.MEDIUM if now >= due - BEFORE_DUE else None


def look() -> list[Finding]:
    """Report what is due, late or undecided, tell each step once, and check what was put right."""
    steps = list(_steps())
    wrong = {(one.kind, one.where) for one in steps}
    for finding in Finding.objects.filter(kind__in=(DUE.name, UNDECIDED.name), state=Finding.State.VERIFYING):
        if (finding.kind, finding.where) not in wrong:
            findings.check(finding, outcome=Outcome.PASS, actor=ACTOR, evidence="seen:0")
    found = []
    for one in steps:
        before = findings.unsettled().filter(kind=one.kind, where=one.where).first()
        if before is None or Severity(before.severity).rank < one.severity.rank:
            _tell(one)
        until = {"due": one.until.isoformat(timespec="seconds")}
        found.append(findings.report(one.kind, severity=one.severity, actor=ACTOR, where=one.where, data=until))
    return found


def begun(*, actor: str) -> None:
    """A review has begun: that one was due is put right."""
    _put_right(DUE.name, EVERYTHING, actor)


def ended(campaign: Campaign, *, actor: str) -> None:
    """A review is closed: nothing of it is undecided any more."""
    _put_right(UNDECIDED.name, _where(campaign), actor)


def _put_right(kind: str, where: str, actor: str) -> None:
    if found := findings.unsettled().filter(kind=kind, where=where).first():
        findings.put_right(found, actor=actor)


def _steps() -> Iterator[Step]:
    now, due = clock.now(), next_due()
    if due is not None and (severity := step_due(due, now)) is not None:
        yield Step(DUE.name, EVERYTHING, severity, due)
    running = Campaign.objects.filter(
        state=Campaign.State.RUNNING, due_at__lte=now + BEFORE_END, items__decision=""
    ).distinct()
    for one in running.order_by("due_at", "pk"):
        last = now >= one.due_at - LAST_DAYS
        yield Step(UNDECIDED.name, _where(one), Severity.HIGH if last else Severity.MEDIUM, one.due_at, one)


def _where(campaign: Campaign) -> str:
    return f"review:{campaign.pk}"


def _tell(step: Step) -> None:
    day = step.until.date().isoformat()
    if step.campaign is None:
        template = DUE_SOON if step.severity is Severity.MEDIUM else LATE
        roles = [Role.DPO] if step.severity is Severity.MEDIUM else [Role.DPO, Role.SECURITY_ADMIN]
        if step.severity is Severity.CRITICAL:
            roles.append(Role.AUDITOR)
        notify.tell(template, roles=roles, parameters={"day": day}, link="/control/reviews/")
        return
    told = {"reference": step.campaign.reference, "day": day}
    link = f"/control/reviews/{step.campaign.pk}/"
    waiting = step.campaign.items.filter(decision="").values("reviewer")
    for person in User.objects.filter(pk__in=waiting, is_active=True).exclude(email="").order_by("pk"):
        notify.send(LEFT, to=person, parameters=told, link=link)
    if step.severity is Severity.HIGH:
        notify.tell(LEFT, roles=(Role.DPO,), parameters=told, link=link)
