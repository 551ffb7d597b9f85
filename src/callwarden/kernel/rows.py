"""What every table of the product begins with."""

from __future__ import annotations

import uuid

from django.db import models

from callwarden.kernel import clock


class Row(models.Model):
    """A row known by a random id, which tells nothing and collides with nothing on other machines."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.model_name} {self.pk}"


class DatedRow(Row):
    """A row that knows when it was made, by the product's clock."""

    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        abstract = True
