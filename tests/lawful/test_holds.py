"""Matters: what they cover goes for nobody, at once; two people set and release them; the release forgets nothing."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Q

from callwarden.custody import holds as custody
from callwarden.custody.categories import Category
from callwarden.custody.destroy import buckets_over, destroy_buckets, destroy_record, destroy_subject
from callwarden.custody.models import Bucket, BucketKey, Call, DataKey, Hold, Line, Record, Subject
from callwarden.custody.put import Place, put
from callwarden.custody.restrict import end_restricted
from callwarden.custody.scope import client_scope
from callwarden.flows import holding, timers
from callwarden.kernel import approvals, clock
from callwarden.kernel.errors import CallwardenError, InvalidInput, NotFound, Refused
from callwarden.kernel.models import Approval, Finding, User
from callwarden.lawful.holds import actions, queries
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.holds.rules import Query, Wish
from callwarden.lawful.retention.due import Due
from callwarden.lawful.retention.models import RetentionRule
from tests.centre import basis_for
from tests.custody.test_locks import SOUND, login, put_sound, record
from tests.custody.test_survivors import opens, sibling

__all__ = ["login", "record"]  # fixtures


def person(role: str = "data_protection_officer") -> User:
    return User.objects.create(username=uuid4().hex, roles=[role])


def wish(record: Record, **changes: object) -> Wish:
    given = {
        "client": record.client_id,
        "label": "C-2026/17",
        "ground": "litigation",
        "scope": "query",
        "review_on": clock.now().date() + timedelta(days=90),
        "query": Query(line=record.line_id),
    }
    return Wish(**{**given, **changes})


def asked(record: Record, by: User, *, provisional: bool = True, **changes: object) -> Matter:
    return actions.ask(wish(record, **changes), by=by, reason="A dispute.", provisional=provisional)


def decided(approval_id, by: User, other: User) -> None:
    approval = Approval.objects.get(pk=approval_id)
    approvals.approve(approval.pk, by=other)
    approvals.execute(approval.pk, approvals.act_of(approval), by=by)


def held(record: Record) -> bool:
    with client_scope(record.client_id):
        return Hold.objects.filter(record=record, released_at__isnull=True).exists()


def state(record: Record) -> str:
    with client_scope(record.client_id):
        return Record.objects.get(pk=record.pk).state


def erase(record: Record) -> bool:
    with client_scope(record.client_id):
        return destroy_record(record, actor="system", reason="asked")


def released(matter: Matter) -> None:
    first, second = person(), person("security_administrator")
    matter.refresh_from_db()
    decided(actions.ask_release(matter, by=first, reason="Settled.").pk, first, second)
    holding.tend(seconds=10)


def test_one_person_holds_at_once_and_a_second_puts_it_into_force(record, login):
    first, second = person(), person("security_administrator")
    matter = asked(record, first)
    assert matter.state == "provisional"
    assert not erase(record)
    assert state(record) == "stored"
    with pytest.raises(Refused):
        approvals.approve(matter.approval, by=first)
    decided(matter.approval, first, second)
    matter.refresh_from_db()
    assert matter.state == "held"
    holding.tend(seconds=10)
    assert opens(record, login)
    with client_scope(record.client_id):
        assert Record.objects.get(pk=record.pk).bucket.hold


def test_what_is_only_asked_for_holds_nothing_until_two_have_decided(record):
    first = person()
    matter = asked(record, first, provisional=False)
    assert not held(record)
    decided(matter.approval, first, person())
    assert held(record)


def test_a_marked_record_outlives_the_end_of_its_bucket_before_and_after_it_was_moved(record, login):
    matter = asked(record, person())
    with client_scope(record.client_id):
        day = Bucket.objects.get(pk=record.bucket_id).expires_on
        assert destroy_buckets(buckets_over(record.client_id, today=day), actor="system") == 0
        assert BucketKey.objects.filter(bucket=record.bucket_id).exists()
    assert actions.settle(matter, at_most=10) == 1
    with client_scope(record.client_id):
        assert destroy_buckets(buckets_over(record.client_id, today=day), actor="system") == 1
    assert opens(record, login)
    assert state(record) == "stored"


def test_records_whose_key_has_ended_hide_nobody_behind_them(line, monkeypatch):
    monkeypatch.setattr(actions, "BATCH", 1)
    ended, *others = sorted((put_sound(line) for _ in range(4)), key=lambda one: one.pk)
    with client_scope(line.client_id):
        old = Bucket.objects.get(pk=ended.bucket_id)
        other = Bucket.objects.create(
            client_id=old.client_id, line=old.line, expires_on=old.expires_on, destroyed_at=clock.now()
        )
        Record.objects.filter(pk=ended.pk).update(bucket=other)
    asked(ended, person())
    assert [held(one) for one in others] == [True] * 3
    assert not held(ended)


def test_the_release_carries_out_every_erasure_that_was_stopped_and_leaves_the_rest(record, login):
    other = sibling(record)
    matter = asked(record, person())
    holding.tend(seconds=10)
    assert not erase(record)
    released(matter)
    assert (state(record), state(other)) == ("destroyed", "stored")
    assert opens(other, login)
    with client_scope(record.client_id):
        assert not Hold.objects.filter(released_at__isnull=True).exists()


def test_a_person_erased_while_on_hold_is_gone_with_the_release_and_nobody_has_to_remember(record):
    matter = asked(record, person())
    with client_scope(record.client_id):
        assert destroy_subject(Subject.objects.get(pk=record.subject_id), actor="system", reason="asked") == 0
    assert state(record) == "stored"
    released(matter)
    assert state(record) == "destroyed"
    with client_scope(record.client_id):
        assert Subject.objects.get(pk=record.subject_id).destroyed_at


def test_a_release_that_was_killed_goes_on_where_it_was(record):
    others = [sibling(record) for _ in range(4)]
    matter = asked(record, person())
    first, second = person(), person()
    matter.refresh_from_db()
    decided(actions.ask_release(matter, by=first, reason="Settled.").pk, first, second)
    matter.refresh_from_db()
    assert actions.let_go(matter, at_most=2) == 2
    holding.tend(seconds=10)
    assert not any(held(one) for one in [record, *others])


def test_a_period_put_off_while_on_hold_counts_when_it_is_released(record, login):
    """Its week of old is over by then, and ended with all that lay in it; the record is kept until its day of now."""
    first = person()
    matter = asked(record, first)
    decided(matter.approval, first, person("security_administrator"))
    holding.tend(seconds=10)
    with client_scope(record.client_id):
        week = Record.objects.get(pk=record.pk).bucket.expires_on
        Record.objects.filter(pk=record.pk).update(due_at=record.due_at + timedelta(days=60))
        destroy_buckets(buckets_over(record.client_id, today=week + timedelta(days=1)), actor="system")
        assert Bucket.objects.get(line=record.line_id, expires_on=week, hold=False).destroyed_at
    released(matter)
    assert not held(record)
    assert opens(record, login)
    with client_scope(record.client_id):
        bucket = Record.objects.get(pk=record.pk).bucket
        assert (bucket.hold, bucket.expires_on > week) == (False, True)


def put_off(record: Record, *, days: int) -> None:
    """As a rule or an event does that lengthens its period."""
    with client_scope(record.client_id):
        Record.objects.filter(pk=record.pk).update(due_at=clock.now() + timedelta(days=days))


def unruled() -> None:
    """No rule and no law gives anything another date than the one that is written."""
    RetentionRule.objects.all().delete()
    Line.objects.update(direction="inbound")


def word_on(record: Record) -> list[str]:
    with client_scope(record.client_id):
        return list(Hold.objects.filter(record=record).values_list("erase", flat=True))


def test_a_period_that_was_over_while_on_hold_and_was_put_off_since_counts_as_it_is_now(record, login, monkeypatch):
    """The keeper is down, so the record is marked and not yet moved when its day comes."""
    matter = asked(record, person())
    put_off(record, days=-1)
    with client_scope(record.client_id):  # held after the list of what is over was made
        over = Q(due_at__lte=clock.now())
        assert not destroy_record(record, actor="system", reason="retention_ended", still=over)
    monkeypatch.setattr(timers, "move_held", lambda client: 0)
    assert timers.end_retention() == 0
    assert word_on(record) == [""]
    put_off(record, days=60)
    released(matter)
    assert not held(record)
    assert opens(record, login)


def test_an_old_word_that_only_a_time_left_ends_nothing(record, login):
    matter = asked(record, person())
    with client_scope(record.client_id):
        Hold.objects.filter(record=record).update(erase="retention_ended")
    released(matter)
    assert opens(record, login)


def test_a_period_that_is_over_ends_with_the_release_though_no_word_is_left(record):
    matter = asked(record, person())
    unruled()
    put_off(record, days=-1)
    timers.end_retention()
    released(matter)
    assert state(record) == "destroyed"


def test_a_held_original_that_was_redacted_meanwhile_outlives_its_release(record, login):
    original = unredacted(record)
    matter = asked(record, person())
    assert timers.end_unredacted() == 0
    with client_scope(record.client_id):
        Call.objects.filter(pk=original.call_id).update(redaction=Call.Redaction.DONE)
    released(matter)
    timers.end_unredacted()
    assert opens(original, login)


def test_a_held_original_that_was_never_redacted_goes_after_its_release(record):
    original = unredacted(record)
    matter = asked(record, person())
    timers.end_unredacted()
    released(matter)
    assert timers.end_unredacted() == 1
    assert state(original) == "destroyed"


def unredacted(record: Record) -> Record:
    """An original of the same subject, of a call on a line that takes cards, which nothing could redact for days."""
    at = clock.now() - timedelta(days=3)
    Line.objects.filter(pk=record.line_id).update(takes_cards=True)
    with client_scope(record.client_id):
        call = Call.objects.create(
            client_id=record.client_id, line_id=record.line_id, reference=uuid4().bytes * 2, started_at=at,
            admitted_at=at,
        )  # fmt: skip
        return put(
            basis_for(record.line),
            category=Category.RECORDING_ORIGINAL,
            subject=record.subject,
            write=lambda out: out.write(SOUND),
            place=Place(call=call),
        )


@pytest.mark.parametrize("most", [1, 2])
def test_held_records_past_their_floor_keep_nobody_elses_erasure_waiting(record, most):
    free = sibling(record)
    matter = asked(record, person(), query=Query(line=record.line_id, until=clock.now().date()))
    unruled()
    with client_scope(record.client_id):
        Hold.objects.filter(record=free).delete()
        for one, days in ((record, 2), (free, 1)):
            at = clock.now() - timedelta(days=days)
            Record.objects.filter(pk=one.pk).update(state="restricted", erase_at=at, erase_reason="request_erasure")
        assert end_restricted(Due(record.client_id, ()).after_floors(most), actor="system") == 1
    assert (state(record), state(free)) == ("restricted", "destroyed")
    released(matter)
    assert state(record) == "destroyed"


@pytest.mark.parametrize("end", ["end_unredacted", "end_retention"])
def test_held_records_that_are_over_keep_no_other_from_ending(record, monkeypatch, end):
    monkeypatch.setattr(timers, "AT_ONCE", 1)
    first, second = sorted((unredacted(record), unredacted(record)), key=lambda one: one.pk)
    unruled()
    for one in (first, second):
        put_off(one, days=-1 if end == "end_retention" else 90)
    with client_scope(record.client_id):
        custody.mark([Record.objects.get(pk=first.pk)], matter=uuid4(), actor="system")
    assert getattr(timers, end)() == 1
    assert (state(first), state(second)) == ("stored", "destroyed")


def test_two_matters_on_one_record_and_only_the_last_lets_go(record):
    matters = [asked(record, person(), label=f"M-{n}") for n in range(2)]
    assert not erase(record)
    released(matters[0])
    assert state(record) == "stored"
    released(matters[1])
    assert state(record) == "destroyed"


def test_what_arrives_later_is_covered_as_well(record):
    matter = asked(record, person())
    later = sibling(record)
    assert not held(later)
    holding.tend(seconds=10)
    assert held(later)
    with client_scope(record.client_id):
        assert queries.standing(matter).settled == 2


def test_a_matter_covers_no_record_outside_its_scope(record):
    other = sibling(record)
    with client_scope(record.client_id):
        Record.objects.filter(pk=other.pk).update(category="contact")
    asked(record, person(), query=Query(line=record.line_id, categories=(record.category,)))
    assert (held(record), held(other)) == (True, False)
    assert erase(other)


@pytest.mark.parametrize("scope", ["call", "customer", "person"])
def test_a_scope_without_a_target_covers_nothing(line, scope):
    """Not the records that belong to no call, and not the customers who are nobody known."""
    put_sound(line)
    with client_scope(line.client_id):
        Record.objects.update(call=None)
        assert Record.objects.exists()
        assert not queries.exists(scope, None)
        assert not queries.records_of(scope, None, None).exists()


def test_a_refused_or_forgotten_provisional_hold_ends(record):
    refused, forgotten = asked(record, person(), label="A"), asked(record, person(), label="B")
    approvals.refuse(refused.approval, by=person(), reason="No.")
    holding.tend(seconds=10)
    refused.refresh_from_db()
    forgotten.refresh_from_db()
    assert (refused.state, forgotten.state) == ("released", "provisional")
    with clock.frozen(clock.now() + timedelta(days=15)):
        holding.tend(seconds=10)
    forgotten.refresh_from_db()
    assert forgotten.state == "released"
    assert not held(record)


def test_a_matter_nobody_looks_at_in_time_is_reported(record):
    matter = asked(record, person(), review_on=clock.now().date() + timedelta(days=2))
    with clock.frozen(clock.now() + timedelta(days=4)):
        holding.tend(seconds=10)
        assert Finding.objects.get(kind="hold-review-due").where == f"matter:{matter.pk}"
        actions.review(matter, until=clock.now().date() + timedelta(days=30), by=person())


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("label_not_structural", {"label": "Frau Meier"}),
        ("label_not_structural", {"label": "13800138000"}),
        ("label_missing", {"label": ""}),
        ("review_out_of_range", {"review_on": date(2020, 1, 1)}),
        ("review_out_of_range", {"review_on": date(2199, 1, 1)}),
        ("query_covers_everything", {"query": Query()}),
        ("days_the_wrong_way", {"query": Query(since=date(2026, 2, 2), until=date(2026, 1, 1))}),
        ("unknown_category", {"query": Query(categories=("nonsense",))}),
        ("scope_unclear", {"scope": "call", "query": None}),
        ("no_such_target", {"scope": "call", "query": None, "target": uuid4()}),
        ("no_such_target", {"scope": "person", "query": None, "target": uuid4()}),
    ],
)
def test_a_matter_that_says_too_little_is_refused(record, code, changes):
    with pytest.raises((InvalidInput, NotFound)) as refusal:
        asked(record, person(), **changes)
    assert refusal.value.code == code
    assert not Matter.objects.exists()


def test_the_database_refuses_steps_a_matter_may_not_take(record):
    asked(record, person())
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE lawful_matter SET state = 'asked'")
    assert Matter.objects.get().state == "provisional"


def test_while_the_keeper_is_down_marked_records_stay_marked_and_are_moved_later(record, monkeypatch):
    from callwarden.custody.keeper.client import KeeperUnavailable

    matter = asked(record, person())
    with monkeypatch.context() as patch:

        def down(*_args, **_more):
            raise KeeperUnavailable("keeper_unavailable", "down")

        patch.setattr("callwarden.custody.holds.keeper.rewrap", down)
        with pytest.raises(CallwardenError):
            actions.settle(matter, at_most=5)
    assert held(record)
    assert actions.settle(matter, at_most=5) == 1
    timers.purge_ended(seconds=1)
    with client_scope(record.client_id):
        assert DataKey.objects.filter(record=record).exists()
