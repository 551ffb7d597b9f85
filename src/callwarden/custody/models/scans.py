"""Searches for what an erasure left: their reports, and the rows that are planted for the search to find."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from callwarden.kernel.columns import declare


class ResidueScan(models.Model):
    """One search through every replica after erasures of one client.

    Attributes:
        values_known: whether the values themselves were looked for, not only ids and ciphertext.
        report: the report as `flows.residue.ScanReport` writes it: counts and places, never a value.
        digest: SHA-256, in hex, over the report; the ledger entry carries it.
        ends_on: the day by which no copy of a key is left that opens what was erased.
    """

    class Outcome(models.TextChoices):
        PASS = "pass", _("Nothing found")
        FAIL = "fail", _("Something is left")
        NOT_MEASURED = "not_measured", _("Not measured everywhere")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.UUIDField()
    subjects = ArrayField(models.UUIDField())
    outcome = models.CharField(max_length=12, choices=Outcome)
    values_known = models.BooleanField()
    actor = models.CharField(max_length=60)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    ends_on = models.DateField()
    report = models.JSONField()
    digest = models.CharField(max_length=64)
    entry = models.UUIDField()

    columns = declare(
        structural=("id client subjects outcome values_known actor started_at finished_at ends_on report digest entry")
    )

    class Meta:
        indexes = [models.Index(fields=["-finished_at"], name="residue_newest")]


class ResidueControl(models.Model):
    """A row planted in the database so that a search shows it can find; deleted when the search ends."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    told = models.CharField(max_length=100)
    planted_at = models.DateTimeField()

    columns = declare(structural="id told planted_at")
