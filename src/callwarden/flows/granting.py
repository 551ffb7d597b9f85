"""Asking for access that was refused: what exactly it would be for, and whether it would help at all.

    wish = granting.wish_for(actor, client, Scope.CALL, call, action="play_original", purpose=..., reason=..., ...)
    grant = granting.ask(actor, wish)

A grant is a fact among others. So what it could not open anyway (a role without the purpose, somebody's own record, a
consent withdrawn) is refused here at once instead of being approved in vain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.control.access.fields import needed
from callwarden.control.grants import actions
from callwarden.control.grants.models import AccessGrant
from callwarden.control.grants.rules import LIFTED, Wish, check
from callwarden.custody.categories import Category
from callwarden.custody.models import Record, SealedField
from callwarden.custody.scope import client_scope
from callwarden.flows.actors import Actor
from callwarden.flows.calls import find_call
from callwarden.flows.disclose import MFA_STALE, AccessRefused, Ask, foresee, leave_would_do
from callwarden.flows.people import find_customer, find_record
from callwarden.kernel.errors import NotFound

Scope = AccessGrant.Scope
_SOUND = {"play_original": Category.RECORDING_ORIGINAL, "play_redacted": Category.RECORDING_REDACTED}
_IN_CLEAR = frozenset({Category.RECORDING_ORIGINAL.value, Category.RECORDING_REDACTED.value})


def may_help(error: AccessRefused) -> bool:
    """Whether a grant of access would answer all that stands against it."""
    reasons, asked = error.data.get("reasons"), error.asked
    if not isinstance(reasons, list) or not reasons or not set(reasons) <= LIFTED:
        return False
    if asked is None or asked.client is None or not asked.records:
        return False
    # A guard that forbids hides that the role has no permission in the first place.
    with client_scope(asked.client):
        return leave_would_do(foresee(asked, with_grant=True))


def wish_for(
    actor: Actor,
    client: UUID,
    scope: str,
    targets: Sequence[UUID],
    *,
    action: str,
    purpose: str,
    reason: str,
    minutes: int,
    uses: int,
    fields: tuple[str, ...] = (),
    call: UUID | None = None,
    ticket: str = "",
) -> Wish:
    """What exactly somebody would get: the records there are now, as far as the purpose needs their fields.

    Args:
        targets: the records, the call, the customer, or the chosen calls.
        fields: only these fields of the records.

    Raises:
        NotFound: something of it is not there, or not theirs to see.
        InvalidInput, Refused: see `grants.rules.check`.
    """
    found = _records(actor, client, scope, targets, action)
    with client_scope(client):
        wanted = _fields_of(found, purpose, fields)
    wish = Wish(
        client=client,
        action=action,
        purpose=purpose,
        scope=scope,
        records={record.id: (record.subject_id, wanted[record.id]) for record in found if record.id in wanted},
        reason=reason.strip(),
        minutes=minutes,
        uses=uses,
        target=targets[0] if scope in (Scope.CALL, Scope.CUSTOMER) else None,
        call=call or (targets[0] if scope == Scope.CALL else None),
        ticket=ticket.strip(),
    )
    check(wish)
    return wish


def ask(actor: Actor, wish: Wish) -> AccessGrant:
    """Ask for it, unless it would open nothing.

    Raises:
        AccessRefused: the policy would say no with the grant as well; its reasons say why.
    """
    against = would_refuse(actor, wish)
    if against:
        raise AccessRefused.because(against)
    assert actor.user is not None
    return actions.ask(wish, by=actor.user, session=actor.session)


def would_refuse(actor: Actor, wish: Wish) -> tuple[str, ...]:
    """Why the policy would refuse it even with the grant; a stale second factor is no reason, it is proved then."""
    one = Ask(
        actor=actor,
        client=wish.client,
        action=wish.action,
        purpose=wish.purpose,
        records={record: fields for record, (_subject, fields) in wish.records.items()},
        reason=wish.reason,
        call=wish.call,
    )
    with client_scope(wish.client):
        refused = foresee(one, with_grant=True)
    reasons = dict.fromkeys(reason for all_of_it in refused.values() for reason in all_of_it)
    return tuple(reason for reason in reasons if reason != MFA_STALE)


def _records(actor: Actor, client: UUID, scope: str, targets: Sequence[UUID], action: str) -> list[Record]:
    if not targets:
        raise NotFound("nothing_chosen", _("Choose what you need access to."))
    if scope == Scope.RECORDS:
        return [find_record(actor, client, target) for target in dict.fromkeys(targets)]
    with client_scope(client):
        stored = Record.objects.exclude(state=Record.State.DESTROYED)
    if scope == Scope.CUSTOMER:
        customer = find_customer(actor, client, targets[0])
        theirs = stored.filter(customer=customer)
    else:
        calls = [find_call(actor, client, target) for target in dict.fromkeys(targets)]
        theirs = stored.filter(call__in=calls)
    if action in _SOUND:
        theirs = theirs.filter(category=_SOUND[action])
    elif action in ("reveal", "view_masked"):
        theirs = theirs.exclude(category__in=_IN_CLEAR)
    elif action == "export":
        theirs = theirs.exclude(category=Category.CONSENT_PROOF)
    with client_scope(client):
        return list(theirs.order_by("id"))


def _fields_of(records: Sequence[Record], purpose: str, only: tuple[str, ...]) -> Mapping[UUID, tuple[str, ...]]:
    """Record -> the fields the purpose needs of it; whole recordings and transcripts have none."""
    names: dict[UUID, list[str]] = {record.id: [] for record in records}
    for record, name in (
        SealedField.objects.filter(record__in=list(records)).order_by("position").values_list("record", "name")
    ):
        names[record].append(name)
    wanted: dict[UUID, tuple[str, ...]] = {}
    for one in records:
        if not names[one.id]:
            wanted[one.id] = ()
            continue
        fields = tuple(name for name in dict.fromkeys(needed(purpose, names[one.id])) if not only or name in only)
        if fields:
            wanted[one.id] = fields
    return wanted
