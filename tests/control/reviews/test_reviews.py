"""Nobody reviews themselves, silence revokes, and what was decided stays decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, transaction

from callwarden.control.access.actions import ensure_default
from callwarden.control.alerts.models import AccessDay
from callwarden.control.reviews import actions, queries
from callwarden.control.reviews.models import Campaign, Item
from callwarden.custody.models import Client
from callwarden.kernel import clock, people
from callwarden.kernel.clock import FrozenClock
from callwarden.kernel.errors import Conflict, InvalidInput, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.models import Finding, RoleHeld, User
from callwarden.protection.signin.actions import create
from callwarden.protection.signin.models import ServiceKey
from tests.kernel.conftest import Ledger, refused
from tests.kernel.test_leavers import _at_once

MakePerson = Callable[..., User]
DPO, SECURITY = "data_protection_officer", "security_administrator"
LINE = UUID(int=3)

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(person: MakePerson) -> dict[str, User]:
    return {
        "agent": person("agent", lines=[LINE]),
        "leader": person("team_leader", lines=[LINE]),
        "dpo": person(DPO),
        "security": person(SECURITY),
    }


def begin(by: User, *, roles: tuple[str, ...] = (), lines: list[UUID] | None = None, days: int = 14) -> Campaign:
    due = clock.now() + timedelta(days=days)
    return actions.start(f"r-{uuid4().hex[:8]}", roles=roles, lines=lines, due_at=due, by=by)


def item_of(campaign: Campaign, person: User) -> Item:
    return campaign.items.get(person=person)


def test_the_leader_reviews_the_team_an_officer_the_rest_and_nobody_themselves(team: dict[str, User]) -> None:
    campaign = begin(team["dpo"])
    reviewers = {item.person: item.reviewer for item in campaign.items.all()}
    assert reviewers[team["agent"]] == team["leader"]
    assert reviewers[team["leader"]] == team["dpo"]
    assert reviewers[team["dpo"]] == team["security"]
    assert not [person for person, reviewer in reviewers.items() if person == reviewer]


def test_a_review_that_somebody_would_have_to_do_of_themselves_does_not_begin(person: MakePerson) -> None:
    alone = person(DPO)
    with refused(InvalidInput, "no_reviewer"), transaction.atomic():
        begin(alone)
    assert not Campaign.objects.exists()


def test_keeping_changes_nothing_revoking_takes_the_right_at_once(team: dict[str, User], ledger: Ledger) -> None:
    campaign = begin(team["dpo"], roles=("agent", "team_leader"))
    actions.decide(item_of(campaign, team["agent"]).pk, "keep", by=team["leader"], reason="Works here.")
    actions.decide(item_of(campaign, team["leader"]).pk, "revoke", by=team["dpo"], reason="Moved.")
    assert User.objects.get(pk=team["agent"].pk).roles == ["agent"]
    assert User.objects.get(pk=team["leader"].pk).roles == []
    told = [entry for entry in ledger if entry.event == Event.REVIEW_DECIDED]
    assert [entry.data["outcome"] for entry in told] == ["kept", "revoked"]
    assert told[1].detail == {"reason": "Moved."}


def test_nobody_decides_on_themselves_or_on_what_others_review(team: dict[str, User], person: MakePerson) -> None:
    campaign = begin(team["security"])
    own = item_of(campaign, team["dpo"]).pk
    with refused(Refused, "own_review"):
        actions.decide(own, "keep", by=team["dpo"], reason="Me.")
    with refused(Refused, "not_reviewer"):
        actions.decide(item_of(campaign, team["agent"]).pk, "keep", by=team["security"], reason="x")
    with refused(InvalidInput, "reason_missing"):
        actions.decide(item_of(campaign, team["agent"]).pk, "keep", by=team["leader"], reason=" ")
    people.close_account(team["leader"], actor="system")
    actions.decide(item_of(campaign, team["agent"]).pk, "keep", by=team["dpo"], reason="The leader left.")


def test_silence_revokes_at_the_deadline_and_not_before(
    team: dict[str, User], time: FrozenClock, ledger: Ledger
) -> None:
    campaign = begin(team["dpo"], roles=("agent", "team_leader"))
    actions.decide(item_of(campaign, team["leader"]).pk, "keep", by=team["dpo"], reason="Leads.")
    time.advance(timedelta(days=13, hours=23))
    assert actions.end_due() == 0
    assert User.objects.get(pk=team["agent"].pk).roles == ["agent"]
    time.advance(timedelta(hours=2))
    assert actions.end_due() == 1
    assert actions.end_due() == 0
    assert User.objects.get(pk=team["agent"].pk).roles == []
    assert User.objects.get(pk=team["leader"].pk).roles == ["team_leader"]
    silent = item_of(campaign, team["agent"])
    assert (silent.silent, silent.decided_by, silent.outcome) == (True, "job:review", "revoked")
    assert ledger.events.count(Event.REVIEW_REPORTED) == 1


def test_after_the_deadline_nobody_keeps_anything_though_the_job_has_not_run(
    team: dict[str, User], time: FrozenClock
) -> None:
    campaign = begin(team["dpo"])
    time.advance(timedelta(days=15))
    with refused(Conflict, "review_over"):
        actions.decide(item_of(campaign, team["agent"]).pk, "keep", by=team["leader"], reason="Late.")


def test_silence_does_not_lock_everybody_out(team: dict[str, User], time: FrozenClock) -> None:
    begin(team["dpo"], roles=(SECURITY,))
    time.advance(timedelta(days=15))
    actions.end_due()
    assert User.objects.get(pk=team["security"].pk).roles == [SECURITY]
    assert Item.objects.get().outcome == "refused"
    assert Finding.objects.get().kind == "review-not-carried"


def test_keys_of_programs_are_reviewed_and_end_when_revoked(team: dict[str, User], time: FrozenClock) -> None:
    client = Client.objects.create(slug="centre", name="Centre")
    key, _written = create(owner=team["agent"], purpose="pbx", scopes=["intake"], client=client, actor="system")
    campaign = begin(team["dpo"])
    item = campaign.items.get(kind="service_key")
    assert (item.target, item.reviewer, item.facts["never_used"]) == (str(key.pk), team["dpo"], True)
    time.advance(timedelta(days=15))
    actions.end_due()
    assert ServiceKey.objects.get(pk=key.pk).ended_for == "review"


def test_all_rights_of_a_person_are_kept_together_only_by_whoever_has_seen_them(team: dict[str, User]) -> None:
    people.set_roles(team["agent"], ["agent", "quality_reviewer"], actor="system")
    campaign = begin(team["dpo"])
    for somebody in (team["leader"], team["dpo"]):
        with refused(Refused, "not_seen"):
            actions.keep_all(campaign, team["agent"].pk, by=somebody, reason="All.")
    actions.see(campaign, team["agent"].pk, by=team["leader"])
    with refused(Refused, "not_seen"):
        actions.keep_all(campaign, team["agent"].pk, by=team["dpo"], reason="All.")
    assert actions.keep_all(campaign, team["agent"].pk, by=team["leader"], reason="All needed.") == 2
    actions.see(campaign, team["security"].pk, by=team["leader"])
    assert not Item.objects.filter(person=team["security"], seen_by=team["leader"]).exists()


def test_what_was_decided_and_reported_never_changes_not_even_by_sql(team: dict[str, User], time: FrozenClock) -> None:
    campaign = begin(team["dpo"])
    item = item_of(campaign, team["agent"])
    actions.decide(item.pk, "keep", by=team["leader"], reason="Yes.")
    with refused(Conflict, "reviewed_already"):
        actions.decide(item.pk, "revoke", by=team["leader"], reason="No.")
    with pytest.raises(DatabaseError), transaction.atomic():
        Item.objects.filter(pk=item.pk).update(decision="revoke")
    with pytest.raises(DatabaseError), transaction.atomic():
        Item.objects.filter(pk=item.pk).update(reviewer=team["dpo"])
    time.advance(timedelta(days=15))
    actions.end_due()
    with pytest.raises(DatabaseError), transaction.atomic():
        Campaign.objects.filter(pk=campaign.pk).update(digest="0" * 64)


def test_facts_say_who_never_used_a_role_and_whose_account_sleeps(person: MakePerson, time: FrozenClock) -> None:
    person(DPO)
    admin = person(SECURITY)
    sleeper = people.open_account("li", roles=["agent"], actor="system", lines=[LINE])
    User.objects.filter(pk=sleeper.pk).update(date_joined=clock.now())
    time.advance(timedelta(days=60))
    campaign = begin(admin, roles=("agent",))
    facts = item_of(campaign, sleeper).facts
    assert (facts["never_used"], facts["dormant"]) == (True, True)


def test_a_review_closes_early_when_everything_is_decided(team: dict[str, User]) -> None:
    campaign = begin(team["dpo"], roles=("agent",))
    assert not actions.close_decided(campaign, actor=team["dpo"].actor)
    actions.decide(item_of(campaign, team["agent"]).pk, "keep", by=team["leader"], reason="Yes.")
    assert actions.close_decided(campaign, actor=team["dpo"].actor)
    done = queries.progress(campaign)
    assert (done.total, done.kept, done.open) == (1, 1, 0)


@pytest.mark.parametrize("days", [0, 91])
def test_a_review_has_an_end(team: dict[str, User], days: int) -> None:
    with refused(InvalidInput, "review_due"):
        begin(team["dpo"], days=days)


@pytest.mark.django_db(transaction=True)
def test_deciding_in_two_windows_at_once_counts_once(team: dict[str, User]) -> None:
    item = item_of(begin(team["dpo"]), team["agent"])
    came_to = _at_once(
        lambda: actions.decide(item.pk, "keep", by=team["leader"], reason="a"),
        lambda: actions.decide(item.pk, "revoke", by=team["dpo"], reason="b"),
    )
    assert sorted(came_to) == ["done", "reviewed_already"]


def opened(person: User, action: str, purpose: str, *, days_ago: int) -> None:
    day = clock.now().date() - timedelta(days=days_ago)
    AccessDay.objects.create(day=day, actor=person.actor, action=action, purpose=purpose, count=3)


def test_what_was_opened_is_use_and_a_role_by_which_nothing_was_is_told(team: dict[str, User]) -> None:
    ensure_default()
    long_ago = clock.now() - timedelta(days=60)
    for one in (team["agent"], team["leader"]):
        User.objects.filter(pk=one.pk).update(date_joined=long_ago)
        RoleHeld.objects.filter(user=one).update(since=long_ago)
    opened(team["agent"], "view_masked", "service", days_ago=5)
    opened(team["dpo"], "view_masked", "subject_request", days_ago=45)
    facts = {item.person_id: item.facts for item in begin(team["dpo"]).items.all()}
    assert not facts[team["agent"].pk].get("nothing_opened")
    assert not facts[team["agent"].pk]["never_used"]  # nobody signed in, and yet the log knows of use
    assert facts[team["leader"].pk]["nothing_opened"]


def test_a_role_that_no_colleague_of_the_team_has_and_one_that_conflicts_are_told(
    person: MakePerson, team: dict[str, User]
) -> None:
    ensure_default()
    odd = person("agent", "partner_manager", lines=[LINE])
    for _ in range(3):
        person("agent", lines=[LINE])
    both = person("agent", "auditor")
    campaign = begin(team["dpo"])
    facts = {(item.person_id, item.target): item.facts for item in campaign.items.all()}
    assert facts[odd.pk, "partner_manager"]["no_peer"]
    assert not facts[odd.pk, "agent"].get("no_peer")
    assert facts[both.pk, "auditor"]["conflicting"]
    told = {(one["person"], one["target"]): one["notable"] for one in actions.report(campaign, at=clock.now())["items"]}
    assert "conflicting" in told[both.actor, "agent"]
    assert "no_peer" in told[odd.actor, "partner_manager"]
