"""What is known of copies, drills and restores, for people and for findings. The copies themselves say the same."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from callwarden.kernel.columns import declare


class Backup(models.Model):
    """One run of the backup: a full copy, one of the key files, or a time in which log and journal were not shipped."""

    class Kind(models.TextChoices):
        DATA = "data", _("Data")
        KEYS = "keys", _("Key files")
        LOG = "log", _("Log, journal and new objects")

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done and read back")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=5, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    name = models.CharField(max_length=60, blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    size = models.BigIntegerField(default=0)
    ledger_size = models.BigIntegerField(default=0)
    reason = models.CharField(max_length=60, blank=True)

    columns = declare(structural="id kind state name started_at finished_at size ledger_size reason")

    class Meta:
        indexes = [models.Index(fields=["kind", "state", "-finished_at"], name="backup_newest")]


class Drill(models.Model):
    """One restore for practice: asked for or due, run into a scratch folder, measured."""

    class State(models.TextChoices):
        ASKED = "asked", _("Asked for")
        RUNNING = "running", _("Running")
        PASSED = "passed", _("Passed")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    by = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    backup = models.CharField(max_length=60, blank=True)
    rpo_seconds = models.FloatField(null=True)
    rto_seconds = models.FloatField(null=True)
    checks = models.JSONField(default=list)
    evidence = models.CharField(max_length=80, blank=True)

    columns = declare(
        structural="id state by asked_at started_at finished_at beat_at backup rpo_seconds rto_seconds checks evidence"
    )

    class Meta:
        indexes = [models.Index(fields=["-asked_at"], name="drill_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state__in=["asked", "running"]), name="one_drill_at_a_time"
            )
        ]


class Restore(models.Model):
    """This installation came from a copy. While `opened_at` is empty nothing of it is open to anybody."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    backup = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    restored_at = models.DateTimeField()
    ledger_size = models.BigIntegerField()
    ledger_root = models.CharField(max_length=64)
    old_origin = models.CharField(max_length=200)
    new_origin = models.CharField(max_length=200)
    replayed = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)
    approval = models.UUIDField(null=True)

    columns = declare(
        structural=(
            "id backup made_at restored_at ledger_size ledger_root old_origin new_origin replayed opened_at approval"
        )
    )
