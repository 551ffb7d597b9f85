"""Searching is an act of its own: decided by the policy, written to the ledger, what was sought sealed beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from callwarden.control.access.queries import active
from callwarden.custody.categories import Category
from callwarden.custody.ledger.health import require_current_ledger, require_room
from callwarden.custody.scope import client_scope
from callwarden.engines import policy
from callwarden.flows import lookups
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import AccessRefused
from callwarden.flows.facts import principal_of
from callwarden.kernel import journal
from callwarden.kernel.events import Event


@dataclass(frozen=True)
class Asked:
    """A search: who looks through which categories for which purpose, and for what (never kept in clear)."""

    actor: Actor
    client: UUID
    categories: tuple[Category, ...]
    purpose: str
    query: str


def search_for(asked: Asked, find: Callable[[], list[UUID]], *, by_identifier: bool = False) -> list[UUID]:
    """What `find` returns, when this person may search for this purpose. The results are ids, and must still be
    narrowed to what they may see.

    Args:
        by_identifier: this looks people up by what they are known by, which is limited in number.

    Raises:
        AccessRefused: they may not; the refusal is in the ledger too.
        TooManyLookups: more than may be within a minute; so is that.
        Unavailable: the ledger is behind, or there is no policy.
    """
    require_current_ledger()
    require_room()
    with client_scope(asked.client, durable=True):
        compiled = active()
        reasons = _reasons(asked, compiled)
        if by_identifier and not lookups.count(asked.actor):
            reasons = reasons or (lookups.REASON,)
        found = [] if reasons else find()
        journal.record(
            journal.Entry(
                event=Event.DISCLOSE_SEARCH,
                actor=asked.actor.name,
                session=asked.actor.session,
                client=asked.client,
                purpose=asked.purpose,
                decision="refuse" if reasons else "allow",
                reasons=reasons,
                policy=compiled.digest,
                count=len(found),
                data={"categories": [str(category) for category in asked.categories]},
                detail={"query": asked.query},
            )
        )
    if reasons == (lookups.REASON,):
        raise lookups.too_many()
    if reasons:
        raise AccessRefused.because(reasons)
    return found


def _reasons(asked: Asked, compiled: policy.CompiledPolicy) -> tuple[str, ...]:
    """Why this may not be searched. Ids lead on to records that are decided about one by one, with all their facts."""
    decisions = policy.decide_many(
        compiled,
        [
            policy.Request(
                principal=principal_of(asked.actor),
                action="search",
                resource=policy.Record.system(category.value, str(asked.client)),
                context=policy.Context(purpose=asked.purpose, reason_given=True, active_call=True, demo=settings.DEMO),
            )
            for category in asked.categories
        ],
    )
    refused = [decision.reasons or ("not_allowed",) for decision in decisions if not decision.allowed]
    return tuple(dict.fromkeys(reason for reasons in refused for reason in reasons))
