"""Finding the key behind what a program presents."""

from __future__ import annotations

import hashlib

from django.db.models import Q, QuerySet

from callwarden.kernel import clock
from callwarden.protection.signin import rules
from callwarden.protection.signin.models import ServiceKey

_NOBODY = hashlib.sha256(b"no key has this secret").digest()


def find(presented: str, *, address: str) -> ServiceKey | None:
    """The live key that this text proves, used from where it may be used; None in every other case.

    The answer does not tell which of these failed, nor does its timing: an unknown prefix is compared as well.
    """
    written = rules.parse(presented)
    if written is None:
        return None
    key = ServiceKey.objects.select_related("owner", "client").filter(prefix=written.prefix).first()
    proved = written.proves(bytes(key.secret) if key else _NOBODY)
    if key is None or not proved or not key.is_live(clock.now()):
        return None
    return key if rules.comes_from(address, key.networks) else None


def named(presented: str) -> ServiceKey | None:
    """The key whose name stands in this text, whether or not the text proves it. It lets nobody in."""
    written = rules.parse(presented)
    return ServiceKey.objects.filter(prefix=written.prefix).first() if written else None


def keys(*, state: str = "", scope: str = "") -> QuerySet[ServiceKey]:
    """Service keys with their owners and clients.

    Args:
        state: live, due (ends within 14 days), idle (three weeks without use) or ended; "" for all.
    """
    now = clock.now()
    found = ServiceKey.objects.select_related("owner", "client")
    live = Q(revoked_at=None, expires_at__gt=now, owner__is_active=True)
    unused = Q(last_used_at__lte=now - rules.IDLE_TOLD) | Q(last_used_at=None, created_at__lte=now - rules.IDLE_TOLD)
    if scope:
        found = found.filter(scopes__contains=[scope])
    match state:
        case "live":
            return found.filter(live)
        case "due":
            return found.filter(live, expires_at__lte=now + rules.DUE)
        case "idle":
            return found.filter(live & unused)
        case "ended":
            return found.exclude(live)
    return found
