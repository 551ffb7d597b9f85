"""Acts on many rows: the set is the one that was seen; nothing is added, nothing done twice, nothing left untold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from callwarden.kernel import approvals, bulk, findings, people
from callwarden.kernel.bulk import BulkKind, Doing, Found, mark_of, one_by_one, running
from callwarden.kernel.clock import FrozenClock
from callwarden.kernel.errors import Conflict, InvalidInput, NotFound, Refused, TooLarge, Unavailable
from callwarden.kernel.events import Event
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Approval, BulkAct, BulkRow, Finding, Severity, User
from callwarden.kernel.roles import Role
from callwarden.kernel.structural import NotStructural
from tests.kernel.conftest import Ledger, refused

State = BulkAct.State
MakePerson = Callable[..., User]
pytestmark = pytest.mark.django_db
KIND = findings.register(FindingKind("test-many", title="Many", remedy="Few.")).name
DPO, SECURITY = "data_protection_officer", "security_administrator"
touched: list[UUID] = []


def find(doing: Doing, ids: Sequence[UUID] | None) -> Iterable[Found]:
    rows = Finding.objects.filter(kind=KIND)
    rows = rows.filter(pk__in=ids) if ids is not None else rows.filter(severity=doing.parameters["severity"])
    for one in rows:
        yield Found(one.pk, one.severity, mark_of(one.severity, one.owner_id), "theirs" if one.owner_id else "")


def touch(doing: Doing, found: Found) -> str:
    touched.append(found.target)
    findings.assign(Finding.objects.get(pk=found.target), owner=doing.by, actor=doing.by.actor)
    return ""


ALONE = bulk.register(BulkKind("test:alone", title="Alone", roles=(Role.DPO,), find=find, apply=one_by_one(touch))).name
BY_TWO = bulk.register(
    BulkKind(
        "test:by_two",
        title="By two",
        roles=(Role.DPO,),
        deciders=(Role.SECURITY_ADMIN, Role.DPO),
        find=find,
        apply=one_by_one(touch),
    )
).name
HIGH = {"severity": "high"}


@pytest.fixture(autouse=True)
def nothing_touched() -> None:
    touched.clear()


@pytest.fixture
def officer(person: MakePerson) -> User:
    return person(DPO)


@pytest.fixture
def second(person: MakePerson) -> User:
    return person(SECURITY)


def report(count: int = 1, severity: Severity = Severity.HIGH) -> list[Finding]:
    return [findings.report(KIND, where=f"host:{uuid4()}", severity=severity, actor="job:watch") for _ in range(count)]


def draw(officer: User, kind: str = ALONE, **parameters: Any) -> BulkAct:
    return bulk.draw(kind, HIGH | parameters, by=officer)


def started(officer: User) -> BulkAct:
    act = draw(officer)
    return bulk.start(act.pk, digest=act.digest, by=officer)


def asked(officer: User) -> tuple[BulkAct, Approval]:
    act = draw(officer, BY_TWO)
    return act, bulk.ask(act.pk, digest=act.digest, by=officer, reason="Because.")


def fresh(act: BulkAct) -> BulkAct:
    return BulkAct.objects.get(pk=act.pk)


def outcomes(act: BulkAct) -> dict[UUID, tuple[str, str]]:
    return {target: (outcome, why) for target, outcome, why in act.rows.values_list("target", "outcome", "reason")}


class TestDrawing:
    def test_the_set_is_what_matches_now_in_the_order_of_ids(self, officer: User) -> None:
        wanted = report(3)
        report(2, Severity.LOW)
        act = draw(officer)
        assert list(act.rows.order_by("place").values_list("target", flat=True)) == sorted(one.pk for one in wanted)
        assert (act.total, act.left_out, act.state) == (3, 0, State.DRAWN)
        assert bulk.sorts_of(act) == [("high", 3)]
        assert touched == []

    def test_the_digest_is_of_act_parameters_count_and_rows(self, officer: User) -> None:
        report(2)
        first, again = draw(officer), draw(officer)
        assert first.digest == again.digest
        assert draw(officer, more="x").digest != first.digest
        assert draw(officer, BY_TWO).digest != first.digest
        report()
        assert draw(officer).digest != first.digest

    def test_a_row_that_changes_changes_the_digest_though_the_ids_are_the_same(self, officer: User) -> None:
        rows = [(uuid4(), "a"), (uuid4(), "b")]
        digest = bulk.digest_of("x", {}, rows)
        assert bulk.digest_of("x", {}, reversed(rows)) == digest
        assert bulk.digest_of("x", {}, [rows[0], (rows[1][0], "c")]) != digest

    def test_what_will_not_be_touched_is_kept_beside_the_set_with_the_reason(self, officer: User) -> None:
        theirs, free = report(2)
        findings.assign(theirs, owner=officer, actor=officer.actor)
        act = draw(officer)
        assert (act.total, act.left_out) == (1, 1)
        assert bulk.reasons_of(act, "left_out") == [("theirs", 1)]
        assert outcomes(act) == {theirs.pk: ("left_out", "theirs"), free.pk: ("waiting", "")}

    def test_an_empty_set_is_refused(self, officer: User) -> None:
        with refused(InvalidInput, "nothing_matches"):
            draw(officer)

    def test_a_set_of_which_everything_is_left_out_is_refused_with_the_reasons(self, officer: User) -> None:
        findings.assign(report()[0], owner=officer, actor=officer.actor)
        with refused(InvalidInput, "nothing_to_do") as info:
            draw(officer)
        assert info.value.data == {"count": 1, "reasons": ["theirs"]}

    def test_a_set_above_the_limit_is_refused_before_it_is_kept(self, officer: User, settings: Settings) -> None:
        settings.BULK_LIMIT = 3
        report(3)
        assert draw(officer).total == 3
        report()
        with refused(TooLarge, "set_too_large"):
            draw(officer)
        assert BulkRow.objects.count() == 3

    def test_the_limit_is_stated(self) -> None:
        assert bulk.limit() == 50_000

    def test_nobody_without_the_role_draws_one(self, person: MakePerson) -> None:
        report()
        with refused(Refused, "may_not_act"):
            draw(person("agent"))

    def test_personal_data_is_no_parameter(self, officer: User) -> None:
        with pytest.raises(NotStructural):
            draw(officer, name="Wang Fang")

    def test_drawing_again_puts_the_first_away(self, officer: User) -> None:
        report(2)
        first = draw(officer)
        draw(officer)
        assert fresh(first).state == State.DROPPED
        assert BulkRow.objects.count() == 2

    def test_a_set_only_looked_at_is_nobody_elses_business(self, officer: User, second: User) -> None:
        report()
        act = draw(officer)
        with refused(NotFound, "no_such_bulk_act"):
            bulk.find(act.pk, second)
        assert bulk.find(act.pk, officer) == act


class TestLeave:
    def test_nobody_uses_the_set_of_somebody_else(self, officer: User, person: MakePerson) -> None:
        report()
        act, other = draw(officer), person(DPO)
        for attempt in (bulk.start, bulk.ask):
            with refused(Refused, "not_own_set"):
                attempt(act.pk, digest=act.digest, by=other, reason="Mine now.")
        with refused(Refused, "not_own_set"):
            bulk.drop(act.pk, by=other)

    def test_another_digest_than_the_one_shown_starts_nothing(self, officer: User) -> None:
        report()
        act = draw(officer)
        with refused(Conflict, "set_changed"):
            bulk.start(act.pk, digest="0" * 64, by=officer)

    def test_a_set_that_lay_too_long_is_drawn_anew(self, officer: User, time: FrozenClock) -> None:
        report()
        act = draw(officer)
        time.advance(bulk.LASTS)
        with refused(Conflict, "set_too_old"):
            bulk.start(act.pk, digest=act.digest, by=officer)
        assert bulk.drop_undecided() == 1
        assert fresh(act).state == State.DROPPED

    def test_one_person_alone_does_not_start_what_two_decide_on(self, officer: User) -> None:
        report()
        act = draw(officer, BY_TWO)
        with refused(InvalidInput, "second_person_needed"):
            bulk.start(act.pk, digest=act.digest, by=officer)

    def test_the_second_person_approves_exactly_this_digest(self, officer: User, second: User) -> None:
        report(2)
        act, approval = asked(officer)
        assert approval.parameters == {"bulk": str(act.pk), "rows": act.digest, "count": 2}
        with refused(Refused, "own_request"):
            approvals.approve(approval.pk, by=officer)
        approvals.approve(approval.pk, by=second)
        approvals.execute(approval.pk, approvals.act_of(approval), by=officer)
        assert bulk.carry_on(act.pk, seconds=60).state == State.DONE
        assert len(touched) == 2

    def test_rows_that_came_since_are_never_added(self, officer: User, second: User) -> None:
        report(2)
        act, approval = asked(officer)
        late = report()[0]
        approvals.approve(approval.pk, by=second)
        approvals.execute(approval.pk, approvals.act_of(approval), by=officer)
        bulk.carry_on(act.pk, seconds=60)
        assert late.pk not in touched
        assert late.pk not in outcomes(act)

    def test_rows_that_were_exchanged_void_the_approval(self, officer: User, second: User) -> None:
        """Even for somebody who could switch off the guard of the table."""
        report(2)
        act, approval = asked(officer)
        approvals.approve(approval.pk, by=second)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE kernel_bulkrow DISABLE TRIGGER keep_columns")
            cursor.execute("UPDATE kernel_bulkrow SET target = %s WHERE place = 0", [uuid4()])
            cursor.execute("ALTER TABLE kernel_bulkrow ENABLE TRIGGER keep_columns")
        with refused(Conflict, "act_changed"):
            approvals.execute(approval.pk, approvals.act_of(approval), by=officer)
        assert fresh(act).state == State.ASKED

    def test_an_expired_approval_starts_nothing_and_the_set_is_put_away(
        self, officer: User, second: User, time: FrozenClock
    ) -> None:
        report()
        act, approval = asked(officer)
        approvals.approve(approval.pk, by=second)
        time.advance(approvals.LASTS)
        with refused(Conflict, "approval_expired"):
            approvals.execute(approval.pk, approvals.act_of(approval), by=officer)
        approvals.expire_overdue()
        assert bulk.drop_undecided() == 1
        assert (fresh(act).state, touched) == (State.DROPPED, [])

    def test_a_refused_one_is_put_away_too(self, officer: User, second: User) -> None:
        report()
        act, approval = asked(officer)
        approvals.refuse(approval.pk, by=second, reason="No.")
        assert bulk.drop_undecided() == 1
        assert fresh(act).state == State.DROPPED

    def test_it_starts_once(self, officer: User) -> None:
        report()
        act = started(officer)
        with refused(Conflict, "no_such_step"):
            bulk.start(act.pk, digest=act.digest, by=officer)


class TestCarryingOut:
    def test_what_has_changed_is_gone_or_came_to_it_otherwise_is_skipped_and_told(self, officer: User) -> None:
        worse, gone, theirs, still = report(4)
        act = started(officer)
        findings.report(KIND, where=worse.where, severity=Severity.CRITICAL, actor="job:watch")
        lost = gone.pk
        gone.delete()
        findings.assign(theirs, owner=officer, actor=officer.actor)
        bulk.carry_on(act.pk, seconds=60)
        assert outcomes(act) == {
            worse.pk: ("skipped", "changed"),
            lost: ("skipped", "gone"),
            theirs.pk: ("skipped", "theirs"),
            still.pk: ("done", ""),
        }
        assert (fresh(act).done, fresh(act).skipped, fresh(act).state) == (1, 3, State.DONE)

    def test_one_row_that_is_refused_undoes_nothing_of_the_others(
        self, officer: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, *others = sorted(report(3), key=lambda one: one.pk)
        act = started(officer)
        real = findings.assign

        def refuse_the_first(finding: Finding, **about: Any) -> Finding:
            real(finding, **about)
            if finding.pk == first.pk:
                raise Refused("not_this_one", "Not this one.")
            return finding

        monkeypatch.setattr(findings, "assign", refuse_the_first)
        bulk.carry_on(act.pk, seconds=60)
        assert outcomes(act)[first.pk] == ("skipped", "not_this_one")
        first.refresh_from_db()
        assert first.owner is None
        assert Finding.objects.filter(owner=officer).count() == len(others)

    def test_broken_off_anywhere_it_goes_on_and_nothing_is_done_twice(
        self, officer: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(running, "BATCH", 3)
        report(10)
        act = started(officer)
        for _ in range(20):
            with transaction.atomic():
                bulk.step(act.pk)
                transaction.set_rollback(True)  # killed before the commit
            bulk.step(act.pk)
        now = fresh(act)
        assert (now.state, now.done, now.skipped) == (State.DONE, 10, 0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM kernel_finding WHERE owner_id = %s", [officer.pk])
            assert cursor.fetchone() == (10,)

    def test_who_lost_the_role_or_left_carries_nothing_on(
        self, officer: User, second: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(running, "BATCH", 2)
        report(6)
        act = started(officer)
        bulk.step(act.pk)
        people.set_roles(officer, ["agent"], actor="system")
        assert bulk.step(act.pk) is False
        now = fresh(act)
        assert (now.state, now.why_stopped, now.done) == (State.STOPPED, "access_lost", 2)
        for attempt in (bulk.resume, bulk.end, bulk.stop):
            with refused(Refused, "may_not_act"):
                attempt(act.pk, by=officer)

    def test_somebody_with_the_role_takes_over(
        self, officer: User, person: MakePerson, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(running, "BATCH", 2)
        report(4)
        act, other = started(officer), person(DPO)
        people.close_account(officer, actor="system")
        bulk.step(act.pk)
        bulk.resume(act.pk, by=other)
        assert bulk.carry_on(act.pk, seconds=60).done == 4
        assert Finding.objects.filter(owner=other).count() == 4

    def test_it_stops_between_batches_and_goes_on_or_ends(self, officer: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(running, "BATCH", 2)
        report(6)
        act = started(officer)
        bulk.step(act.pk)
        bulk.stop(act.pk, by=officer)
        assert bulk.step(act.pk) is False
        assert len(touched) == 2
        bulk.resume(act.pk, by=officer)
        bulk.step(act.pk)
        bulk.stop(act.pk, by=officer)
        bulk.end(act.pk, by=officer)
        now = fresh(act)
        assert (now.state, now.done, now.skipped) == (State.ENDED, 4, 2)
        assert bulk.reasons_of(now, "skipped") == [("ended_early", 2)]
        with refused(Conflict, "bulk_not_stopped"):
            bulk.resume(act.pk, by=officer)

    def test_what_does_not_answer_is_tried_again_and_skips_nobody(
        self, officer: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        report(2)
        act = started(officer)
        with monkeypatch.context() as patch:
            patch.setattr(findings, "assign", raises(Unavailable("away", "Away.")))
            with refused(Unavailable, "away"):
                bulk.carry_on(act.pk, seconds=60)
        assert (fresh(act).state, fresh(act).troubles) == (State.RUNNING, 0)
        assert bulk.carry_on(act.pk, seconds=60).done == 2

    def test_after_a_few_batches_that_break_off_somebody_must_look(
        self, officer: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        report(2)
        act = started(officer)
        monkeypatch.setattr(findings, "assign", raises(LookupError("A fault of the program.")))
        for _ in range(running.PATIENCE):
            with pytest.raises(LookupError):
                bulk.carry_on(act.pk, seconds=60)
        now = fresh(act)
        assert (now.state, now.why_stopped, now.seen_to) == (State.STOPPED, "failed", 0)

    def test_the_ledger_holds_the_digest_and_the_counts_of_every_step(
        self, officer: User, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(running, "BATCH", 2)
        report(3)
        ledger.clear()
        act = started(officer)
        bulk.carry_on(act.pk, seconds=60)
        own = [entry for entry in ledger if entry.event.startswith("kernel:bulk:")]
        assert [entry.event for entry in own] == [
            Event.BULK_DRAWN,
            Event.BULK_ASKED,
            Event.BULK_STARTED,
            Event.BULK_BATCH_DONE,
            Event.BULK_BATCH_DONE,
            Event.BULK_DONE,
        ]
        assert {entry.data["digest"] for entry in own} == {act.digest}
        assert [entry.count for entry in own] == [3, 3, 3, 2, 1, 3]
        assert own[-1].data["done"] == 3


class TestTheDatabaseItself:
    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE kernel_bulkact SET digest = repeat('0', 64)",
            "UPDATE kernel_bulkact SET parameters = '{}'",
            "UPDATE kernel_bulkact SET state = 'done'",
            "UPDATE kernel_bulkact SET done = total + 1",
            "UPDATE kernel_bulkrow SET target = gen_random_uuid()",
            "UPDATE kernel_bulkrow SET mark = 'x'",
            "UPDATE kernel_bulkrow SET outcome = 'skipped'",
        ],
    )
    def test_refuses_to_change_what_was_seen(self, officer: User, change: str) -> None:
        report()
        draw(officer)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)

    def test_an_outcome_is_written_once(self, officer: User) -> None:
        report()
        act = started(officer)
        bulk.carry_on(act.pk, seconds=60)
        with pytest.raises(DatabaseError), transaction.atomic():
            act.rows.update(outcome="waiting")


def raises(error: Exception) -> Callable[..., Any]:
    def fail(*_args: object, **_facts: object) -> None:
        raise error

    return fail


def test_a_day_of_work_is_not_lost_to_the_clock(officer: User, time: FrozenClock) -> None:
    """An act under way does not run out, however long it takes."""
    report()
    act = started(officer)
    time.advance(timedelta(days=1))
    assert bulk.drop_undecided() == 0
    assert bulk.carry_on(act.pk, seconds=60).state == State.DONE
