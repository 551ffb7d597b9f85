"""State of an assessment."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.custody.jurisdictions import Jurisdiction
from callwarden.kernel.columns import declare
from callwarden.kernel.events import Event
from callwarden.kernel.machine import Machine, Stated, Step
from callwarden.lawful.purposes.models import Purpose


class Assessment(Stated):
    """The impact assessment of one purpose: a PIPIA, a DPIA, or both in one.

    Attributes:
        covers: digest of the purpose as it was assessed; a purpose that changed is not covered any more.
        jurisdictions: those the purpose had grounds in, so whose law it answers to.
        answers: question -> text. Not for personal data.
        risks: [{"risk", "likelihood", "severity", "measure", "likelihood_after", "severity_after"}], 1 to 3 each.
        consulted: reference of the authority's or the officer's advice where the rest of the risk is high.
        valid_until: when it has to be looked at again. keep_until: not destroyed before.

    What was approved is never changed, and never deleted before `keep_until`: the database refuses both.
    Source: PIPL art. 55, 56; GDPR art. 35, 36.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        APPROVED = "approved", pgettext_lazy("assessment", "Approved")
        REPLACED = "replaced", pgettext_lazy("assessment", "Replaced by a later one")
        LAPSED = "lapsed", pgettext_lazy("assessment", "Lapsed")
        ABANDONED = "abandoned", pgettext_lazy("assessment", "Abandoned")

    machine = Machine(
        "assessment",
        states=State,
        initial=State.DRAFT,
        transitions={
            (State.DRAFT, State.APPROVED): Step(Event.ASSESSMENT_APPROVED),
            (State.DRAFT, State.ABANDONED): Step(Event.ASSESSMENT_ABANDONED),
            (State.APPROVED, State.REPLACED): Step(Event.ASSESSMENT_REPLACED),
            (State.APPROVED, State.LAPSED): Step(Event.ASSESSMENT_LAPSED),
            (State.LAPSED, State.REPLACED): Step(Event.ASSESSMENT_REPLACED),
        },
    )

    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="assessments")
    number = models.PositiveIntegerField()
    jurisdictions = ArrayField(models.CharField(max_length=10, choices=Jurisdiction), default=list)
    covers = models.CharField(max_length=64)
    answers = models.JSONField(default=dict)
    risks = models.JSONField(default=list)
    consulted = models.CharField(max_length=100, blank=True)
    review_months = models.PositiveSmallIntegerField(default=12)
    due_on = models.DateField(null=True)
    started_by = models.CharField(max_length=60)
    started_at = models.DateTimeField()
    approval = models.UUIDField(null=True)
    approved_by = ArrayField(models.CharField(max_length=60), default=list)
    approved_at = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    keep_until = models.DateTimeField(null=True)

    columns = declare(
        structural="id state purpose number jurisdictions covers answers risks consulted review_months due_on"
        " started_by started_at approval approved_by approved_at valid_until keep_until"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "number"], name="assessment_number_once_per_purpose"),
            models.UniqueConstraint(
                fields=["purpose"], condition=Q(state="draft"), name="one_draft_assessment_per_purpose"
            ),
            models.UniqueConstraint(
                fields=["purpose"], condition=Q(state="approved"), name="one_approved_assessment_per_purpose"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "abandoned"])
                | Q(approved_at__isnull=False, valid_until__isnull=False, keep_until__isnull=False),
                name="assessment_approved_with_its_dates",
            ),
        ]
