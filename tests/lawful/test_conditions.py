"""What a ground other than consent asks for is looked up: a balancing, a provision in force, workplace rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from callwarden.custody.models import Line
from callwarden.custody.scope import client_scope
from callwarden.kernel import clock
from callwarden.kernel.errors import Refused
from callwarden.lawful.assessments.models import Assessment
from callwarden.lawful.gate import CollectionFacts, Refusal, customer_basis, facts_for, may_collect, renew
from callwarden.lawful.purposes import actions, files, queries
from callwarden.lawful.purposes.models import Purpose, PurposeGround
from callwarden.lawful.purposes.rules import NOTHING, OnRecord, why_not_carried
from callwarden.lawful.purposes.terms import Ground, Use
from callwarden.lawful.retention.models import RetentionRule
from callwarden.lawful.using import Allowed, covers, may_use
from tests.lawful.test_assessments import approved
from tests.lawful.test_registry import DUTY, INTEREST, purposes, put
from tests.lawful.test_using import of_call
from tests.purposes import bind, serve

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TODAY, DAY = NOON.date(), timedelta(days=1)
BALANCED = {**INTEREST, "provision": "gdpr@2016:6(1)(f)", "reference": "LIA-7", "recorded_on": "2025-03-03"}

days = st.dates(date(2020, 1, 1), date(2030, 1, 1))
records = st.builds(
    OnRecord,
    provision=st.sampled_from(["", "gb@2020:1"]),
    reference=st.sampled_from(["", "LIA-7"]),
    recorded_on=st.none() | days,
    valid_until=st.none() | days,
    assessed=st.booleans(),
)


@given(ground=st.sampled_from(Ground.values), known=records, today=days)
def test_no_ground_carries_without_what_it_asks_for_nor_after_its_last_day(ground, known, today):
    against = why_not_carried(ground, known, today)
    if known.valid_until is not None and known.valid_until < today:
        assert against
    if ground == "legitimate_interest" and not against:
        assert known.assessed or (known.reference and known.recorded_on <= today)
    if ground == "legal_obligation" and not against:
        assert known.provision
    if ground == "hr_management" and not against:
        assert known.reference
    # What ended never comes back by waiting.
    if against == "ground_ended":
        assert why_not_carried(ground, known, today + DAY) == "ground_ended"


def test_each_condition_is_looked_up_by_itself():
    for ground in ("legitimate_interest", "legal_obligation", "hr_management"):
        assert why_not_carried(ground, NOTHING, TODAY) == "condition_unmet"
    assert why_not_carried("legitimate_interest", OnRecord(reference="LIA", recorded_on=TODAY), TODAY) == ""
    assert why_not_carried("legitimate_interest", OnRecord(assessed=True), TODAY) == ""
    assert why_not_carried("legal_obligation", OnRecord(provision="p", valid_until=TODAY), TODAY) == ""
    assert (
        why_not_carried("legal_obligation", OnRecord(provision="p", valid_until=TODAY - DAY), TODAY) == "ground_ended"
    )
    assert why_not_carried("hr_management", OnRecord(reference="Handbook 7"), TODAY) == ""


def draft(place: str, ground: dict[str, str]) -> Purpose:
    return put(purposes(grounds={place: ground}))


def activate(purpose: Purpose) -> Purpose:
    return actions.activate(purpose, digest=queries.entry_of(purpose).digest, actor="system")


UNWEIGHED = {name: text for name, text in BALANCED.items() if name not in ("reference", "recorded_on")}


@pytest.mark.django_db
@pytest.mark.parametrize("missing", [UNWEIGHED, {**BALANCED, "recorded_on": "2999-01-01"}])
def test_a_legitimate_interest_does_not_begin_before_it_was_balanced(missing):
    purpose = draft("eu", missing)
    assert "balanced" in " ".join(str(says) for says in actions.why_not_active(purpose, queries.entry_of(purpose)))
    with pytest.raises(Refused) as caught:
        activate(purpose)
    assert caught.value.code == "balancing_missing"
    actions.revise(purpose, queries.entry_of(draft("eu", BALANCED)), actor="system")
    assert activate(purpose).state == "active"


@pytest.mark.django_db
def test_an_approved_assessment_is_a_balancing():
    purpose = draft("eu", UNWEIGHED)
    approval = approved(purpose)
    assert activate(purpose).assessment == approval


@pytest.mark.django_db
def test_nobody_puts_a_provision_into_force_that_ended():
    purpose = draft("cn", {**DUTY, "valid_until": "2020-12-31"})
    with pytest.raises(Refused) as caught:
        activate(purpose)
    assert caught.value.code == "provision_ended"


@pytest.mark.django_db
def test_days_and_references_are_exported_and_read_back_and_an_older_purpose_keeps_its_digest():
    purpose = draft("eu", {**BALANCED, "recorded_on": date(2025, 3, 3)})
    entry = queries.entry_of(purpose)
    again = files.read_text(files.write_text(queries.registry())).purposes["advice"]
    assert again.digest == entry.digest
    assert again.grounds["eu"].recorded_on == "2025-03-03"
    plain = files.read_text(yaml.safe_dump(yaml.safe_load(purposes()))).purposes["advice"]
    assert set(plain.to_data()["grounds"]["cn"]) == {"ground", "ends_with", "provision", "condition", "certainty"}


def facts(line: Line) -> CollectionFacts:
    return facts_for(
        line, reference=b"x" * 32, direction="inbound", notice_given="2026-1", customer=None, trigger=clock.now()
    )


def test_the_gate_keeps_calls_for_a_duty_until_its_last_day_and_none_after(line):
    """Every other purpose of the line rests on consent nobody gave."""
    line.purposes.update(core=False)
    serve(line, "duty", "legal_obligation", core=True)
    bind("duty", line.jurisdiction, valid_until=TODAY)
    RetentionRule.objects.filter(line=line, purpose="recording").update(purpose="duty")
    with client_scope(line.client_id):
        with clock.frozen(NOON):
            basis = may_collect(facts(line))
            assert not isinstance(basis, Refusal)
            assert basis.grounds == {"duty": "legal_obligation"}
            record = of_call(line, "duty", ago=timedelta(minutes=1))
            assert renew(record).purposes == ("duty",)
            assert set(customer_basis(line, now=NOON).grounds) == {"duty", "service"}
        with clock.frozen(NOON + DAY):
            assert may_collect(facts(line)) == Refusal(("ground_ended",))
            with pytest.raises(Refused):
                renew(record)
            assert set(customer_basis(line, now=NOON + DAY).grounds) == {"service"}


def test_a_use_for_a_duty_ends_with_its_provision_and_so_does_what_is_kept(line):
    serve(line, "duty", "legal_obligation", use=Use.ANALYTICS)
    bind("duty", line.jurisdiction, valid_until=TODAY)
    with client_scope(line.client_id):
        with clock.frozen(NOON):
            assert may_use(Use.ANALYTICS, line=line) == Allowed({"duty": "legal_obligation"})
            record = of_call(line, "duty", ago=timedelta(minutes=1))
            assert covers(record, "duty") is True
        with clock.frozen(NOON + DAY):
            assert may_use(Use.ANALYTICS, line=line) == Refusal(("ground_ended",))
            assert covers(record, "duty") is False


def test_a_legitimate_interest_in_force_is_used_only_while_it_is_balanced(line):
    """What was put into force before balancings were asked for stands still until one is named."""
    Line.objects.filter(pk=line.pk).update(jurisdiction="eu")
    line.refresh_from_db()
    serve(line, "insight", "legitimate_interest", use=Use.ANALYTICS)
    ground = PurposeGround.objects.create(
        purpose_id="insight", jurisdiction="eu", provision="gdpr@2016:6(1)(f)", **INTEREST
    )
    with clock.frozen(NOON), client_scope(line.client_id):
        record = of_call(line, "insight", ago=timedelta(minutes=1))
        assert may_use(Use.ANALYTICS, line=line) == Refusal(("condition_unmet",))
        assert covers(record, "insight") is False
        ground.reference, ground.recorded_on = "LIA-7", TODAY
        ground.save()
        assert may_use(Use.ANALYTICS, line=line) == Allowed({"insight": "legitimate_interest"})
        assert covers(record, "insight") is True
        ground.reference, ground.recorded_on = "", None
        ground.save()
        assert may_use(Use.ANALYTICS, line=line) == Refusal(("condition_unmet",))
        one = Assessment.objects.create(
            purpose_id="insight", number=1, covers="0" * 64, started_by="system", started_at=NOON
        )
        Purpose.objects.filter(pk="insight").update(assessment=one)
        assert may_use(Use.ANALYTICS, line=line) == Allowed({"insight": "legitimate_interest"})
