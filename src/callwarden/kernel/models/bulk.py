"""One act on many rows: the set as it was frozen, and what became of each row."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.kernel.columns import declare
from callwarden.kernel.events import Event
from callwarden.kernel.machine import Machine, Stated, Step
from callwarden.kernel.models.people import User
from callwarden.kernel.rows import Row


class BulkAct(Stated):
    """An act on a set of rows that was resolved once.

    Attributes:
        kind: slug registered with `bulk.register`.
        parameters: the filter the set came from, and what is to be done with each row. Structural values only.
        digest: SHA-256 over kind, parameters, count and the rows in order, each with its mark (`bulk.digest_of`).
        total: rows it acts on; `left_out` were found by the filter and are not among them.
        entry: ledger entry whose sealed detail says why (or holds the words of a comment).
        carried_by: on whose authority the batches run; asked again before each.
        troubles: batches in a row that broke off.
        why_stopped: slug; empty while nothing stops it.
    """

    class State(models.TextChoices):
        DRAWN = "drawn", pgettext_lazy("bulk", "Looked at, not asked for")
        ASKED = "asked", _("Waits for a second person")
        RUNNING = "running", pgettext_lazy("bulk", "Under way")
        STOPPED = "stopped", pgettext_lazy("bulk", "Stopped")
        DONE = "done", pgettext_lazy("bulk", "Done")
        ENDED = "ended", pgettext_lazy("bulk", "Ended early")
        DROPPED = "dropped", pgettext_lazy("bulk", "Not carried out")

    machine = Machine(
        "bulk",
        states=State,
        initial=State.DRAWN,
        transitions={
            (State.DRAWN, State.ASKED): Step(Event.BULK_ASKED),
            (State.DRAWN, State.RUNNING): Step(Event.BULK_STARTED),
            (State.DRAWN, State.DROPPED): Step(Event.BULK_DROPPED),
            (State.ASKED, State.RUNNING): Step(Event.BULK_STARTED),
            (State.ASKED, State.DROPPED): Step(Event.BULK_DROPPED),
            (State.RUNNING, State.STOPPED): Step(Event.BULK_STOPPED),
            (State.RUNNING, State.DONE): Step(Event.BULK_DONE),
            (State.STOPPED, State.RUNNING): Step(Event.BULK_RESUMED),
            (State.STOPPED, State.ENDED): Step(Event.BULK_ENDED),
        },
    )

    state = models.CharField(max_length=10, choices=State, default=State.DRAWN, db_index=True)
    kind = models.CharField(max_length=60)
    parameters = models.JSONField()
    client = models.UUIDField(null=True)
    digest = models.CharField(max_length=64)
    total = models.PositiveIntegerField()
    left_out = models.PositiveIntegerField(default=0)
    drawn_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="bulk_acts")
    drawn_at = models.DateTimeField()
    entry = models.UUIDField(null=True)
    approval = models.UUIDField(null=True)
    carried_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    troubles = models.PositiveSmallIntegerField(default=0)
    why_stopped = models.CharField(max_length=40, blank=True)

    columns = declare(
        structural="id state kind parameters client digest total left_out drawn_by drawn_at entry approval carried_by"
        " started_at finished_at done skipped troubles why_stopped"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(total__gte=1), name="bulk_acts_on_something"),
            models.CheckConstraint(condition=Q(total__gte=F("done") + F("skipped")), name="bulk_counts_add_up"),
            models.CheckConstraint(
                condition=~Q(state__in=("running", "stopped", "done", "ended")) | Q(carried_by__isnull=False),
                name="bulk_carried_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["drawn_by", "-drawn_at"], name="bulk_of_person")]

    @property
    def seen_to(self) -> int:
        """Rows whose outcome is known."""
        return self.done + self.skipped


class BulkRow(Row):
    """One row of the set, and what became of it.

    Attributes:
        target: id of the thing the act is on.
        sort: slug by which the preview counts (a severity, a kind of data).
        mark: digest of what of the thing the decision rests on; another mark means it has changed since.
        reason: slug; why it was skipped, or left out from the start.
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("bulk row", "Waits")
        DONE = "done", pgettext_lazy("bulk row", "Done")
        SKIPPED = "skipped", pgettext_lazy("bulk row", "Skipped")
        LEFT_OUT = "left_out", pgettext_lazy("bulk row", "Left out")

    act = models.ForeignKey(BulkAct, on_delete=models.CASCADE, related_name="rows")
    place = models.PositiveIntegerField()
    target = models.UUIDField()
    sort = models.CharField(max_length=40)
    mark = models.CharField(max_length=32)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.WAITING)
    reason = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField(null=True)

    columns = declare(structural="id act place target sort mark outcome reason at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["act", "place"], name="bulk_row_place_once"),
            models.UniqueConstraint(fields=["act", "target"], name="bulk_row_target_once"),
            models.CheckConstraint(
                condition=~Q(outcome__in=("skipped", "left_out")) | ~Q(reason=""), name="bulk_row_skipped_for_a_reason"
            ),
        ]
        indexes = [models.Index(fields=["act", "outcome", "place"], name="bulk_row_by_outcome")]
