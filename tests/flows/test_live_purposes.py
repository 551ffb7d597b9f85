"""A purpose that is retired opens nothing from that moment, whatever the matrix in force still says of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callwarden.control.access import actions, queries, rules
from callwarden.control.access.models import PolicyVersion
from callwarden.control.access.rules import Lapse
from callwarden.engines.policy import Context, Matrix, Principal, Purpose, Record, Request, decide
from callwarden.kernel.errors import Refused
from callwarden.lawful.purposes import actions as registry
from tests.purposes import active_purpose

SHIPPED = Matrix.default()
CELL = next(one for one in sorted(SHIPPED.cells) if one.role == "agent" and one.purpose == "service")
ASKED = Request(
    Principal("a", frozenset({"agent"}), session="s", subject_links=frozenset(), training="valid", shift="on",
              queues=frozenset({"*"}), clients=frozenset({"*"}), mfa_age_s=0),
    CELL.action,
    Record("r", CELL.category, "c", "l", "q", frozenset(), vip=False, hold=False, restricted=False),
    Context("service", reason_given=True, active_call=True, ticket=True, consent={"service": True}, grant=True),
)  # fmt: skip

pytestmark = pytest.mark.django_db


def retire(slug: str) -> None:
    registry.retire(active_purpose(slug), actor="system")


def test_what_is_shipped_and_not_in_the_register_stays_and_what_a_site_added_does_not() -> None:
    found = rules.not_live(["service", "audit", "loyalty"], retired=["service"], known=["service"])
    assert found == {"service": Lapse.RETIRED, "loyalty": Lapse.UNKNOWN}


def test_a_purpose_retired_under_a_version_in_force_gives_no_access_and_says_why(keeper) -> None:
    actions.ensure_default()
    assert decide(queries.active(), ASKED).allowed
    retire("service")
    decision = decide(queries.active(), ASKED)
    assert (decision.allowed, decision.reasons) == (False, ("purpose_not_live",))
    assert "service" in queries.active().matrix.purposes  # the version itself is what was approved


def test_a_matrix_that_grants_something_for_a_retired_purpose_is_not_put_into_force(keeper) -> None:
    actions.ensure_default()
    retire("service")
    for cells, refused in ((SHIPPED.cells, True), ({one for one in SHIPPED.cells if one.purpose != "service"}, False)):
        version = actions.draft(replace(SHIPPED, cells=frozenset(cells)), actor="system")
        if refused:
            with pytest.raises(Refused) as caught:
                actions.put_into_force(version, actor="system")
            assert (caught.value.code, caught.value.data["purposes"]) == ("purpose_not_live", "service")
        else:
            actions.put_into_force(version, actor="system")


def test_a_purpose_nobody_registered_is_not_put_into_force_before_it_is(keeper) -> None:
    actions.ensure_default()
    wider = SHIPPED.with_purpose("loyalty", Purpose(False, False))
    granted = wider.with_cell(CELL._replace(purpose="loyalty"), True)
    version = actions.draft(granted, actor="system")
    with pytest.raises(Refused) as caught:
        actions.put_into_force(version, actor="system")
    assert caught.value.code == "purpose_not_live"
    active_purpose("loyalty")
    actions.put_into_force(version, actor="system")
    assert queries.not_live(queries.active().matrix) == {}


def test_a_retired_purpose_stops_no_start_and_gets_no_new_cells(keeper) -> None:
    new = next(one for one in sorted(SHIPPED.cells) if one.role == "job:redaction")
    gone = {one for one in SHIPPED.cells if one.role == "job:anonymisation"}
    PolicyVersion.objects.all().delete()
    actions.activate(replace(SHIPPED, cells=SHIPPED.cells - {new} - gone), actor="system")
    for slug in ("marketing", "anonymisation"):
        retire(slug)
    actions.give_programs_what_is_new()
    now = queries.active().matrix.cells
    assert new in now
    assert not gone & now
    assert any(one.purpose == "marketing" for one in now), "what was approved stays as it was, and gives nothing"
