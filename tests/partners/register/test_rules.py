"""The risk tier is computed and never falls when more is given; each step names what stands against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.kernel.errors import InvalidInput, Refused
from callwarden.partners.register import rules
from callwarden.partners.register.risk import Received, rate
from callwarden.partners.register.rules import NEEDED_DUTIES, Facts, require, resumes_to, why_not
from callwarden.partners.register.terms import State, Tier, Volume

TODAY = date(2026, 3, 2)
READY = Facts(today=TODAY, duties=frozenset(NEEDED_DUTIES), services=1, locations=1, vetted_until=TODAY, agreement=True)
LEAST = Received(level=1, sensitive=False, volume=Volume.UP_TO_1000, abroad=False, own_purposes=False)
MOST = Received(level=4, sensitive=True, volume=Volume.MORE, abroad=True, own_purposes=True)

received = st.builds(
    Received,
    level=st.integers(1, 4),
    sensitive=st.booleans(),
    volume=st.sampled_from(Volume),
    abroad=st.booleans(),
    own_purposes=st.booleans(),
)


@given(received, received)
def test_who_gets_no_less_in_any_respect_is_of_no_lower_tier(one: Received, other: Received) -> None:
    assert one.level is not None
    assert other.level is not None
    more = Received(
        level=max(one.level, other.level),
        sensitive=one.sensitive or other.sensitive,
        volume=max(one.volume, other.volume),
        abroad=bool(one.abroad or other.abroad),
        own_purposes=one.own_purposes or other.own_purposes,
    )
    assert rate(more).tier >= max(rate(one).tier, rate(other).tier)


@given(received)
def test_what_is_not_known_counts_as_its_worst(known: Received) -> None:
    assert rate(replace(known, level=None)).tier >= rate(replace(known, level=4)).tier
    assert rate(replace(known, abroad=None)).tier == rate(replace(known, abroad=True)).tier


@given(received)
def test_the_tier_follows_from_the_reasons_shown(known: Received) -> None:
    rated = rate(known)
    total = sum(reason.points for reason in rated.reasons)
    assert rated.tier == (Tier.HIGH if total >= 4 else Tier.MEDIUM if total >= 2 else Tier.LOW)
    assert [reason.points for reason in rated.reasons] == sorted((r.points for r in rated.reasons), reverse=True)


def test_the_ends_of_the_scale() -> None:
    assert rate(LEAST).tier == Tier.LOW
    assert rate(MOST).tier == Tier.HIGH
    assert rate(replace(LEAST, level=3)).tier == Tier.MEDIUM


@pytest.mark.parametrize("to", [State.ASSESSING, State.APPROVED, State.ACTIVE])
def test_a_complete_record_has_nothing_against_it(to: State) -> None:
    assert why_not(to, READY) == ()


@pytest.mark.parametrize(
    ("missing", "to", "also"),
    [
        ({"owner_here": False}, State.ASSESSING, True),
        ({"services": 0}, State.ASSESSING, True),
        ({"locations": 0}, State.ASSESSING, True),
        ({"duties": frozenset({"operations"})}, State.ASSESSING, True),
        ({"vetted_until": None}, State.APPROVED, True),
        ({"vetted_until": TODAY - timedelta(days=1)}, State.APPROVED, True),
        ({"agreement": False}, State.ACTIVE, False),
    ],
    ids=["owner", "services", "locations", "duties", "no-vetting", "stale-vetting", "no-agreement"],
)
def test_each_thing_that_is_missing_stops_the_step_and_those_after_it(
    missing: dict[str, object], to: State, also: bool
) -> None:
    facts = replace(READY, **missing)  # type: ignore[arg-type]
    assert why_not(to, facts)
    assert why_not(State.ACTIVE, facts)
    with pytest.raises(Refused) as refusal:
        require(to, facts)
    assert refusal.value.data["count"] == len(why_not(to, facts))
    if not also:
        assert not why_not(State.APPROVED, facts)


def test_stopping_and_parting_are_always_possible() -> None:
    nothing = Facts(today=TODAY, owner_here=False, holds_data=True)
    assert not why_not(State.SUSPENDED, nothing)
    assert not why_not(State.EXITING, nothing)


def test_who_has_data_of_ours_leaves_with_their_written_word_alone() -> None:
    facts = Facts(today=TODAY, holds_data=True)
    assert why_not(State.EXITED, facts)
    assert not why_not(State.EXITED, replace(facts, attested="RET-2026-014"))
    assert not why_not(State.EXITED, replace(facts, holds_data=False))


@pytest.mark.parametrize("before", [State.ASSESSING, State.APPROVED, State.ACTIVE])
@pytest.mark.parametrize("fresh", [True, False], ids=["vetted", "stale"])
def test_a_suspension_never_leads_back_to_active(before: State, fresh: bool) -> None:
    facts = replace(READY, vetted_until=TODAY if fresh else None)
    to = resumes_to(before, facts)
    assert to == (State.APPROVED if fresh and before != State.ASSESSING else State.ASSESSING)


@pytest.mark.parametrize("text", ["", "C", "CHN", "1N", "中国"])
def test_a_country_is_named_by_two_letters(text: str) -> None:
    with pytest.raises(InvalidInput):
        rules.location(f"{text} 深圳")


def test_places_are_kept_once_and_in_order() -> None:
    assert rules.locations(["cn 深圳", "", "DE", "CN 深圳"]) == ["CN 深圳", "DE"]
