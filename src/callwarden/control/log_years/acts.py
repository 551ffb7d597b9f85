"""Destroying an old year of the operation log: the act two people decide on."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.custody.ledger import expiry, heads
from callwarden.custody.models import LedgerYear
from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Conflict
from callwarden.kernel.roles import Role

ERASE: Final = "control:ledger:erase-year"


def erasure(year: LedgerYear) -> Act:
    """The act of destroying the entries of this year, bound to its last head.

    Raises:
        Conflict: it must still be kept, or is gone already.
    """
    expiry.require_expired(year)
    return _act(year)


def _act(year: LedgerYear) -> Act:
    head = heads.last_of(year)
    return Act(ERASE, {"year": year.year, "root": bytes(head.root).hex() if head else ""})


def _erase(execution: Execution) -> LedgerYear:
    year = LedgerYear.objects.get(pk=int(str(execution.parameters["year"])))
    if dict(_act(year).parameters) != dict(execution.parameters):
        raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
    expiry.give_up(year)
    return year


approvals.register(
    ActKind(
        ERASE,
        title=_("Destroy an old year of the operation log"),
        roles=(Role.DPO, Role.SECURITY_ADMIN),
        quorum=1,
        run=_erase,
    )
)
