"""What lasts is told twice: when it begins and when it ends, however often somebody looks in between.

    with transaction.atomic():
        if standing.begins("ledger:lag"):
            journal.record(Entry(event=Event.LEDGER_LAGGING, ...))

Call it in the transaction of the entry, so that neither stands without the other.
"""

from __future__ import annotations

from callwarden.kernel import clock, structural
from callwarden.kernel.models.standing import Standing


def begins(name: str) -> bool:
    """Note that this is so from now on; False where it was noted before."""
    structural.check_text(name, where="name")
    _row, made = Standing.objects.get_or_create(name=name, defaults={"since": clock.now()})
    return made


def ends(name: str) -> bool:
    """Note that this is over; False where it was not so, or somebody else has noted it."""
    return bool(Standing.objects.filter(name=name).delete()[0])


def names(prefix: str) -> set[str]:
    """What stands now, of those whose name begins so."""
    return set(Standing.objects.filter(name__startswith=prefix).values_list("name", flat=True))
