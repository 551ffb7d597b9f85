"""Emergency access: alone and at once, for little, seen by others, and answered for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from callwarden.control.emergency import actions, queries
from callwarden.control.emergency.models import EmergencyAccess
from callwarden.custody.models import Customer, LedgerEntry
from callwarden.custody.open import open_fields
from callwarden.custody.scope import client_scope
from callwarden.flows.disclose import AccessRefused, Ask, disclose
from callwarden.kernel import clock, people, sessions
from callwarden.kernel.errors import CallwardenError, Conflict, InvalidInput, NotFound, Refused
from callwarden.kernel.models import Finding, Incident, OutboxMessage, User
from tests.flows.centre_of_controls import person, sequence
from tests.flows.test_granting import PURPOSE, actor, leader, names, officer, record_of, vip
from tests.kernel.conftest import refused

__all__ = ["actor", "leader", "officer", "vip"]
State = EmergencyAccess.State
REASON = "Somebody is threatened at the address on record."


def begun(by: User, customer: Customer) -> EmergencyAccess:
    return actions.begin(customer.client_id, purpose=PURPOSE, reason=REASON, by=by)


def test_it_opens_alone_and_at_once_and_others_are_told(actor, leader, officer, vip) -> None:
    User.objects.filter(pk=officer.pk).update(email="officer@example.org")
    with pytest.raises(AccessRefused):
        names(actor, vip)
    access = begun(leader, vip)
    assert names(actor, vip) == ["王小明"]
    told = OutboxMessage.objects.get(template="emergency-begun")
    assert (told.recipient, told.link) == (officer, f"/emergency/{access.pk}/")
    assert Finding.objects.get(kind="emergency-access").severity == "high"
    sequence()
    entry = LedgerEntry.objects.filter(event="disclose:record:reveal").latest("index")
    assert str(access.pk) in bytes(entry.body).decode()
    assert REASON not in b"".join(bytes(row.body) for row in LedgerEntry.objects.all()).decode()
    with client_scope(vip.client_id):
        subject = record_of(vip).subject_id
    assert [(one.pk, count) for one, count in queries.about_subjects([subject])] == [(access.pk, 1)]


def test_it_opens_nothing_outside_its_purpose_cap_and_time(actor, leader, vip, settings) -> None:
    settings.EMERGENCY_ROWS = 2
    with clock.frozen(clock.now()) as time:
        begun(leader, vip)
        ask = Ask(actor, vip.client_id, "export", PURPOSE, {record_of(vip).id: ("name",)}, reason="x")
        with pytest.raises(AccessRefused):
            disclose(ask)
        with pytest.raises(AccessRefused):
            names(actor, vip, purpose="service")
        for _twice in range(2):
            names(actor, vip)
        with pytest.raises(AccessRefused):
            names(actor, vip)
        assert EmergencyAccess.objects.get().rows == 2
        time.advance(timedelta(minutes=30))
        assert actions.look() == 1
    assert (EmergencyAccess.objects.get().state, EmergencyAccess.objects.get().why_ended) == (State.ENDED, "time")


def test_more_people_than_it_is_for_stay_closed(actor, leader, vip, settings) -> None:
    settings.EMERGENCY_SUBJECTS = 0
    begun(leader, vip)
    with pytest.raises(AccessRefused):
        names(actor, vip)


def test_what_the_role_may_never_open_stays_closed(officer, vip) -> None:
    auditor = person("auditor", "auditor")
    with refused(Refused, "no_emergency_role"):
        begun(auditor, vip)
    with refused(InvalidInput, "reason_missing"):
        actions.begin(vip.client_id, purpose=PURPOSE, reason=" urgent ", by=officer)
    assert not EmergencyAccess.objects.exists()


def test_one_at_a_time(leader, vip) -> None:
    access = begun(leader, vip)
    with refused(Conflict, "emergency_running"):
        begun(leader, vip)
    actions.end(access.pk, by=leader)
    begun(leader, vip)


def test_ending_it_ends_what_it_opened(actor, leader, officer, vip) -> None:
    access = begun(leader, vip)
    ask = Ask(actor, vip.client_id, "reveal", PURPOSE, {record_of(vip).id: ("name",)}, reason="x")
    opened = disclose(ask)
    with refused(NotFound, "no_such_emergency"):
        actions.end(access.pk, by=person("bystander", "team_leader"))
    actions.end(access.pk, by=officer)
    with client_scope(vip.client_id), pytest.raises(CallwardenError):
        open_fields(opened, record_of(vip))
    with pytest.raises(AccessRefused):
        names(actor, vip)


@pytest.mark.parametrize("justified", [True, False])
def test_somebody_else_reviews_it(leader, officer, vip, justified) -> None:
    access = begun(leader, vip)
    with refused(Conflict, "emergency_not_waiting"):
        actions.review(access.pk, justified=True, note="Fine.", by=officer)
    actions.end(access.pk, by=leader)
    people.set_roles(leader, ["team_leader", "data_protection_officer"], actor="system")
    with refused(Refused, "own_emergency"):
        actions.review(access.pk, justified=True, note="Fine.", by=leader)
    with refused(Refused, "may_not_review"):
        actions.review(access.pk, justified=True, note="Fine.", by=person("other", "team_leader"))
    with refused(InvalidInput, "note_missing"):
        actions.review(access.pk, justified=True, note=" ", by=officer)
    done = actions.review(access.pk, justified=justified, note="I read all of it.", by=officer)
    assert done.state == (State.CONFIRMED if justified else State.QUESTIONED)
    assert Incident.objects.count() == (0 if justified else 1)
    with refused(Conflict, "emergency_not_waiting"):
        actions.review(access.pk, justified=True, note="Again.", by=officer)


def test_without_a_review_the_account_is_frozen_once_and_two_people_unfreeze_it(leader, officer, vip) -> None:
    with clock.frozen(clock.now()) as time:
        begun(leader, vip)
        time.advance(timedelta(hours=24) - timedelta(seconds=1))
        actions.look()
        assert User.objects.get(pk=leader.pk).is_active
        time.advance(timedelta(seconds=1))
        assert actions.look() == 1
        frozen = User.objects.get(pk=leader.pk)
        assert frozen.frozen_at is not None
        assert not sessions.live(frozen).exists()
        assert Finding.objects.get(kind="emergency-unreviewed").severity == "critical"
        assert actions.look() == 0
        with refused(Conflict, "account_frozen"):
            people.reopen_account(frozen, actor=officer.actor)
        access = EmergencyAccess.objects.get()
        actions.review(access.pk, justified=True, note="Late but needed.", by=officer)
    assert User.objects.get(pk=leader.pk).frozen_at is not None


def test_a_review_in_time_freezes_nobody(leader, officer, vip) -> None:
    with clock.frozen(clock.now()) as time:
        access = begun(leader, vip)
        actions.end(access.pk, by=leader)
        actions.review(access.pk, justified=True, note="Needed.", by=officer)
        time.advance(timedelta(days=2))
        assert actions.look() == 0
    assert User.objects.get(pk=leader.pk).is_active


def test_it_ends_with_the_role_and_the_review_stays_due(actor, leader, vip) -> None:
    begun(leader, vip)
    people.set_roles(leader, ["quality_reviewer"], actor="system")
    assert EmergencyAccess.objects.get().state == State.ENDED
    with pytest.raises(AccessRefused):
        names(actor, vip)


def test_the_database_keeps_who_when_and_how_much(leader, vip) -> None:
    begun(leader, vip)
    changes: tuple[dict[str, object], ...] = (
        {"max_rows": 9000},
        {"ends_at": clock.now() + timedelta(days=1)},
        {"review_due": clock.now() + timedelta(days=9)},
        {"rows": 9000},
        {"reviewed_by": leader},
    )
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            EmergencyAccess.objects.update(**change)
