"""Wrapped keys, in small tables of their own. Only the keeper may read the `wrapped` columns.

Hierarchy: provider root -> epoch key (a file outside PostgreSQL) -> (subject key, bucket key) -> data key.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from callwarden.custody.categories import Category
from callwarden.custody.models._owned import ClientOwned
from callwarden.custody.models.subjects import Subject
from callwarden.custody.naming import bucket_id
from callwarden.kernel.columns import declare

# Raised when the form of a data key's wrap changes; a rewrap run then moves what is older.
WRAP_VERSION = 1


class Epoch(ClientOwned):
    """A period under one epoch key. The key itself is a file outside the database, wrapped by the provider."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        TURNING = "turning", _("Keys are moving on")
        RETIRED = "retired", _("Retired")
        DESTROYED = "destroyed", _("Destroyed")

    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    opened_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
    # From then on the key file may go. Earlier than the overlap says only by an approval.
    destroy_after = models.DateTimeField(null=True)
    approval = models.UUIDField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    columns = declare(structural="id client number state opened_at retired_at destroy_after approval destroyed_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "number"], name="epoch_number_once_per_client"),
            models.UniqueConstraint(
                fields=["client"], condition=models.Q(state="active"), name="one_active_epoch_per_client"
            ),
        ]


class SubjectKey(models.Model):
    """One generation of a subject's key, wrapped under an epoch key. Deleting the row destroys the key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No database constraint: the keeper commits the key before the transaction that creates the subject does.
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="keys", db_constraint=False)
    generation = models.PositiveIntegerField()
    suite = models.PositiveSmallIntegerField()
    # Not indexed: an epoch turn changes this in every row, and without an index that stays within the row's page.
    # Nor constrained: that would cost a look-up a row, and the wrap is bound to the epoch anyway.
    epoch = models.ForeignKey(Epoch, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    wrapped = models.BinaryField()

    columns = declare(structural="id subject generation suite epoch", sealed="wrapped")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "generation", "suite"], name="subject_key_once")]


class Bucket(ClientOwned):
    """A retention bucket: line x category x expiry week. Destroying its key ends all of its records in one act.

    Its id follows from these, and every wrap is bound to the id, so that no row can be made to say something else.
    """

    line = models.ForeignKey("custody.Line", on_delete=models.PROTECT, related_name="+")
    category = models.CharField(max_length=30, choices=Category)
    expires_on = models.DateField()
    hold = models.BooleanField(default=False)
    destroyed_at = models.DateTimeField(null=True)
    # When the last of its records was marked and cleared away; they are unreadable from `destroyed_at` on.
    purged_at = models.DateTimeField(null=True)

    columns = declare(structural="id client line category expires_on hold destroyed_at purged_at")

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            self.id = bucket_id(self.line_id, self.category, self.expires_on, hold=self.hold)
        super().save(*args, **kwargs)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "category", "expires_on", "hold"], name="bucket_once")]


class BucketKey(models.Model):
    """The key of a bucket, wrapped under an epoch key."""

    # No database constraint, for the same reason as SubjectKey.subject.
    bucket = models.OneToOneField(
        Bucket, on_delete=models.CASCADE, primary_key=True, related_name="key", db_constraint=False
    )
    suite = models.PositiveSmallIntegerField()
    epoch = models.ForeignKey(Epoch, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    wrapped = models.BinaryField()

    columns = declare(structural="bucket suite epoch", sealed="wrapped")


class DataKey(models.Model):
    """The key of one record, wrapped under subject key AND bucket key. Deleting the row destroys the record."""

    record = models.OneToOneField("custody.Record", on_delete=models.CASCADE, primary_key=True, related_name="key")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    generation = models.PositiveIntegerField()
    bucket = models.ForeignKey(Bucket, on_delete=models.PROTECT, related_name="+")
    # The client's key version it was made or last re-encrypted under. Not indexed, for the same reason as epochs.
    version = models.PositiveIntegerField(default=1, db_default=1)
    # Which form its wrap has; a rewrap run brings old ones up to date.
    wrap = models.PositiveSmallIntegerField(default=WRAP_VERSION, db_default=WRAP_VERSION)
    wrapped = models.BinaryField()

    columns = declare(structural="record subject generation bucket version wrap", sealed="wrapped")


class IntakeKey(models.Model):
    """The public half of a day key, signed by the root. The private half is a file outside the database."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    day = models.DateField()
    public = models.BinaryField()
    signature = models.BinaryField()
    expires_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    columns = declare(structural="id day public signature expires_at destroyed_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day"], condition=models.Q(destroyed_at__isnull=True), name="one_live_key_a_day"
            )
        ]
