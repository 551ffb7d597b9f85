"""Making key holders, customers and the links between them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from callwarden.custody.models import Customer, Leg, Person, PersonLink, Subject
from callwarden.kernel import clock
from callwarden.kernel.models import User


def new_subject(client: UUID, kind: str) -> Subject:
    """A key holder. Its keys come into being with the first record put under it."""
    return Subject.objects.create(client_id=client, kind=kind, created_at=clock.now())


def new_customer(client: UUID, *, number: bytes, version: int = 1, language: str = "", vip: bool = False) -> Customer:
    """A customer with a subject and a person of their own."""
    now = clock.now()
    subject = new_subject(client, Subject.Kind.CUSTOMER)
    person = Person.objects.create(client_id=client, created_at=now)
    link(person, subject)
    return Customer.objects.create(
        client_id=client,
        person=person,
        subject=subject,
        number=number,
        number_version=version,
        language=language,
        vip=vip,
        created_at=now,
        updated_at=now,
        known_since=now,
    )


def link(person: Person, subject: Subject) -> PersonLink:
    """Say that this subject is this person, until revoked. Rewraps nothing."""
    link, _created = PersonLink.objects.get_or_create(
        client_id=person.client_id,
        person=person,
        subject=subject,
        revoked_at=None,
        defaults={"linked_at": clock.now()},
    )
    return link


def unlink(link: PersonLink) -> PersonLink:
    link.revoked_at = clock.now()
    link.save(update_fields=["revoked_at"])
    return link


def person_of(subject: Subject) -> PersonLink:
    """The link that says who this key holder is; made with a person of their own where nobody has said so.

    Call it inside `client_scope`, with the key holder held.
    """
    found = PersonLink.objects.filter(subject=subject, revoked_at__isnull=True).first()
    return found or link(Person.objects.create(client_id=subject.client_id, created_at=clock.now()), subject)


def join_people(kept: UUID, other: UUID) -> int:
    """Let everything linked to `other` be linked to `kept`, customers too. Returns how many key holders that are.

    Rewraps nothing. Call it inside `client_scope`.
    """
    standing = list(PersonLink.objects.select_for_update().filter(person=other, revoked_at__isnull=True).order_by("id"))
    _pass_on(standing, kept)
    Customer.objects.filter(person=other).update(person=kept)
    return len(standing)


def part_customer(customer: Customer) -> Person:
    """Give this customer a person of their own again, with the callers of the calls that were with them.

    Rewraps nothing. Call it inside `client_scope`.
    """
    own = Person.objects.create(client_id=customer.client_id, created_at=clock.now())
    callers = Leg.objects.filter(call__customer=customer).exclude(party=Leg.Party.AGENT).values("subject")
    theirs = PersonLink.objects.select_for_update().filter(
        Q(subject=customer.subject_id) | Q(subject__in=callers), person=customer.person_id, revoked_at__isnull=True
    )
    _pass_on(list(theirs.order_by("id")), own.pk)
    customer.person = own
    customer.save(update_fields=["person"])
    return own


def _pass_on(standing: list[PersonLink], person: UUID) -> None:
    now = clock.now()
    PersonLink.objects.filter(id__in=[one.pk for one in standing]).update(revoked_at=now)
    PersonLink.objects.bulk_create(
        PersonLink(client_id=one.client_id, person_id=person, subject_id=one.subject_id, linked_at=now)
        for one in standing
    )


def agent_subject(client: UUID, user: User | None) -> Subject:
    """The key holder of an agent, one per client; agents are data subjects too. An unknown agent gets a fresh one, and
    so does one whose erasure waits for a floor or a hold: what they say from then on is not part of it.
    """
    if user is None:
        return new_subject(client, Subject.Kind.AGENT)
    subject, _created = Subject.objects.get_or_create(
        client_id=client,
        user=user,
        destroyed_at=None,
        erasure_due=False,
        defaults={"kind": Subject.Kind.AGENT, "created_at": clock.now()},
    )
    return subject
