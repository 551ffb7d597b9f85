"""Work on keys that goes on for a while: turns of epochs, rotations. One row says how far it has come.

The keeper moves rows and the row's `position` in one transaction, so a run that was killed goes on where it was.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models._owned import ClientOwned
from callwarden.custody.models.places import Client
from callwarden.custody.models.records import Record
from callwarden.kernel.columns import declare


class KeyRun(models.Model):
    """One run over the keys of a client.

    Attributes:
        step: which table it is at; "" before the first.
        position: the first block of that table it has not worked through.
        total, done: rows found at the start, and rows moved. A sealed object is one of them.
        items_total, items, bytes_total, bytes: of those rows, sealed objects and their size in the store.
        failed: objects that could not be opened, or are missing; the run passed them over.
        after: the last record whose object it has looked at.
        rate: most rows a second; 0 means as fast as it goes.
        byte_rate: most bytes of objects a second; 0 means as fast as it goes.
        wal_bytes: write-ahead log the database wrote meanwhile, whoever caused it.
        entry: the ledger entry that started it.
    """

    class Kind(models.TextChoices):
        TURN = "turn", _("Epoch turn")
        REWRAP = "rewrap", _("Rewrap data keys")
        REENCRYPT = "reencrypt", _("Re-encrypt records")
        REINDEX = "reindex", _("New index key")

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Stopped")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    from_epoch = models.UUIDField(null=True)
    to_epoch = models.UUIDField(null=True)
    version = models.PositiveIntegerField(default=0)
    column = models.CharField(max_length=20, blank=True)
    step = models.CharField(max_length=20, blank=True)
    position = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    items_total = models.BigIntegerField(default=0, db_default=0)
    items = models.BigIntegerField(default=0, db_default=0)
    bytes_total = models.BigIntegerField(default=0, db_default=0)
    bytes = models.BigIntegerField(default=0, db_default=0)
    failed = models.BigIntegerField(default=0, db_default=0)
    after = models.UUIDField(null=True)
    rate = models.PositiveIntegerField(default=0)
    byte_rate = models.BigIntegerField(default=0, db_default=0)
    wal_bytes = models.BigIntegerField(default=0)
    actor = models.CharField(max_length=60)
    entry = models.UUIDField()
    reason = models.CharField(max_length=60, blank=True)
    started_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    columns = declare(
        structural=(
            "id client kind state from_epoch to_epoch version column step position total done items_total items"
            " bytes_total bytes failed after rate byte_rate wal_bytes actor entry reason started_at moved_at"
            " finished_at"
        )
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "kind", "column"],
                condition=Q(state__in=["running", "paused"]),
                name="one_run_of_a_kind",
            )
        ]
        indexes = [models.Index(fields=["state", "-started_at"])]


class ObjectMove(ClientOwned):
    """An object that a re-encrypt run is writing, has replaced or could not open. It stands here before it is written
    and until it is gone, so that whatever is killed in between leaves nothing behind that nobody knows of.

    Attributes:
        record: whose object it is; the record may have been destroyed since.
        at: when it came into this state.
    """

    class State(models.TextChoices):
        WRITING = "writing", _("Being written")
        LEFT = "left", _("Replaced")
        FAILED = "failed", _("Cannot be opened")

    run = models.ForeignKey(KeyRun, on_delete=models.PROTECT, related_name="moves")
    record = models.UUIDField()
    object_key = models.CharField(max_length=100)
    state = models.CharField(max_length=10, choices=State, default=State.WRITING)
    at = models.DateTimeField()

    columns = declare(structural="id client run record object_key state at")


class KeyVersion(ClientOwned):
    """A generation of a client's data keys. A new one is opened after a leak; the old one ends with its last row."""

    class State(models.TextChoices):
        CURRENT = "current", _("In use")
        LEAVING = "leaving", _("Records are moving on")
        RETIRED = "retired", _("Retired")

    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.CURRENT)
    opened_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    columns = declare(structural="id client number state opened_at retired_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "number"], name="key_version_once_per_client"),
            models.UniqueConstraint(
                fields=["client"], condition=Q(state="current"), name="one_current_version_per_client"
            ),
        ]


class IndexKey(ClientOwned):
    """A version of the key of one blind index: one per client and column. The key itself is a file of the keeper."""

    class State(models.TextChoices):
        CURRENT = "current", _("In use")
        LEAVING = "leaving", _("Tokens are moving on")
        DESTROYED = "destroyed", _("Destroyed")

    column = models.CharField(max_length=20)
    version = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.CURRENT)
    opened_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    columns = declare(structural="id client column version state opened_at destroyed_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "column", "version"], name="index_key_once"),
            models.UniqueConstraint(
                fields=["client", "column"], condition=Q(state="current"), name="one_current_index_key"
            ),
        ]


class Hold(ClientOwned):
    """That a record may not be destroyed, for one matter. It lies in a hold bucket until its last hold is released.

    Attributes:
        matter: the case, request or incident that asks for it.
        erase: why the record goes when the last hold is released; "" when nothing was stopped.
    """

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="holds")
    matter = models.UUIDField()
    erase = models.CharField(max_length=60, blank=True)
    set_by = models.CharField(max_length=60)
    set_at = models.DateTimeField()
    released_by = models.CharField(max_length=60, blank=True)
    released_at = models.DateTimeField(null=True)

    columns = declare(structural="id client record matter erase set_by set_at released_by released_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record", "matter"], condition=Q(released_at__isnull=True), name="hold_once_per_matter"
            )
        ]


class ClockLook(models.Model):
    """When time was last looked at, since when it has passed without a jump, and up to when it had passed evenly for
    long enough (`mark`): what was due by then is due for good, whatever a clock says later. One row.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    at = models.DateTimeField()
    steady_since = models.DateTimeField()
    mark = models.DateTimeField(null=True)

    columns = declare(structural="id at steady_since mark")


class LookupCount(models.Model):
    """How often somebody has looked things up by an identifier within one minute."""

    id = models.BigAutoField(primary_key=True)
    principal = models.CharField(max_length=60)
    minute = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    columns = declare(structural="id principal minute count")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["principal", "minute"], name="lookups_once_per_minute")]
