"""Registering partners, moving them on, stopping them at once. Called inside `client_scope`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import LedgerDetail, Line
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.machine import About
from callwarden.kernel.models import User
from callwarden.kernel.structural import Value
from callwarden.partners.register import queries, rules
from callwarden.partners.register.models import Partner, PartnerContact, PartnerService, SubProcessor
from callwarden.partners.register.terms import State

_MAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()./-]{4,28}")


@dataclass(frozen=True)
class Wish:
    """A partner as it shall be on record."""

    name: str
    name_zh: str
    country: str
    registration: str
    role: str
    locations: tuple[str, ...]
    owner: User
    holds_data: bool = False


@transaction.atomic
def register(client: UUID, wish: Wish, *, by: User, session: UUID | None = None) -> Partner:
    """Put a partner on record, as a prospect.

    Raises:
        InvalidInput: a number or place cannot be used, or it is on record already.
    """
    fields = _fields(wish)
    _not_twice(fields, but=None)
    made = Partner.objects.create(client_id=client, registered_at=clock.now(), **fields)
    _record(Event.PARTNER_REGISTERED, made, by, session, role=made.role, country=made.country)
    return made


@transaction.atomic
def change(partner: Partner, wish: Wish, *, by: User, session: UUID | None = None) -> Partner:
    """Correct what is on record; the log says which parts changed.

    Raises:
        Conflict: it has left; or it would become another company, or one without data of ours, by a correction.
        InvalidInput: as `register`.
    """
    locked = _open(partner)
    fields = _fields(wish)
    _stays_itself(locked, fields)
    _not_twice(fields, but=locked)
    changed = sorted(name for name, value in fields.items() if getattr(locked, name) != value)
    if changed:
        for name in changed:
            setattr(locked, name, fields[name])
        locked.save(update_fields=changed)
        _record(Event.PARTNER_CHANGED, locked, by, session, changed=changed)
    return locked


@transaction.atomic
def add_service(
    partner: Partner,
    *,
    kind: str,
    lines: Iterable[UUID],
    categories: Iterable[str],
    volume: int,
    by: User,
    session: UUID | None = None,
) -> PartnerService:
    """Say what it does for us and with which data; a service of the same kind is replaced.

    Raises:
        Conflict: it has left.
        InvalidInput: it gets no data, or a line is not this client's.
    """
    locked = _open(partner)
    kinds, served = sorted(set(categories)), sorted(set(lines))
    if not kinds:
        raise InvalidInput("no_categories", _("Say which kinds of data it gets."))
    if Line.objects.filter(pk__in=served, client=locked.client_id).count() != len(served):
        raise InvalidInput("unknown_line", _("There is no such line. Choose from the list."))
    made, _new = PartnerService.objects.update_or_create(
        partner=locked,
        kind=kind,
        defaults={"client_id": locked.client_id, "lines": served, "categories": kinds, "volume": volume},
    )
    told: dict[str, Value] = {"service": kind, "categories": list(kinds), "volume": int(volume), "lines": len(served)}
    _record(Event.PARTNER_CHANGED, locked, by, session, changed=["services"], **told)
    return made


@transaction.atomic
def remove_service(partner: Partner, service: UUID, *, by: User, session: UUID | None = None) -> None:
    """It does this for us no more."""
    locked = _open(partner)
    found = locked.services.filter(pk=service).first()
    if found is not None:
        found.delete()
        _record(Event.PARTNER_CHANGED, locked, by, session, changed=["services"], removed=found.kind)


@transaction.atomic
def add_sub_processor(
    partner: Partner,
    *,
    kind: str,
    other: Partner | None = None,
    name: str = "",
    country: str = "",
    by: User,
    session: UUID | None = None,
) -> SubProcessor:
    """Say whom it passes data to: another partner, or an entity by name and country.

    Raises:
        Conflict: it has left.
        InvalidInput: neither or both are named, it is the partner itself, or it is on record.
    """
    locked = _open(partner)
    if (other is None) == (not name.strip()):
        raise InvalidInput("who_else", _("Choose a partner, or name an entity: one of the two."))
    if other is not None and (other.pk == locked.pk or locked.sub_processors.filter(other=other).exists()):
        raise InvalidInput("sub_processor_known", _("It is the partner itself, or on record already."))
    made = SubProcessor.objects.create(
        client_id=locked.client_id,
        partner=locked,
        other=other,
        name="" if other else name.strip(),
        country="" if other else rules.country(country),
        kind=kind,
    )
    told: dict[str, Value] = {"service": kind}
    told |= {"other": str(other.pk)} if other else {"country": made.country}
    _record(Event.PARTNER_CHANGED, locked, by, session, changed=["sub_processors"], **told)
    return made


@transaction.atomic
def remove_sub_processor(partner: Partner, sub: UUID, *, by: User, session: UUID | None = None) -> None:
    locked = _open(partner)
    found = locked.sub_processors.filter(pk=sub).first()
    if found is not None:
        found.delete()
        _record(Event.PARTNER_CHANGED, locked, by, session, changed=["sub_processors"], removed=found.kind)


@transaction.atomic
def name_contact(
    partner: Partner, *, duty: str, name: str, mail: str, phone: str, by: User, session: UUID | None = None
) -> PartnerContact:
    """Name whom to reach there for a duty; whoever was named before is forgotten.

    Raises:
        Conflict: it has left.
        InvalidInput: nobody can be reached by this.
    """
    locked = _open(partner)
    name, mail, phone = name.strip(), mail.strip(), phone.strip()
    if not name or not (mail or phone):
        raise InvalidInput("no_contact", _("Give a name, and an address or a number to reach them by."))
    if (mail and not _MAIL.fullmatch(mail)) or (phone and not _PHONE.fullmatch(phone)):
        raise InvalidInput("bad_contact", _("An address looks like name@example.com, a number like +86 755 1234 5678."))
    for before in locked.contacts.filter(duty=duty):
        _forget_one(before, locked, by, session)  # said in the log, so that a restored store forgets them too
    entry = journal.record(
        Entry(
            event=Event.PARTNER_CONTACT_NAMED,
            actor=by.actor,
            session=session,
            client=locked.client_id,
            data={"kind": "partner", "id": str(locked.pk), "duty": duty},
            detail={"name": name, "mail": mail, "phone": phone},
        )
    )
    return PartnerContact.objects.create(
        client_id=locked.client_id, partner=locked, duty=duty, entry=entry, named_at=clock.now()
    )


@transaction.atomic
def forget_contact(partner: Partner, contact: UUID, *, by: User, session: UUID | None = None) -> None:
    """Forget whom to reach there: what was sealed goes as well, and the entry of the log links to nobody."""
    locked = Partner.objects.select_for_update().get(pk=partner.pk)
    found = locked.contacts.filter(pk=contact).first()
    if found is not None:
        _forget_one(found, locked, by, session)


@transaction.atomic
def move(partner: Partner, to: str, *, by: User, session: UUID | None = None) -> Partner:
    """Take a step that needs nobody else: look at it closely, approve, let it work, part from it.

    Whom to reach there is forgotten with the last step.

    Raises:
        Refused: something stands against it (`rules.why_not`).
        Conflict: no such step from where it is; or it leads out of a suspension, which two people decide on.
    """
    _hold(partner)
    if State.SUSPENDED in (partner.state, to) and to != State.EXITING:
        raise Conflict("resumed_by_two", _("Two people let a suspended partner go on. Ask for it."))
    changes = _UNSUSPENDED if partner.state == State.SUSPENDED else {}
    facts = queries.facts_of(partner)
    moved = Partner.machine.move(partner, to, actor=by.actor, changes=changes, about={"session": session}, facts=facts)
    if to == State.EXITED:
        forget(moved.contacts.all())
    return moved


@transaction.atomic
def leave(partner: Partner, reference: str, *, by: User, session: UUID | None = None) -> Partner:
    """It has left, and said in writing that it returned or destroyed what it had of ours.

    Raises:
        InvalidInput: the reference is no file number.
        Conflict: it is not on its way out.
    """
    number = rules.reference(reference)
    changes = {"attestation": number, "holds_data": False}
    about: About = {"session": session, "data": {"attested": True}, "detail": {"reference": number}}
    _hold(partner)
    facts = queries.facts_of(partner, attested=number)
    moved = Partner.machine.move(partner, State.EXITED, actor=by.actor, changes=changes, about=about, facts=facts)
    forget(moved.contacts.all())
    return moved


def suspend(partner: Partner, *, reason: str, by: User, session: UUID | None = None) -> Partner:
    """Stop it at once, by one person, for a reason that is kept sealed.

    Raises:
        InvalidInput: no reason.
        Conflict: there is nothing to stop.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", _("Say why. It is kept sealed."))
    about: About = {"session": session, "detail": {"reason": reason.strip()}}
    return _suspend(partner, by.actor, about)


