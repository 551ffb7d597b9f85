"""Versions of the matrix: written while they are drafts, tried in shadow, put into force, never changed afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from callwarden.control.access import actions, lacking, rules
from callwarden.control.access.models import PolicyVersion
from callwarden.control.access.queries import active
from callwarden.engines.policy import Cell, Matrix, MatrixRefused
from callwarden.kernel.errors import Conflict, InvalidInput, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.machine import StateMovedByHand
from callwarden.kernel.models import Finding

from .conftest import refused

pytestmark = pytest.mark.django_db
State = PolicyVersion.State
CELL = Cell("quality_reviewer", "quality", "recording_original", "play_original")
OTHER = CELL._replace(category="transcript_original")
SHIPPED = Matrix.default()


def wider(*cells: Cell) -> Matrix:
    return replace(SHIPPED, cells=SHIPPED.cells | set(cells))


def drafted(*cells: Cell) -> PolicyVersion:
    return actions.draft(wider(*(cells or (CELL,))), actor="system")


@pytest.fixture(autouse=True)
def in_force() -> PolicyVersion:
    return actions.activate(SHIPPED, actor="system")


def test_a_draft_is_rewritten_and_decides_nothing(ledger):
    version = drafted()
    actions.revise(version, wider(CELL, OTHER), expected=version.digest, actor="system")
    version.refresh_from_db()
    assert {CELL, OTHER} <= Matrix.from_data(version.matrix).cells
    assert active().matrix.cells == SHIPPED.cells
    assert ledger.events[-2:] == [Event.POLICY_CHANGED, Event.POLICY_REVISED]


def test_what_somebody_else_wrote_meanwhile_is_not_written_over():
    version = drafted()
    seen = version.digest
    actions.revise(version, wider(OTHER), expected=seen, actor="system")
    with refused(Conflict, "changed_meanwhile"):
        actions.revise(version, wider(CELL, OTHER), expected=seen, actor="system")
    version.refresh_from_db()
    assert CELL not in Matrix.from_data(version.matrix).cells


def test_what_changes_nothing_is_said_to():
    version = drafted()
    with refused(Conflict, "nothing_changes"):
        actions.revise(version, wider(CELL), expected=version.digest, actor="system")


@pytest.mark.parametrize("step", ["shadow", "force", "dropped"])
def test_what_was_shown_or_decided_by_is_never_rewritten(step):
    version = drafted()
    if step == "shadow":
        actions.put_into_shadow(version, sample=100, actor="system")
    elif step == "force":
        actions.put_into_force(version, actor="system")
    else:
        actions.drop(version, actor="system")
    with refused(Conflict, "not_a_draft"):
        actions.revise(version, wider(OTHER), expected=version.digest, actor="system")
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(matrix=wider(OTHER).to_data())


def test_a_state_set_past_the_machine_is_refused_in_code_and_in_the_database(in_force):
    version = drafted()
    version.state = State.ACTIVE
    with pytest.raises(StateMovedByHand):
        version.save()
    dropped = drafted(OTHER)
    actions.drop(dropped, actor="system")
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyVersion._base_manager.filter(pk=dropped.pk)._update([(PolicyVersion._meta.get_field("state"), None, "x")])


def test_a_shadow_becomes_active_and_the_former_superseded(in_force, ledger):
    version = drafted()
    actions.put_into_shadow(version, sample=20, actor="system")
    actions.put_into_force(version, actor="system")
    states = dict(PolicyVersion.objects.values_list("version", "state"))
    assert states == {1: State.SUPERSEDED, 2: State.ACTIVE}
    assert ledger.events[-3:] == [Event.POLICY_SHADOWED, Event.POLICY_SUPERSEDED, Event.POLICY_ACTIVATED]
    assert ledger[-1].policy == active().digest


def test_there_is_one_shadow_at_a_time():
    actions.put_into_shadow(drafted(), sample=100, actor="system")
    with refused(Conflict, "shadow_taken"):
        actions.put_into_shadow(drafted(OTHER), sample=100, actor="system")


@pytest.mark.parametrize("sample", [0, -1, 101])
def test_a_share_is_a_share(sample):
    with refused(InvalidInput, "bad_sample"):
        actions.put_into_shadow(drafted(), sample=sample, actor="system")


@pytest.mark.parametrize("step", [lambda one: actions.put_into_shadow(one, sample=5, actor="system"),
                                  lambda one: actions.put_into_force(one, actor="system")])  # fmt: skip
@pytest.mark.parametrize("action", ["administer_policy", "administer_users", "read_ledger", "approve"])
def test_nobody_locks_everybody_out(step, action):
    left = replace(SHIPPED, cells=frozenset(cell for cell in SHIPPED.cells if cell.action != action))
    version = actions.draft(left, actor="system")
    with refused(Refused, "matrix_may_not_stand"):
        step(version)
    assert active().matrix.cells == SHIPPED.cells


def test_the_three_administrators_stay_three():
    guards = replace(SHIPPED.guards, incompatible=(("agent", "auditor"),))
    with refused(Refused, "matrix_may_not_stand"):
        actions.put_into_force(actions.draft(replace(SHIPPED, guards=guards), actor="system"), actor="system")


def test_a_matrix_that_does_not_read_is_not_drafted():
    data = SHIPPED.to_data()
    data["guards"]["bulk_limit"] = {"agent": 0}
    with pytest.raises(MatrixRefused) as refusal:
        Matrix.from_data(data)
    assert [(fault.code, fault.place) for fault in refusal.value.faults] == [
        ("number", "guards.bulk_limit.agent"),
        ("missing", "guards.bulk_limit.default"),
    ]


NEW = Cell("job:redaction", "redaction", "recording_redacted", "redact")


@pytest.fixture
def earlier(monkeypatch) -> Callable[[Matrix], PolicyVersion]:
    """Puts a matrix of the site's own into force that was made from what an earlier release shipped."""

    def put(shipped: Matrix) -> PolicyVersion:
        PolicyVersion.objects.all().delete()
        with monkeypatch.context() as then:
            then.setattr(rules, "objections", lambda _matrix: iter(()))
            return actions.activate(replace(shipped, cells=shipped.cells | {CELL}), actor="system")

    return put


