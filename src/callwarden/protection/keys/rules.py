"""The acts on the root key that one person may not do alone, each as exactly what is approved."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.engines.seal import InvalidInput as ImpossibleTerms
from callwarden.engines.seal import recovery
from callwarden.kernel.approvals import Act
from callwarden.kernel.errors import InvalidInput

EXPORT_SHARES: Final = "protection:root:export_shares"
CLOSE_CLIENT: Final = "protection:client:close"
CHANGE_PROVIDER: Final = "protection:root:change_provider"
DESTROY_EPOCH: Final = "protection:keys:destroy_epoch"
PROVIDERS: Final = ("passphrase", "pkcs11", "transit")


def export_of(root: str, *, threshold: int, shares: int) -> Act:
    """Handing out `shares` recovery shares of this root, `threshold` of which bring it back.

    Raises:
        InvalidInput: one person would be enough, or there are too many.
    """
    try:
        recovery.check_terms(threshold, shares)
    except ImpossibleTerms:
        raise InvalidInput(
            "bad_share_terms", _("Need at least 2 shares of at most 16, and not more than there are.")
        ) from None
    return Act(EXPORT_SHARES, {"root": root, "threshold": threshold, "shares": shares})


def destruction_of(epoch: UUID) -> Act:
    """Ending the key of this epoch before its overlap is over."""
    return Act(DESTROY_EPOCH, {"epoch": str(epoch)})


def change_of(root: str, *, to: str, new_root: str) -> Act:
    """Having all keys wrapped by the root `new_root` of the provider `to` instead of by `root`.

    Raises:
        InvalidInput: there is no such provider, or it holds this very root already.
    """
    if to not in PROVIDERS:
        raise InvalidInput("unknown_provider", _("Choose passphrase, pkcs11 or transit."))
    if new_root == root:
        raise InvalidInput("same_provider", _("This provider holds the root already; there is nothing to change."))
    return Act(CHANGE_PROVIDER, {"root": root, "to": to, "new_root": new_root})


def closing_of(client: UUID) -> Act:
    """Closing this client and destroying all of its keys."""
    return Act(CLOSE_CLIENT, {"client": str(client)})
