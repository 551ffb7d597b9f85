"""Purposes of use and the ground each line relies on."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Line
from callwarden.kernel.columns import declare


class Purpose(models.Model):
    """One purpose of use, by our own slug with its Data Privacy Vocabulary term.

    Source: PIPL art. 6; GDPR art. 5(1)(b); DPV 2.3.
    """

    slug = models.SlugField(primary_key=True)
    name = models.CharField(max_length=100)
    name_zh = models.CharField(max_length=100)
    dpv = models.CharField(max_length=100, blank=True)
    separate_consent = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True, blank=True)

    columns = declare(structural="slug name name_zh dpv separate_consent retired_at")


class LinePurpose(models.Model):
    """That a line serves a purpose, and on which lawful ground."""

    class Ground(models.TextChoices):
        CONSENT = "consent", _("Consent")
        CONTRACT = "contract", _("Contract with the caller")
        LEGAL_OBLIGATION = "legal_obligation", _("Legal obligation")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="purposes")
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+")
    ground = models.CharField(max_length=20, choices=Ground, default=Ground.CONSENT)
    core = models.BooleanField(default=False)

    columns = declare(structural="id line purpose ground core")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "purpose"], name="line_purpose_once")]
