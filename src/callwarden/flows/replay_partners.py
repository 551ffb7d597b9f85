"""Partners in a restored store: who was stopped since the copy is stopped, and who was forgotten is forgotten.

A partner that was parted from since is suspended, not parted from: people look at it again and go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from callwarden.custody.scope import client_scope
from callwarden.flows.replay_dates import in_the_copy
from callwarden.kernel.events import Event
from callwarden.partners.register import actions
from callwarden.partners.register.models import Partner, PartnerContact
from callwarden.partners.register.terms import State

Entry = Mapping[str, Any]
PARTNERS: Final = frozenset(
    {Event.PARTNER_SUSPENDED, Event.PARTNER_EXITING, Event.PARTNER_LEFT, Event.PARTNER_CONTACT_FORGOTTEN}
)
_WORKS: Final = (State.ASSESSING, State.APPROVED, State.ACTIVE)


def partners_again(entries: Iterable[Entry], *, actor: str) -> Sequence[Entry]:
    """Stop and forget once more. Returns the entries that are of this; all of them are placed.

    What came after the copy finds nothing here and needs nothing: a partner that is not on record gets no data.
    """
    told = [entry for entry in entries if entry["event"] in PARTNERS]
    known = in_the_copy(told)
    for entry in told:
        if entry.get("id") not in known:
            with client_scope(UUID(entry["client"])):
                _again(entry, actor)
    return told


def _again(entry: Entry, actor: str) -> None:
    partner = Partner.objects.filter(pk=entry["data"]["id"]).first()
    if partner is None:
        return
    if entry["event"] == Event.PARTNER_CONTACT_FORGOTTEN:
        actions.forget(PartnerContact.objects.filter(partner=partner, entry=entry["data"]["named_in"]))
        return
    if entry["event"] == Event.PARTNER_LEFT:
        actions.forget(partner.contacts.all())
    if partner.state in _WORKS:
        actions.suspend_again(partner, actor=actor)
