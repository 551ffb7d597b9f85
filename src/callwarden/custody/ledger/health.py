"""How far the log is behind, and what stops because of it (DESIGN section 7).

| what is wrong | masked views | reveal, play, export, change of policy | acts of two people | signing in |
|---|---|---|---|---|
| an entry cannot be written, or takes longer than LEDGER_TIMEOUT_MS | refused | refused | refused | refused |
| an entry waits longer than LEDGER_LAG_SECONDS, or the log is damaged | shown | refused | go on | administrators |
| no place of LEDGER_SINKS has taken a head for LEDGER_SINK_SILENCE_SECONDS | shown | go on | refused | goes on |
| less of the disk is free than DISK_RESERVE | shown | refused | go on | goes on |

Administrators are those of system, security and audit, who can mend it. Whoever is signed in stays so.

A site that names no place has one: a folder beside the data folder. It works from the first minute, and until heads
leave the host a control fails, a finding stands and the page of approvals says what to set.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Checkpoint, CheckpointSink, LedgerPending
from callwarden.kernel import clock
from callwarden.kernel.errors import Unavailable


@dataclass(frozen=True)
class LedgerHealth:
    """Seconds the oldest unsequenced entry has waited; the newest checkpoint; when one last left this host.

    Attributes:
        silent_seconds: for how long a signed head has waited to leave this host; 0 where the newest has left.
        fault: code of what keeps the sequencer from starting; empty where nothing does.
    """

    lag_seconds: float
    size: int
    signed_at: datetime | None
    exported_at: datetime | None
    silent_seconds: float
    fault: str


def lag_seconds() -> float:
    """How long the oldest unsequenced entry has waited; 0 where none waits."""
    oldest = LedgerPending.objects.order_by("id").values_list("at", flat=True).first()
    # An entry of the future has waited as well: the clock was set back, and it hides for how long.
    return abs((clock.now() - oldest).total_seconds()) if oldest else 0.0


def silent_seconds() -> float:
    """For how long a signed head has waited to leave this host; 0 where the newest has left it."""
    left = Checkpoint.objects.filter(exported_at__isnull=False).order_by("-size").values_list("size", flat=True).first()
    waits = Checkpoint.objects.filter(size__gt=left or 0).order_by("size").values_list("signed_at", flat=True).first()
    return abs((clock.now() - waits).total_seconds()) if waits else 0.0


def health() -> LedgerHealth:
    newest = Checkpoint.objects.order_by("-size").first()
    exported = Checkpoint.objects.filter(exported_at__isnull=False).order_by("-size").first()
    lag, fault = _lag_and_fault()
    return LedgerHealth(
        lag_seconds=lag,
        size=newest.size if newest else 0,
        signed_at=newest.signed_at if newest else None,
        exported_at=exported.exported_at if exported else None,
        silent_seconds=silent_seconds(),
        fault=fault,
    )


def sinks() -> list[CheckpointSink]:
    """The places heads go to, as the sequencer last saw them; those no longer configured are left out."""
    from callwarden.custody.ledger.sinks.addresses import name_of

    names = [name_of(address) for address in settings.LEDGER_SINKS]
    known = {row.name: row for row in CheckpointSink.objects.filter(name__in=names)}
    return [
        known.get(name) or CheckpointSink(name=name, kind=name.partition(":")[0], since=clock.now()) for name in names
    ]


def heads_stay_here() -> bool:
    """Whether no signed head goes anywhere but to the disk of the data folder.

    Nothing is refused for it, but a log rewritten by who rules this host would not be found out.
    """
    from callwarden.custody.ledger.sinks.addresses import stays_here

    return all(stays_here(address) for address in settings.LEDGER_SINKS)


def unwitnessed() -> bool:
    """Whether acts of two people are refused now, because no place takes signed heads."""
    if settings.DEMO and not settings.LEDGER_SINKS:
        return False
    return silent_seconds() > settings.LEDGER_SINK_SILENCE_SECONDS


def _lag_and_fault() -> tuple[float, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT at FROM custody_ledgerpending ORDER BY id LIMIT 1),"
            " (SELECT fault FROM custody_sequencerstate WHERE id = 1)"
        )
        oldest, fault = cursor.fetchone()
    return (abs((clock.now() - oldest).total_seconds()) if oldest else 0.0), fault or ""


def is_current() -> bool:
    """Whether the log holds and its oldest waiting entry is younger than LEDGER_LAG_SECONDS."""
    lag, fault = _lag_and_fault()
    return not fault and lag <= settings.LEDGER_LAG_SECONDS


def require_current_ledger() -> None:
    """Refuse what may not go on while the sequencer is behind or has found the log damaged.

    Raises:
        Unavailable: an entry has waited longer than LEDGER_LAG_SECONDS, or the log does not hold.
    """
    lag, fault = _lag_and_fault()
    if fault:
        raise Unavailable(
            "ledger_damaged",
            _("The operation log does not hold, so only masked views are shown. An administrator must look into it."),
            data={"fault": fault},
            retry_after=300,
        )
    if lag > settings.LEDGER_LAG_SECONDS:
        raise Unavailable(
            "ledger_behind",
            _("The operation log is behind, so only masked views are shown. It usually catches up within a minute."),
            retry_after=30,
        )


def require_room() -> None:
    """Refuse what would disclose while the disk is nearly full: soon its entry could not be written.

    Raises:
        Unavailable: less than DISK_RESERVE of the data folder's disk is free.
    """
    try:
        usage = shutil.disk_usage(settings.DATA_DIR)
    except OSError:
        usage = None
    if usage is None or usage.free < usage.total * float(settings.DISK_RESERVE):
        raise Unavailable(
            "disk_nearly_full",
            _("The disk is nearly full, so only masked views are shown. Tell the administrator to make room."),
            retry_after=300,
        )


def require_witnessed() -> None:
    """Refuse acts of two people while signed heads do not leave this host: nobody outside could later check them.

    A demonstration without a sink is left alone.

    Raises:
        Unavailable: a head has waited longer than LEDGER_SINK_SILENCE_SECONDS.
    """
    if unwitnessed():
        raise Unavailable(
            "ledger_unwitnessed",
            _(
                "Signed heads of the operation log do not leave this host, so no act of two people is carried out. "
                "Tell the administrator to look at the places they go to."
            ),
            retry_after=300,
        )
