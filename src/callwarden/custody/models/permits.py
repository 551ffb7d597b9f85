"""Permits: committed rows that say who may open which records, for what, until when."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from callwarden.custody.models.intake import IntakeItem
from callwarden.custody.models.records import Record
from callwarden.kernel.columns import declare


class Permit(models.Model):
    """Leave to open a fixed set of records. Only its id crosses processes; the keeper reads the row itself."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    principal = models.CharField(max_length=60)
    session = models.UUIDField(null=True)
    action = models.SlugField()
    purpose = models.SlugField()
    records_digest = models.BinaryField(max_length=32)
    policy = models.CharField(max_length=80)
    entry = models.UUIDField()
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    columns = declare(
        structural="id principal session action purpose records_digest policy entry issued_at expires_at revoked_at"
    )

    class Meta:
        # How many people somebody opened records of lately is counted at every decision.
        indexes = [models.Index(fields=["principal", "issued_at"])]
        constraints = [
            models.UniqueConstraint(fields=["entry"], name="permit_of_its_own_entry"),
            models.CheckConstraint(
                condition=models.Q(session__isnull=False)
                | models.Q(principal__startswith="job:")
                | models.Q(principal__startswith="service:"),
                name="permit_of_a_session_job_or_service",
            ),
        ]


class PermitRecord(models.Model):
    """One record (or, for admission, one intake item) of a permit, and how often its key may be released."""

    id = models.BigAutoField(primary_key=True)
    permit = models.ForeignKey(Permit, on_delete=models.CASCADE, related_name="records")
    record = models.ForeignKey(Record, null=True, on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey(IntakeItem, null=True, on_delete=models.CASCADE, related_name="+")
    fields = ArrayField(models.CharField(max_length=40), default=list)
    max_uses = models.PositiveIntegerField(default=1)
    uses = models.PositiveIntegerField(default=0)

    columns = declare(structural="id permit record item fields max_uses uses")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["permit", "record"], name="permit_record_once"),
            models.UniqueConstraint(fields=["permit", "item"], name="permit_item_once"),
            models.CheckConstraint(
                condition=models.Q(record__isnull=False) ^ models.Q(item__isnull=False),
                name="permit_covers_record_or_item",
            ),
        ]
