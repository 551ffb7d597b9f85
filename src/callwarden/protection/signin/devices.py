"""Browsers somebody has signed in from before. Guesses from elsewhere cannot close sign-in for these.

A random value in a cookie names the browser; many people may share it, as at a desk of a call centre. It proves nobody
and opens nothing: it only has a counter of wrong proofs of its own.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction

from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import User
from callwarden.kernel.tokens import keyed
from callwarden.protection.signin.models import KnownDevice

LASTS = timedelta(days=180)
_LONGEST = 64


def fresh() -> str:
    """The value of a new browser's cookie."""
    return secrets.token_urlsafe(32)


def is_known(user: User, value: str) -> bool:
    """Whether this person signed in from this browser within the last half year."""
    if not _readable(value):
        return False
    since = clock.now() - LASTS
    return KnownDevice.objects.filter(user=user, token=_token(value), last_at__gte=since).exists()


def remember(user: User, value: str) -> None:
    """This person has signed in from this browser."""
    if _readable(value):
        now = clock.now()
        KnownDevice.objects.update_or_create(
            user=user, token=_token(value), defaults={"last_at": now}, create_defaults={"first_at": now, "last_at": now}
        )


@transaction.atomic
def forget(user: User, *, actor: str) -> int:
    """Treat every browser of somebody as unknown from now on; how many were known."""
    forgotten, _rows = KnownDevice.objects.filter(user=user).delete()
    if forgotten:
        facts = {"person": user.actor}
        journal.record(Entry(event=Event.BROWSERS_FORGOTTEN, actor=actor, count=forgotten, data=facts))
    return forgotten


def counter_of(user: User, value: str) -> str:
    """The name under which wrong proofs of this person from this browser are counted."""
    return counter_named(user, _token(value))


def counter_named(user: User, token: bytes) -> str:
    return "device:" + keyed("lockout", str(user.pk).encode() + bytes(token)).hex()


def counters(user: User) -> list[str]:
    """All such names of this person."""
    return [counter_named(user, bytes(device.token)) for device in KnownDevice.objects.filter(user=user)]


def _readable(value: str) -> bool:
    return 0 < len(value) <= _LONGEST


def _token(value: str) -> bytes:
    return keyed("device", value)
