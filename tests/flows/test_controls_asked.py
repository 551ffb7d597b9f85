"""The control of requests: red when somebody waits too long, something goes on failing, or proof is missing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callwarden.custody.epochs import open_client
from callwarden.custody.models import Line
from callwarden.custody.scope import client_scope
from callwarden.flows.controls import Outcome, find, measure
from callwarden.flows.requests.proving import NOT_CERTIFIED
from callwarden.kernel import clock, findings
from callwarden.kernel.models import Severity
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.kinds import Channel, Kind, RejectionReason
from callwarden.lawful.requests.models import RequestTask, SubjectRequest
from tests import centre
from tests.doors.api.conftest import open_line
from tests.work import forget_jobs

line = centre.line


@pytest.fixture(autouse=True)
def _no_jobs(keeper) -> None:
    forget_jobs()


def reading():
    return measure(find("requests"))


def asks(line: Line) -> SubjectRequest:
    with client_scope(line.client_id):
        return actions.receive(line, kind=Kind.ACCESS, channel=Channel.PHONE, actor="system")


def test_where_nobody_asked_nothing_is_measured(line):
    assert reading().outcome == Outcome.NOT_MEASURED


def test_a_request_passes_until_its_time_is_over_and_again_when_it_is_answered(line):
    request = asks(line)
    assert reading().outcome == Outcome.PASS
    with clock.frozen(request.due_at + timedelta(minutes=1)):
        late = reading()
        assert late.outcome == Outcome.FAIL
        assert [str(fault) for fault in late.faults] == ["Overdue: 1"]
        with client_scope(line.client_id):
            actions.reject(request, reason=RejectionReason.NOT_VERIFIED, actor="system")
        assert reading().outcome == Outcome.PASS


def test_a_request_of_any_client_counts(line):
    other = open_line(open_client(slug="other", name="Other", actor="system"), "elsewhere")
    asks(line)
    theirs = asks(other)
    with clock.frozen(theirs.due_at + timedelta(minutes=1)):
        assert [str(fault) for fault in reading().faults] == ["Overdue: 2"]


def test_what_fails_for_more_than_a_day_is_told(line):
    request, began = asks(line), clock.now()
    with client_scope(line.client_id):
        task = RequestTask.objects.create(
            client_id=line.client_id, request=request, replica=RequestTask.Replica.RECORDINGS, moved_at=began
        )
    at = began
    while at - began < timedelta(days=1):
        assert reading().outcome == Outcome.PASS
        with client_scope(line.client_id), clock.frozen(at):
            task = actions.fail(task, actor="job:erasure")
        at = task.not_before
    assert [str(fault) for fault in reading().faults] == ["Failing for more than a day: 1"]


def test_an_erasure_that_nobody_certified_is_told_until_its_finding_is_closed(line):
    asks(line)
    findings.report(
        NOT_CERTIFIED.name, severity=Severity.HIGH, actor="job:erasure", where="request:1", client=line.client_id
    )
    assert [str(fault) for fault in reading().faults] == ["Carried out and not certified: 1"]
