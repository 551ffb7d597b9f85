"""Roles, purposes and kinds of data that a site adds to its matrix: named in both languages, decided on, never lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from callwarden.control.access import actions
from callwarden.control.access.models import PolicyVersion
from callwarden.control.access.queries import own_name
from callwarden.engines.policy import (
    Cell,
    Context,
    Matrix,
    MatrixRefused,
    Name,
    Principal,
    Purpose,
    Record,
    Request,
    compile,
    decide,
)
from callwarden.kernel import people
from callwarden.kernel.errors import InvalidInput, Refused
from callwarden.kernel.models import OwnRole, User
from callwarden.kernel.roles import only_an_agent, seen_as

from .conftest import refused

SHIPPED = Matrix.default()
SENIOR = Name("Senior agent", "资深坐席", "agent")
WITH_SENIOR = SHIPPED.with_role("senior_agent", SENIOR, cells=True)


def test_a_role_begins_with_the_guards_of_its_base_and_with_no_cells():
    made = SHIPPED.with_role("senior_agent", SENIOR)
    assert not any(cell.role == "senior_agent" for cell in made.cells)
    for rule in ("queue_bound", "task_bound", "shift_bound"):
        listed = getattr(made.guards, rule)
        assert ("senior_agent" in listed) == ("agent" in listed)
    assert made.guards.bulk_limit_of("senior_agent") == SHIPPED.guards.bulk_limit_of("agent")


def test_a_matrix_without_names_keeps_its_digest_and_one_with_names_is_read_back_as_written():
    assert "names" not in SHIPPED.to_data()
    assert Matrix.from_data(WITH_SENIOR.to_data()) == WITH_SENIOR
    assert WITH_SENIOR.digest != SHIPPED.with_role("senior_agent", SENIOR._replace(zh="高级坐席"), cells=True).digest
    assert WITH_SENIOR.without("roles", "senior_agent").digest == SHIPPED.digest


def test_the_compiled_policy_knows_the_role_and_binds_it_as_its_base():
    law = compile(WITH_SENIOR)
    who = Principal("a7", frozenset({"senior_agent"}), session="s", subject_links=frozenset(), training="valid",
                    shift="on", queues=frozenset({"*"}), clients=frozenset({"*"}), mfa_age_s=60)  # fmt: skip
    phone = Record("r", "contact", client="c", line="l", queue="", subject_links=frozenset(), vip=False, hold=False,
                   restricted=False)  # fmt: skip
    assert decide(law, Request(who, "reveal", phone, Context("service", reason_given=True, active_call=True))).allowed
    assert "no_task" in decide(law, Request(who, "reveal", phone, Context("service", reason_given=True))).reasons


@pytest.mark.parametrize(
    "name", [{"en": "A"}, {"en": "", "zh": "甲"}, {"en": "A" * 61, "zh": "甲"}, {"en": "A\n", "zh": "甲"}, "A", None]
)
def test_a_name_in_one_language_or_of_no_text_is_refused(name):
    data = WITH_SENIOR.to_data()
    data["names"]["roles"]["senior_agent"] = name
    with pytest.raises(MatrixRefused) as wrong:
        Matrix.from_data(data)
    assert wrong.value.faults[0].code == "label"


@pytest.mark.parametrize("slug", ["agent", "Senior", "", "1st", "a b", "x" * 64, 'x"]'])
def test_a_role_that_is_there_or_has_no_slug_is_refused(slug):
    with pytest.raises(MatrixRefused):
        SHIPPED.with_role(slug, SENIOR)


def test_a_kind_of_data_and_a_purpose_begin_with_nothing_and_leave_without_a_trace():
    wider = SHIPPED.with_category("location", Name("Location", "位置信息")).with_purpose(
        "loyalty", Purpose(consent=True)
    )
    assert wider.cells == SHIPPED.cells
    cell = Cell("agent", "loyalty", "location", "reveal")
    granted = wider.with_cell(cell, True)
    compile(granted)
    back = granted.without("categories", "location").without("purposes", "loyalty")
    assert back.digest == SHIPPED.digest


def activate(matrix: Matrix) -> PolicyVersion:
    return actions.put_into_force(actions.draft(matrix, actor="system"), actor="system")


@pytest.mark.django_db
class TestInForce:
    @pytest.fixture(autouse=True)
    def _shipped(self):
        actions.activate(SHIPPED, actor="system")

    def someone(self, *roles: str) -> User:
        return people.open_account(username="s1", roles=roles, actor="system")

    def test_nobody_holds_a_role_that_only_a_draft_has(self):
        actions.draft(WITH_SENIOR, actor="system")
        assert own_name("roles", "senior_agent").name_zh == "资深坐席"
        with pytest.raises(InvalidInput):
            self.someone("senior_agent")
        one = self.someone("agent")
        with pytest.raises(IntegrityError, match="user_roles_known"), transaction.atomic():
            User.objects.filter(pk=one.pk).update(roles=["senior_agent"])

    def test_a_role_in_force_is_given_and_opens_the_pages_of_its_base_and_no_more(self):
        activate(WITH_SENIOR)
        one = self.someone("senior_agent")
        assert seen_as(one.roles) == {"senior_agent", "agent"}
        assert only_an_agent(one)
        assert not one.has_role("agent")

    def test_a_role_that_somebody_holds_cannot_vanish(self):
        activate(WITH_SENIOR)
        one = self.someone("senior_agent")
        without = actions.draft(SHIPPED, actor="system")
        with refused(Refused, "still_in_use"):
            actions.put_into_force(without, actor="system")
        assert OwnRole.objects.count() == 1
        people.set_roles(one, ["agent"], actor="system")
        actions.put_into_force(without, actor="system")
        assert not OwnRole.objects.exists()

    @pytest.mark.parametrize(
        "matrix",
        [
            replace(SHIPPED, roles=(*SHIPPED.roles, "nameless")),
            SHIPPED.with_role("boss", Name("Boss", "主管", "auditor")),
            WITH_SENIOR.with_cell(Cell("senior_agent", "administration", "administration", "administer_users"), True),
            SHIPPED.without("purposes", "marketing"),
            SHIPPED.without("categories", "contact"),
        ],
        ids=["without a name", "based on a sensitive one", "that governs", "shipped purpose", "kind that records have"],
    )
    def test_what_may_not_stand_is_not_put_into_force(self, matrix):
        with refused(Refused, "matrix_may_not_stand"):
            activate(matrix)
