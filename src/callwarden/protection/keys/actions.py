"""What two people do to the root key: hand out its recovery shares, change who holds it."""

from __future__ import annotations

from contextvars import ContextVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody.keeper import client as keeper
from callwarden.engines.seal import PassphraseFile, recovery
from callwarden.kernel import approvals, journal
from callwarden.kernel.approvals import ActKind, Execution
from callwarden.kernel.errors import Conflict, NotFound
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import Approval, User
from callwarden.kernel.roles import Role
from callwarden.protection.keys.rules import CHANGE_PROVIDER, EXPORT_SHARES, change_of, export_of

DECIDE = (Role.DPO, Role.SECURITY_ADMIN)
_at_the_host: ContextVar[bool] = ContextVar("at_the_host", default=False)


def ask_to_export_shares(
    *, threshold: int, shares: int, requester: User, reason: str, session: UUID | None = None
) -> Approval:
    """Ask for leave to hand out recovery shares of the root in force, once.

    Raises:
        InvalidInput: impossible terms, or no reason.
        Conflict: the root does not lie in a passphrase file, so there is nothing to share.
        KeeperUnavailable: the keeper does not answer.
    """
    held = keeper.root()
    if held["kind"] != "passphrase":
        raise Conflict(
            "root_elsewhere", _("The root lies in a token or key server. Back it up by the means that one has.")
        )
    act = export_of(str(held["root"]), threshold=threshold, shares=shares)
    return approvals.request(act, requester=requester, reason=reason, session=session)


def export_shares(approval: UUID, *, root: PassphraseFile, threshold: int, shares: int, by: User) -> list[str]:
    """Carry the approved export out, once, and return the shares: to be shown to their holders and kept nowhere.

    Args:
        root: opened by whoever knows its passphrase, at the host.

    Raises:
        InvalidInput: impossible terms.
        NotFound, Conflict, Refused: as `approvals.execute`; also another root, or other terms, than were approved.
    """
    find(approval, EXPORT_SHARES)
    act = export_of(root.status().key_id, threshold=threshold, shares=shares)
    lines = recovery.split(root, threshold=threshold, shares=shares)
    mark = _at_the_host.set(True)
    try:
        approvals.execute(approval, act, by=by)
    finally:
        _at_the_host.reset(mark)
    return lines


def ask_to_change_provider(*, to: str, requester: User, reason: str, session: UUID | None = None) -> Approval:
    """Ask for leave to have all keys wrapped by another provider, once.

    Raises:
        InvalidInput: no such provider, the one in force, or no reason.
        RootRefused: the keeper's settings of that provider are missing, or it cannot be used.
        KeeperUnavailable: the keeper does not answer.
    """
    root = str(keeper.root()["root"])
    change_of(root, to=to, new_root="")  # before the keeper is asked for a provider there is not
    act = change_of(root, to=to, new_root=keeper.candidate_root(to))
    return approvals.request(act, requester=requester, reason=reason, session=session)


def change_provider(approval: UUID, *, to: str, by: User) -> int:
    """Carry an approved change of provider out; how many keys were wrapped anew.

    The keeper changes all or nothing. Where the answer was lost after it had changed, this may be called again.

    Raises:
        NotFound, Conflict, Refused: as `approvals.execute`; also another provider than was approved.
        RootRefused, KeeperUnavailable: from the keeper; the approval stands.
    """
    asked = find(approval, CHANGE_PROVIDER)
    # The keeper holds the roots, and says whether the act still fits them; it may have changed already.
    act = change_of(str(asked.parameters["root"]), to=to, new_root=str(asked.parameters["new_root"]))
    changed = approvals.execute(approval, act, by=by)
    assert isinstance(changed, int)
    return changed


def find(approval: UUID, kind: str) -> Approval:
    """The request, if it is for an act of this kind.

    Raises:
        NotFound: there is none.
    """
    found = Approval.objects.filter(pk=approval, kind=kind).select_related("requester").first()
    if found is None:
        raise NotFound("no_such_approval", _("There is no such request. Go back to your inbox."))
    return found


def _export(execution: Execution) -> None:
    if not _at_the_host.get():
        raise Conflict(
            "export_at_the_host",
            _("Shares are handed out at the host, by callwarden recovery export-shares. The approval stands."),
        )
    _record(Event.KEY_SHARES_EXPORTED, execution)


def _change(execution: Execution) -> int:
    to, new_root = str(execution.parameters["to"]), str(execution.parameters["new_root"])
    changed = keeper.change_provider(to=to, new_root=new_root, approval=execution.approval)
    _record(Event.KEY_ROOT_CHANGED, execution, keys=changed)
    return changed


def _record(event: Event, execution: Execution, **data: int) -> None:
    facts = {**execution.parameters, **data}
    journal.record(Entry(event=event, actor=execution.by.actor, approval=execution.approval, data=facts))


approvals.register(
    ActKind(EXPORT_SHARES, title=_("Hand out recovery shares of the root key"), roles=DECIDE, quorum=1, run=_export)
)
approvals.register(
    ActKind(CHANGE_PROVIDER, title=_("Change who holds the root key"), roles=DECIDE, quorum=1, run=_change)
)
