"""Working a request from its plan to its answer. What is carried out by program goes on by itself after any crash."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final
from uuid import UUID

from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Client, Line, Permit, Record
from callwarden.custody.scope import client_scope
from callwarden.flows import stored_only
from callwarden.flows.consents import Told, say_for_person
from callwarden.flows.requests import codes, erase, found, left
from callwarden.kernel import clock
from callwarden.kernel.errors import CallwardenError, Refused
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.consent.queries import agreed, allowed_to, linked
from callwarden.lawful.purposes import queries as registry
from callwarden.lawful.purposes.models import LinePurpose, Purpose, PurposeGround
from callwarden.lawful.purposes.rules import yields_to_no
from callwarden.lawful.purposes.terms import BY_CONSENT, Use
from callwarden.lawful.requests import actions, queries
from callwarden.lawful.requests.kinds import Channel, Kind
from callwarden.lawful.requests.models import RequestTask, SubjectRequest

ACTOR: Final = "job:requests"
# What a person does and says is done; access and copy are answered with a report, an explanation with itself.
_HOW: Final = {
    Channel.PHONE: ConsentEvent.Method.SPOKEN,
    Channel.WEB: ConsentEvent.Method.WEB,
    Channel.API: ConsentEvent.Method.API,
    Channel.LETTER: ConsentEvent.Method.WRITING,
}
BY_HAND: Final = frozenset({Kind.CORRECTION})
State = SubjectRequest.State
Replica = RequestTask.Replica


def plan(request: SubjectRequest, *, actor: str) -> SubjectRequest:
    """Count what there is of the person, everywhere. Call it inside `client_scope`.

    Raises:
        Refused: it is not known yet who asks.
    """
    if request.verified_at is None or request.person_id is None:
        raise Refused("not_verified", _("It is not known yet who asks. Verify the person first."))
    return actions.plan(request, found.count(request), actor=actor)


def begin(request: SubjectRequest, *, actor: str) -> SubjectRequest:
    """Carry out what destroys nothing, without a second person. Call it inside `client_scope`.

    Raises:
        Refused: this kind ends data for good; a second person approves it.
    """
    if Kind(request.kind).destroys:
        raise Refused("needs_approval", _("What this ends cannot be brought back. Ask a second person to approve it."))
    return actions.begin(request, actor=actor)


def waiting() -> list[tuple[UUID, UUID]]:
    """(client, request) of everything the job has something to do for now."""
    ready: list[tuple[UUID, UUID]] = []
    for client in Client.objects.filter(closed_at__isnull=True).values_list("id", flat=True):
        with client_scope(client):
            codes.forget_old()
            ready += [(client, one) for one in queries.to_take_up(clock.now()).values_list("id", flat=True)]
    return ready


def date_again() -> int:
    """Compute the dates of open requests again that waited for a calendar to be announced. Returns how many moved."""
    clients = Client.objects.filter(closed_at__isnull=True).values_list("id", flat=True)
    return sum(actions.recompute_provisional(client, actor=ACTOR) for client in clients)


def run(client: UUID, request_id: UUID) -> None:
    """Do what can be done for one request now."""
    with client_scope(client):
        request = SubjectRequest.objects.select_for_update().get(pk=request_id)
        if request.state == State.RESTRICTED and erase.waits(request):
            return
        if request.state == State.RESTRICTED:
            actions.resume(request, actor=ACTOR)
        if request.state != State.EXECUTING:
            return
        kind = Kind(request.kind)
    if kind not in _WAYS:
        return
    try:
        finished = _WAYS[kind](client, request_id)
    except Exception:
        with suppress(DatabaseError, CallwardenError):  # what went wrong first is told
            _failed(client, request_id)
        raise
    with client_scope(client):
        request = SubjectRequest.objects.get(pk=request_id)
        if (
            request.state == State.EXECUTING
            and not finished
            and request.tasks.filter(state=RequestTask.State.HELD).exists()
        ):
            actions.restrict(request, actor=ACTOR)


def _failed(client: UUID, request_id: UUID) -> None:
    """What was to be done is marked as failed, for people to see, and taken up again later each time."""
    with client_scope(client):
        waiting = RequestTask.objects.filter(request=request_id, request__state=State.EXECUTING)
        for task in waiting.filter(state__in=[RequestTask.State.PENDING, RequestTask.State.FAILED]):
            actions.fail(task, actor=ACTOR)


def _restrict(client: UUID, request_id: UUID) -> bool:
    """From now on everything of the person is stored and protected only (PIPL art. 47; GDPR art. 18)."""
    with client_scope(client):
        request = SubjectRequest.objects.get(pk=request_id)
        assert request.person_id is not None
        # A call that is being taken in belongs to them before this, or is restricted as it comes.
        stored_only.hold(request.person_id)
        subjects = found.subjects_of(request.person_id)
        views = found.open_views(subjects).values("permit")
        Permit.objects.filter(id__in=views, revoked_at__isnull=True).update(revoked_at=clock.now())
        for subject in subjects:
            stored_only.reach(subject, actor=ACTOR)
        left = found.live_records(subjects).filter(state=Record.State.STORED).count()
        for task in request.tasks.exclude(state__in=RequestTask.SETTLED):
            concerned = task.replica in {Replica.RECORDS, Replica.RECORDINGS, Replica.TRANSCRIPTS}
            method = "restricted" if concerned else "not_concerned"
            actions.settle(task, after=left if concerned else task.before, method=method, actor=ACTOR)
        actions.answer(request, actor=ACTOR)
    return True


def _withdraw(client: UUID, request_id: UUID) -> bool:
    """Take back what the person allowed, on every line of the client; what is open for it is closed at once.

    An objection takes back advertising and calling out unless it names purposes (PIPL art. 24; GDPR art. 21(2)). What
    rests on a contract or a legal duty was never theirs to allow, and goes on.
    """
    with client_scope(client):
        request = SubjectRequest.objects.select_related("customer__subject").get(pk=request_id)
        assert request.person_id is not None
        lines = [(line, _taken_back(request, line)) for line in _lines(client)]
        subject = request.customer.subject if request.customer else found.subjects_of(request.person_id)[0]
        how = _HOW[Channel(request.channel)]
        people = linked(request.customer.person_id if request.customer else request.person_id)
        allowed = allowed_to(people)
        known = registry.recipients_called(client, {to for _purpose, to in allowed})
        if lines:
            lines[0][1].update(_not_served(request, agreed(people)))
    for line, purposes in lines:
        for purpose in sorted(purposes):
            # A yes that names a recipient stands beside the one to ourselves, and is taken back by name.
            named = sorted(to for what, to in allowed if what == purpose and to in known)
            for recipient in ("", *named):
                told = Told(purpose, ConsentEvent.State.WITHDRAWN, how, request.received_at, recipient=recipient)
                say_for_person(line, subject, told, actor=ACTOR)
    with client_scope(client):
        request = SubjectRequest.objects.get(pk=request_id)
        concerned = {Replica.CONSENTS, Replica.OPEN_VIEWS} if any(purposes for _line, purposes in lines) else set()
        _settle(request, concerned=concerned, method="withdrawn")
        actions.answer(request, actor=ACTOR)
    return True


def _lines(client: UUID) -> list[Line]:
    return list(Line.objects.filter(client=client).select_related("client").order_by("slug"))


def _taken_back(request: SubjectRequest, line: Line) -> set[str]:
    """Purposes of a line that the person says no to, of those that a no ends there."""
    registered = dict(
        PurposeGround.objects.filter(jurisdiction=line.jurisdiction).values_list("purpose_id", "ends_with")
    )
    served = LinePurpose.objects.filter(line=line).select_related("purpose")
    if request.purposes:
        return {
            one.purpose_id
            for one in served.filter(purpose__in=request.purposes)
            if yields_to_no(one.ground, one.purpose.use, registered.get(one.purpose_id, ""))
        }
    if request.kind == Kind.OBJECTION:
        wanted = served.filter(purpose__use__in=[Use.MARKETING, Use.OUTBOUND_CALLING])
    else:
        wanted = served.filter(ground__in=BY_CONSENT)
    return set(wanted.values_list("purpose_id", flat=True))


def _not_served(request: SubjectRequest, agreed_to: set[str]) -> set[str]:
    """Purposes that no line serves now and to which the person's yes stands: it would count if one was served again."""
    served = LinePurpose.objects.filter(line__client=request.client_id, purpose__in=agreed_to)
    left = agreed_to - set(served.values_list("purpose_id", flat=True))
    if request.purposes:
        return left & set(request.purposes)
    if request.kind == Kind.OBJECTION:
        wanted = Purpose.objects.filter(slug__in=left, use__in=[Use.MARKETING, Use.OUTBOUND_CALLING])
        return set(wanted.values_list("slug", flat=True))
    return left & set(Purpose.objects.filter(slug__in=left).values_list("slug", flat=True))


