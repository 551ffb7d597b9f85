"""How much more approval a site asks for than the product does."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from callwarden.kernel.columns import declare


class ApprovalTerms(models.Model):
    """For one kind of act: how many people must approve, and from how many roles. Only ever stricter than built in.

    Attributes:
        entry: the ledger entry of the change, whose sealed detail says why.
    """

    kind = models.CharField(max_length=60, primary_key=True)
    quorum = models.PositiveSmallIntegerField()
    distinct_roles = models.PositiveSmallIntegerField()
    set_at = models.DateTimeField()
    entry = models.UUIDField()

    columns = declare(structural="kind quorum distinct_roles set_at entry")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(distinct_roles__gte=1, distinct_roles__lte=F("quorum")), name="approval_terms_can_be_had"
            )
        ]
