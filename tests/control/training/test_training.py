"""Training is entered by others, never changed, and what sensitive roles rest on while they are held."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from callwarden.control.accounts import actions as accounts
from callwarden.control.reviews import actions as reviews
from callwarden.control.training import actions, queries, rules, watch
from callwarden.control.training.models import TrainingRecord, TrainingTakenBack
from callwarden.control.training.rules import COURSE, Standing
from callwarden.kernel import approvals, clock
from callwarden.kernel.clock import FrozenClock
from callwarden.kernel.errors import Conflict, InvalidInput, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.models import Approval, Finding, User
from tests.kernel.conftest import Ledger, refused

MakePerson = Callable[..., User]
SECURITY, DPO, AUDITOR = "security_administrator", "data_protection_officer", "auditor"

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(person: MakePerson) -> User:
    return person(SECURITY)


def train(somebody: User, by: User, *, ago: int = 0, lasts: int | None = None, course: str = COURSE) -> TrainingRecord:
    day = clock.now().date() - timedelta(days=ago)
    until = None if lasts is None else day + timedelta(days=lasts)
    return actions.record(somebody, course, completed_on=day, valid_until=until, by=by)


def standing(person: User) -> Standing:
    return queries.trained([person.pk])[person.pk].standing


def ask(somebody: User, role: str, admin: User) -> Approval | None:
    return accounts.change_roles(somebody, [role], actor=admin.actor, requester=admin, reason="Succession.")


def test_on_its_last_day_training_counts_and_a_day_later_it_does_not() -> None:
    last = date(2026, 3, 1)
    assert rules.judged([date(2025, 1, 1), last], last).standing is Standing.VALID
    assert rules.judged([date(2025, 1, 1), last], last + timedelta(days=1)).standing is Standing.LAPSED
    assert rules.judged([], last).standing is Standing.NONE


def test_nobody_enters_their_own_training_and_the_log_says_who_did(
    admin: User, person: MakePerson, ledger: Ledger
) -> None:
    somebody = person("agent")
    with refused(Refused, "own_training"):
        train(admin, admin)
    made = train(somebody, admin)
    assert (made.entered_by, standing(somebody), standing(admin)) == (admin.actor, Standing.VALID, Standing.NONE)
    assert ledger[-1].event == Event.TRAINING_RECORDED
    assert ledger[-1].data["person"] == somebody.actor


@pytest.mark.parametrize(
    ("ago", "lasts", "code"), [(-1, None, "training_ahead"), (0, 400, "training_until"), (0, -1, "training_until")]
)
def test_training_neither_lies_ahead_nor_counts_longer_than_the_site_allows(
    admin: User, person: MakePerson, ago: int, lasts: int | None, code: str
) -> None:
    with refused(InvalidInput, code):
        train(person("agent"), admin, ago=ago, lasts=lasts)
    assert not TrainingRecord.objects.exists()


def test_the_register_is_never_changed_not_even_by_sql(admin: User, person: MakePerson) -> None:
    made = train(person("agent"), admin)
    taken = actions.take_back(made.pk, by=admin, reason="Somebody else.")
    for rows in (TrainingRecord.objects.filter(pk=made.pk), TrainingTakenBack.objects.filter(pk=taken.pk)):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(entry=made.pk)
        with pytest.raises(DatabaseError), transaction.atomic():
            rows._raw_delete(rows.db)


def test_what_was_entered_by_mistake_does_not_count_and_can_be_entered_again(admin: User, person: MakePerson) -> None:
    somebody = person("agent")
    made = train(somebody, admin)
    with refused(Conflict, "training_known"):
        train(somebody, admin)
    with refused(InvalidInput, "reason_missing"):
        actions.take_back(made.pk, by=admin, reason=" ")
    actions.take_back(made.pk, by=admin, reason="Wrong person.")
    assert standing(somebody) is Standing.NONE
    with refused(Conflict, "training_taken_back"):
        actions.take_back(made.pk, by=admin, reason="Again.")
    train(somebody, admin)
    assert standing(somebody) is Standing.VALID


@pytest.mark.parametrize(("ago", "course"), [(0, "first-aid"), (370, COURSE)])
def test_a_sensitive_role_is_not_even_asked_for_without_current_training(
    admin: User, person: MakePerson, ago: int, course: str
) -> None:
    somebody = person("agent")
    with refused(Refused, "training_not_current"):
        ask(somebody, DPO, admin)
    train(somebody, admin, ago=ago, lasts=360, course=course)
    with refused(Refused, "training_not_current"):
        ask(somebody, DPO, admin)
    assert not Approval.objects.exists()
    assert ask(somebody, "team_leader", admin) is None  # an ordinary role rests on none
    train(somebody, admin)
    assert ask(somebody, DPO, admin) is not None


def test_training_that_lapses_between_approval_and_giving_stops_it(
    admin: User, person: MakePerson, time: FrozenClock
) -> None:
    somebody, officer = person("agent"), person(DPO)
    time.advance(timedelta(hours=10))
    train(somebody, admin, lasts=0)
    asked = ask(somebody, AUDITOR, admin)
    assert asked is not None
    approvals.approve(asked.pk, by=officer)
    time.advance(timedelta(hours=3))  # past midnight, while the approval still counts
    with refused(Refused, "training_not_current"):
        approvals.execute(asked.pk, approvals.act_of(asked), by=admin)
    assert User.objects.get(pk=somebody.pk).roles == ["agent"]


def test_a_directory_gives_no_sensitive_role_to_the_untrained_either(person: MakePerson) -> None:
    person(SECURITY)
    with refused(Refused, "training_not_current"):
        accounts.change_roles(person("agent"), [AUDITOR], actor="door:scim", alone=True)


def test_where_a_site_requires_none_a_role_is_given_and_nothing_is_found(
    admin: User, person: MakePerson, settings: Any
) -> None:
    settings.TRAINING_MONTHS = 0
    assert ask(person("agent"), DPO, admin) is not None
    assert watch.look() == []


def test_lapsed_training_is_a_finding_that_only_training_or_losing_the_role_settles(
    admin: User, person: MakePerson, time: FrozenClock
) -> None:
    officer = person(DPO)
    train(admin, officer)
    train(officer, admin, lasts=10)
    assert watch.look() == []
    time.advance(timedelta(days=11))
    (finding,) = watch.look()
    assert (finding.kind, finding.where) == ("training-not-current", f"person:{officer.actor}")
    train(officer, admin)
    time.advance(timedelta(hours=1))
    assert watch.look() == []
    assert Finding.objects.get().state == Finding.State.CLOSED


def test_a_review_keeps_no_sensitive_role_whose_holder_is_untrained_and_revoking_settles_the_finding(
    admin: User, person: MakePerson, time: FrozenClock
) -> None:
    officer, auditor = person(DPO), person(AUDITOR)
    train(admin, officer)
    train(officer, admin)
    (finding,) = watch.look()
    campaign = reviews.start("r", roles=[AUDITOR], lines=None, due_at=clock.now() + timedelta(days=9), by=admin)
    item = campaign.items.get(person=auditor)
    assert (item.facts["training"], item.facts["training_not_current"]) == ("none", True)
    with refused(Refused, "training_not_current"):
        reviews.decide(item.pk, "keep", by=officer, reason="Needed.")
    reviews.see(campaign, auditor.pk, by=officer)
    with refused(Refused, "training_not_current"):
        reviews.keep_all(campaign, auditor.pk, by=officer, reason="Needed.")
    reviews.decide(item.pk, "revoke", by=officer, reason="Untrained.")
    finding.refresh_from_db()
    assert finding.state == Finding.State.VERIFYING
    time.advance(timedelta(hours=1))
    watch.look()
    finding.refresh_from_db()
    assert finding.state == Finding.State.CLOSED
    told = reviews.report(campaign, at=clock.now())["items"]
    assert "training_not_current" in told[0]["notable"]


def test_trained_meanwhile_the_role_can_be_kept(admin: User, person: MakePerson) -> None:
    officer, auditor = person(DPO), person(AUDITOR)
    campaign = reviews.start("r", roles=[AUDITOR], lines=None, due_at=clock.now() + timedelta(days=9), by=admin)
    train(auditor, admin)
    reviews.decide(campaign.items.get().pk, "keep", by=officer, reason="Needed.")
    assert User.objects.get(pk=auditor.pk).roles == [AUDITOR]


HEADING = "account,course,completed,valid_until\n"


def test_a_table_is_taken_whole_or_not_at_all_and_twice_without_harm(admin: User, person: MakePerson) -> None:
    one, two = person("agent"), person("agent")
    day = clock.now().date().isoformat()
    good = f"{HEADING}{one.username},security,{day},\n{two.username},security,{day},{day}\n"
    with refused(InvalidInput, "table_line") as caught:
        actions.take_table(good + "nobody-of-this-name,security,2026-01-01,\n", by=admin)
    assert caught.value.data["line"] == 4
    assert "nobody-of-this-name" not in str(caught.value)
    assert not TrainingRecord.objects.exists()
    assert actions.take_table(good, by=admin) == 2
    assert actions.take_table(good, by=admin) == 0
    assert set(TrainingRecord.objects.values_list("source", flat=True)) == {"table"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "table_heading"),
        ("course,account,completed,valid_until\n", "table_heading"),
        (HEADING + "{one},security,yesterday,\n", "table_line"),
        (HEADING + "{one},security\n", "table_line"),
        (HEADING + '{one},"security,2026-01-01,\n', "table_line"),
        (HEADING + "{admin},security,2026-01-01,\n", "table_line"),
    ],
    ids=["empty", "other-heading", "no-day", "short", "open-quote", "own"],
)
def test_a_table_that_cannot_be_read_enters_nothing(admin: User, person: MakePerson, text: str, code: str) -> None:
    one = person("agent")
    with refused(InvalidInput, code):
        actions.take_table(text.format(one=one.username, admin=admin.username), by=admin)
    assert not TrainingRecord.objects.exists()
