"""Messages waiting to leave, and verdicts on files that came in."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.kernel.columns import declare
from callwarden.kernel.events import Event
from callwarden.kernel.machine import Machine, Stated, Step
from callwarden.kernel.rows import Row


class OutboxMessage(Stated):
    """One message to one recipient: a registered template, structural parameters and a link. No text, no address.

    Attributes:
        recipient: for e-mail; the address is read at the moment of sending.
        endpoint: for webhooks; slug in `CALLWARDEN_WEBHOOKS`.
        link: path on this site where the matter can be seen after sign-in.
        error: code of the last failure.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        WEBHOOK = "webhook", _("Webhook")

    class State(models.TextChoices):
        QUEUED = "queued", pgettext_lazy("message", "Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not delivered")

    machine = Machine(
        "message",
        states=State,
        initial=State.QUEUED,
        transitions={
            (State.QUEUED, State.SENT): Step(Event.NOTIFY_SENT),
            (State.QUEUED, State.FAILED): Step(Event.NOTIFY_FAILED),
            (State.FAILED, State.QUEUED): Step(Event.NOTIFY_QUEUED),
        },
    )

    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    template = models.CharField(max_length=60)
    parameters = models.JSONField(default=dict)
    link = models.CharField(max_length=200)
    channel = models.CharField(max_length=10, choices=Channel)
    recipient = models.ForeignKey("kernel.User", null=True, on_delete=models.CASCADE, related_name="+")
    endpoint = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=10)
    created_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=60, blank=True)

    columns = declare(
        structural="id state template parameters link channel recipient endpoint language created_at attempts next_at"
        " sent_at error"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(channel="email", recipient__isnull=False, endpoint="")
                | (Q(channel="webhook", recipient__isnull=True) & ~Q(endpoint="")),
                name="message_to_a_person_or_an_endpoint",
            )
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="queued"), name="message_due"),
        ]


class ScanVerdict(Row):
    """What a malware scanner said of one file, recognised by a keyed token of its content."""

    class Outcome(models.TextChoices):
        CLEAN = "clean", pgettext_lazy("file", "Clean")
        INFECTED = "infected", _("Malware found")
        NOT_SCANNED = "not_scanned", _("Not scanned")

    outcome = models.CharField(max_length=12, choices=Outcome)
    content = models.BinaryField(max_length=32)
    size = models.BigIntegerField()
    scanner = models.CharField(max_length=60)
    signature = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField()

    columns = declare(structural="id outcome size scanner signature at", token="content")
