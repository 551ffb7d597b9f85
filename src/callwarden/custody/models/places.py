"""Whose data it is and on which line it came: client and line."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from callwarden.custody.jurisdictions import Jurisdiction
from callwarden.kernel.columns import declare


class Client(models.Model):
    """委托方: the organisation on whose behalf calls are handled. Has its own key branch and index keys.

    A centre that serves only itself has one client and never sees the word.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200, blank=True)
    # Who answers for the personal data, as notices and the record of processing name them.
    controller = models.CharField(max_length=200, blank=True)
    controller_zh = models.CharField(max_length=200, blank=True)
    contact = models.CharField(max_length=200, blank=True)
    # The client has left: its key branch is destroyed and nothing is taken in for it any more.
    closed_at = models.DateTimeField(null=True)

    columns = declare(structural="id slug name name_zh controller controller_zh contact closed_at")


class Line(models.Model):
    """A telephone line (hotline, campaign): what notices, purposes, retention and cipher suite hang on."""

    class Direction(models.TextChoices):
        INBOUND = "inbound", _("Inbound")
        OUTBOUND = "outbound", _("Outbound")
        BOTH = "both", _("Both ways")

    class Suite(models.IntegerChoices):
        AES = 1, "AES-256-GCM"
        SM4 = 2, "SM4-GCM"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="lines")
    slug = models.SlugField()
    name = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200, blank=True)
    direction = models.CharField(max_length=10, choices=Direction, default=Direction.INBOUND)
    languages = ArrayField(models.CharField(max_length=10), default=list)
    suite = models.PositiveSmallIntegerField(choices=Suite, default=Suite.AES)
    takes_cards = models.BooleanField(default=False)
    cdr_mapping = models.TextField(blank=True)
    # Whose law decides on grounds, floors and deadlines; rest hours are told by the zone (an IANA name).
    jurisdiction = models.CharField(max_length=10, choices=Jurisdiction, default=Jurisdiction.CN)
    time_zone = models.CharField(max_length=60, default="Asia/Shanghai")

    columns = declare(
        structural="id client slug name name_zh direction languages suite takes_cards cdr_mapping jurisdiction"
        " time_zone"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "slug"], name="line_slug_once_per_client")]
