"""What has arrived and is not yet (or not) admitted: the quarantine."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models.calls import Call
from callwarden.custody.models.keys import IntakeKey
from callwarden.kernel.columns import declare


class IntakeBatch(models.Model):
    """One import of a folder, so that people can watch how far it has come."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey("custody.Line", on_delete=models.PROTECT, related_name="+")
    door = models.CharField(max_length=10)
    by = models.CharField(max_length=60)
    total = models.PositiveIntegerField(default=0)
    read = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    columns = declare(structural="id line door by total read refused started_at finished_at")


class IntakeItem(models.Model):
    """One arrived file or posting, HPKE-sealed to a day key in the bounded local spool."""

    class Kind(models.TextChoices):
        AUDIO = "audio", _("Recording")
        CDR = "cdr", _("Call detail records")
        ROW = "row", _("Call detail record")
        WORDS = "words", _("Transcript")
        CUSTOMERS = "customers", _("Customer list")
        ORDERS = "orders", _("Order list")

    class State(models.TextChoices):
        SEALED = "sealed", _("Sealed, waiting")
        WAITING = "waiting", _("Waiting for its counterpart")
        ADMITTED = "admitted", _("Admitted")
        QUARANTINED = "quarantined", _("In quarantine")
        SET_ASIDE = "set_aside", _("Set aside")
        DUPLICATE = "duplicate", _("Duplicate")
        DESTROYED = "destroyed", _("Destroyed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey("custody.Line", on_delete=models.PROTECT, related_name="intake")
    batch = models.ForeignKey(IntakeBatch, null=True, on_delete=models.SET_NULL, related_name="items")
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=12, choices=State, default=State.SEALED)
    door = models.CharField(max_length=10)
    digest = models.BinaryField(max_length=32)
    shown = models.CharField(max_length=255, blank=True)
    name_blob = models.BinaryField(default=bytes)
    inline = models.BinaryField(default=bytes)
    needs = models.PositiveSmallIntegerField(default=0)
    problems = models.JSONField(default=list)
    key = models.ForeignKey(IntakeKey, on_delete=models.PROTECT, related_name="+")
    sealed_key = models.BinaryField()
    size = models.BigIntegerField()
    arrived_at = models.DateTimeField()
    delete_at = models.DateTimeField()
    reason = models.CharField(max_length=60, blank=True)
    call = models.ForeignKey(Call, null=True, on_delete=models.SET_NULL, related_name="intake")

    columns = declare(
        structural="id line batch kind state door shown needs problems key size arrived_at delete_at reason call",
        token="digest",
        sealed="name_blob inline sealed_key",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["line", "kind", "digest"],
                condition=~models.Q(state__in=["duplicate", "destroyed"]),
                name="intake_content_once_per_line",
            )
        ]
        indexes = [
            models.Index(fields=["line", "kind", "state"]),
            models.Index(fields=["state", "delete_at"]),
        ]


class IntakeMatch(models.Model):
    """A keyed token by which an item finds its counterparts: of a file name, or of a call number."""

    id = models.BigAutoField(primary_key=True)
    item = models.ForeignKey(IntakeItem, on_delete=models.CASCADE, related_name="matches")
    token = models.BinaryField(max_length=32)

    columns = declare(structural="id item", token="token")

    class Meta:
        indexes = [models.Index(fields=["token"])]
