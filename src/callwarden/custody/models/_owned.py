"""The root of every row that belongs to a client, and so falls under row-level security."""

from __future__ import annotations

import uuid

from django.db import models


class ClientOwned(models.Model):
    """A row of exactly one client. The migration puts row-level security on every table built from this."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey("custody.Client", on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True
