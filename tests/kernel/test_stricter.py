"""A site may ask for more approval than is built in, never for less, and loosening takes as many as the act itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import IntegrityError, transaction

from callwarden.kernel import approvals, stricter
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.models import Approval, ApprovalTerms, User
from callwarden.kernel.roles import Role
from tests.kernel.conftest import Ledger, refused

MakePerson = Callable[..., User]
pytestmark = pytest.mark.django_db
ran: list[Execution] = []
NAME = "test:stricter"
approvals.register(ActKind(NAME, title="Test", roles=(Role.DPO, Role.SECURITY_ADMIN), run=ran.append, quorum=1))


@pytest.fixture(autouse=True)
def _nothing_ran() -> Iterator[None]:
    ran.clear()
    yield
    ran.clear()


@pytest.fixture
def officers(person: MakePerson) -> list[User]:
    return [person("data_protection_officer"), *(person("security_administrator") for _ in range(3))]


def change(officers: list[User], quorum: int, roles: int, voters: int) -> Approval:
    first, *others = officers
    asked = stricter.request(NAME, quorum=quorum, distinct_roles=roles, by=first, reason="A lesson learnt.")
    for one in others[:voters]:
        approvals.approve(asked.pk, by=one)
    return approvals.execute(asked.pk, stricter.act(NAME, quorum=quorum, distinct_roles=roles), by=first)


def asked_by(person: User) -> Approval:
    return approvals.request(Act(NAME), requester=person, reason="Needed.")


def test_what_is_asked_for_afterwards_needs_as_many_and_what_was_asked_for_before_is_void(
    officers: list[User], ledger: Ledger
) -> None:
    before = asked_by(officers[0])
    approvals.approve(before.pk, by=officers[1])
    change(officers, 2, 2, voters=1)
    assert ledger.events.count(Event.APPROVAL_TERMS_CHANGED) == 1
    with refused(Conflict, "terms_changed"):
        approvals.execute(before.pk, Act(NAME), by=officers[0])
    assert not ran
    after = asked_by(officers[1])
    assert (after.quorum, after.distinct_roles) == (2, 2)
    approvals.approve(after.pk, by=officers[2])
    assert approvals.approve(after.pk, by=officers[3]).state == Approval.State.PENDING  # both of one role
    assert approvals.approve(after.pk, by=officers[0]).state == Approval.State.APPROVED
    approvals.execute(after.pk, Act(NAME), by=officers[1])
    assert len(ran) == 1


def test_a_request_may_not_ask_for_less_than_the_site(officers: list[User]) -> None:
    change(officers, 2, 1, voters=1)
    with refused(InvalidInput, "terms_too_lax"):
        approvals.request(Act(NAME), requester=officers[0], reason="Needed.", quorum=1)


def test_loosening_takes_as_many_people_as_the_act_itself(officers: list[User]) -> None:
    change(officers, 3, 1, voters=1)
    with refused(Conflict, "approval_not_waiting"):
        change(officers, 1, 1, voters=2)
    assert ApprovalTerms.objects.get().quorum == 3
    change(officers, 1, 1, voters=3)
    assert asked_by(officers[0]).quorum == 1


def test_loosening_takes_people_of_as_many_roles_as_the_act_itself(officers: list[User]) -> None:
    change(officers, 2, 2, voters=1)
    with refused(Conflict, "approval_not_waiting"):
        change(officers, 1, 1, voters=2)  # both of one role: they could not do the act
    assert ApprovalTerms.objects.get().distinct_roles == 2
    change([officers[1], officers[0], officers[2]], 1, 1, voters=2)
    assert ApprovalTerms.objects.get().distinct_roles == 1


def test_loosening_that_was_asked_for_before_more_roles_were_needed_is_asked_for_anew(officers: list[User]) -> None:
    change(officers, 2, 1, voters=1)
    asked = stricter.request(NAME, quorum=1, distinct_roles=1, by=officers[0], reason="A lesson learnt.")
    for one in officers[1:3]:
        approvals.approve(asked.pk, by=one)
    change(officers[::-1], 2, 2, voters=2)
    with refused(InvalidInput, "terms_changed"):
        approvals.execute(asked.pk, stricter.act(NAME, quorum=1, distinct_roles=1), by=officers[0])


def test_roles_that_nobody_holds_are_not_asked_for(person: MakePerson) -> None:
    for _one in range(4):
        person("security_administrator")
    with refused(InvalidInput, "too_few_voters"):
        stricter.act(NAME, quorum=2, distinct_roles=2)


@pytest.mark.parametrize(
    ("quorum", "roles", "code"),
    [
        (0, 1, "quorum_out_of_range"),
        (6, 1, "quorum_out_of_range"),
        (1, 2, "roles_out_of_range"),
        (3, 3, "roles_out_of_range"),
        (4, 1, "too_few_voters"),
    ],
)
def test_terms_that_nobody_could_meet_are_refused(officers: list[User], quorum: int, roles: int, code: str) -> None:
    with refused(InvalidInput, code):
        stricter.act(NAME, quorum=quorum, distinct_roles=roles)


def test_terms_below_what_is_built_in_do_nothing(officers: list[User]) -> None:
    approvals.register(ActKind("test:two-of-them", title="T", roles=(Role.DPO,), run=ran.append, quorum=2))
    with refused(InvalidInput, "quorum_out_of_range"):
        stricter.act("test:two-of-them", quorum=1, distinct_roles=1)
    entry = asked_by(officers[0]).entry
    ApprovalTerms.objects.create(
        kind="test:two-of-them", quorum=1, distinct_roles=1, set_at="2026-01-01T00:00Z", entry=entry
    )
    assert stricter.needed(approvals.kind_of("test:two-of-them")) == (2, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        ApprovalTerms.objects.update(quorum=1, distinct_roles=2)