def suspend_again(partner: Partner, *, actor: str) -> Partner:
    """What a restored store does not know: it was stopped, or parted from, after the copy was made."""
    return _suspend(partner, actor, {"reasons": ("restored",)})


def resume(partner: Partner, *, by: User, approval: UUID) -> Partner:
    """Let it go on, as two people decided: to where it was, or back to being assessed where its vetting is too old."""
    facts = queries.facts_of(partner)
    to = rules.resumes_to(partner.suspended_from, facts)
    about: About = {"approval": approval}
    return Partner.machine.move(partner, to, actor=by.actor, changes=_UNSUSPENDED, about=about, facts=facts)


_UNSUSPENDED: Final[dict[str, object]] = {"suspended_from": "", "suspended_at": None}


def _suspend(partner: Partner, actor: str, about: About) -> Partner:
    at: datetime = clock.now()
    changes = {"suspended_from": partner.state, "suspended_at": at}
    return Partner.machine.move(partner, State.SUSPENDED, actor=actor, changes=changes, about=about)


def _forget_one(contact: PartnerContact, partner: Partner, by: User, session: UUID | None) -> None:
    _record(Event.PARTNER_CONTACT_FORGOTTEN, partner, by, session, duty=contact.duty, named_in=str(contact.entry))
    forget([contact])


