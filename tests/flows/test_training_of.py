"""The register of training, as decisions see it: current, lapsed, or nobody entered anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from callwarden.control.access import actions as access
from callwarden.control.access.queries import active
from callwarden.control.training import actions
from callwarden.engines.policy import decide
from callwarden.flows.facts import training_of
from callwarden.kernel import clock
from tests.flows.test_live_purposes import ASKED
from tests.kernel.conftest import person

__all__ = ["person"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def today() -> date:
    return clock.now().date()


@pytest.mark.parametrize(
    ("until", "known", "allowed"), [(0, "valid", True), (-1, "expired", False), (None, "not_measured", True)]
)
def test_whoever_is_trained_no_more_reveals_nothing(person, settings, today, until, known, allowed):
    settings.TRAINING_MONTHS = 12
    agent, officer = person("agent"), person("data_protection_officer")
    if until is not None:
        done = today - timedelta(days=30)
        actions.record(agent, "security", completed_on=done, valid_until=today + timedelta(days=until), by=officer)
    assert training_of(agent) == known
    access.ensure_default()
    asked = replace(
        ASKED,
        action="reveal",
        principal=replace(ASKED.principal, training=training_of(agent)),
        resource=replace(ASKED.resource, category="contact"),
    )
    decision = decide(active(), asked)
    assert decision.allowed is allowed, decision.reasons
    assert ("training_expired" in decision.reasons) is not allowed


def test_where_nothing_rests_on_training_none_is_measured(person, settings):
    settings.TRAINING_MONTHS = 0
    assert training_of(person("agent")) == "not_measured"
