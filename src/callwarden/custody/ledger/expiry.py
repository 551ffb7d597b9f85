"""Destroying an old year of the log: whole, after its time, when two people have said so; its last head stays for ever.

The decision is a mark on the year, written in the transaction of their act. The sequencer then writes the entry that
tells of it, and only after that takes rows, details and tiles away, as often as it takes: whatever of it was cut off
goes on at the next start. The database refuses the deletion of anything else, and of anything younger.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from callwarden.custody.ledger import heads, years
from callwarden.custody.models import LedgerEntry, LedgerYear
from callwarden.kernel import clock
from callwarden.kernel.errors import Conflict
from callwarden.kernel.events import Event

log = logging.getLogger("callwarden.sequencer")
# Records of providing and entrusting are kept for three years (Network Data Security Regulations art. 12).
FLOOR = timedelta(days=3 * 366)
PIECE = 10_000


def kept_until(year: LedgerYear) -> datetime | None:
    """Until when a year must be kept; None while it goes on."""
    following = LedgerYear.objects.filter(first__gt=year.first).order_by("first").first()
    if following is None:
        return None
    return following.opened_at + max(FLOOR, timedelta(days=settings.LEDGER_RETENTION_DAYS))


def require_expired(year: LedgerYear) -> None:
    """Raises Conflict: the year goes on, must still be kept, or is gone already."""
    until = kept_until(year)
    if year.erased_at is not None or year.erasure_approved_at is not None:
        raise Conflict("ledger_year_erased", _("The entries of this year were given up already."))
    if until is None or clock.now() < until:
        raise Conflict("ledger_year_kept", _("The log of this year must still be kept."))


def give_up(year: LedgerYear) -> None:
    """Mark a year whose entries are to be destroyed. Called in the transaction of the act two people decided on."""
    require_expired(year)
    LedgerYear.objects.filter(pk=year.pk).update(erasure_approved_at=clock.now())


def carry_out() -> None:
    """Write down that a year was given up and destroy it; go on with one that was not finished."""
    for year in LedgerYear.objects.filter(erasure_approved_at__isnull=False, erased_at=None):
        until = kept_until(year)
        if until is None or clock.now() < until:
            log.error("ledger_year_kept", extra={"year": year.year})
            continue
        with transaction.atomic():
            years.place([years.entry_of(Event.LEDGER_YEAR_ERASED, {"origin": year.origin, "year": year.year})])
            year.erased_at = clock.now()
            year.save(update_fields=["erased_at"])
    for year in LedgerYear.objects.filter(erased_at__isnull=False):
        _clear(year)


def _clear(year: LedgerYear) -> None:
    end = heads.end_of(year)
    if end is None:
        return
    while rows := list(
        LedgerEntry.objects.filter(index__gte=year.first, index__lt=end)
        .order_by("index")
        .values_list("index", "entry")[:PIECE]
    ):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM custody_ledgerdetail WHERE entry = ANY(%s)", [[entry for _at, entry in rows]])
            cursor.execute("DELETE FROM custody_ledgerentry WHERE index BETWEEN %s AND %s", [rows[0][0], rows[-1][0]])
    heads.tiles(year).clear()
