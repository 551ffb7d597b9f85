"""Could this person do that, and why not: the decision and its way out, without opening anything.

What is known of a real person or a real record comes from where the door takes it; the circumstances are those that
somebody imagines. Only structure is read, no value of anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.control.access.models import PolicyVersion
from callwarden.control.access.queries import compiled
from callwarden.custody.models import Client, Record
from callwarden.custody.scope import client_scope
from callwarden.engines import policy
from callwarden.engines.policy import Advice, advise
from callwarden.flows.actors import Actor
from callwarden.flows.facts import principal_of, resource_for, training_of
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import NotFound
from callwarden.kernel.events import Event
from callwarden.kernel.models import Session, User

_ELSEWHERE = "elsewhere"
_HERE = "here"


@dataclass(frozen=True)
class Situation:
    """Who, what and the circumstances to imagine.

    Attributes:
        user: a real person; their roles, lines, roster and declared ties then count, and `roles` does not.
        record: a real record; its kind, line, protection and state then count, and those given here do not.
        mfa_minutes: since the second factor; None: never.
        shift, training: as the policy knows them; "" for a real person: as it is now.
        bulk_count: people whose records are opened in the window, this one included.
    """

    action: str
    purpose: str
    category: str
    roles: tuple[str, ...] = ()
    user: User | None = None
    record: UUID | None = None
    call: bool = False
    ticket: bool = False
    campaign: bool = False
    reason: bool = False
    grant: bool = False
    consent: bool = False
    mfa_minutes: int | None = None
    shift: str = ""
    training: str = ""
    bulk_count: int = 1
    vip: bool = False
    hold: bool = False
    restricted: bool = False
    other_client: bool = False
    other_line: bool = False
    own_record: bool = False
    own_request: bool = False


def simulate(
    situation: Situation, versions: Sequence[PolicyVersion], *, actor: Actor
) -> list[tuple[PolicyVersion, Advice]]:
    """What each version makes of the situation. That it was tried stands in the ledger, with no more than slugs.

    Raises:
        NotFound: there is no such record.
    """
    request = request_of(situation)
    numbers = [str(version.version) for version in versions]
    found = [(version, advise(compiled(version), request)) for version in versions]
    with transaction.atomic():
        journal.record(
            journal.Entry(
                event=Event.POLICY_SIMULATED,
                actor=actor.name,
                session=actor.session,
                records=(situation.record,) if situation.record else (),
                purpose=situation.purpose,
                data={
                    "action": request.action,
                    "category": request.resource.category,
                    "roles": sorted(request.principal.roles),
                    "of": str(situation.user.pseudonym) if situation.user else "",
                    "versions": numbers,
                },
            )
        )
    return found


def request_of(situation: Situation) -> policy.Request:
    """The request as the door would make it, with the imagined circumstances.

    Raises:
        NotFound: there is no such record.
    """
    person = _actor(situation)
    if situation.record:
        principal, resource = _with_record(person, situation, situation.record)
    else:
        principal = person.principal() if person else _imagined(situation)
        if person is not None and person.user is not None:
            principal = replace(principal, training=training_of(person.user))
        resource = _resource(situation)
        if person is None or person.user is None or person.user.lines is None:
            queue = _ELSEWHERE if situation.other_line else _HERE
            principal = replace(principal, queues=frozenset({_HERE}))
        else:
            lines = sorted(map(str, person.user.lines))
            queue = _ELSEWHERE if situation.other_line or not lines else lines[0]
        resource = replace(resource, queue=queue)
        if situation.other_client:
            principal = replace(principal, clients=frozenset({_HERE}))
    if situation.own_record:
        principal = replace(principal, subject_links=principal.subject_links | resource.subject_links)
    principal = replace(
        principal,
        shift=situation.shift or principal.shift,
        training=situation.training or principal.training,
        mfa_age_s=None if situation.mfa_minutes is None else situation.mfa_minutes * 60,
    )
    return policy.Request(principal, situation.action, resource, _context(situation))


def _actor(situation: Situation) -> Actor | None:
    if situation.user is None:
        return None
    # A session that is in no table: what it can do ends with this function.
    login = Session(user=situation.user, mfa_at=clock.now() - timedelta(minutes=situation.mfa_minutes or 0))
    return Actor(name=str(situation.user.pseudonym), session=login.id, user=situation.user, login=login)


def _imagined(situation: Situation) -> policy.Principal:
    return policy.Principal(
        id="simulated",
        roles=frozenset(situation.roles),
        session="simulated",
        subject_links=frozenset({"simulated"}),
        training="not_measured",
        shift="not_measured",
        queues=policy.ANY,
        clients=policy.ANY,
    )


def _resource(situation: Situation) -> policy.Record:
    return policy.Record(
        id="simulated",
        category=situation.category,
        client=_ELSEWHERE if situation.other_client else _HERE,
        line=_HERE,
        queue=_HERE,
        subject_links=frozenset({"somebody"}),
        vip=situation.vip,
        hold=situation.hold,
        restricted=situation.restricted,
    )


def _with_record(person: Actor | None, situation: Situation, record_id: UUID) -> tuple[policy.Principal, policy.Record]:
    for client in Client.objects.order_by("slug"):
        with client_scope(client.id):
            related = Record.objects.select_related("line", "customer", "call__customer", "bucket", "subject")
            record = related.filter(pk=record_id).exclude(state=Record.State.DESTROYED).first()
            if record is not None:
                asks = person or Actor(name="system")
                principal = principal_of(person) if person else _imagined(situation)
                return principal, resource_for(record, asks)
    raise NotFound("record_not_found", _("This record does not exist, or it has been erased."))


def _context(situation: Situation) -> policy.Context:
    return policy.Context(
        purpose=situation.purpose,
        reason_given=situation.reason,
        active_call=situation.call,
        ticket=situation.ticket,
        campaign=situation.campaign,
        consent={situation.purpose: situation.consent},
        bulk_count=situation.bulk_count,
        grant=situation.grant,
        own_request=situation.own_request,
    )
