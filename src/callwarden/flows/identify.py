"""Who is who: a call that was with somebody else, two customer records of one person, one person who was two.

Links between key holders and people are revocable (DESIGN section 1), so nothing is rewrapped: every record keeps its
own key holder, and from the next disclosure on what belongs together is what is linked then.

Joining makes nothing laxer: where one record says no, a yes of the other ends and is asked for again, and where one is
stored only so is the other. Holds, ties of staff and requests reach both from then on. While a request of either is
under way nobody is joined or parted, since its scope was proved, and perhaps approved, as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Call, Customer, IdentifierToken, Leg, PersonLink
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import join_people, part_customer, unlink
from callwarden.flows import stored_only
from callwarden.flows.actors import Actor
from callwarden.kernel import journal
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.events import Event
from callwarden.lawful.consent import actions as consent
from callwarden.lawful.consent.queries import linked
from callwarden.lawful.holds import actions as matters
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.requests.queries import open_requests
from callwarden.lawful.retention.due import taken_back

# How many records that may be of the same person are proposed.
_PROPOSED: Final = 5


def take_apart(actor: Actor, call: Call, *, reason: str) -> int:
    """Say that this call was not with the customer it was taken to be with. Returns how many links ended.

    Args:
        reason: how that is known, in words; kept sealed beside the ledger.

    Raises:
        InvalidInput: no reason.
        Conflict: no customer is linked to this call (any more), or a request of that person is under way.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", _("Say how it is known that this is somebody else."))
    with client_scope(call.client_id):
        held = Call.objects.select_for_update(of=("self",)).select_related("customer").get(pk=call.pk)
        customer = held.customer
        if customer is None:
            raise Conflict("not_linked", _("No customer is linked to this call. Look at it again."))
        (customer,) = _held(customer)
        _refuse_under_way(customer)
        callers = Leg.objects.filter(call=held).exclude(party=Leg.Party.AGENT).values("subject")
        ended = [
            unlink(one)
            for one in PersonLink.objects.select_for_update().filter(
                person=customer.person_id, subject__in=callers, revoked_at__isnull=True
            )
        ]
        held.customer = None
        held.save(update_fields=["customer"])
        journal.record(
            journal.Entry(
                event=Event.PERSON_UNLINKED,
                actor=actor.name,
                session=actor.session,
                client=held.client_id,
                call=held.id,
                subject=customer.subject_id,
                count=len(ended),
                detail={"reason": reason.strip()},
            )
        )
    return len(ended)


@dataclass(frozen=True)
class Joined:
    """What joining two customer records came to: key holders linked anew, consents that have to be asked for again."""

    holders: int
    ended: int


def join(actor: Actor, customer: Customer, other: Customer, *, reason: str) -> Joined:
    """Say that two customer records are of one person. Both records stay; what is asked of one reaches both.

    Args:
        reason: how that is known, in words; kept sealed beside the ledger.

    Raises:
        InvalidInput: no reason, or the same record twice.
        Conflict: they are one person already, one of them is erased, or a request of either is under way.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", _("Say how it is known that these are one person."))
    if customer.pk == other.pk or customer.client_id != other.client_id:
        raise InvalidInput("same_record", _("This is the same customer record. Name another one of this client."))
    with client_scope(customer.client_id):
        first, second = _held(customer, other)
        if first.person_id == second.person_id:
            raise Conflict("joined_already", _("These two are known to be one person already."))
        _refuse_erased(first, second)
        _refuse_under_way(first, second)
        consent.hold_person(first.subject_id)
        consent.hold_person(second.subject_id)
        ended = consent.let_no_reach(linked(first.person_id), linked(second.person_id), actor=actor.name)
        left = second.person_id
        restricted = stored_only.asked_by(first.person_id) or stored_only.asked_by(left)
        holders = join_people(first.person_id, left)
        if restricted:
            stored_only.reach_all(first.person_id, actor=actor.name)
        # What one of them said no to ends periods of the other's too.
        taken_back(customer.client_id, linked(first.person_id))
        # A hold on the person who is now this one keeps what it kept, and what is theirs besides.
        Matter.objects.filter(scope=Matter.Scope.PERSON, target=left).update(target=first.person_id)
        _note(actor, Event.PERSON_JOINED, first, second, reason=reason, count=holders)
    return Joined(holders, ended)


def part(actor: Actor, customer: Customer, *, reason: str) -> int:
    """Take back that this customer record is of the same person as others. Returns how many others there were.

    What was asked for again because of the joining stays to be asked for. Nobody can tell here which of the two a
    matter is about, so what held the person holds both from then on, each until it is released; a record leaves a
    hold by its release alone.

    Raises:
        InvalidInput: no reason.
        Conflict: no other record is joined with it (any more), a request of the person is under way, or a matter about
            them is undecided.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", _("Say how it is known that this is somebody else."))
    with client_scope(customer.client_id):
        (held,) = _held(customer)
        others = list(Customer.objects.filter(person=held.person_id).exclude(pk=held.pk).order_by("created_at", "id"))
        if not others:
            raise Conflict("not_joined", _("No other customer record is joined with this one. Look at it again."))
        _refuse_under_way(held)
        matters.refuse_undecided(held.person_id)
        consent.hold_person(held.subject_id)
        before = held.person_id
        own = part_customer(held).pk
        matters.hold_both(before, own, actor=actor.name)
        for person in (before, own):
            taken_back(customer.client_id, linked(person))
        _note(actor, Event.PERSON_PARTED, held, others[0], reason=reason, count=len(others))
    return len(others)


def joined_with(customer: Customer) -> list[Customer]:
    """The other customer records of the same person. Call it inside `client_scope`."""
    return list(Customer.objects.filter(person=customer.person_id).exclude(pk=customer.pk).order_by("created_at", "id"))


def maybe_same(customer: Customer) -> list[Customer]:
    """Records of other people with the same identity number, which one person alone has. Call it inside
    `client_scope`."""
    numbers = IdentifierToken.objects.filter(client=customer.client_id, column="id")
    theirs = numbers.filter(customer=customer).values("token")
    alike = numbers.filter(token__in=theirs).exclude(customer__person=customer.person_id)
    found = Customer.objects.filter(id__in=alike.values("customer"), subject__destroyed_at=None)
    return list(found.order_by("created_at", "id")[:_PROPOSED])


def _held(*customers: Customer) -> list[Customer]:
    """These rows as they are now, held until the transaction ends, in the order they were named."""
    wanted = [one.pk for one in customers]
    rows: QuerySet[Customer] = Customer.objects.select_for_update(of=("self",), no_key=True).select_related("subject")
    found = {one.pk: one for one in rows.filter(pk__in=wanted).order_by("id")}
    return [found[one] for one in wanted]


def _refuse_erased(*customers: Customer) -> None:
    if any(one.subject.destroyed_at is not None or one.subject.erasure_due for one in customers):
        raise Conflict("already_erased", _("One of these records is erased, or waits only for a hold to be erased."))


def _refuse_under_way(*customers: Customer) -> None:
    if open_requests().filter(person__in=[one.person_id for one in customers]).exists():
        raise Conflict(
            "request_under_way", _("A request about personal data is under way for this person. Answer it first.")
        )


def _note(actor: Actor, event: Event, one: Customer, other: Customer, *, reason: str, count: int) -> None:
    journal.record(
        journal.Entry(
            event=event,
            actor=actor.name,
            session=actor.session,
            client=one.client_id,
            subject=one.subject_id,
            count=count,
            data={"other": str(other.subject_id)},
            detail={"reason": reason.strip()},
        )
    )
