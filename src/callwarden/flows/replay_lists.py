"""Which numbers nobody calls, in a restored store: the last word on each of them since the copy.

What the copy's own ledger holds is in its rows already, and with it whatever followed; so it is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from callwarden.custody.models import Client
from callwarden.custody.scope import client_scope
from callwarden.flows.replay_dates import in_the_copy
from callwarden.kernel.events import Event
from callwarden.lawful.dialling import actions

Entry = Mapping[str, Any]
LISTS: Final = frozenset({Event.DO_NOT_CALL_ADDED, Event.DO_NOT_CALL_REMOVED})


def lists_again(entries: Iterable[Entry], *, closed: frozenset[str], actor: str) -> Sequence[tuple[Entry, bool]]:
    """Put numbers on the list, and take them off it, as the lost present had it.

    Args:
        closed: clients that were closed since; nothing is kept of them.

    Returns each entry that is of the list, and whether it could be placed: one from before entries named tokens, of
    which the copy does not know, cannot.
    """
    told = sorted((entry for entry in entries if entry["event"] in LISTS), key=_when)
    known = in_the_copy(told)
    lost = [entry for entry in told if entry.get("id") not in known]
    last = {(entry["client"], token): place for place, entry in enumerate(lost) for token in _tokens(entry)}
    alive = {str(client) for client in Client.objects.filter(closed_at=None).values_list("pk", flat=True)}
    unplaced: set[int] = set()
    for place, entry in enumerate(lost):
        made = [bytes.fromhex(token) for token in _tokens(entry) if last[entry["client"], token] == place]
        if not _tokens(entry):
            unplaced.add(id(entry))
        elif made and entry["client"] in alive - closed:
            _again(entry, made, actor=actor)
    return [(entry, id(entry) not in unplaced) for entry in told]


def _when(entry: Entry) -> tuple[datetime, bool]:
    """In the order of time; where two were at once, nobody calls."""
    return datetime.fromisoformat(entry["at"]), entry["event"] == Event.DO_NOT_CALL_ADDED


def _tokens(entry: Entry) -> Sequence[str]:
    told: Sequence[str] = entry.get("data", {}).get("tokens", ())
    return told


def _again(entry: Entry, made: Sequence[bytes], *, actor: str) -> None:
    client, by, at = UUID(entry["client"]), str(entry["actor"]), datetime.fromisoformat(entry["at"])
    with client_scope(client):
        if entry["event"] == Event.DO_NOT_CALL_ADDED:
            actions.add_again(client, made, source=entry["data"]["source"], by=by, at=at, actor=actor)
        else:
            actions.remove_again(client, made, by=by, at=at, actor=actor)
