"""Retention rules: a floor that the law sets and a ceiling that necessity sets."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from callwarden.custody.categories import Category
from callwarden.custody.models import Line
from callwarden.kernel.columns import declare
from callwarden.lawful.purposes.models import Purpose


class RetentionRule(models.Model):
    """Days a category may (ceiling) and must (floor) be kept for one purpose, counted from the end of the call.

    Source: PIPL art. 19, 47; GDPR art. 5(1)(e); control map A7, A8.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="retention")
    category = models.CharField(max_length=30, choices=Category)
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+")
    floor_days = models.PositiveIntegerField(default=0)
    ceiling_days = models.PositiveIntegerField()

    columns = declare(structural="id line category purpose floor_days ceiling_days")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "category", "purpose"], name="retention_rule_once"),
            models.CheckConstraint(condition=Q(floor_days__lte=F("ceiling_days")), name="floor_not_above_ceiling"),
        ]
