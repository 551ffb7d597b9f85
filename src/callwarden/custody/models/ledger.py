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


class LedgerYear(models.Model):
    """The log of one calendar year (UTC): a tree of its own, with a name and a key of its own.

    Positions run on over all years; the tree of a year begins with the entry at `first`.

    Attributes:
        key: public verifier key, by which its heads are checked.
        erasure_approved_at: two people decided that its entries are destroyed; the sequencer does it.
        erased_at: they were; its last head stays.
    """

    year = models.PositiveSmallIntegerField(primary_key=True)
    origin = models.CharField(max_length=200, unique=True)
    key = models.CharField(max_length=400)
    first = models.BigIntegerField(unique=True)
    opened_at = models.DateTimeField()
    erasure_approved_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    columns = declare(structural="year origin key first opened_at erasure_approved_at erased_at")


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


class Cosignature(models.Model):
    """A witness's signature line over the head of that size, checked by the key it was configured with."""

    id = models.BigAutoField(primary_key=True)
    size = models.BigIntegerField(db_index=True)
    witness = models.CharField(max_length=200)
    line = models.TextField()
    at = models.DateTimeField()

    columns = declare(structural="id size witness line at")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["size", "witness"], name="one_cosignature_of_a_witness")]


class CheckpointSink(models.Model):
    """How it stands with one place that heads go to. Its address is in the settings and nowhere else.

    Attributes:
        size: the largest head it has taken.
        refused: its last answer was a no, not a silence.
        next_try_at: after a failure, not before then.
    """

    name = models.CharField(max_length=40, primary_key=True)
    kind = models.CharField(max_length=20)
    since = models.DateTimeField()
    size = models.BigIntegerField(default=0)
    succeeded_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    error = models.CharField(max_length=60, blank=True)
    refused = models.BooleanField(default=False)
    next_try_at = models.DateTimeField(null=True)

    columns = declare(structural="name kind since size succeeded_at failures failing_since error refused next_try_at")


class SequencerState(models.Model):
    """One row: since when a sequencer holds the log, when it last moved, and what keeps it from starting.

    Attributes:
        fault: code of what is wrong with the log, empty where nothing is. While it stands, only masked views are shown.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=60, blank=True)
    fault_at = models.DateTimeField(null=True)

    columns = declare(structural="id started_at beat_at fault fault_at")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_sequencer_state")]
