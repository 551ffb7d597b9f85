"""The control of agents: red while they are recorded without a ground that holds, or without having been told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callwarden.custody.categories import Category
from callwarden.custody.destroy import destroy_record
from callwarden.custody.models import Leg, Line, Record, Subject
from callwarden.custody.put import Place, put
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import new_subject
from callwarden.flows.controls import Outcome, Reading, find, measure
from callwarden.kernel import clock
from callwarden.kernel.models import User
from callwarden.lawful.purposes.models import Purpose, PurposeGround
from callwarden.lawful.staff import actions as staff
from callwarden.lawful.staff.models import StaffNotice
from tests import centre
from tests.flows.centre_of_controls import call_on, person
from tests.purposes import active_purpose
from tests.work import forget_jobs

line = centre.line
BY_RULES = {"ground": "hr_management", "condition": "workplace_rules", "ends_with": "employment_end"}


@pytest.fixture(autouse=True)
def _no_jobs(keeper) -> None:
    forget_jobs()


def reading() -> Reading:
    return measure(find("agents"))


def faults() -> list[str]:
    return [str(fault) for fault in reading().faults]


def heard(line: Line, party: str = "agent") -> Record:
    """A call whose leg of this party is kept."""
    call = call_on(line)
    with client_scope(line.client_id):
        subject = new_subject(line.client_id, Subject.Kind.AGENT if party == "agent" else Subject.Kind.CALLER)
        leg = Leg.objects.create(client_id=line.client_id, call=call, party=party, channel=0, subject=subject)
        return put(
            centre.basis_for(line, days=30),
            category=Category.RECORDING_REDACTED,
            subject=subject,
            write=lambda out: out.write(b"sound" * 100),
            place=Place(call=call, leg=leg),
        )


def carried(line: Line, **more: object) -> PurposeGround:
    purpose = active_purpose("agent_quality", concerns=["agents"])
    told = {**BY_RULES, "reference": "Handbook 7", **more}
    return PurposeGround.objects.create(purpose=purpose, jurisdiction=line.jurisdiction, **told)


def told() -> StaffNotice:
    return staff.publish(staff.draft(text_en="We record you.", text_zh="通话会录下您的声音。"), actor="system")


@pytest.fixture
def agent(keeper) -> User:
    return person("lin.fang", "agent")


def test_where_no_agent_was_recorded_nothing_is_measured(line):
    assert reading().outcome == Outcome.NOT_MEASURED
    heard(line, "caller")
    assert reading().outcome == Outcome.NOT_MEASURED


@pytest.mark.parametrize("party", ["agent", "mixed"])
def test_it_passes_once_a_ground_holds_and_every_agent_was_told(line, agent, party):
    heard(line, party)
    assert len(faults()) == 2
    carried(line)
    assert faults() == ["No notice to staff is published."]
    notice = told()
    assert faults() == ["Agents who have not confirmed that they read the notice to staff: 1."]
    staff.confirm(notice, agent)
    assert reading().outcome == Outcome.PASS
    # Whoever handles no calls is not waited for; a new version is read anew.
    person("chen.yu", "auditor")
    assert reading().outcome == Outcome.PASS
    told()
    assert reading().outcome == Outcome.FAIL


@pytest.fixture
def settled(line, agent) -> Line:
    heard(line)
    carried(line)
    staff.confirm(told(), agent)
    assert reading().outcome == Outcome.PASS
    return line


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"reference": ""}, "not on record"),
        ({"jurisdiction": "eu"}, "no purpose"),
        ({"ground": "consent"}, "no purpose"),  # nobody keeps a consent of staff
    ],
)
def test_a_ground_that_cannot_be_shown_to_hold_there_carries_no_agent(settled, changes, says):
    PurposeGround.objects.update(**changes)
    (fault,) = faults()
    assert says in fault


def test_a_purpose_that_ended_carries_no_agent(settled):
    purpose = Purpose.objects.get(slug="agent_quality")
    now = clock.now()
    Purpose.machine.move(purpose, Purpose.State.RETIRED, actor="system", changes={"retired_at": now})
    assert reading().outcome == Outcome.FAIL


def test_one_good_ground_among_others_is_enough_and_a_legal_duty_ends(settled):
    PurposeGround.objects.update(ground="legal_obligation", provision="gb@2020:1", valid_until=clock.now().date())
    assert reading().outcome == Outcome.PASS
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert reading().outcome == Outcome.FAIL


def test_what_was_destroyed_asks_for_nothing(line):
    record = heard(line)
    assert reading().outcome == Outcome.FAIL
    with client_scope(line.client_id):
        destroy_record(record, actor="system", reason="retention")
    assert reading().outcome == Outcome.NOT_MEASURED
