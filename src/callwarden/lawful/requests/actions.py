"""What happens to a request of a data subject. Dates are computed, states move through the machine."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Call, Customer, Line, PersonLink
from callwarden.custody.scope import client_scope
from callwarden.kernel import clock, deadlines, journal
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.machine import About
from callwarden.kernel.models import Deadline, User
from callwarden.kernel.roles import Role
from callwarden.lawful.requests import limits, queries, statements, telling
from callwarden.lawful.requests.kinds import Channel, Kind, RejectionReason
from callwarden.lawful.requests.models import RequestProof, RequestTask, SubjectRequest

State = SubjectRequest.State
Replica = RequestTask.Replica
# Without letters and digits that are mistaken for one another when read out on the telephone.
_ALPHABET: Final = "23456789CDFGHJKLMNPQRTVWXYZ"
RULE: Final = "request-answer"
# A failed task is tried again after this long, doubled each time, a day at most.
RETRY: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class Waits:
    """Why something of a replica must stay for now: `provision` names the hold or the legal period."""

    provision: str
    until: datetime | None


def receive(
    line: Line,
    *,
    kind: Kind,
    channel: Channel,
    actor: str,
    received_at: datetime | None = None,
    language: str = "en",
    purposes: Iterable[str] = (),
    call: Call | None = None,
    claimed: Customer | None = None,
    reference: UUID | None = None,
    told: Iterable[str] = (),
    statement: str = "",
) -> SubjectRequest:
    """Take in a request. Its time starts when it reached the centre, whoever was slow to enter it.

    Call it inside `client_scope`.

    Args:
        reference: id under which the sender knows it; the same id is the same request.
        told: names of configured webhooks that hear when it moves.
        statement: what a correction says is wrong and what is right; sealed.

    Raises:
        InvalidInput: it lies in the future, names a purpose the line does not serve, or does not say what is wrong.
        Conflict: a request with this reference was taken in before.
    """
    _inside()
    said = statements.checked(kind, statement)
    now = clock.now()
    received = received_at or now
    if received > now:
        raise InvalidInput("in_the_future", _("A request cannot have come later than now. Correct the time."))
    wanted = sorted(set(purposes))
    if set(wanted) - set(line.purposes.values_list("purpose_id", flat=True)):
        raise InvalidInput(
            "unknown_purpose", _("This line does not serve this purpose. Use one of the purposes set up for it.")
        )
    due = limits.due(kind, line.jurisdiction, received, zone=ZoneInfo(line.time_zone))
    request = SubjectRequest(
        client_id=line.client_id,
        code="".join(secrets.choice(_ALPHABET) for _ in range(8)),
        kind=kind,
        channel=channel,
        line=line,
        jurisdiction=line.jurisdiction,
        language=language,
        purposes=wanted,
        call=call,
        claimed=claimed,
        reference=reference,
        told=sorted(set(told)),
        received_at=received,
        due_at=due.at,
        provisional=due.provisional,
        provision=due.provision,
        actor=actor,
    )
    _store(request, said)
    deadlines.start(
        RULE,
        about=("request", request.id),
        started_at=received,
        lasts=due.at - received,
        roles=[Role.DPO],
        client=line.client_id,
        actor=actor,
    )
    facts = {"request": str(request.id), "kind": str(kind), "channel": str(channel), "line": line.slug}
    facts["received"] = received.isoformat()
    journal.record(journal.Entry(event=Event.REQUEST_RECEIVED, actor=actor, client=line.client_id, data=facts))
    return request


def _store(request: SubjectRequest, said: str) -> None:
    """Of two that are sent at once under one reference, one is stored."""
    try:
        with transaction.atomic():
            request.statement = statements.seal(request.line, said) if said else None
            request.save(force_insert=True)
    except IntegrityError:
        if not SubjectRequest.objects.filter(client=request.client_id, reference=request.reference).exists():
            raise
        raise Conflict("request_taken_in", _("This request was taken in before. It is not taken in twice.")) from None


def assign(request: SubjectRequest, *, owner: User, actor: str) -> SubjectRequest:
    """Say who works on it from now on. Call it inside `client_scope`.

    Raises:
        Conflict: it is answered.
    """
    _inside()
    request = _locked(request)
    if request.state not in queries.OPEN:
        raise Conflict("answered", _("This request is answered. Nobody works on it any more."))
    request.owner = owner
    request.save(update_fields=["owner"])
    facts = {"request": str(request.id), "owner": owner.actor}
    journal.record(journal.Entry(event=Event.REQUEST_ASSIGNED, actor=actor, client=request.client_id, data=facts))
    return request


def let_follow(request: SubjectRequest, token: bytes) -> None:
    """Let whoever knows number and code behind this token ask how the request stands."""
    request.follow_up = token
    request.save(update_fields=["follow_up"])


def ask_proof(request: SubjectRequest, *, actor: str, waits_for_person: bool) -> SubjectRequest:
    """The person is to prove who they are.

    Args:
        waits_for_person: a code was sent and is for them to type in, so that the time may stand still until they do or
            the code is worth nothing any more (`limits.CODE_LASTS`); not where we call back.
    """
    request = _locked(request)
    if request.state != State.VERIFYING:
        request = _move(request, State.VERIFYING, actor)
    if waits_for_person:
        _stop_waiting(request)
        request.asked_proof_at = clock.now()
        request.save(update_fields=["paused_s", "asked_proof_at"])
    return request


def _stop_waiting(request: SubjectRequest) -> None:
    """Count what has passed since a code was sent: no longer than it could be typed in."""
    if request.asked_proof_at is not None:
        waited = min(clock.now() - request.asked_proof_at, limits.CODE_LASTS)
        request.paused_s += max(0, int(waited.total_seconds()))
        request.asked_proof_at = None


def verified(
    request: SubjectRequest, customer: Customer, *, how: str, actor: str, session: UUID | None = None
) -> SubjectRequest:
    """The person is known now, and is this customer. The time goes on, and the request is accepted.

    Args:
        how: slug of the way: `code`, `agent`, `signed_in`, `system`.

    Raises:
        Conflict: it was found to be somebody else before.
    """
    _inside()
    request = _locked(request)
    if request.customer_id not in (None, customer.id):
        raise Conflict("verified_as_other", _("This request is already known to come from another customer."))
    # Whoever joins or parts people holds the same row: who this is stays so from here on, as a request is under way.
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    request.person_id, request.customer = customer.person_id, customer
    return _accept(request, customer.subject_id, how=how, actor=actor, session=session)


def verified_caller(
    request: SubjectRequest, link: PersonLink, *, how: str, actor: str, session: UUID | None = None
) -> SubjectRequest:
    """The person is known now: whoever this key holder is of, and no customer. Everything else as `verified`.

    Raises:
        Conflict: it was found to be somebody else before.
    """
    _inside()
    request = _locked(request)
    if request.customer_id is not None or request.person_id not in (None, link.person_id):
        raise Conflict("verified_as_other", _("This request is already known to come from another customer."))
    request.person_id = link.person_id
    return _accept(request, link.subject_id, how=how, actor=actor, session=session)


def _accept(request: SubjectRequest, subject: UUID, *, how: str, actor: str, session: UUID | None) -> SubjectRequest:
    _stop_waiting(request)
    request.verified_at, request.verified_how = clock.now(), how
    request.save(update_fields=["paused_s", "asked_proof_at", "verified_at", "verified_how", "person", "customer"])
    statements.is_theirs(request)
    journal.record(
        journal.Entry(
            event=Event.REQUEST_VERIFIED,
            actor=actor,
            session=session,
            client=request.client_id,
            subject=subject,
            data={"request": str(request.id), "how": how},
        )
    )
    _move(request, State.ACCEPTED, actor)
    recompute(request, actor=actor)
    return request


def recompute(request: SubjectRequest, *, actor: str) -> bool:
    """Compute the due date again: after a pause, an extension, or a calendar that was announced. Whether it moved."""
    due = limits.due(
        Kind(request.kind),
        request.jurisdiction,
        request.received_at,
        zone=ZoneInfo(request.line.time_zone),
        paused=timedelta(seconds=request.paused_s),
        extended=request.extended_at is not None,
    )
    moved = (due.at, due.provisional) != (request.due_at, request.provisional)
    if moved:
        request.due_at, request.provisional = due.at, due.provisional
        request.save(update_fields=["due_at", "provisional"])
        running = _deadline(request)
        if running is not None:
            deadlines.recount(running, due.at, actor=actor)
    return moved


def recompute_provisional(client: UUID, *, actor: str) -> int:
    """Compute provisional dates again, by the calendar of today. Returns how many moved. Opens its own scopes."""
    moved = 0
    with client_scope(client):
        waiting = list(queries.provisional().values_list("pk", flat=True))
    for one in waiting:
        with client_scope(client):
            request = _locked(SubjectRequest.objects.get(pk=one))
            if request.state in queries.OPEN:
                moved += recompute(request, actor=actor)
    return moved


def extend(request: SubjectRequest, *, actor: str) -> SubjectRequest:
    """The person was told, within the first period, that it takes longer.

    Raises:
        InvalidInput: the law knows no longer time, or the first period is over.
        Conflict: it was extended before.
    """
    _inside()
    request = _locked(request)
    if not limits.may_extend(Kind(request.kind), request.jurisdiction):
        raise InvalidInput("no_extension", _("The law that applies here knows no longer time for this request."))
    if request.extended_at is not None:
        raise Conflict("extended_before", _("This request was extended once already; it cannot be extended again."))
    if clock.now() > request.due_at:
        raise InvalidInput("too_late_to_extend", _("The time is over. A request is extended before that, or not."))
    request.extended_at = clock.now()
    request.save(update_fields=["extended_at"])
    recompute(request, actor=actor)
    facts = {"request": str(request.id), "due": request.due_at.isoformat(timespec="seconds")}
    journal.record(journal.Entry(event=Event.REQUEST_EXTENDED, actor=actor, client=request.client_id, data=facts))
    return request


def reject(request: SubjectRequest, *, reason: RejectionReason, actor: str) -> SubjectRequest:
    """Do not meet it, for one of the reasons the law knows; the answer names it and where to complain."""
    request = _move(request, State.REJECTED, actor, changes={"rejected_for": reason}, reason=str(reason))
    RequestProof.objects.filter(request=request).delete()
    _file(request, actor)
    return request


def plan(request: SubjectRequest, found: Mapping[str, int], *, actor: str) -> SubjectRequest:
    """Write down every replica and how much of the person lies there. Planned anew, counts are brought up to date."""
    _inside()
    for replica, count in sorted(found.items()):
        RequestTask.objects.update_or_create(
            request=request,
            replica=replica,
            defaults={"before": count, "moved_at": clock.now()},
            create_defaults={"client_id": request.client_id, "before": count, "moved_at": clock.now()},
        )
    return request if request.state == State.PLANNED else _move(request, State.PLANNED, actor)


def begin(request: SubjectRequest, *, actor: str, approval: UUID | None = None) -> SubjectRequest:
    """Carry it out from now on. What destroys needs the approval of a second person (see `acts`)."""
    return _move(request, State.EXECUTING, actor, changes={"approval": approval}, approval=approval)


def settle(task: RequestTask, *, after: int, method: str, actor: str, until: datetime | None = None) -> RequestTask:
    """The replica holds nothing of the person any more, or what was asked is done there.

    Args:
        until: by when it has taken effect everywhere, where that is later than now.
    """
    changes = {"after": after, "method": method, "moved_at": clock.now(), "not_before": until}
    return RequestTask.machine.move(_ready(task, actor), RequestTask.State.DONE, actor=actor, changes=changes)


def keep_back(task: RequestTask, waits: Waits, *, after: int, actor: str) -> RequestTask:
    """Something must stay for now, on a hold or a legal period; the clock comes back to it, nobody has to remember."""
    changes = {
        "after": after,
        "exception": waits.provision,
        "not_before": waits.until,
        "moved_at": clock.now(),
    }
    return RequestTask.machine.move(_ready(task, actor), RequestTask.State.HELD, actor=actor, changes=changes)


def except_(task: RequestTask, *, after: int, provision: str, actor: str) -> RequestTask:
    """What is left stays on a legal ground, and the answer says so."""
    changes = {"after": after, "exception": provision, "moved_at": clock.now(), "not_before": None}
    return RequestTask.machine.move(_ready(task, actor), RequestTask.State.EXCEPTED, actor=actor, changes=changes)


def fail(task: RequestTask, *, actor: str) -> RequestTask:
    """It did not work. It is tried again, at growing intervals."""
    wait = min(RETRY * 2 ** min(task.attempts, 10), timedelta(days=1))
    changes = {"attempts": task.attempts + 1, "not_before": clock.now() + wait, "moved_at": clock.now()}
    return RequestTask.machine.move(_ready(task, actor), RequestTask.State.FAILED, actor=actor, changes=changes)


def restrict(request: SubjectRequest, *, actor: str) -> SubjectRequest:
    """Something must wait; until then what is left is stored and protected only (PIPL art. 47)."""
    dates = [at for at in request.tasks.filter(state=RequestTask.State.HELD).values_list("not_before", flat=True) if at]
    until = min(dates) if dates else None
    return _move(request, State.RESTRICTED, actor, changes={"waits_until": until}, until=until)


def resume(request: SubjectRequest, *, actor: str) -> SubjectRequest:
    """What it waited for has ended."""
    return _move(request, State.EXECUTING, actor, changes={"waits_until": None})


def answer(
    request: SubjectRequest,
    *,
    actor: str,
    certificate: UUID | None = None,
    document: bytes = b"",
    at: datetime | None = None,
) -> SubjectRequest:
    """Everything is done, or lawfully excepted; the answer has gone out.

    Args:
        document: SHA-256 of what it is answered with, for the log.
        at: when, where that was before now: a restored store is told.
    """
    changes = {"answered_at": at or clock.now(), "certificate": certificate}
    request = _move(
        request,
        State.ANSWERED,
        actor,
        changes=changes,
        told={"document": document.hex()} if document else {},
        certificate=certificate,
        document=document,
    )
    RequestProof.objects.filter(request=request).delete()
    _file(request, actor)
    return request


def close(request: SubjectRequest, *, actor: str) -> SubjectRequest:
    return _move(request, State.CLOSED, actor, changes={"closed_at": clock.now()})


def _ready(task: RequestTask, actor: str) -> RequestTask:
    """The task, taken up again if it had waited or failed."""
    if task.state in {RequestTask.State.HELD, RequestTask.State.FAILED}:
        return RequestTask.machine.move(task, RequestTask.State.PENDING, actor=actor, changes={"moved_at": clock.now()})
    return task


def _move(
    request: SubjectRequest,
    to: str,
    actor: str,
    *,
    changes: Mapping[str, object] | None = None,
    approval: UUID | None = None,
    told: Mapping[str, str] | None = None,
    **facts: object,
) -> SubjectRequest:
    about: About = {"approval": approval, "data": dict(told or {})}
    before = telling.outward(request)
    moved = SubjectRequest.machine.move(request, to, actor=actor, changes=changes, about=about, **facts)
    if moved.told and telling.outward(moved) != before:
        telling.tell(moved)
    return moved


def _file(request: SubjectRequest, actor: str) -> None:
    running = _deadline(request)
    if running is not None:
        deadlines.file(running, evidence=f"request:{request.id}", actor=actor)


def _deadline(request: SubjectRequest) -> Deadline | None:
    of_it = Deadline.objects.filter(rule=RULE, about_kind="request", about_id=request.id)
    return of_it.filter(state=Deadline.State.RUNNING).first()


def _locked(request: SubjectRequest) -> SubjectRequest:
    return SubjectRequest.objects.select_for_update(of=("self",)).select_related("line").get(pk=request.pk)


def _inside() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("requests are worked on inside client_scope")
