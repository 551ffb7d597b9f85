"""Matters. What of them lies on which record is custody's `Hold`."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Client
from callwarden.kernel.columns import declare
from callwarden.kernel.events import Event
from callwarden.kernel.machine import Machine, Stated, Step
from callwarden.kernel.models import User


class Matter(Stated):
    """One reason to keep records, with the person who answers for it and the day it is looked at again.

    Attributes:
        label: the matter's own reference (a file number); structural, never a name.
        scope, target: the call, customer or person it is about; for `SET` the act on many rows that drew it.
        query: for `QUERY` and `SET`, the line, kinds of data and days (`rules.Query`).
        entry: ledger entry whose sealed detail says why.
        approval: the request two people decide on to set it.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Waits for a second person")
        PROVISIONAL = "provisional", _("Provisional, by one person")
        HELD = "held", _("In force")
        RELEASED = "released", _("Released")
        DROPPED = "dropped", _("Not set")

    class Ground(models.TextChoices):
        LITIGATION = "litigation", _("Legal dispute")
        AUTHORITY = "authority", _("Inquiry by an authority")
        COMPLAINT = "complaint", _("Complaint")
        INVESTIGATION = "investigation", _("Internal investigation")
        SUBJECT = "subject", _("Asked for by the person concerned")

    class Scope(models.TextChoices):
        CALL = "call", _("One call")
        CUSTOMER = "customer", _("One customer")
        PERSON = "person", _("One person, as far as known")
        QUERY = "query", _("All records that fit")
        SET = "set", _("A set, drawn once")

    machine = Machine(
        "matter",
        states=State,
        initial=State.ASKED,
        transitions={
            (State.ASKED, State.PROVISIONAL): Step(Event.MATTER_PROVISIONAL),
            (State.ASKED, State.HELD): Step(Event.MATTER_HELD),
            (State.ASKED, State.DROPPED): Step(Event.MATTER_DROPPED),
            (State.PROVISIONAL, State.HELD): Step(Event.MATTER_HELD),
            (State.PROVISIONAL, State.RELEASED): Step(Event.MATTER_RELEASED),
            (State.HELD, State.RELEASED): Step(Event.MATTER_RELEASED),
        },
    )

    state = models.CharField(max_length=12, choices=State, default=State.ASKED, db_index=True)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=40)
    ground = models.CharField(max_length=20, choices=Ground)
    scope = models.CharField(max_length=10, choices=Scope)
    target = models.UUIDField(null=True)
    query = models.JSONField(default=dict)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="matters")
    review_on = models.DateField()
    opened_by = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    entry = models.UUIDField()
    approval = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    columns = declare(
        structural=(
            "id state client label ground scope target query owner review_on opened_by opened_at entry approval"
            " ended_at"
        )
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="query", target__isnull=True) | (~Q(scope="query") & Q(target__isnull=False)),
                name="matter_has_a_target_or_a_query",
            )
        ]
        indexes = [models.Index(fields=["client", "-opened_at"], name="matter_latest")]
