"""Versions of the access matrix."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from callwarden.kernel.columns import declare


class PolicyVersion(models.Model):
    """One immutable version of role x purpose x category x action, and whether decisions are taken by it now.

    Attributes:
        digest: of the matrix alone. What it compiles to may change with a release; ledger entries name that digest.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        SUPERSEDED = "superseded", _("Superseded")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    matrix = models.JSONField()
    digest = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)

    columns = declare(structural="id version state matrix digest created_at activated_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=models.Q(state="active"), name="one_active_policy")
        ]
