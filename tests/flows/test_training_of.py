"""The register of training, as decisions see it: current, lapsed, or nobody entered anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from callwarden.control.access import actions as access
from callwarden.control.access.queries import active
from callwarden.control.training import actions
from callwarden.engines.policy import Matrix, decide
from callwarden.flows import disclose
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import Ask
from callwarden.flows.facts import training_of
from callwarden.kernel import clock
from callwarden.kernel.models import Session
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


def test_an_entry_that_was_taken_back_makes_nobody_better_off(keeper, person, settings, today):
    settings.TRAINING_MONTHS = 12
    agent, officer = person("agent"), person("data_protection_officer")
    done = today - timedelta(days=30)
    entered = actions.record(agent, "security", completed_on=done, valid_until=today - timedelta(days=1), by=officer)
    actions.take_back(entered.pk, by=officer, reason="It was somebody else's.")
    assert training_of(agent) == "expired"


@pytest.mark.parametrize(("until", "refused"), [(0, False), (-1, True)])
def test_the_log_itself_leaves_with_nobody_whose_training_lapsed(person, settings, today, until, refused):
    settings.TRAINING_MONTHS = 12
    auditor, officer = person("auditor"), person("data_protection_officer")
    given = {"completed_on": today - timedelta(days=30), "valid_until": today + timedelta(days=until)}
    actions.record(auditor, "security", by=officer, **given)
    shipped = Matrix.default()
    strict = replace(shipped, guards=replace(shipped.guards, training_accepted=("valid",)))
    access.activate(strict, actor="system")
    login = Session(user=auditor, mfa_at=clock.now())
    actor = Actor(name=auditor.actor, session=login.id, user=auditor, login=login)
    ask = Ask(actor=actor, client=None, action="export", purpose="audit", whole_ledger=True, reason="For the court.")
    reasons = disclose._system_reasons(ask, active(), "ledger_entry")
    assert ("training_expired" in reasons) is refused, reasons
