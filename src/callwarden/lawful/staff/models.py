"""Versions of the notice to staff, and who has read which."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from callwarden.kernel.columns import declare
from callwarden.kernel.models import User


class StaffNotice(models.Model):
    """What everybody who works here is told about their own data, in both languages. Published text never changes.

    Source: PIPL art. 13(2), 17; GDPR art. 13, 88.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        SUPERSEDED = "superseded", _("Superseded")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.CharField(max_length=20, unique=True)
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    text_en = models.TextField()
    text_zh = models.TextField()
    digest = models.CharField(max_length=64, blank=True)
    published_at = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)

    columns = declare(structural="id version state text_en text_zh digest published_at superseded_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="published"), name="one_published_staff_notice"
            ),
        ]


class StaffReading(models.Model):
    """That somebody has confirmed they read a version. It is no consent: between employer and staff none is free."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    notice = models.ForeignKey(StaffNotice, on_delete=models.PROTECT, related_name="readings")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    columns = declare(structural="id notice user at")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "user"], name="staff_reading_once")]
