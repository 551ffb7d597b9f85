"""By when a request is answered: computed again when a calendar comes, and standing still while a code waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from callwarden.custody.models import Line
from callwarden.custody.scope import client_scope
from callwarden.flows.requests import codes, work
from callwarden.kernel import clock, deadlines
from callwarden.kernel.models import Deadline
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import SubjectRequest
from tests.flows.requests.conftest import Caller


def test_a_provisional_date_is_computed_again_once_the_calendar_is_there(caller: Caller) -> None:
    """As it was left by a version that did not know next year's working days."""
    Line.objects.update(jurisdiction="cn")
    request = caller.now(caller.asks(Kind.ACCOUNT_CLOSING))
    right, early = request.due_at, request.due_at - timedelta(days=5)
    with client_scope(caller.client):
        SubjectRequest.objects.filter(pk=request.pk).update(due_at=early, provisional=True)
    Deadline.objects.filter(about_id=request.pk).update(due_at=early)
    known = request.provisional
    assert work.date_again() == 1
    again = caller.now(request)
    assert (again.due_at, again.provisional) == (right, known)
    assert Deadline.objects.get(about_id=request.pk).due_at == right
    assert work.date_again() == 0


def test_an_extension_moves_the_deadline_and_none_that_has_ended_moves(caller: Caller) -> None:
    Line.objects.update(jurisdiction="eu")
    request = caller.now(caller.asks(Kind.ACCESS))
    with client_scope(caller.client):
        SubjectRequest.objects.filter(pk=request.pk).update(jurisdiction="eu")
        actions.recompute(caller.now(request), actor="system")
        longer = actions.extend(caller.now(request), actor="system")
    assert longer.due_at > request.due_at
    deadline = Deadline.objects.get(about_id=request.pk)
    assert deadline.due_at == longer.due_at
    deadlines.file(deadline, evidence="answer", actor="system")
    with pytest.raises(IntegrityError), transaction.atomic():
        Deadline.objects.filter(pk=deadline.pk).update(due_at=request.due_at)


def test_what_is_answered_or_certain_is_left_as_it_is(caller: Caller) -> None:
    request = caller.asks(Kind.ACCESS)
    early = request.due_at - timedelta(days=5)
    with client_scope(caller.client):
        SubjectRequest.objects.filter(pk=request.pk).update(due_at=early)
    assert work.date_again() == 0
    assert caller.now(request).due_at == early


def test_the_time_stands_still_while_a_code_that_was_sent_waits_and_no_longer(caller: Caller) -> None:
    request, start = caller.asks(Kind.ACCESS, verified=False), clock.now()
    with client_scope(caller.client):
        codes.make(request, caller.customer, codes.Way.CALL_BACK, actor="system")
    assert caller.now(request).asked_proof_at is None, "calling back is for us to do"
    for minutes in (0, 4):
        with clock.frozen(start + timedelta(minutes=minutes)), client_scope(caller.client):
            codes.make(request, caller.customer, codes.Way.MESSAGE, actor="system")
    with clock.frozen(start + timedelta(days=3)), client_scope(caller.client):
        actions.verified(caller.now(request), caller.customer, how="code", actor="system")
    done = caller.now(request)
    assert (done.paused_s, done.asked_proof_at) == (14 * 60, None)
    assert done.due_at == request.due_at, "minutes are no day"
