"""Consents to renew, and requests given to somebody: many at once, each as it was when the set was drawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callwarden.custody.scope import client_scope
from callwarden.kernel import approvals, bulk
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.models import Approval, User
from callwarden.lawful.consent import many as consents
from callwarden.lawful.consent.models import ConsentEvent
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.requests import actions, many
from callwarden.lawful.requests.kinds import Channel, Kind, RejectionReason
from callwarden.lawful.requests.models import SubjectRequest
from tests.lawful.test_consent import say, stands, subject_of
from tests.lawful.test_holds import person

State = ConsentEvent.State
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def officer(line) -> User:
    return person()


def given(line, at: datetime = START, purpose: str = "quality"):
    with client_scope(line.client_id):
        subject = subject_of(line)
        say(line, subject, State.GIVEN, at, purpose=purpose)
    return subject


def now(line, subject, purpose: str = "quality") -> str:
    with client_scope(line.client_id):
        return stands(subject, purpose)


def test_consents_of_a_purpose_end_and_only_those(line, officer):
    first, second, other = given(line), given(line), given(line, purpose="analytics")
    act = bulk.draw(consents.RENEW, {"purpose": "quality"}, by=officer, client=line.client_id)
    assert bulk.sorts_of(act) == [("quality", 2)]
    bulk.start(act.pk, digest=act.digest, by=officer, reason="The script was wrong.")
    assert bulk.carry_on(act.pk, seconds=60).done == 2
    assert now(line, first) == now(line, second) == State.INVALIDATED
    assert now(line, other, "analytics") == State.GIVEN


def test_who_withdrew_or_said_yes_anew_since_is_skipped(line, officer):
    gone, again, still = given(line), given(line), given(line)
    act = bulk.draw(consents.RENEW, {"purpose": "quality"}, by=officer, client=line.client_id)
    bulk.start(act.pk, digest=act.digest, by=officer, reason="The script was wrong.")
    with client_scope(line.client_id):
        say(line, gone, State.WITHDRAWN, START + timedelta(days=1))
        say(line, again, State.GIVEN, START + timedelta(days=1))
    end = bulk.carry_on(act.pk, seconds=60)
    assert dict(bulk.reasons_of(end, "skipped")) == {"not_given": 1, "changed": 1}
    assert now(line, gone) == State.WITHDRAWN
    assert now(line, again) == State.GIVEN
    assert now(line, still) == State.INVALIDATED


def test_what_was_said_before_a_version_is_told_from_what_was_said_after(line, officer):
    before, after = given(line), given(line, START + timedelta(days=20))
    notice = Notice.objects.create(line=line, version="9")
    Notice.objects.filter(pk=notice.pk).update(published_at=START + timedelta(days=10))
    act = bulk.draw(consents.RENEW, {"before": str(notice.pk)}, by=officer, client=line.client_id)
    assert act.total == 1
    bulk.start(act.pk, digest=act.digest, by=officer, reason="Version 9 says more.")
    bulk.carry_on(act.pk, seconds=60)
    assert now(line, before) == State.INVALIDATED
    assert now(line, after) == State.GIVEN


def test_every_consent_of_everybody_is_no_filter(line, officer):
    given(line)
    with pytest.raises(InvalidInput):
        bulk.draw(consents.RENEW, {}, by=officer, client=line.client_id)


def received(line) -> SubjectRequest:
    with client_scope(line.client_id):
        return actions.receive(line, kind=Kind.ACCESS, channel=Channel.LETTER, actor="system")


def owners(line) -> set:
    with client_scope(line.client_id):
        return set(SubjectRequest.objects.values_list("pk", "owner"))


def test_all_that_match_are_given_to_somebody_and_answered_ones_are_not(line, officer):
    first, second, answered = received(line), received(line), received(line)
    with client_scope(line.client_id):
        actions.reject(SubjectRequest.objects.get(pk=answered.pk), reason=RejectionReason.EXCESSIVE, actor="system")
    leader = person("team_leader")
    given_ = {"kind": "access", "owner": str(leader.pk)}
    act = bulk.draw(many.ASSIGN, given_, by=officer, client=line.client_id)
    assert (act.total, bulk.reasons_of(act, "left_out")) == (2, [("answered", 1)])
    bulk.start(act.pk, digest=act.digest, by=officer)
    assert bulk.carry_on(act.pk, seconds=60).done == 2
    assert owners(line) == {(first.pk, leader.pk), (second.pk, leader.pk), (answered.pk, None)}
    with pytest.raises(Conflict), client_scope(line.client_id):
        actions.assign(SubjectRequest.objects.get(pk=answered.pk), owner=leader, actor="system")


def test_an_agent_is_given_none(line, officer):
    received(line)
    with pytest.raises(InvalidInput):
        bulk.draw(many.ASSIGN, {"owner": str(person("agent").pk)}, by=officer, client=line.client_id)


def done(kind: str, line, officer, **given: str) -> tuple[int, list[tuple[str, int]]]:
    act = bulk.draw(kind, given, by=officer, client=line.client_id)
    left = bulk.reasons_of(act, "left_out")
    if bulk.kind_of(kind).by_two:
        bulk.ask(act.pk, digest=act.digest, by=officer, reason="A campaign wrote them all.")
        approval = Approval.objects.latest("requested_at")
        approvals.approve(approval.pk, by=person("security_administrator"))
        approvals.execute(approval.pk, approvals.act_of(approval), by=officer)
    else:
        bulk.start(act.pk, digest=act.digest, by=officer, reason="Many came at once.")
    return bulk.carry_on(act.pk, seconds=60).done, left


def states(line) -> list[str]:
    with client_scope(line.client_id):
        return list(SubjectRequest.objects.order_by("received_at", "pk").values_list("state", flat=True))


def test_many_take_longer_are_refused_for_one_reason_and_are_closed_each_only_where_it_may(line, officer):
    line.jurisdiction = "eu"
    line.save(update_fields=["jurisdiction"])
    first, second = received(line), received(line)
    with client_scope(line.client_id):
        actions.extend(SubjectRequest.objects.get(pk=first.pk), actor="system")
    assert done(many.EXTEND, line, officer) == (1, [("extended_before", 1)])
    with client_scope(line.client_id):
        assert SubjectRequest.objects.get(pk=second.pk).extended_at is not None
    for kind in (many.EXTEND, many.CLOSE):
        with pytest.raises(InvalidInput):  # nothing is to be done for either
            done(kind, line, officer)
    with pytest.raises(InvalidInput):
        bulk.draw(many.REJECT, {"reason": "because"}, by=officer, client=line.client_id)
    assert done(many.REJECT, line, officer, reason="excessive")[0] == 2
    assert states(line) == ["rejected", "rejected"]
    with pytest.raises(InvalidInput):
        done(many.REJECT, line, officer, reason="excessive")
    assert done(many.CLOSE, line, officer)[0] == 2
    assert states(line) == ["closed", "closed"]