def done_by_hand(request: SubjectRequest, *, actor: str) -> SubjectRequest:
    """Somebody did what was asked: corrected the record. Call it inside `client_scope`.

    Raises:
        Refused: this kind is carried out by program, or nothing was corrected for this request.
    """
    if request.kind not in BY_HAND or request.state != State.EXECUTING:
        raise Refused("not_by_hand", _("This is carried out by the program, or is not under way."))
    if not request.corrected:
        raise Refused(
            "not_corrected", _("Nothing was corrected for this request. Correct it, or refuse it with its reason.")
        )
    _to_tell(request)
    _settle(request, concerned={Replica.RECORDS}, method="corrected")
    return actions.answer(request, actor=actor)


def _to_tell(request: SubjectRequest) -> None:
    """Whoever was given what was wrong is told what is right (GDPR art. 19); who they are the answer names."""
    assert request.person_id is not None
    gone_out = left.counted(found.subjects_of(request.person_id))
    for task in request.tasks.filter(replica__in=gone_out).exclude(state__in=RequestTask.SETTLED):
        there = gone_out[task.replica]
        actions.settle(task, after=there, method="to_be_told" if there else "none_on_record", actor=ACTOR)


def _settle(request: SubjectRequest, *, concerned: set[Replica], method: str) -> None:
    for task in request.tasks.exclude(state__in=RequestTask.SETTLED):
        how = method if task.replica in concerned else "not_concerned"
        actions.settle(task, after=task.before, method=how, actor=ACTOR)


_WAYS: Final[dict[Kind, Callable[[UUID, UUID], bool]]] = {
    Kind.ERASURE: erase.erase,
    Kind.ACCOUNT_CLOSING: erase.erase,
    Kind.RESTRICTION: _restrict,
    Kind.WITHDRAWAL: _withdraw,
    Kind.OBJECTION: _withdraw,
}
