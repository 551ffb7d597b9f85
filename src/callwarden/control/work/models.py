"""Tickets, campaigns and shifts as other systems report them, and declared ties of staff. No content, ids only."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models._owned import ClientOwned
from callwarden.kernel.columns import declare
from callwarden.kernel.errors import Refused
from callwarden.kernel.events import Event
from callwarden.kernel.machine import Machine, Stated, Step


class Task(ClientOwned):
    """A ticket of the customer system or a campaign of the dialler. Its number is kept as a keyed token.

    Attributes:
        purpose: of a campaign; a ticket serves whatever purpose its agent declares.
        until: when it stops explaining anything, even if nobody closes it.
    """

    class Kind(models.TextChoices):
        TICKET = "ticket", _("Ticket")
        CAMPAIGN = "campaign", _("Campaign")

    kind = models.CharField(max_length=10, choices=Kind)
    reference = models.BinaryField(max_length=32)
    purpose = models.CharField(max_length=64, blank=True)
    opened_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    columns = declare(structural="id client kind purpose opened_at until ended_at", token="reference")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "kind", "reference"], name="task_once"),
            models.CheckConstraint(condition=Q(until__gt=F("opened_at")), name="task_ends_after_it_began"),
        ]


class TaskAgent(ClientOwned):
    """That one of our people works on a task."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="agents")
    user = models.ForeignKey("kernel.User", on_delete=models.CASCADE, related_name="+")

    columns = declare(structural="id client task user")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "user"], name="task_agent_once")]


class TaskSubject(ClientOwned):
    """That a task concerns a data subject."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="subjects")
    subject = models.ForeignKey("custody.Subject", on_delete=models.CASCADE, related_name="+")

    columns = declare(structural="id client task subject")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "subject"], name="task_subject_once")]


class Shift(ClientOwned):
    """When one of our people is to work. Whoever was never named in a roster is not measured."""

    user = models.ForeignKey("kernel.User", on_delete=models.CASCADE, related_name="+")
    starts = models.DateTimeField()
    ends = models.DateTimeField()

    columns = declare(structural="id client user starts ends")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "user", "starts"], name="shift_once"),
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="shift_ends_after_it_began"),
        ]


def by_somebody_else(tie: Tie, *, actor: str, **_facts: Any) -> None:
    """Whoever declared a tie, or has it, neither confirms nor ends it."""
    if actor in (tie.declared_by, str(tie.user.pseudonym)):
        raise Refused("own_tie", _("Somebody else must do this: you declared it, or it is about you."))


class Tie(ClientOwned, Stated):
    """That somebody of the staff is, or is close to, a data subject. It forbids every access from then on."""

    class State(models.TextChoices):
        DECLARED = "declared", _("Declared")
        CONFIRMED = "confirmed", _("Confirmed")
        ENDED = "ended", _("Ended")

    class Kind(models.TextChoices):
        SELF = "self", _("The person themselves")
        FAMILY = "family", _("Family")
        CLOSE = "close", _("Otherwise close")

    state = models.CharField(max_length=10, choices=State, default=State.DECLARED)
    user = models.ForeignKey("kernel.User", on_delete=models.CASCADE, related_name="+")
    subject = models.ForeignKey("custody.Subject", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    declared_by = models.CharField(max_length=60)
    declared_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    machine: ClassVar[Machine] = Machine(
        "tie",
        states=State,
        initial=State.DECLARED,
        transitions={
            (State.DECLARED, State.CONFIRMED): Step(Event.TIE_CONFIRMED, by_somebody_else),
            (State.DECLARED, State.ENDED): Step(Event.TIE_ENDED, by_somebody_else),
            (State.CONFIRMED, State.ENDED): Step(Event.TIE_ENDED, by_somebody_else),
        },
    )
    columns = declare(structural="id client state user subject kind declared_by declared_at ended_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "subject"], condition=~Q(state="ended"), name="tie_once_while_it_holds"
            )
        ]