def forget(contacts: Iterable[PartnerContact]) -> None:
    """Nobody there has to be reached by these any more: row and what was sealed go together."""
    for contact in contacts:
        LedgerDetail.objects.filter(entry=contact.entry).delete()
        contact.delete()


def _locked(partner: Partner) -> Partner:
    return Partner.objects.select_for_update().get(pk=partner.pk)


def _hold(partner: Partner) -> None:
    """Lock it and see it as it is now: what the step depends on is read after that."""
    _locked(partner)
    partner.refresh_from_db()


def _open(partner: Partner) -> Partner:
    locked = _locked(partner)
    if locked.state == State.EXITED:
        raise Conflict("partner_left", _("It has left. Register it anew if it comes back."))
    return locked


def _fields(wish: Wish) -> dict[str, object]:
    if not wish.name.strip():
        raise InvalidInput("name_missing", _("Give the name under which it is registered."))
    return {
        "name": wish.name.strip(),
        "name_zh": wish.name_zh.strip(),
        "country": rules.country(wish.country),
        "registration": rules.registration(wish.registration),
        "role": wish.role,
        "locations": rules.locations(wish.locations),
        "owner": wish.owner,
        "holds_data": wish.holds_data,
    }


def _stays_itself(partner: Partner, fields: dict[str, object]) -> None:
    """Who is looked at closely is who they are: under another number the company could be registered anew, past what
    two people decide. And only its written word says that it has data of ours no more.
    """
    identity = ("country", "registration")
    settled = partner.state not in (State.PROSPECT, State.ASSESSING)
    if settled and any(getattr(partner, name) != fields[name] for name in identity):
        raise Conflict(
            "partner_is_itself",
            _("Country and number stay what they were assessed under. Part from it to register another."),
        )
    if partner.holds_data and not fields["holds_data"]:
        raise Conflict(
            "partner_holds_data", _("It has data of ours until its written word says otherwise, when you part from it.")
        )


def _not_twice(fields: dict[str, object], *, but: Partner | None) -> None:
    same = Partner.objects.filter(country=fields["country"], registration=fields["registration"])
    if (same.exclude(pk=but.pk) if but else same).exists():
        raise InvalidInput("partner_known", _("A partner of this country and number is on record already."))


def _record(event: Event, partner: Partner, by: User, session: UUID | None, **data: Value) -> None:
    told = {"kind": "partner", "id": str(partner.pk), **data}
    journal.record(Entry(event=event, actor=by.actor, session=session, client=partner.client_id, data=told))
