"""In a restored store a partner that was stopped since the copy is stopped, and who was forgotten is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from callwarden.custody.models import LedgerDetail
from callwarden.custody.scope import client_scope
from callwarden.flows.replay import replay
from callwarden.kernel.events import Event
from callwarden.kernel.models import User
from callwarden.partners.register import actions
from callwarden.partners.register.models import Partner
from callwarden.partners.register.terms import State
from tests.centre import _keeper, client, keeper, keeper_folder
from tests.kernel.conftest import person
from tests.partners.register.test_register import REACHED, complete, registered

__all__ = ["_keeper", "client", "keeper", "keeper_folder", "person"]  # fixtures


def told(event: Event, partner: Partner, **more: str) -> dict[str, Any]:
    """As the journal keeps an entry; the store it was written by is lost."""
    return {
        "id": str(uuid4()),
        "at": "2099-01-01T00:00:00+00:00",
        "event": event,
        "client": str(partner.client_id),
        "data": {"kind": "partner", "id": str(partner.pk), **more},
    }


@pytest.fixture
def partner(client: Any, person: Callable[..., User]) -> Partner:
    manager = person("partner_manager")
    with client_scope(client.pk):
        one = complete(registered(client, manager), manager)
        return actions.move(one, State.ASSESSING, by=manager)


def again(partner: Partner, *entries: dict[str, Any]) -> Partner:
    """Replay twice: that is once."""
    for _time in range(2):
        assert not replay(entries).unplaced
    with client_scope(partner.client_id):
        return Partner.objects.get(pk=partner.pk)


@pytest.mark.parametrize("event", [Event.PARTNER_SUSPENDED, Event.PARTNER_EXITING, Event.PARTNER_LEFT])
def test_a_partner_stopped_or_parted_from_since_is_suspended(partner: Partner, event: Event) -> None:
    after = again(partner, told(event, partner))
    assert (after.state, after.suspended_from) == (State.SUSPENDED, State.ASSESSING)
    with client_scope(partner.client_id):
        assert partner.contacts.exists() == (event != Event.PARTNER_LEFT)


def test_who_was_forgotten_since_is_forgotten_and_nobody_else(partner: Partner) -> None:
    with client_scope(partner.client_id):
        first, *others = partner.contacts.order_by("duty")
    again(partner, told(Event.PARTNER_CONTACT_FORGOTTEN, partner, named_in=str(first.entry)))
    assert not LedgerDetail.objects.filter(entry=first.entry).exists()
    assert LedgerDetail.objects.filter(entry__in=[one.entry for one in others]).count() == len(others)


def test_a_partner_registered_since_needs_nothing(partner: Partner) -> None:
    lost = Partner(pk=UUID(int=9), client_id=partner.client_id)
    assert again(partner, told(Event.PARTNER_SUSPENDED, lost)).state == State.ASSESSING


def test_a_contact_named_before_is_sealed_by_the_keeper(partner: Partner) -> None:
    blobs = b"".join(bytes(row.blob) for row in LedgerDetail.objects.all())
    assert not any(value.encode() in blobs for value in REACHED.values())
