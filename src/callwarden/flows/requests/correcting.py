"""Correcting what is kept of a customer, because they asked: bound to their request, told by names of fields.

What stood there is destroyed, key and all, and what is right takes its place; what bound the one binds the other. The
entry names the request and the fields, never a value. What stands in the system the record came from is corrected
there: an import replaces what is kept here.

Source: PIPL art. 46; GDPR art. 16, 19.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody.basis import Basis
from callwarden.custody.bounds import bounds_of
from callwarden.custody.categories import Category
from callwarden.custody.destroy import destroy_record
from callwarden.custody.models import Customer, Line, Record
from callwarden.custody.open import open_fields
from callwarden.custody.put import Place, put_fields
from callwarden.custody.scope import client_scope
from callwarden.custody.versions import hold_still, versions
from callwarden.flows import customers
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import Ask, disclose
from callwarden.flows.requests import verify
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Conflict, InvalidInput, Refused
from callwarden.kernel.events import Event
from callwarden.lawful.consent.actions import note_age
from callwarden.lawful.gate import Refusal, customer_basis
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import SubjectRequest
from callwarden.lawful.retention.queries import hold_rules

PURPOSE: Final = "subject_request"
FIELDS: Final[Mapping[str, Category]] = {
    "name": Category.IDENTITY,
    "birth_date": Category.IDENTITY,
    "phone": Category.CONTACT,
    "email": Category.CONTACT,
    "address": Category.CONTACT,
    "plate": Category.CONTACT,
    "id_number": Category.GOVERNMENT_ID,
    "card_number": Category.PAYMENT_CARD,
}
SEVERAL: Final = frozenset({"phone", "email", "card_number"})
Values = dict[str, list[str]]


def correct(
    actor: Actor, client: UUID, request_id: UUID, right: Mapping[str, Sequence[str]], *, reason: str
) -> tuple[str, ...]:
    """Put what is right in the place of what is wrong. Returns the names of the fields that changed.

    Args:
        right: field -> all of its right values; none where nothing of it is to be kept.

    Raises:
        NotFound: no such request.
        Refused: it asks for no correction, is not being carried out, or nothing may be kept of customers.
        InvalidInput: no field, an unknown one, a value that cannot be one, or everything stands like that already.
        AccessRefused: this person may not open what stands there for the request (now).
        Conflict: it was replaced meanwhile.
    """
    _check(right)
    touched = {FIELDS[name] for name in right}
    with client_scope(client):
        request = _under_way(verify.find(client, request_id))
        assert request.customer is not None
        kept = _kept(request.customer, touched)
    before = _open(actor, request, kept, reason)
    with client_scope(client):
        hold_rules()
        request = _under_way(SubjectRequest.objects.select_for_update(of=("self",)).get(pk=request_id))
        assert request.customer_id is not None
        customer = Customer.objects.select_for_update().get(pk=request.customer_id)
        if not hold_still(kept, replacing=True) or {one.pk for one in _kept(customer, touched)} != {*before}:
            raise Conflict("replaced_meanwhile", _("The record was replaced meanwhile. Look at it, then correct it."))
        changed = _changed(before, right)
        if not changed:
            raise InvalidInput("nothing_changes", _("All of it stands like that already. Nothing was changed."))
        line = kept[0].line if kept else request.line
        _replace(customer, line, kept, before, {name: right[name] for name in changed}, actor.name)
        entry = journal.record(
            journal.Entry(
                event=Event.CUSTOMER_CHANGED,
                actor=actor.name,
                session=actor.session,
                client=client,
                subject=customer.subject_id,
                fields=changed,
                data={"line": line.slug, "request": str(request.pk)},
            )
        )
        request.corrected = sorted({*request.corrected, *changed})
        request.corrections = [*request.corrections, entry]
        request.save(update_fields=["corrected", "corrections"])
    return changed


def _check(right: Mapping[str, Sequence[str]]) -> None:
    if not right:
        raise InvalidInput("nothing_changes", _("Enter what is right for at least one field."))
    for name, values in right.items():
        several = name in SEVERAL
        if name not in FIELDS or (not several and len(values) > 1) or (name == "name" and not values):
            raise InvalidInput("bad_field", _("This cannot be kept of a customer. Correct what was entered."))
        if any(not value.strip() or len(value) > 300 for value in values):
            raise InvalidInput("bad_value", _("A value is empty or too long. Correct what was entered."))
    for value in right.get("birth_date", ()):
        _born(value)


def _born(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise InvalidInput("bad_date", _("This is no date. Write it as 1990-12-31.")) from None


def _under_way(request: SubjectRequest) -> SubjectRequest:
    if request.kind != Kind.CORRECTION or request.state != SubjectRequest.State.EXECUTING:
        raise Refused("not_correcting", _("This request is no correction, or it is not being carried out."))
    if request.customer_id is None:
        raise Refused("no_customer_record", _("No customer record belongs to this request. Refuse it with its reason."))
    return request


def _kept(customer: Customer, categories: set[Category]) -> list[Record]:
    """Of each category the record that stands; one before it may still be there for a hold."""
    own = Record.objects.filter(customer=customer, call__isnull=True, category__in=categories)
    alive = own.exclude(state=Record.State.DESTROYED).select_related("line").order_by("created_at", "id")
    return list({record.category: record for record in alive}.values())


def _open(actor: Actor, request: SubjectRequest, kept: Sequence[Record], reason: str) -> dict[UUID, Values]:
    """What stands there now. What is not touched has to go on standing, so it has to be opened."""
    if not kept:
        return {}
    grant = disclose(
        Ask(
            actor=actor,
            client=request.client_id,
            action="reveal",
            purpose=PURPOSE,
            records={record.pk: () for record in kept},
            reason=reason,
            request=request.pk,
            max_uses=len(kept),
        )
    )
    with client_scope(request.client_id):
        return {record.pk: open_fields(grant, record) for record in kept}


def _changed(before: Mapping[UUID, Values], right: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    stood = _together(before.values())
    return tuple(name for name in FIELDS if name in right and sorted(stood.get(name, [])) != sorted(right[name]))


def _together(several: Iterable[Values]) -> Values:
    values: Values = {}
    for one in several:
        for name, found in one.items():
            values.setdefault(name, []).extend(found)
    return values


def _replace(
    customer: Customer,
    line: Line,
    kept: Sequence[Record],
    before: Mapping[UUID, Values],
    right: Mapping[str, Sequence[str]],
    actor: str,
) -> None:
    """Only the records that hold a field that changes, each kept by the line, and bound by what binds, the one before.

    What is new of its kind takes over what binds the others.
    """
    concerned = {FIELDS[name] for name in right}
    old = {record.category: record for record in kept if record.category in concerned}
    for category in sorted(concerned):
        was = old.get(category)
        values = dict(before[was.pk]) if was else {}
        values |= {name: list(told) for name, told in right.items() if FIELDS[name] == category}
        fields = [(name, value) for name, told in values.items() for value in told]
        if fields:
            with versions(_basis(was.line if was else line), actor=actor) as shelf:
                put_fields(
                    shelf,
                    category=category,
                    subject=customer.subject,
                    fields=fields,
                    place=Place(customer=customer),
                    bounds=bounds_of([was] if was else old.values()),
                )
    for record in old.values():
        destroy_record(record, actor=actor, reason="corrected")
    customers.index_again(customer, {name: list(told) for name, told in right.items()})
    if born := right.get("birth_date"):
        today = clock.now().date()
        note_age(customer.subject, _born(born[0]), jurisdiction=line.jurisdiction, today=today, actor=actor)
    customer.updated_at = clock.now()
    customer.save(update_fields=["updated_at"])


def _basis(line: Line) -> Basis:
    basis = customer_basis(line, now=clock.now())
    if isinstance(basis, Refusal):
        raise Refused("no_basis_for_customers", customers.NO_BASIS, data={"reasons": list(basis.reasons)})
    return basis
