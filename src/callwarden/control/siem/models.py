"""How far each receiver of the log has got."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from callwarden.kernel.columns import declare
from callwarden.kernel.events import Event
from callwarden.kernel.machine import Machine, Stated, Step


class SiemReceiver(Stated):
    """One receiver of the settings' file, known by its name there.

    Attributes:
        next_index: leaf index of the first entry it has not confirmed.
        attempts: failures since the last success; `next_at` follows from it.
        taken_until: a worker is sending until then; one that died is taken for gone after that.
        error: code of the last failure.
        alone_at: when one person last paused it alone; `paused_until` is set while that lasts.
        covered_at: time of the newest entry it has confirmed.
    """

    class State(models.TextChoices):
        ACTIVE = "active", pgettext_lazy("receiver", "Receiving")
        FAILING = "failing", pgettext_lazy("receiver", "Not reached")
        PAUSED = "paused", pgettext_lazy("receiver", "Paused")
        REMOVED = "removed", pgettext_lazy("receiver", "Taken out of use")

    machine = Machine(
        "siem_receiver",
        states=State,
        initial=State.ACTIVE,
        transitions={
            (State.ACTIVE, State.FAILING): Step(Event.SIEM_FAILING),
            (State.FAILING, State.ACTIVE): Step(Event.SIEM_RECOVERED),
            (State.ACTIVE, State.PAUSED): Step(Event.SIEM_PAUSED),
            (State.FAILING, State.PAUSED): Step(Event.SIEM_PAUSED),
            (State.PAUSED, State.ACTIVE): Step(Event.SIEM_RESUMED),
            (State.ACTIVE, State.REMOVED): Step(Event.SIEM_REMOVED),
            (State.FAILING, State.REMOVED): Step(Event.SIEM_REMOVED),
            (State.PAUSED, State.REMOVED): Step(Event.SIEM_REMOVED),
            (State.REMOVED, State.ACTIVE): Step(Event.SIEM_RESUMED),
        },
    )

    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    name = models.CharField(max_length=40, unique=True)
    next_index = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    covered_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField()
    failing_since = models.DateTimeField(null=True)
    error = models.CharField(max_length=60, blank=True)
    taken_until = models.DateTimeField(null=True)
    alone_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)

    columns = declare(
        structural="id state name next_index created_at sent_at covered_at attempts next_at failing_since error"
        " taken_until alone_at paused_until"
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(next_index__gte=0), name="siem_receiver_index_is_a_leaf")]
