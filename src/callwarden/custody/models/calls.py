"""Calls and their legs. Numbers and names of a call lie sealed in its metadata record, never here."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models._owned import ClientOwned
from callwarden.custody.models.subjects import Customer, Subject
from callwarden.kernel.columns import declare


class Call(ClientOwned):
    """One telephone call that was lawfully taken in."""

    class Redaction(models.TextChoices):
        PENDING = "pending", _("Waiting for redaction")
        DONE = "done", _("Redacted")
        FAILED = "failed", _("Not redacted: restricted")

    # The indexes of line and agent go on by time: lists show the latest of them first.
    line = models.ForeignKey("custody.Line", on_delete=models.PROTECT, related_name="calls", db_index=False)
    reference = models.BinaryField(max_length=32)
    direction = models.CharField(max_length=10)
    language = models.CharField(max_length=10, blank=True)
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField(default=0)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.SET_NULL, related_name="calls")
    agent = models.ForeignKey("kernel.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    redaction = models.CharField(max_length=10, choices=Redaction, default=Redaction.PENDING)
    admitted_at = models.DateTimeField()
    spans = models.PositiveIntegerField(default=0)
    # When whom its words speak of was looked up by the numbers said; None: only who was marked by hand is known. So it
    # is at the start of 1970: then its words could not be opened (`flows.spoken_of.IN_VAIN`).
    sought_at = models.DateTimeField(null=True)

    columns = declare(
        structural=(
            "id client line direction language started_at duration_ms customer agent redaction admitted_at spans"
            " sought_at"
        ),
        token="reference",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "reference"], name="call_once_per_line")]
        indexes = [
            models.Index(fields=["client", "-started_at"]),
            models.Index(fields=["line", "-started_at"], name="call_of_line"),
            models.Index(fields=["agent", "-started_at"], name="call_of_agent"),
            models.Index(fields=["client", "language"], name="call_language"),
            models.Index(fields=["client", "duration_ms", "id"], name="call_length"),
            models.Index(fields=["client", "spans", "id"], name="call_spans"),
            models.Index(fields=["client", "redaction", "started_at", "id"], name="call_redaction"),
            models.Index(fields=["client", "id"], condition=models.Q(sought_at__isnull=True), name="call_not_sought"),
        ]


class AgentLogin(ClientOwned):
    """Which of our people an agent's login at the telephone system is. The login itself is kept as a keyed token."""

    login = models.BinaryField(max_length=32)
    user = models.ForeignKey("kernel.User", on_delete=models.CASCADE, related_name="+")

    columns = declare(structural="id client user", token="login")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "login"], name="agent_login_once")]


class Leg(ClientOwned):
    """One party's side of a call. Each leg of a call is its own record under its own subject's key."""

    class Party(models.TextChoices):
        CALLER = "caller", _("Caller")
        AGENT = "agent", _("Agent")
        MIXED = "mixed", _("Both parties, mixed")

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="legs")
    party = models.CharField(max_length=10, choices=Party)
    channel = models.PositiveSmallIntegerField(default=0)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")

    columns = declare(structural="id client call party channel subject")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "channel"], name="leg_channel_once")]
