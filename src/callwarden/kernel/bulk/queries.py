"""Acts on many rows as they stand."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from callwarden.kernel.errors import NotFound
from callwarden.kernel.models import BulkAct, BulkRow, User

Outcome = BulkRow.Outcome


def find(act: UUID, viewer: User) -> BulkAct:
    """The act. One that was only looked at is nobody's business but its drawer's.

    Raises:
        NotFound: there is none, or not for this person.
    """
    found = BulkAct.objects.select_related("drawn_by", "carried_by").filter(pk=act).first()
    if found is None or (found.state == BulkAct.State.DRAWN and found.drawn_by_id != viewer.pk):
        raise NotFound("no_such_bulk_act", _("There is no such act. Go back to the list."))
    return found


def waiting() -> list[UUID]:
    """Acts under way, the oldest first."""
    return list(BulkAct.objects.filter(state=BulkAct.State.RUNNING).order_by("started_at").values_list("pk", flat=True))


def sorts_of(act: BulkAct) -> list[tuple[str, int]]:
    """(sort, how many) of the rows the act is on, the most first."""
    rows = act.rows.exclude(outcome=Outcome.LEFT_OUT).order_by().values_list("sort")
    return [(str(sort), n) for sort, n in rows.annotate(n=Count("id")).order_by("-n", "sort")]


def reasons_of(act: BulkAct, outcome: str) -> list[tuple[str, int]]:
    """(reason, how many) of rows with this outcome, the most first."""
    rows = act.rows.filter(outcome=outcome).order_by().values_list("reason")
    return [(str(reason), n) for reason, n in rows.annotate(n=Count("id")).order_by("-n", "reason")]
