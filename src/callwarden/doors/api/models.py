"""Requests that were answered, so that one sent again is answered the same."""

from __future__ import annotations

from django.db import models

from callwarden.kernel.columns import declare
from callwarden.kernel.rows import Row


class AnsweredRequest(Row):
    """One request with its answer, written in the transaction of its effect.

    Attributes:
        token: keyed token of the service key and the Idempotency-Key it sent.
        content: keyed token of what was asked, without what may differ between two tries (part boundaries).
        answer: what was answered: ids, counts, codes. Never anything that was sent.
    """

    token = models.BinaryField(max_length=32, unique=True)
    content = models.BinaryField(max_length=32)
    service_key = models.ForeignKey("protection.ServiceKey", on_delete=models.CASCADE, related_name="+")
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    columns = declare(structural="id service_key status answer created_at expires_at", token="token content")
