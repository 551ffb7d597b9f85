"""How the keys stand: the promise, epochs, runs, rows left of each version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from callwarden.custody.models import Epoch, KeyRun
from callwarden.custody.scope import client_scope
from callwarden.protection.keys import rotation
from callwarden.protection.keys.epochs import terms


@dataclass(frozen=True)
class Standing:
    """The keys of one client.

    Attributes:
        erased_within: days within which what is erased now is unreadable in every copy.
        turns_at: when the epoch in use turns; None while there is none.
        left: key version -> data keys still of it.
    """

    erased_within: float
    epochs: list[Epoch]
    turns_at: datetime | None
    runs: list[KeyRun]
    left: dict[int, int]


def standing(client: UUID, *, most: int = 20) -> Standing:
    """How the keys of a client stand; the latest epochs and runs first."""
    with client_scope(client):
        epochs = list(Epoch.objects.filter(client_id=client).order_by("-number")[:most])
    active = next((epoch for epoch in epochs if epoch.state == Epoch.State.ACTIVE), None)
    return Standing(
        erased_within=terms().erased_within,
        epochs=epochs,
        turns_at=terms().turn_due(active.opened_at) if active else None,
        runs=list(KeyRun.objects.filter(client_id=client).order_by("-started_at")[:most]),
        left=rotation.left(client),
    )
