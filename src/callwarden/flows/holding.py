"""Matters carried on by the clock. Each step commits by itself, so a killed job goes on where it was."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.kernel import clock, findings
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Finding, Outcome, Severity
from callwarden.lawful.holds import actions, queries
from callwarden.lawful.holds.models import Matter

ACTOR: Final = "job:retention"
STEP: Final = 200
REVIEW_DUE = findings.register(
    FindingKind(
        "hold-review-due",
        title=_("A hold was not looked at in time"),
        remedy=_("Open the hold. Say on which day it is looked at again, or ask for its release."),
    )
)


def tend(*, seconds: float) -> int:
    """Carry every matter on for about so long. Returns how many records were marked, moved or let go."""
    until, done = clock.monotonic() + seconds, actions.drop_undecided()
    for matter in Matter.objects.filter(state__in=queries.IN_FORCE).order_by("opened_at"):
        done += actions.cover(matter, actor=ACTOR)
        while clock.monotonic() < until and (moved := actions.settle(matter, at_most=STEP)):
            done += moved
    for matter in Matter.objects.filter(state=Matter.State.RELEASED).order_by("ended_at"):
        while clock.monotonic() < until and (freed := actions.let_go(matter, at_most=STEP)):
            done += freed
    look_at_reviews()
    return done


def look_at_reviews() -> None:
    """Report matters whose day to be looked at has passed, and check those that were looked at since."""
    today = clock.now().date()
    for matter in Matter.objects.filter(state__in=queries.IN_FORCE, review_on__lt=today):
        where, data = f"matter:{matter.pk}", {"review_on": matter.review_on.isoformat()}
        findings.report(REVIEW_DUE.name, severity=Severity.MEDIUM, actor=ACTOR, where=where, data=data)
    late = Matter.objects.filter(state__in=queries.IN_FORCE, review_on__lt=today).values_list("pk", flat=True)
    waiting = Finding.objects.filter(kind=REVIEW_DUE.name, state=Finding.State.VERIFYING)
    for finding in waiting.exclude(where__in=[f"matter:{pk}" for pk in late]):
        findings.check(finding, outcome=Outcome.PASS, actor=ACTOR, evidence="review:done")


def still_late(finding: Finding) -> int | None:
    """1 while the matter of the finding was not looked at in time, else 0; None for findings of other kinds."""
    if finding.kind != REVIEW_DUE.name:
        return None
    late = Matter.objects.filter(state__in=queries.IN_FORCE, review_on__lt=clock.now().date())
    return int(late.filter(pk=finding.where.partition(":")[2]).exists())
