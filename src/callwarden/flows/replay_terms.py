"""What the site itself drew tighter since the copy, in a restored store: more approval for an act, keys towards
identity providers that are in wrong hands, and alerts that are shown again.

Only what narrows is done again; terms that were loosened meanwhile stay as strict as they were at any time since the
copy. What the copy's own ledger holds is in its rows already, and is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from callwarden.control.alerts import actions as alerts
from callwarden.control.alerts.models import Suppression
from callwarden.flows.replay_dates import in_the_copy
from callwarden.kernel import clock, stricter
from callwarden.kernel.events import Event
from callwarden.protection.signin import saml_keys

Entry = Mapping[str, Any]
_Again = Callable[[Entry, str], None]


def terms_again(entries: Iterable[Entry], *, actor: str) -> Sequence[Entry]:
    """Draw tight what was drawn tight. Returns the entries that are of this; all of them are placed.

    One that is about what came after the copy finds nothing and needs nothing.
    """
    told = [entry for entry in entries if entry["event"] in TERMS]
    known = in_the_copy(told)
    for entry in told:
        if entry.get("id") not in known:
            with transaction.atomic():
                _AGAIN[Event(entry["event"])](entry, actor)
    return told


def _terms(entry: Entry, actor: str) -> None:
    data = entry["data"]
    stricter.at_least(data["act"], quorum=data["quorum"], distinct_roles=data["distinct_roles"], actor=actor)


def _saml_key(entry: Entry, actor: str) -> None:
    """The newer key is lost; the next is made when one is asked for."""
    if "at_once" in entry.get("reasons", ()):
        saml_keys.destroy_former(entry["data"]["use"], made_until=datetime.fromisoformat(entry["at"]))


def _suppression(entry: Entry, actor: str) -> None:
    found = Suppression.objects.filter(pk=entry["data"]["id"], ended_at=None, expires_at__gt=clock.now()).first()
    if found is not None:
        alerts.end_again(found, actor=actor)


_AGAIN: Final[Mapping[Event, _Again]] = {
    Event.APPROVAL_TERMS_CHANGED: _terms,
    Event.SAML_KEY_MADE: _saml_key,
    Event.SUPPRESSION_ENDED: _suppression,
}
TERMS: Final = frozenset(_AGAIN)