def test_a_release_grants_its_programs_what_they_newly_do_and_nobody_else_anything(earlier, ledger):
    person = next(cell for cell in SHIPPED.cells if cell.role == "agent")
    former = earlier(replace(SHIPPED, cells=SHIPPED.cells - {NEW, person}))
    made = actions.give_programs_what_is_new()
    assert made is not None
    before, now = Matrix.from_data(former.matrix), active().matrix
    assert (now.cells - before.cells, before.cells - now.cells) == ({NEW}, set())
    assert (made.based_on, made.state, made.version) == (former.version, State.ACTIVE, former.version + 1)
    former.refresh_from_db()
    assert former.state == State.SUPERSEDED
    assert ledger.events[-3:] == [Event.POLICY_CHANGED, Event.POLICY_SUPERSEDED, Event.POLICY_ACTIVATED]
    assert actions.give_programs_what_is_new() is None, "and once"


def test_what_people_took_away_from_a_program_stays_away():
    actions.activate(replace(SHIPPED, cells=SHIPPED.cells - {NEW}), actor="system")
    assert actions.give_programs_what_is_new() is None
    assert NEW not in active().matrix.cells


@pytest.mark.parametrize(
    ("part", "slug"),
    [("roles", "job:anonymisation"), ("purposes", "anonymisation"), ("categories", "recording_redacted")],
)
def test_a_word_that_is_new_itself_comes_with_what_programs_do_with_it(earlier, part, slug):
    earlier(SHIPPED.without(part, slug))
    actions.give_programs_what_is_new()
    now = active().matrix
    assert set(getattr(now, part)) == set(getattr(SHIPPED, part))
    assert {one for one in SHIPPED.cells if one.role.startswith("job:")} <= now.cells
    actions.activate(replace(now, cells=now.cells | {OTHER}), actor="system")


