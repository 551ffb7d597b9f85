"""A consent that names a recipient is asked for, shown and taken back where any other is."""

from __future__ import annotations

import pytest

from callwarden.custody.scope import client_scope
from callwarden.doors.console.consents import panel, timeline
from callwarden.flows.actors import Actor
from callwarden.flows.consents import Told, say_for_person, say_in_call
from callwarden.kernel import clock
from callwarden.lawful.consent import queries
from callwarden.lawful.purposes import actions as registry
from callwarden.lawful.purposes.models import Recipient
from tests.flows.requests.conftest import Caller, _keeper, caller, client, exchange, keeper, keeper_folder, line

__all__ = ["_keeper", "caller", "client", "exchange", "keeper", "keeper_folder", "line"]


@pytest.fixture
def maker(caller: Caller) -> Recipient:
    found = Recipient.objects.create(
        client_id=caller.client, slug="maker", name="Maker", name_zh="厂家", role="controller", country="CN"
    )
    found.purposes.set(["quality"])
    return found


def asked(caller: Caller) -> dict[tuple[str, str], tuple[str, ...]]:
    shown = panel.panel_of(caller.call).questions
    return {(one.purpose, one.recipient): tuple(state for state, _label in one.answers) for one in shown}


def shown(caller: Caller) -> dict[tuple[str, str], tuple[bool, bool]]:
    found = timeline._standing(caller.customer)
    return {(one.purpose, one.recipient): (one.can_give, one.can_withdraw) for one in found}


def test_the_panel_and_the_timeline_name_who_would_be_given_it(caller: Caller, maker: Recipient) -> None:
    assert asked(caller)["quality", "maker"] == ("given", "refused")
    assert shown(caller)["quality", "maker"] == (True, False)
    told = Told("quality", "given", "spoken", clock.now(), recipient="maker")
    say_in_call(Actor.job("system"), caller.call, told)
    say_for_person(caller.exchange.line, caller.customer.subject, told, actor="system")
    assert asked(caller)["quality", "maker"] == ("withdrawn",)
    assert shown(caller)["quality", "maker"] == (False, True)


def test_a_no_in_the_panel_reaches_whoever_was_named(caller: Caller, maker: Recipient) -> None:
    told = Told("quality", "given", "spoken", clock.now(), recipient="maker")
    say_for_person(caller.exchange.line, caller.customer.subject, told, actor="system")
    say_in_call(Actor.job("system"), caller.call, Told("quality", "withdrawn", "spoken", clock.now()))
    assert shown(caller)["quality", "maker"] == (True, False)
    with client_scope(caller.client):
        people = queries.linked(caller.customer.person_id)
        assert queries.of_person(people, recipient="maker")["quality"].state == "withdrawn"


def test_what_stands_for_somebody_who_is_given_nothing_any_more_is_taken_back_all_the_same(
    caller: Caller, maker: Recipient
) -> None:
    told = Told("quality", "given", "web", clock.now(), recipient="maker", apart=True)
    say_for_person(caller.exchange.line, caller.customer.subject, told, actor="system")
    maker.purposes.clear()
    registry.end_recipient(maker, actor="system")
    assert shown(caller)["quality", "maker"] == (False, True)
    told = Told("quality", "withdrawn", "web", clock.now(), recipient="maker")
    say_for_person(caller.exchange.line, caller.customer.subject, told, actor="system")
    assert ("quality", "maker") not in shown(caller)
