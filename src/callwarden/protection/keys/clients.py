"""What two people do at the end of a client."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody import clients
from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Conflict
from callwarden.kernel.models import Approval, User
from callwarden.protection.keys.actions import DECIDE, find
from callwarden.protection.keys.rules import CLOSE_CLIENT, closing_of


def ask_to_close(slug: str, *, requester: User, reason: str, session: UUID | None = None) -> Approval:
    """Ask for leave to close a client, once.

    Raises:
        NotFound: no such client.
        Conflict: it is closed.
        InvalidInput: no reason.
    """
    client = clients.find(slug)
    if client.closed_at is not None:
        raise Conflict("client_closed_already", _("This client was closed already."))
    return approvals.request(closing_of(client.id), requester=requester, reason=reason, session=session)


def close(approval: UUID, *, by: User) -> int:
    """Carry an approved closing out; how many key files were destroyed.

    Raises:
        NotFound, Conflict, Refused: as `approvals.execute`; also records on hold.
        RootRefused, KeeperUnavailable: from the keeper; the approval stands.
    """
    asked = find(approval, CLOSE_CLIENT)
    destroyed = approvals.execute(approval, Act(CLOSE_CLIENT, dict(asked.parameters)), by=by)
    assert isinstance(destroyed, int)
    return destroyed


def _close(execution: Execution) -> int:
    client = UUID(str(execution.parameters["client"]))
    return clients.close(client, approval=execution.approval, actor=execution.by.actor)


approvals.register(
    ActKind(CLOSE_CLIENT, title=_("Close a client and destroy all of its keys"), roles=DECIDE, quorum=1, run=_close)
)