def test_a_draft_of_before_gets_them_too_so_that_it_takes_nothing_away(earlier):
    earlier(replace(SHIPPED, cells=SHIPPED.cells - {NEW}))
    waiting = actions.draft(replace(active().matrix, cells=active().matrix.cells | {OTHER}), actor="system")
    actions.give_programs_what_is_new()
    waiting.refresh_from_db()
    assert {NEW, OTHER} <= Matrix.from_data(waiting.matrix).cells
    actions.put_into_force(waiting, actor="system")
    assert NEW in active().matrix.cells


def test_what_was_in_shadow_is_a_draft_anew_that_takes_nothing_away(earlier):
    earlier(replace(SHIPPED, cells=SHIPPED.cells - {NEW}))
    tried = actions.draft(replace(active().matrix, cells=active().matrix.cells | {OTHER}), actor="system")
    actions.put_into_shadow(tried, sample=10, actor="system")
    actions.give_programs_what_is_new()
    tried.refresh_from_db()
    assert tried.state == State.DROPPED
    anew = PolicyVersion.objects.get(state=State.DRAFT)
    assert anew.based_on == tried.version
    actions.put_into_force(anew, actor="system")
    assert {NEW, OTHER} <= active().matrix.cells


def test_a_matrix_that_may_not_stand_any_more_fails_no_start(earlier):
    none_approves = {cell for cell in SHIPPED.cells if cell.action != "approve"}
    former = earlier(replace(SHIPPED, cells=frozenset(none_approves) - {NEW}))
    assert actions.give_programs_what_is_new() is None
    assert PolicyVersion.objects.get(state=State.ACTIVE) == former


def crippled(earlier) -> PolicyVersion:
    """A version in force that may not stand any more: the start cannot add what is new."""
    none_approves = {cell for cell in SHIPPED.cells if cell.action != "approve"}
    former = earlier(replace(SHIPPED, cells=frozenset(none_approves) - {NEW}))
    actions.give_programs_what_is_new()
    return former


def test_what_a_program_lacks_is_one_finding_that_says_which_program_and_which_rights(earlier):
    crippled(earlier)
    actions.give_programs_what_is_new()
    finding = Finding.objects.get(kind=lacking.LACKING.name)
    assert (finding.where, finding.severity, finding.times_seen) == ("job:redaction", "high", 2)
    assert finding.data == {"count": 1, "cells": ["redaction/recording_redacted/redact"]}


def test_it_settles_itself_once_the_right_is_granted_and_not_before(earlier):
    crippled(earlier)
    actions.activate(replace(SHIPPED, cells=SHIPPED.cells - {NEW}), actor="system")
    finding = Finding.objects.get(kind=lacking.LACKING.name)
    assert finding.state == Finding.State.OPEN, "a version that grants it not settles nothing"
    actions.activate(SHIPPED, actor="system")
    finding.refresh_from_db()
    assert finding.state == Finding.State.CLOSED
    assert (finding.remediated_by, finding.closed_by_check.by) == ("system", "job:watch")


def test_the_next_start_settles_it_where_the_matrix_may_stand_again(earlier):
    crippled(earlier)
    actions.activate(replace(SHIPPED, cells=SHIPPED.cells - {NEW}), actor="system")
    assert actions.give_programs_what_is_new() is not None
    assert Finding.objects.get(kind=lacking.LACKING.name).state == Finding.State.CLOSED


def test_a_right_that_people_took_away_and_one_of_a_retired_purpose_are_not_lacking(earlier, monkeypatch):
    actions.activate(replace(SHIPPED, cells=SHIPPED.cells - {NEW}), actor="system")
    assert lacking.lacking() == {}
    earlier(replace(SHIPPED, cells=SHIPPED.cells - {NEW}))
    assert lacking.lacking() == {"job:redaction": [NEW]}
    monkeypatch.setattr(lacking, "not_live", lambda _matrix: {"redaction": "retired"})
    assert lacking.lacking() == {}
