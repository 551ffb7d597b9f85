"""Who decides in whose name for a while."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from callwarden.kernel.columns import declare
from callwarden.kernel.models.people import User
from callwarden.kernel.rows import Row


class Delegation(Row):
    """One person votes in another's name for a time. It lends the principal's roles for voting, and nothing else.

    Attributes:
        starts_at, ends_at: the time it was given for.
        ended_at: when it was taken back early.
        entry: the ledger entry by which it was given.
    """

    principal = models.ForeignKey(User, on_delete=models.PROTECT, related_name="deputies")
    deputy = models.ForeignKey(User, on_delete=models.PROTECT, related_name="deputises")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    entry = models.UUIDField()

    columns = declare(structural="id principal deputy starts_at ends_at ended_at entry")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(principal=F("deputy")), name="delegation_to_somebody_else"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="delegation_ends_later"),
        ]
        indexes = [models.Index(fields=["deputy", "ends_at"], name="delegation_of_deputy")]
