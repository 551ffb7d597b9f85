"""On hold when its erasure is asked for: what follows, to the certificate, with nobody doing anything but two people
releasing the hold.
"""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest

from callwarden.custody.models import Record
from callwarden.custody.scope import client_scope
from callwarden.flows import certificates, jobs
from callwarden.flows.requests import found, work
from callwarden.kernel import approvals, clock
from callwarden.kernel.errors import CallwardenError
from callwarden.kernel.models import Approval, User
from callwarden.lawful.certificates.models import Certificate
from callwarden.lawful.holds import actions as holds
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.holds.rules import Wish
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import SubjectRequest
from tests.flows.centre_of_controls import sequence
from tests.flows.requests.conftest import Caller, approved
from tests.flows.test_certificates import verifier_key
from tests.prove._lawful_restored import certificate_holds
from tests.work import do_all

State = SubjectRequest.State


def two_decide(approval: object, first: User, second: User) -> None:
    with pytest.raises(CallwardenError):
        approvals.approve(approval, by=first)  # not alone
    approvals.approve(approval, by=second)
    asked = Approval.objects.get(pk=approval)
    approvals.execute(asked.pk, approvals.act_of(asked), by=first)


def the_clock_ticks() -> None:
    """What workers do by themselves: each minute's jobs, and whatever these bring about."""
    jobs.tend_holds_later(0)
    do_all()
    jobs.take_up_requests(0)
    do_all()


def test_held_by_two_restricted_released_by_two_erased_by_jobs_and_certified(
    caller: Caller, officer: User, second: User
) -> None:
    wish = Wish(
        client=caller.client, label="M-1", ground="litigation", scope="call", target=caller.call.pk,
        review_on=clock.now().date() + timedelta(days=90),
    )  # fmt: skip
    matter = holds.ask(wish, by=officer, reason="A dispute.", provisional=False)
    two_decide(matter.approval, officer, second)
    the_clock_ticks()
    request = caller.asks(Kind.ERASURE)
    with client_scope(caller.client):
        request = work.plan(SubjectRequest.objects.get(pk=request.pk), actor="system")
    approved(request, officer, second)
    the_clock_ticks()
    assert caller.now(request).state == State.RESTRICTED
    with client_scope(caller.client):
        subjects = found.subjects_of(caller.customer.person_id)
        assert set(found.live_records(subjects).values_list("state", flat=True)) == {Record.State.RESTRICTED}
    assert not Certificate.objects.filter(kind="erasure").exists()

    asked = holds.ask_release(Matter.objects.get(pk=matter.pk), by=officer, reason="Settled.")
    two_decide(asked.pk, officer, second)
    for _minute in range(3):
        the_clock_ticks()
    assert caller.now(request).state == State.ANSWERED
    with client_scope(caller.client):
        assert not found.live_records(subjects).exists()
    sequence()
    file = certificates.document(Certificate.objects.get(kind="erasure")).decode()
    away = Path(tempfile.mkdtemp()) / "away"
    what, outcome, said = certificate_holds(file, verifier_key(), away)
    assert outcome == "pass", (what, said)
