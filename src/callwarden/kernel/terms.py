"""How much approval a request asks for, and whether that is still enough when it is carried out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from callwarden.kernel import voting
from callwarden.kernel.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from callwarden.kernel.approvals import ActKind
    from callwarden.kernel.models import Approval

LONGEST: Final = timedelta(days=14)


@dataclass(frozen=True)
class Terms:
    """How many people, from how many different of which roles, and within what time."""

    quorum: int
    distinct_roles: int
    roles: list[str]
    lasts: timedelta


def of_request(
    kind: ActKind,
    *,
    quorum: int | None,
    distinct_roles: int | None,
    roles: Iterable[str] | None,
    lasts: timedelta | None,
) -> Terms:
    """What a request asks for; None is as much as this site needs for the kind.

    Raises:
        InvalidInput: less than that, more roles than people or than there are, or open for too long.
    """
    least, distinct = voting.needed(kind.name, kind.quorum, kind.distinct_roles)
    asks = Terms(
        least if quorum is None else quorum,
        distinct if distinct_roles is None else distinct_roles,
        sorted(set(kind.roles if roles is None else roles)),
        kind.lasts if lasts is None else lasts,
    )
    enough = asks.quorum >= least and asks.distinct_roles >= distinct and set(asks.roles) <= set(kind.roles)
    if not enough or asks.distinct_roles > min(asks.quorum, len(asks.roles)):
        raise InvalidInput("terms_too_lax", _("A request may ask for more approval than usual, never for less."))
    if not timedelta(0) < asks.lasts <= LONGEST:
        raise InvalidInput("expiry_out_of_range", _("A request stays open for at most 14 days. Choose a shorter time."))
    return asks


def require_unchanged(asked: Approval, kind: ActKind, *, policy: str | None) -> None:
    """What was approved under other rules is asked for anew.

    Args:
        policy: the access policy in force; None where there is none to look at.

    Raises:
        Conflict: more is needed now than was asked for, or the access policy is another.
    """
    quorum, distinct = voting.needed(kind.name, kind.quorum, kind.distinct_roles)
    if asked.quorum < quorum or asked.distinct_roles < distinct or not set(asked.roles) <= set(kind.roles):
        raise Conflict("terms_changed", _("This needs more approval than when it was asked for. Ask again."))
    if asked.policy and policy is not None and policy != asked.policy:
        raise Conflict("policy_changed", _("The access policy has changed since this was asked for. Ask again."))
