"""Requests that other systems of the client hand in for people they have verified themselves.

Names follow OpenDSR 2.0 (Open Data Subject Request framework). A request is known there by an id its sender made up,
so that one sent again is the same request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from callwarden.custody import indexes
from callwarden.custody.models import Customer, Line
from callwarden.custody.scope import client_scope
from callwarden.flows import lookups
from callwarden.flows.actors import Actor
from callwarden.flows.requests import stranger, verify
from callwarden.flows.requests.stranger import Known
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Conflict, InvalidInput, NotFound
from callwarden.kernel.events import Event
from callwarden.lawful.requests import actions, statements
from callwarden.lawful.requests.kinds import Channel, Kind, RejectionReason
from callwarden.lawful.requests.models import SubjectRequest

State = SubjectRequest.State
TYPES: Final[Mapping[str, Kind]] = {
    **{kind.value: kind for kind in Kind if kind != Kind.COPY},
    "portability": Kind.COPY,
    "rectification": Kind.CORRECTION,
}
REGULATIONS: Final = {"pipl": "cn", "gdpr": "eu", "uk_gdpr": "uk", "ccpa": "us-ca"}
IDENTITIES: Final = {
    "phone_number": Known.PHONE,
    "email": Known.EMAIL,
    "controller_customer_id": Known.NUMBER,
}
_CANCELLABLE: Final = frozenset({State.RECEIVED, State.VERIFYING, State.ACCEPTED, State.PLANNED})


@dataclass(frozen=True)
class Sent:
    """What a system sent. `type` and `regulation` as OpenDSR names them, `callbacks` as addresses; `purposes` for a
    withdrawal or objection that is about these alone, `statement` for a correction."""

    reference: UUID
    type: str
    regulation: str
    submitted_at: datetime
    language: str
    callbacks: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    statement: str = field(default="", repr=False)


@dataclass(frozen=True)
class Taken:
    """`created`: False where the same request had been taken in before."""

    request: SubjectRequest
    created: bool


def check(line: Line, sent: Sent) -> None:
    """Refuse what cannot be meant, before anybody is looked up.

    Raises:
        InvalidInput: an unknown type or regulation, a time to come, purposes where none belong, a correction that does
            not say what is wrong, or an address nobody configured.
    """
    if sent.type not in TYPES:
        raise InvalidInput(
            "unknown_request_type",
            _("There is no such type of request. Use one of: %(types)s."),
            data={"types": ", ".join(sorted(TYPES))},
        )
    jurisdiction = REGULATIONS.get(sent.regulation)
    if jurisdiction is None:
        raise InvalidInput(
            "unknown_regulation",
            _("There is no such regulation. Use one of: %(regulations)s."),
            data={"regulations": ", ".join(sorted(REGULATIONS))},
        )
    if jurisdiction != line.jurisdiction:
        raise InvalidInput(
            "regulation_of_other_line",
            _("This line is under another law (%(jurisdiction)s), which computes the date. Name that or another line."),
            data={"jurisdiction": line.jurisdiction},
        )
    if sent.submitted_at > clock.now():
        raise InvalidInput("in_the_future", _("A request cannot have come later than now. Correct the time."))
    if sent.purposes and TYPES[sent.type] not in verify.AT_ONCE:
        raise InvalidInput(
            "purposes_not_asked", _("Only a withdrawal or an objection names purposes. Leave them out here.")
        )
    statements.checked(TYPES[sent.type], sent.statement)
    _endpoints(sent.callbacks)


def find(actor: Actor, client: UUID, identities: Iterable[tuple[str, str]]) -> Customer:
    """The one customer all these identities lead to. Found or not, the look-up stands in the ledger without values.

    Args:
        identities: pairs of OpenDSR identity type and value. Those nobody is known by are passed over.

    Raises:
        NotFound: nobody is known by any of them.
        Conflict: they lead to several customers, or a shared one leads to several.
        InvalidInput: a value cannot be what it is said to be.
        TooManyLookups: the program has looked up too many within a minute.
    """
    wanted = [(IDENTITIES[type_], stranger.normalised(IDENTITIES[type_], value)) for type_, value in identities]
    with client_scope(client, durable=True):
        allowed = lookups.count(actor)
        found: dict[UUID, Customer] = {}
        meant: set[UUID] | None = None
        for column, normal in wanted if allowed else ():
            known = {one.id: one for one in Customer.objects.filter(indexes.known_by(client, column, normal))[:50]}
            if known:
                found |= known
                meant = set(known) if meant is None else meant & set(known)
        journal.record(
            journal.Entry(
                event=Event.DISCLOSE_SEARCH,
                actor=actor.name,
                client=client,
                purpose="subject_request",
                decision="allow" if allowed else "refuse",
                reasons=() if allowed else (lookups.REASON,),
                count=len(meant or ()),
                data={"column": ",".join(sorted({str(column.value) for column, _normal in wanted}))},
            )
        )
    if not allowed:
        raise lookups.too_many()
    if meant is None:
        raise NotFound("subject_unknown", _("Nobody is known by any of these identities."))
    if len(meant) != 1:
        raise Conflict(
            "subject_ambiguous", _("These identities do not lead to exactly one customer. Send the customer number.")
        )
    return found[meant.pop()]


def take_in(line: Line, sent: Sent, customer: Customer, *, actor: Actor) -> Taken:
    """Take the request in as that of this customer; the system that sent it has verified them.

    Raises:
        Conflict: the id was used for something else.
        InvalidInput: it names a purpose the line does not serve.
    """
    with client_scope(line.client_id):
        earlier = SubjectRequest.objects.filter(client=line.client_id, reference=sent.reference).first()
        if earlier is not None:
            same = (earlier.kind, earlier.line_id, earlier.customer_id) == (TYPES[sent.type], line.id, customer.id)
            same = same and earlier.purposes == sorted(set(sent.purposes))
            if not same or earlier.received_at != sent.submitted_at:
                raise Conflict(
                    "request_id_reused", _("This id was used for another request. Send a new id with a new request.")
                )
            return Taken(earlier, created=False)
        request = actions.receive(
            line,
            kind=TYPES[sent.type],
            channel=Channel.API,
            actor=actor.name,
            received_at=sent.submitted_at,
            language=sent.language,
            claimed=customer,
            reference=sent.reference,
            told=_endpoints(sent.callbacks),
            purposes=sent.purposes,
            statement=sent.statement,
        )
        request = verify.known(request, customer, how=verify.SYSTEM, actor=actor.name)
    return Taken(verify.go_on(request), created=True)


def look(client: UUID, reference: UUID) -> SubjectRequest:
    """The request some system of the client handed in under this id. Call it inside `client_scope`.

    Raises:
        NotFound: there is none.
    """
    of_systems = SubjectRequest.objects.filter(client=client, channel=Channel.API)
    found = of_systems.filter(reference=reference).first()
    if found is None:
        raise NotFound("request_not_known", _("No request was handed in under this id."))
    return found


def cancel(client: UUID, reference: UUID, *, actor: Actor) -> SubjectRequest:
    """Take a request back before it is carried out; asked twice it is one cancellation.

    Raises:
        NotFound: there is none.
        Conflict: it is being carried out, or is over.
    """
    with client_scope(client):
        request = look(client, reference)
        if request.rejected_for == RejectionReason.TAKEN_BACK:
            return request
        if request.state not in _CANCELLABLE:
            raise Conflict("too_late_to_cancel", _("This request is being carried out or is over. It stays as it is."))
        return actions.reject(request, reason=RejectionReason.TAKEN_BACK, actor=actor.name)


def _endpoints(callbacks: Iterable[str]) -> list[str]:
    """Names of the configured webhooks with these addresses; nothing is sent to any other."""
    names = {endpoint["url"]: name for name, endpoint in settings.CALLWARDEN_WEBHOOKS.items()}
    if not set(callbacks) <= set(names):
        raise InvalidInput(
            "callback_not_configured",
            _("A call-back goes to configured webhooks only. Have the address added to the webhooks of this site."),
        )
    return [names[url] for url in callbacks]
