"""Sessions here that began at an identity provider: what ends one when the other ends.

    packed = arrivals.packed(Arrived("group", "alice-7", "_s1", {...}))   # carried until the second factor is shown
    arrivals.begin(session, packed)
    arrivals.end(provider, name="alice-7", indexes=["_s1"])               # the provider says so: sessions end

How the provider names the person and its session is kept as keyed tokens, to find sessions by. What has to be said to
the provider when its session is to end as well lies sealed, and only as long as the session here may live.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType

from django.db import transaction
from django.db.models import Q

from callwarden.engines.seal import Key, SealError, Suite, open_bytes, seal_bytes
from callwarden.kernel import clock, journal, sessions
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import Session
from callwarden.kernel.tokens import keyed
from callwarden.protection.signin.models import Arrival
from callwarden.protection.signin.providers import Provider, providers

ENDED_THERE = "provider_signed_out"
# Between being sent to the provider and coming back from there.
PATIENCE = timedelta(minutes=15)
# Bytes. An identity token with many groups is longer; then the provider is told without it.
_LONGEST = 16 * 1024


@dataclass(frozen=True)
class Arrived:
    """How a provider names somebody and the session they have there.

    Attributes:
        index: its session; "" where it names none.
        told: what it wants to hear when that session is to end.
    """

    provider: str
    name: str
    index: str = ""
    told: Mapping[str, str] = field(default_factory=dict)


def packed(arrived: Arrived) -> str:
    """The same sealed, for the web session to carry until somebody is signed in."""
    told = dict(arrived.told) if len(json.dumps(dict(arrived.told))) <= _LONGEST else {}
    facts = {"provider": arrived.provider, "name": arrived.name, "index": arrived.index, "told": told}
    return b64encode(seal_bytes(_key(), json.dumps(facts).encode(), record_id=_PLACE)).decode("ascii")


def begin(session: Session, carried: str, *, provider: str) -> Arrival | None:
    """Note by which session at a provider this one began. None: what was carried is of another, or unreadable."""
    try:
        facts = json.loads(open_bytes(_key(), b64decode(carried), record_id=_PLACE))
    except (SealError, ValueError):
        return None
    known = providers().get(provider)
    if known is None or facts["provider"] != provider:
        return None
    row = Arrival(
        session=session,
        provider=provider,
        subject=_token(known, "subject", facts["name"]),
        index=_token(known, "index", facts["index"]) if facts["index"] else b"",
    )
    written = json.dumps({"name": facts["name"], "index": facts["index"], **facts["told"]})
    row.told = seal_bytes(_key(), written.encode(), record_id=_place(row))
    row.save(force_insert=True)
    return row


def of(session: Session) -> Arrival | None:
    return Arrival.objects.filter(session=session).first()


def told(arrival: Arrival) -> Mapping[str, str]:
    """What the provider wants to hear, with `name` and `index`; empty once it was forgotten or opens no more."""
    try:
        found: dict[str, str] = json.loads(open_bytes(_key(), bytes(arrival.told), record_id=_place(arrival)))
    except (SealError, ValueError):
        return MappingProxyType({})
    return MappingProxyType(found)


@transaction.atomic
def asked(arrival: Arrival, provider: Provider, name: str) -> None:
    """The provider is being told that its session should end; `name` is how its answer will name that."""
    Arrival.objects.filter(pk=arrival.pk).update(asked=_token(provider, "asked", name), asked_at=clock.now(), told=b"")
    facts = {"person": arrival.session.user.actor, "provider": provider.slug}
    journal.record(Entry(event=Event.SIGN_OUT_SENT, actor=arrival.session.user.actor, data=facts))


@transaction.atomic
def answered(provider: Provider, name: str, *, ended: bool) -> bool:
    """The provider has answered, or sent the browser back. False: nobody asked, or it was answered already."""
    since = clock.now() - PATIENCE
    found = (
        Arrival.objects.select_for_update(of=("self",))
        .select_related("session__user")
        .filter(provider=provider.slug, asked=_token(provider, "asked", name), asked_at__gte=since)
        .first()
    )
    if found is None:
        return False
    facts = {
        "person": found.session.user.actor,
        "provider": provider.slug,
        "outcome": "ended" if ended else "not_ended",
    }
    found.delete()
    journal.record(Entry(event=Event.SIGN_OUT_ANSWERED, actor="door:console", data=facts))
    return True


@transaction.atomic
def end(provider: Provider, *, name: str = "", indexes: Collection[str] = ()) -> int:
    """The provider wants sessions ended; how many were.

    Args:
        name: of the person there; "" where the provider names only its session.
        indexes: of its sessions; none means every session of the person.
    """
    rows = Arrival.objects.filter(provider=provider.slug, session__revoked_at=None)
    if name:
        rows = rows.filter(subject=_token(provider, "subject", name))
    if indexes:
        rows = rows.filter(index__in=[_token(provider, "index", one) for one in indexes])
    if not name and not indexes:
        return 0
    ended = sum(
        sessions.revoke(pk, actor="door:console", reason=ENDED_THERE)
        for pk in list(rows.values_list("session", flat=True))
    )
    facts = {"provider": provider.slug}
    journal.record(Entry(event=Event.SIGN_OUT_RECEIVED, actor="door:console", count=ended, data=facts))
    return ended


def forget() -> int:
    """Delete what was kept of sessions that are over; how many."""
    now = clock.now()
    over = Q(session__revoked_at__isnull=False) | Q(session__expires_at__lte=now)
    waiting = Q(asked_at__gt=now - PATIENCE)
    return Arrival.objects.filter(over).exclude(waiting).delete()[0]


def _token(provider: Provider, kind: str, value: str) -> bytes:
    return keyed(f"arrival-{kind}", f"{len(provider.authority)}:{provider.authority}{value}")


_PLACE = b"arrival carried."


def _place(row: Arrival) -> bytes:
    return keyed("arrival-place", row.pk.bytes)[:16]


def _key() -> Key:
    return Key(Suite.AES_256_GCM, keyed("arrival", "seal"))
