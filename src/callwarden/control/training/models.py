"""The register of training. Rows are added and never changed; one entered by mistake is taken back by another."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from callwarden.kernel.columns import declare
from callwarden.kernel.models import User
from callwarden.kernel.rows import Row


class TrainingRecord(Row):
    """One person completed one course.

    Attributes:
        course: slug; only `rules.COURSE` counts for sensitive roles.
        valid_until: the last day on which it counts.
        entered_by: actor; never the person themself.
    """

    class Source(models.TextChoices):
        PERSON = "person", pgettext_lazy("training", "Entered by a person")
        TABLE = "table", pgettext_lazy("training", "Taken from a table")

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    course = models.SlugField()
    completed_on = models.DateField()
    valid_until = models.DateField()
    source = models.CharField(max_length=10, choices=Source)
    entered_by = models.CharField(max_length=60)
    entered_at = models.DateTimeField()
    entry = models.UUIDField()

    columns = declare(structural="id person course completed_on valid_until source entered_by entered_at entry")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(valid_until__gte=F("completed_on")), name="training_ends_later")
        ]
        indexes = [models.Index(fields=["person", "course", "valid_until"], name="training_of_person")]


class TrainingTakenBack(Row):
    """What was entered by mistake does not count. Why is sealed beside the ledger entry."""

    record = models.OneToOneField(TrainingRecord, on_delete=models.PROTECT, related_name="taken_back")
    by = models.CharField(max_length=60)
    at = models.DateTimeField()
    entry = models.UUIDField()

    columns = declare(structural="id record by at entry")
