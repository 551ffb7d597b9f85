"""Giving an index by which people are found a new key."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from callwarden.custody import clients, indexes
from callwarden.custody.models import KeyRun
from callwarden.kernel.errors import Refused
from callwarden.kernel.models import User
from callwarden.protection.keys.actions import DECIDE


def change_key(slug: str, column: str, *, by: User) -> KeyRun:
    """Begin to move a client's index to a new key; the jobs carry it on.

    Raises:
        NotFound, InvalidInput: no such client, no such index.
        ClientClosed: the client has no keys any more.
        Conflict: the index is moving already.
        Refused: not a role that may.
        KeeperUnavailable: no key can be made now.
    """
    if not set(by.roles) & set(DECIDE):
        raise Refused(
            "not_your_role", _("The data protection officer and security administrators may do this. Ask one of them.")
        )
    client = clients.find(slug)
    clients.require_open(client.id)
    return indexes.start(client.id, column, actor=by.actor)
