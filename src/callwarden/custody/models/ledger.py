"""The ledger's rows: pending entries, sequenced leaves, details outside the tree, checkpoints."""

from __future__ import annotations

import uuid

from django.db import models

from callwarden.kernel.columns import declare


class LedgerPending(models.Model):
    """An entry written in the transaction of its act, waiting for the sequencer."""

    id = models.BigAutoField(primary_key=True)
    entry = models.UUIDField(unique=True, default=uuid.uuid4)
    at = models.DateTimeField()
    body = models.BinaryField()

    columns = declare(structural="id entry at body")


class LedgerEntry(models.Model):
    """A leaf of the tree at its index, with the structural columns people search by."""

    index = models.BigIntegerField(primary_key=True)
    entry = models.UUIDField(unique=True)
    body = models.BinaryField()
    at = models.DateTimeField(db_index=True)
    event = models.CharField(max_length=60, db_index=True)
    actor = models.CharField(max_length=60, db_index=True)
    client = models.UUIDField(null=True)
    call = models.UUIDField(null=True, db_index=True)
    subject = models.UUIDField(null=True, db_index=True)
    decision = models.CharField(max_length=10, blank=True)
    purpose = models.CharField(max_length=50, blank=True)

    columns = declare(structural="index entry body at event actor client call subject decision purpose")


class LedgerDetail(models.Model):
    """Sensitive free text of an entry (a stated reason), outside the tree, tied to it by a keyed commitment.

    Deleting the row ends the detail; the leaf still verifies and links to nothing.
    """

    entry = models.UUIDField(primary_key=True)
    client = models.UUIDField(null=True)
    commitment_key = models.BinaryField(max_length=32)
    blob = models.BinaryField()

    columns = declare(structural="entry client", sealed="commitment_key blob")


class Checkpoint(models.Model):
    """A signed tree head."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    signed_at = models.DateTimeField()
    exported_at = models.DateTimeField(null=True)

    columns = declare(structural="size root note signed_at exported_at")
