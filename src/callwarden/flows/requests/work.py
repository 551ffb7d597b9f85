"""Working a request from its plan to its answer. What is carried out by program goes on by itself after any crash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Client, Permit, Record
from callwarden.custody.scope import client_scope
from callwarden.flows.requests import erase, found, verify
from callwarden.kernel import clock
from callwarden.kernel.errors import Refused
from callwarden.lawful.requests import actions, queries
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import RequestTask, SubjectRequest

ACTOR: Final = "job:requests"
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
            verify.forget_old()
            ready += [(client, one) for one in queries.to_take_up().values_list("id", flat=True)]
    return ready


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
    finished = _WAYS[kind](client, request_id)
    with client_scope(client):
        request = SubjectRequest.objects.get(pk=request_id)
        if (
            request.state == State.EXECUTING
            and not finished
            and request.tasks.filter(state=RequestTask.State.HELD).exists()
        ):
            actions.restrict(request, actor=ACTOR)


def _restrict(client: UUID, request_id: UUID) -> bool:
    """From now on everything of the person is stored and protected only (PIPL art. 47; GDPR art. 18)."""
    with client_scope(client):
        request = SubjectRequest.objects.get(pk=request_id)
        assert request.person_id is not None
        subjects = found.subjects_of(request.person_id)
        views = found.open_views(subjects).values("permit")
        Permit.objects.filter(id__in=views, revoked_at__isnull=True).update(revoked_at=clock.now())
        found.live_records(subjects).filter(state=Record.State.STORED).update(state=Record.State.RESTRICTED)
        left = found.live_records(subjects).filter(state=Record.State.STORED).count()
        for task in request.tasks.exclude(state__in=RequestTask.SETTLED):
            concerned = task.replica in {Replica.RECORDS, Replica.RECORDINGS, Replica.TRANSCRIPTS}
            method = "restricted" if concerned else "not_concerned"
            actions.settle(task, after=left if concerned else task.before, method=method, actor=ACTOR)
        actions.answer(request, actor=ACTOR)
    return True


def _wait_for_people(client: UUID, request_id: UUID) -> bool:
    """Nothing here is for a program: somebody answers it and says so."""
    return False


_WAYS: Final[dict[Kind, Callable[[UUID, UUID], bool]]] = {
    Kind.ERASURE: erase.erase,
    Kind.ACCOUNT_CLOSING: erase.erase,
    Kind.RESTRICTION: _restrict,
}
