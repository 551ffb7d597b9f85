"""How often somebody may look people up by what they are known by, so that nobody tries numbers one after another.

The count stands in the transaction of the look-up: of any number of look-ups at once, no more come through than one
after another would.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import LookupCount
from callwarden.flows.actors import Actor
from callwarden.kernel import clock, findings
from callwarden.kernel.errors import TooMany
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Severity

REASON: Final = "too_many_lookups"
KEPT: Final = timedelta(days=7)
UNUSUAL = findings.register(
    FindingKind(
        "lookups-unusual",
        title=_("Somebody looks up unusually many people"),
        remedy=_("See in the operation log what was looked up, and ask why. Suspend the account or key if need be."),
    )
)


class TooManyLookups(TooMany):
    """This person or program has looked up as many as may be within a minute."""


def count(actor: Actor) -> bool:
    """Count one look-up, whatever comes of it. False: it is one too many. Call it in the look-up's transaction."""
    now = clock.now()
    minute = now.replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        # Whoever counts at the same time waits here for our commit.
        cursor.execute(
            "INSERT INTO custody_lookupcount (principal, minute, count) VALUES (%s, %s, 1)"
            " ON CONFLICT (principal, minute) DO UPDATE SET count = custody_lookupcount.count + 1 RETURNING count",
            [actor.name, minute],
        )
        (number,) = cursor.fetchone()
    limit = settings.SERVICE_LOOKUPS_PER_MINUTE if actor.is_service else settings.LOOKUPS_PER_MINUTE
    unusual = settings.SERVICE_LOOKUPS_PER_HOUR if actor.is_service else settings.LOOKUPS_PER_HOUR
    since = LookupCount.objects.filter(principal=actor.name, minute__gt=now - timedelta(hours=1))
    hour = since.aggregate(total=Sum("count"))["total"]
    if number == limit + 1 or hour == unusual + 1:
        _report(actor, hour)
    return bool(number <= limit)


def too_many() -> TooManyLookups:
    """What to raise, after the refusal was committed."""
    seconds = 60 - clock.now().second
    return TooManyLookups(
        REASON,
        _("You have looked up as many people as may be within a minute. Try again in %(seconds)s seconds."),
        data={"seconds": seconds},
        retry_after=seconds,
    )


def forget_old() -> int:
    """Delete counts nobody asks for any more."""
    return LookupCount.objects.filter(minute__lt=clock.now() - KEPT).delete()[0]


def _report(actor: Actor, hour: int) -> None:
    findings.report(
        UNUSUAL.name,
        severity=Severity.HIGH,
        actor="job:watch",
        where=f"principal:{actor.name.removeprefix('service:')}",
        data={"within_an_hour": hour},
    )
