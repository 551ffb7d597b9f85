"""The end of a client: the key branch goes, nothing more is taken in, everybody else stays as they are."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from callwarden.custody.destroy import destroy_of_client
from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import Client, Epoch, Hold, IndexKey, KeyRun
from callwarden.custody.scope import client_scope
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Conflict, NotFound, Refused
from callwarden.kernel.events import Event

ACTOR: Final = "job:retention"
CLOSED: Final = "client_closed"
AT_ONCE: Final = 1000


class ClientClosed(Refused):
    """The client was closed: nothing is kept for it any more."""


def is_closed(client: UUID) -> bool:
    return Client.objects.filter(pk=client, closed_at__isnull=False).exists()


def require_open(client: UUID) -> None:
    """Refuse to take anything in for a closed client; inside a transaction it cannot be closed until that ends.

    Raises:
        ClientClosed: it is.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT closed_at FROM custody_client WHERE id = %s FOR KEY SHARE", [client])
        row = cursor.fetchone()
    if row is None or row[0] is not None:
        raise ClientClosed(
            CLOSED,
            _("This client was closed, and nothing is kept for it any more. Nothing was taken in; keep what you have."),
        )


def find(slug: str) -> Client:
    """The client of this name.

    Raises:
        NotFound: there is none.
    """
    found = Client.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound("client_not_found", _("There is no client of this name."))
    return found


def close(client: UUID, *, approval: UUID, actor: str) -> int:
    """End a client: all of its keys are destroyed, and its records can be opened by nobody, in any copy.

    Waits for whatever is being taken in for it. May be repeated after a crash with the same approval.

    Returns how many key files were destroyed.

    Raises:
        Conflict: records of it are on hold.
        RootRefused: no approval for exactly this stands.
        KeeperUnavailable: the keeper does not answer; the approval stands.
    """
    with client_scope(client):
        held = Client.objects.select_for_update().get(pk=client)
        if held.closed_at is not None:
            return 0
        if on_hold := Hold.objects.filter(released_at__isnull=True).count():
            raise Conflict(
                "client_on_hold",
                _("Records of this client are on hold. Release the holds first, or let their matters end."),
                data={"holds": on_hold},
            )
        # Last of all the keeper: whatever fails before it leaves everything as it was.
        now = clock.now()
        held.closed_at = now
        held.save(update_fields=["closed_at"])
        Epoch.objects.filter(client_id=client).exclude(state=Epoch.State.DESTROYED).update(
            state=Epoch.State.DESTROYED, destroyed_at=now, approval=approval
        )
        IndexKey.objects.filter(client_id=client).update(state=IndexKey.State.DESTROYED, destroyed_at=now)
        open_runs = KeyRun.objects.filter(client_id=client, state__in=[KeyRun.State.RUNNING, KeyRun.State.PAUSED])
        open_runs.update(state=KeyRun.State.STOPPED, reason=CLOSED, finished_at=now)
        # The journal of acts that take access away ends these key files again in a restored folder.
        epochs = {"epochs": [str(one) for one in Epoch.objects.filter(client_id=client).values_list("id", flat=True)]}
        entry = journal.Entry(event=Event.CLIENT_CLOSED, actor=actor, client=client, approval=approval, data=epochs)
        journal.record(entry)
        return keeper.close_client(client, approval=approval)


def purge_closed() -> int:
    """Remove what is left of closed clients' records: noise without keys, but it takes room. Returns how many."""
    gone = 0
    for client in Client.objects.filter(closed_at__isnull=False).values_list("id", flat=True):
        with client_scope(client):
            gone += destroy_of_client(client, at_most=AT_ONCE, actor=ACTOR, reason=CLOSED)
    return gone
