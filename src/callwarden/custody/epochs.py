"""Clients and the epochs of their keys."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from callwarden.custody.clients import require_open
from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import Client, Epoch
from callwarden.custody.scope import client_scope
from callwarden.kernel import clock, journal, structural
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.events import Event


def open_client(*, slug: str, name: str, name_zh: str = "", actor: str) -> Client:
    """Register a client with its own key branch. Idempotent by slug.

    Raises:
        InvalidInput: the short name could be mistaken for a number of somebody, so it can stand in no log.
    """
    try:
        structural.check_text(slug, where="slug")
    except structural.NotStructural:
        raise InvalidInput(
            "bad_client_slug",
            _("The short name is of letters, digits and hyphens, with at most six digits in a row. Choose another."),
        ) from None
    with transaction.atomic():
        client, created = Client.objects.get_or_create(slug=slug, defaults={"name": name, "name_zh": name_zh})
        if created:
            opened = journal.Entry(event=Event.CLIENT_OPENED, actor=actor, client=client.pk, data={"slug": slug})
            journal.record(opened)
    active_epoch(client.id, actor=actor)
    return client


def active_epoch(client: UUID, *, actor: str = "system") -> UUID:
    """The epoch new keys are wrapped under; the first one is opened on demand.

    Raises:
        ClientClosed: the client has none any more.
    """
    with client_scope(client):
        current = Epoch.objects.filter(client_id=client, state=Epoch.State.ACTIVE).values_list("id", flat=True).first()
    if current:
        return current
    require_open(client)
    epoch = uuid4()
    # The key file first: a row without a key would refuse every put; a file without a row is only litter.
    keeper.new_epoch(epoch)
    with client_scope(client):
        Client.objects.select_for_update().get(pk=client)
        require_open(client)
        row, created = Epoch.objects.get_or_create(
            client_id=client, state=Epoch.State.ACTIVE, defaults={"id": epoch, "number": 1, "opened_at": clock.now()}
        )
        if created:
            journal.record(journal.Entry(event=Event.KEY_EPOCH_OPENED, actor=actor, client=client))
    return row.id


def current_version(client: UUID) -> int:
    """The client's key version of new records. It stays that until the transaction ends."""
    with client_scope(client), connection.cursor() as cursor:
        # Whoever waited for a new version to open cannot see it in the same look.
        for _look in range(2):
            cursor.execute(
                "SELECT number FROM custody_keyversion WHERE client_id = %s AND state = 'current' FOR SHARE", [client]
            )
            if row := cursor.fetchone():
                return int(row[0])
    return 1
