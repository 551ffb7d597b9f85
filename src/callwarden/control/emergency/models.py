"""Emergency accesses: who broke the glass, what was opened, and what others made of it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from callwarden.kernel.columns import declare
from callwarden.kernel.events import Event
from callwarden.kernel.machine import Machine, Stated, Step
from callwarden.kernel.models import User
from callwarden.kernel.rows import Row


class EmergencyAccess(Stated):
    """One person opens without waiting for anybody, for a while and within a cap, and answers for it afterwards.

    Attributes:
        entry: the ledger entry of its beginning, whose sealed detail holds the reason.
        max_subjects, max_rows: how many people's records, and how many openings, it is for.
        review_due: until when somebody else has to have looked at it, or the account is frozen.
        why_ended: slug.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("emergency", "Runs")
        ENDED = "ended", pgettext_lazy("emergency", "Waits for review")
        OVERDUE = "overdue", pgettext_lazy("emergency", "Not reviewed in time")
        CONFIRMED = "confirmed", pgettext_lazy("emergency", "Was needed")
        QUESTIONED = "questioned", pgettext_lazy("emergency", "Was not justified")

    machine = Machine(
        "emergency",
        states=State,
        initial=State.OPEN,
        transitions={
            (State.OPEN, State.ENDED): Step(Event.EMERGENCY_ENDED),
            (State.ENDED, State.CONFIRMED): Step(Event.EMERGENCY_REVIEWED),
            (State.ENDED, State.QUESTIONED): Step(Event.EMERGENCY_REVIEWED),
            (State.ENDED, State.OVERDUE): Step(Event.EMERGENCY_OVERDUE),
            (State.OVERDUE, State.CONFIRMED): Step(Event.EMERGENCY_REVIEWED),
            (State.OVERDUE, State.QUESTIONED): Step(Event.EMERGENCY_REVIEWED),
        },
    )

    state = models.CharField(max_length=10, choices=State, default=State.OPEN, db_index=True)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="emergencies")
    client = models.UUIDField()
    purpose = models.SlugField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    why_ended = models.CharField(max_length=40, blank=True)
    max_subjects = models.PositiveSmallIntegerField()
    max_rows = models.PositiveSmallIntegerField()
    rows = models.PositiveSmallIntegerField(default=0)
    review_due = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    review_entry = models.UUIDField(null=True)
    incident = models.UUIDField(null=True)
    entry = models.UUIDField()

    columns = declare(
        structural="id state person client purpose starts_at ends_at ended_at why_ended max_subjects max_rows rows"
        " review_due reviewed_at reviewed_by review_entry incident entry"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(state="open"), name="emergency_one_at_a_time"),
            models.CheckConstraint(condition=Q(rows__lte=F("max_rows")), name="emergency_within_its_cap"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="emergency_ends"),
            models.CheckConstraint(
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("person")), name="emergency_reviewed_by_another"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["confirmed", "questioned"], reviewed_by__isnull=False)
                | (~Q(state__in=["confirmed", "questioned"]) & Q(reviewed_by=None)),
                name="emergency_verdict_of_somebody",
            ),
        ]


class EmergencyUse(Row):
    """One record opened in an emergency."""

    access = models.ForeignKey(EmergencyAccess, on_delete=models.CASCADE, related_name="openings")
    record = models.UUIDField()
    subject = models.UUIDField(db_index=True)
    permit = models.UUIDField()
    entry = models.UUIDField()
    at = models.DateTimeField()

    columns = declare(structural="id access record subject permit entry at")
