"""What is wrong and by when it must be right. One shape for scanners, assessments, audits and partners."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.kernel.columns import declare
from callwarden.kernel.errors import Refused
from callwarden.kernel.events import Event
from callwarden.kernel.machine import Machine, Stated, Step
from callwarden.kernel.models.approvals import Approval
from callwarden.kernel.rows import Row


class Severity(models.TextChoices):
    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")
    CRITICAL = "critical", _("Critical")

    @property
    def rank(self) -> int:
        """0 for the mildest."""
        return list(type(self)).index(self)


class Outcome(models.TextChoices):
    """A check has four outcomes; exit code 0 is not evidence."""

    PASS = "pass", _("Passed")
    FAIL = "fail", _("Failed")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")
    NOT_MEASURED = "not_measured", _("Not measured")


def _a_later_passing_check_by_someone_else(finding: Finding, *, check: Check, **_facts: Any) -> None:
    if check.finding_id != finding.pk or check.outcome != Outcome.PASS:
        raise Refused("no_passing_check", _("A finding closes only on a passing check. Let it be checked again."))
    if finding.remediated_at is None or check.at <= finding.remediated_at:
        raise Refused("check_too_early", _("This check is older than the remedy. Let it be checked again."))
    if check.by == finding.remediated_by:
        raise Refused("own_check", _("Whoever remedied a finding cannot also verify it. Ask somebody else."))


def _accepted_for_a_time(_finding: Finding, *, until: datetime, at: datetime, **_facts: Any) -> None:
    if until <= at:
        raise Refused("acceptance_without_end", _("A risk is accepted until a date in the future. Choose one."))


class Finding(Stated):
    """Something that must be put right, deduplicated by its fingerprint while it is not closed.

    Attributes:
        kind: slug registered with `findings.register`, which gives title and remedy in both languages.
        fingerprint: SHA-256 over kind and the identifying structure; the same trouble is one finding.
        where: structural reference of the thing concerned (`line:UUID`, `host:web`).
        due_at: computed from first sight and severity.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("finding", "Open")
        TRIAGED = "triaged", _("Triaged")
        REMEDIATING = "remediating", _("Being remedied")
        VERIFYING = "verifying", _("Waiting for a check")
        CLOSED = "closed", _("Closed")
        ACCEPTED = "accepted", _("Accepted for a time")

    machine = Machine(
        "finding",
        states=State,
        initial=State.OPEN,
        transitions={
            (State.OPEN, State.TRIAGED): Step(Event.FINDING_TRIAGED),
            (State.TRIAGED, State.REMEDIATING): Step(Event.FINDING_REMEDIATING),
            (State.REMEDIATING, State.VERIFYING): Step(Event.FINDING_VERIFYING),
            (State.VERIFYING, State.REMEDIATING): Step(Event.FINDING_REMEDIATING),
            (State.VERIFYING, State.CLOSED): Step(Event.FINDING_CLOSED, _a_later_passing_check_by_someone_else),
            (State.OPEN, State.ACCEPTED): Step(Event.FINDING_ACCEPTED, _accepted_for_a_time),
            (State.TRIAGED, State.ACCEPTED): Step(Event.FINDING_ACCEPTED, _accepted_for_a_time),
            (State.REMEDIATING, State.ACCEPTED): Step(Event.FINDING_ACCEPTED, _accepted_for_a_time),
            (State.ACCEPTED, State.OPEN): Step(Event.FINDING_ACCEPTANCE_LAPSED),
        },
    )

    state = models.CharField(max_length=12, choices=State, default=State.OPEN, db_index=True)
    kind = models.CharField(max_length=60)
    fingerprint = models.CharField(max_length=64)
    severity = models.CharField(max_length=10, choices=Severity)
    client = models.UUIDField(null=True)
    where = models.CharField(max_length=100, blank=True)
    data = models.JSONField(default=dict)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    times_seen = models.PositiveIntegerField(default=1)
    due_at = models.DateTimeField()
    owner = models.ForeignKey("kernel.User", null=True, on_delete=models.SET_NULL, related_name="findings")
    remediated_at = models.DateTimeField(null=True)
    remediated_by = models.CharField(max_length=60, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by_check = models.OneToOneField("kernel.Check", null=True, on_delete=models.PROTECT, related_name="closes")
    accepted_until = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Approval, null=True, on_delete=models.PROTECT, related_name="+")
    recurs = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="recurred")

    columns = declare(
        structural="id state kind fingerprint severity client where data first_seen_at last_seen_at times_seen due_at"
        " owner remediated_at remediated_by closed_at closed_by_check accepted_until accepted_by recurs"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"], condition=~Q(state="closed"), name="finding_once_while_not_closed"
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(closed_at__isnull=False, closed_by_check__isnull=False),
                name="finding_closed_by_a_check",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(accepted_until__isnull=False, accepted_by__isnull=False),
                name="finding_accepted_for_a_time",
            ),
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="finding_by_due")]


class Check(Row):
    """One look at whether a finding still holds. Never changed."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="checks")
    outcome = models.CharField(max_length=16, choices=Outcome)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()
    evidence = models.CharField(max_length=200)
    entry = models.UUIDField()

    columns = declare(structural="id finding outcome by at evidence entry")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(outcome="pass") | ~Q(evidence=""), name="check_passes_only_with_evidence"
            )
        ]


class Note(Row):
    """A comment on a finding. Its words are sealed beside the ledger entry; one entry may stand for many findings."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="notes")
    by = models.CharField(max_length=60)
    at = models.DateTimeField()
    entry = models.UUIDField()

    columns = declare(structural="id finding by at entry")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["finding", "entry"], name="note_once_per_entry")]
