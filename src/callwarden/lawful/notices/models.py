"""Versions of a line's notice."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Line
from callwarden.kernel.columns import declare


class Notice(models.Model):
    """One version of what a line tells its callers, in both languages. A published text never changes again.

    Source: PIPL art. 17; GDPR art. 13.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        SUPERSEDED = "superseded", _("Superseded")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="notices")
    version = models.CharField(max_length=20)
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    text_en = models.TextField()
    text_zh = models.TextField()
    script_en = models.TextField(blank=True)
    script_zh = models.TextField(blank=True)
    # Purpose -> kinds of data, recipients, methods, abroad: see rules.Cover.
    covers = models.JSONField(default=dict)
    # Purposes for which consent to earlier versions is still to be ended.
    renewing = ArrayField(models.SlugField(), default=list, blank=True)
    digest = models.BinaryField(max_length=32, default=bytes)
    published_at = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)
    # From when callers had been told it already, where it is brought over from before this program; declared by the
    # two who publish it.
    told_since = models.DateTimeField(null=True)

    columns = declare(
        structural="id line version state text_en text_zh script_en script_zh covers renewing digest published_at"
        " superseded_at told_since"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "version"], name="notice_version_once"),
            models.UniqueConstraint(
                fields=["line"], condition=models.Q(state="published"), name="one_published_notice_per_line"
            ),
            models.CheckConstraint(
                condition=models.Q(told_since=None)
                | models.Q(published_at=None)
                | models.Q(told_since__lte=models.F("published_at")),
                name="notice_told_since_the_past",
            ),
        ]

    @property
    def told_from(self) -> datetime | None:
        """Since when callers were told it; None while it is a draft."""
        return self.told_since if self.published_at and self.told_since else self.published_at
