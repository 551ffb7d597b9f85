"""How far the ledger is behind, and what stops because of it (DESIGN section 7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Checkpoint, LedgerPending
from callwarden.kernel import clock
from callwarden.kernel.errors import Unavailable


@dataclass(frozen=True)
class LedgerHealth:
    """Seconds the oldest unsequenced entry has waited; the newest checkpoint; when one last left this host."""

    lag_seconds: float
    size: int
    signed_at: datetime | None
    exported_at: datetime | None


def lag_seconds() -> float:
    """How long the oldest unsequenced entry has waited; 0 where none waits."""
    oldest = LedgerPending.objects.order_by("id").values_list("at", flat=True).first()
    return max(0.0, (clock.now() - oldest).total_seconds()) if oldest else 0.0


def health() -> LedgerHealth:
    newest = Checkpoint.objects.order_by("-size").first()
    exported = Checkpoint.objects.filter(exported_at__isnull=False).order_by("-size").first()
    return LedgerHealth(
        lag_seconds=lag_seconds(),
        size=newest.size if newest else 0,
        signed_at=newest.signed_at if newest else None,
        exported_at=exported.exported_at if exported else None,
    )


def require_current_ledger() -> None:
    """Refuse what may not go on while the sequencer is behind.

    Raises:
        Unavailable: an entry has waited longer than LEDGER_LAG_SECONDS.
    """
    if lag_seconds() > settings.LEDGER_LAG_SECONDS:
        raise Unavailable(
            "ledger_behind",
            _("The operation log is behind, so only masked views are shown. It usually catches up within a minute."),
            retry_after=30,
        )
