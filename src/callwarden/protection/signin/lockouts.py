"""Accounts and addresses for which sign-in is closed now, and opening it again.

The door counts wrong proofs under keyed tokens (see `doors.console.lockout`); here they are told by person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from axes.models import AccessAttempt
from django.db import transaction
from django.db.models import Max, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import clock, journal
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import User
from callwarden.kernel.tokens import keyed
from callwarden.protection.signin import devices, profiles

DEVICE = "device:"


@dataclass(frozen=True)
class Standing:
    """How somebody's sign-in stands.

    Attributes:
        failures: wrong proofs within the time that counts, from everywhere.
        addresses: from how many addresses.
        everywhere: closed for every browser that is not known.
        somewhere: closed from an address, or from a known browser, at least.
        until: when the last of it opens by itself.
    """

    failures: int = 0
    addresses: int = 0
    everywhere: bool = False
    somewhere: bool = False
    until: datetime | None = None

    @property
    def closed(self) -> bool:
        return self.everywhere or self.somewhere


def counter_of(user: User) -> str:
    """The name under which wrong proofs of somebody from unknown browsers are counted."""
    return keyed("lockout", str(user.pk)).hex()


def counter_of_name(typed: str) -> str:
    """The same for a name that nobody has."""
    return keyed("lockout", typed).hex()


def is_device(counter: str) -> bool:
    return counter.startswith(DEVICE)


def standings(people: Iterable[User]) -> dict[Any, Standing]:
    """How each of these people stands, by id."""
    names = {user.pk: [counter_of(user), *devices.counters(user)] for user in people}
    owners = {name: pk for pk, mine in names.items() for name in mine}
    rows: dict[Any, list[tuple[str, str, int, datetime]]] = {}
    found = _lately().filter(username__in=owners).values_list("username", "ip_address")
    for name, address, failures, last in found.annotate(
        failures=Sum("failures_since_start"), last=Max("attempt_time")
    ).values_list("username", "ip_address", "failures", "last"):
        rows.setdefault(owners[name], []).append((name, address, failures, last))
    return {pk: _standing(mine) for pk, mine in rows.items()}


def standing(user: User) -> Standing:
    return standings([user]).get(user.pk, Standing())


def _standing(rows: list[tuple[str, str, int, datetime]]) -> Standing:
    profile = profiles.present()
    elsewhere = sum(failures for name, _address, failures, _last in rows if not is_device(name))
    devices_: dict[str, int] = {}
    for name, _address, failures, _last in rows:
        if is_device(name):
            devices_[name] = devices_.get(name, 0) + failures
    pairs = [failures for name, _address, failures, _last in rows if not is_device(name)]
    return Standing(
        failures=sum(failures for _name, _address, failures, _last in rows),
        addresses=len({address for _name, address, _failures, _last in rows}),
        everywhere=elsewhere >= profile.of_account,
        somewhere=any(count >= profile.of_pair for count in [*pairs, *devices_.values()]),
        until=max(last for _name, _address, _failures, last in rows) + profile.closed_for,
    )


def closed_addresses() -> list[tuple[str, int, datetime]]:
    """(address, wrong proofs, when it opens by itself) of addresses from which no unknown browser signs in now."""
    profile = profiles.present()
    found = (
        _lately()
        .exclude(username__startswith=DEVICE)
        .values("ip_address")
        .annotate(failures=Sum("failures_since_start"), last=Max("attempt_time"))
        .filter(failures__gte=profile.of_address)
        .order_by("-failures")
    )
    return [(row["ip_address"], row["failures"], row["last"] + profile.closed_for) for row in found]


@transaction.atomic
def unlock(user: User, *, actor: str) -> bool:
    """Open sign-in for somebody again, everywhere. False: there was nothing to forget."""
    names = [counter_of(user), *devices.counters(user)]
    forgotten, _rows = AccessAttempt.objects.filter(username__in=names).delete()
    if forgotten:
        facts = {"person": user.actor, "kind": "account"}
        journal.record(Entry(event=Event.SIGN_IN_UNLOCKED, actor=actor, count=forgotten, data=facts))
    return bool(forgotten)


@transaction.atomic
def unlock_address(address: str, *, actor: str) -> bool:
    """Open sign-in from an address again; the ledger tells it as a keyed token. False: there was nothing to forget.

    Raises:
        InvalidInput: this is no address.
    """
    try:
        ip_address(address)
    except ValueError:
        raise InvalidInput("no_address", _("This is no IP address. Take one from the list.")) from None
    forgotten, _rows = AccessAttempt.objects.filter(ip_address=address).exclude(username__startswith=DEVICE).delete()
    if forgotten:
        journal.record(
            Entry(
                event=Event.SIGN_IN_UNLOCKED,
                actor=actor,
                count=forgotten,
                data={"kind": "address", "address": keyed("address", address).hex()},
            )
        )
    return bool(forgotten)


def _lately() -> QuerySet[Any]:
    attempts: QuerySet[Any] = AccessAttempt.objects.all()
    return attempts.filter(attempt_time__gte=clock.now() - profiles.present().closed_for)
