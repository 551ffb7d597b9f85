"""Records: sealed things under exactly one data key each."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from callwarden.custody.categories import Category
from callwarden.custody.models._owned import ClientOwned
from callwarden.custody.models.calls import Call, Leg
from callwarden.custody.models.keys import Bucket
from callwarden.custody.models.subjects import Customer, Subject
from callwarden.kernel.columns import declare


class Record(ClientOwned):
    """One sealed object or one set of sealed fields, under one data key."""

    class State(models.TextChoices):
        STORED = "stored", _("Stored")
        RESTRICTED = "restricted", _("Restricted")
        DESTROYED = "destroyed", _("Destroyed")

    line = models.ForeignKey("custody.Line", on_delete=models.PROTECT, related_name="+")
    category = models.CharField(max_length=30, choices=Category)
    purposes = ArrayField(models.SlugField())
    basis = models.UUIDField()
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="records")
    bucket = models.ForeignKey(Bucket, on_delete=models.PROTECT, related_name="records")
    call = models.ForeignKey(Call, null=True, on_delete=models.CASCADE, related_name="records")
    leg = models.ForeignKey(Leg, null=True, on_delete=models.CASCADE, related_name="records")
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="records")
    state = models.CharField(max_length=12, choices=State, default=State.STORED)
    suite = models.PositiveSmallIntegerField()
    object_key = models.CharField(max_length=100, blank=True)
    sealed_size = models.BigIntegerField(default=0)
    plain_size = models.BigIntegerField(default=0)
    sealed_digest = models.BinaryField(max_length=32, default=bytes)
    media = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)
    # When its object was last sealed anew under a fresh key; a backup then has to copy it again.
    resealed_at = models.DateTimeField(null=True)
    # Its erasure was asked for inside a floor: until when it is stored and nothing else, and why it goes then.
    erase_at = models.DateTimeField(null=True)
    erase_reason = models.CharField(max_length=60, blank=True, default="", db_default="")

    columns = declare(
        structural=(
            "id client line category purposes basis subject bucket call leg customer state suite object_key"
            " sealed_size plain_size sealed_digest media created_at due_at destroyed_at resealed_at erase_at"
            " erase_reason"
        )
    )

    class Meta:
        indexes = [
            models.Index(fields=["call", "category"]),
            models.Index(fields=["state", "due_at"]),
            models.Index(
                fields=["client", "erase_at"], condition=models.Q(erase_at__isnull=False), name="record_waits_for_floor"
            ),
        ]


class SealedField(ClientOwned):
    """One named value of a record (a phone number, an order's product), sealed apart from its neighbours."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="fields")
    name = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField()
    blob = models.BinaryField()

    columns = declare(structural="id client record name position", sealed="blob")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "position"], name="field_position_once")]


class Mention(ClientOwned):
    """That somebody other than the key subject appears in a record. Erasing them re-redacts it."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="mentions")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="mentions")

    columns = declare(structural="id client record subject")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "subject"], name="mention_once")]


class IdentifierToken(ClientOwned):
    """Blind index entry: a keyed token of one identifier (phone, ID, card, e-mail, customer number)."""

    column = models.CharField(max_length=20)
    token = models.BinaryField(max_length=32)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="identifiers")
    # Version of the index key it was made under.
    version = models.PositiveSmallIntegerField(default=1, db_default=1)

    columns = declare(structural="id client column customer version", token="token")

    class Meta:
        indexes = [models.Index(fields=["client", "column", "token"])]


class SearchToken(ClientOwned):
    """Keyed token of one word or bigram of a redacted transcript."""

    token = models.BinaryField(max_length=16)
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="search_tokens")

    columns = declare(structural="id client record", token="token")

    class Meta:
        indexes = [models.Index(fields=["client", "token"])]
