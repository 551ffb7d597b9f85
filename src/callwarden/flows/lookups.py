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
    """This person, program or address has looked up as many as may be for now."""


def count(actor: Actor) -> bool:
    """Count one look-up, whatever comes of it. False: it is one too many. Call it in the look-up's transaction."""
    number, hour = _counted(actor.name)
    limit = settings.SERVICE_LOOKUPS_PER_MINUTE if actor.is_service else settings.LOOKUPS_PER_MINUTE
    unusual = settings.SERVICE_LOOKUPS_PER_HOUR if actor.is_service else settings.LOOKUPS_PER_HOUR
    if number == limit + 1 or hour == unusual + 1:
        _report(actor, hour)
    return bool(number <= limit)


def count_stranger(token: str) -> bool:
    """Count one try of somebody who is not signed in. False: it is one too many within a minute or an hour.

    Args:
        token: hex of a keyed token of where they come from or what they ask about; 32 characters.
    """
    number, hour = _counted(f"stranger:{token}")
    return number <= settings.STRANGERS_PER_MINUTE and hour <= settings.STRANGERS_PER_HOUR


def count_code(token: str) -> bool:
    """Count one code sent to a person. False: they have had as many within the hour as anybody may cause.

    Args:
        token: hex of a keyed token of the number or address; 32 characters.
    """
    return _counted(f"code:{token}")[1] <= settings.CODES_PER_HOUR


def _counted(principal: str) -> tuple[int, int]:
    """Count one more: how many that makes in this minute, and within an hour."""
    now = clock.now()
    with connection.cursor() as cursor:
        # Whoever counts at the same time waits here for our commit.
        cursor.execute(
            "INSERT INTO custody_lookupcount (principal, minute, count) VALUES (%s, %s, 1)"
            " ON CONFLICT (principal, minute) DO UPDATE SET count = custody_lookupcount.count + 1 RETURNING count",
            [principal, now.replace(second=0, microsecond=0)],
        )
        (number,) = cursor.fetchone()
    since = LookupCount.objects.filter(principal=principal, minute__gt=now - timedelta(hours=1))
    return number, since.aggregate(total=Sum("count"))["total"]


def too_many_strangers() -> TooManyLookups:
    """What to raise for somebody who is not signed in, after the count was committed."""
    return TooManyLookups(
        "too_many_tries",
        _("There were too many tries from here. Wait an hour and try again, or call the service."),
        retry_after=3600,
    )


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
