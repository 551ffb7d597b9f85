"""Clocks that the law starts. None pauses by itself; where a law moves an end, it is computed again."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.kernel.columns import declare
from callwarden.kernel.events import Event
from callwarden.kernel.machine import Machine, Stated, Step
from callwarden.kernel.models.approvals import Approval


class Deadline(Stated):
    """One duty with a time limit, computed from its start; ended only by filing or by a reasoned, approved waiver.

    Attributes:
        rule: slug of the rule that set it (`gdpr-33`, `request-answer`).
        about_kind, about_id: the incident, request or hold concerned.
        warned: highest level of elapsed time already warned about: 0, 50, 75, 90 or 100 %.
        roles: who is warned.
        filed_late: whether it was filed after it was due.
    """

    class State(models.TextChoices):
        RUNNING = "running", pgettext_lazy("deadline", "Running")
        FILED = "filed", pgettext_lazy("deadline", "Filed")
        NOT_APPLICABLE = "not_applicable", _("Not applicable")

    machine = Machine(
        "deadline",
        states=State,
        initial=State.RUNNING,
        transitions={
            (State.RUNNING, State.FILED): Step(Event.DEADLINE_FILED),
            (State.RUNNING, State.NOT_APPLICABLE): Step(Event.DEADLINE_NOT_APPLICABLE),
        },
    )

    state = models.CharField(max_length=16, choices=State, default=State.RUNNING)
    rule = models.CharField(max_length=60)
    client = models.UUIDField(null=True)
    about_kind = models.CharField(max_length=40)
    about_id = models.UUIDField()
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    warned = models.PositiveSmallIntegerField(default=0)
    roles = ArrayField(models.CharField(max_length=40), default=list)
    ended_at = models.DateTimeField(null=True)
    filed_late = models.BooleanField(default=False)
    evidence = models.CharField(max_length=200, blank=True)
    waived_by = models.ForeignKey(Approval, null=True, on_delete=models.PROTECT, related_name="+")

    columns = declare(
        structural="id state rule client about_kind about_id started_at due_at warned roles ended_at filed_late"
        " evidence waived_by"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "about_kind", "about_id"], name="deadline_once_per_matter"),
            models.CheckConstraint(condition=Q(due_at__gt=F("started_at")), name="deadline_due_after_start"),
            models.CheckConstraint(
                condition=~Q(state="not_applicable") | Q(waived_by__isnull=False), name="deadline_waived_by_approval"
            ),
            models.CheckConstraint(condition=~Q(state="filed") | ~Q(evidence=""), name="deadline_filed_with_evidence"),
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="deadline_by_due")]
