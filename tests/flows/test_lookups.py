"""Looking people up by what they are known by: only so many within a minute, through any door and at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import translation

from callwarden.custody.models import LedgerPending, LookupCount
from callwarden.flows import lookups
from callwarden.flows.actors import Actor
from callwarden.flows.customers import take_in_customer
from callwarden.flows.formats import customer_of
from callwarden.flows.lookups import TooManyLookups
from callwarden.flows.people import find_by_identifier, find_by_number
from callwarden.kernel import clock
from callwarden.kernel.errors import CallwardenError
from callwarden.kernel.models import Finding, Session, User

NOW = datetime(2026, 11, 25, 10, 30, 20, tzinfo=UTC)
PURPOSE = "service"


@pytest.fixture
def program(line) -> Actor:
    return Actor.service(uuid4(), client=line.client_id, lines=None)


@pytest.fixture
def reviewer(line) -> Actor:
    user = User.objects.create(username="leader", roles=["team_leader"])
    now = clock.now()
    login = Session.objects.create(
        user=user,
        key=uuid4().bytes,
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=12),
        mfa_at=now,
    )
    return Actor.person(user, login)


@pytest.fixture(autouse=True)
def time(keeper):
    with clock.frozen(NOW) as time:
        yield time


def look_up(actor: Actor, line, customer_no: str = "KH404") -> str:
    try:
        find_by_number(actor, line.client_id, customer_no, purpose=PURPOSE)
    except CallwardenError as refused:
        return refused.code
    return "found"


def test_the_next_one_within_the_minute_is_refused_and_says_when_to_try_again(line, program, settings):
    settings.SERVICE_LOOKUPS_PER_MINUTE = 3
    assert [look_up(program, line) for _each in range(3)] == ["customer_not_found"] * 3
    with pytest.raises(TooManyLookups) as refused:
        find_by_number(program, line.client_id, "KH404", purpose=PURPOSE)
    assert (refused.value.http_status, refused.value.retry_after) == (429, 40)
    assert "40 seconds" in str(refused.value)
    with translation.override("zh-hans"):
        assert "40 秒" in str(refused.value)
    assert "KH404" not in str(refused.value)


def test_in_the_next_minute_one_may_again(line, program, settings, time):
    settings.SERVICE_LOOKUPS_PER_MINUTE = 1
    assert [look_up(program, line), look_up(program, line)] == ["customer_not_found", lookups.REASON]
    time.advance(timedelta(seconds=40))
    assert look_up(program, line) == "customer_not_found"


def test_one_s_limit_is_not_another_s(line, program, settings):
    settings.SERVICE_LOOKUPS_PER_MINUTE = 1
    assert look_up(program, line) == "customer_not_found"
    assert look_up(Actor.service(uuid4(), client=line.client_id, lines=None), line) == "customer_not_found"


def test_of_many_at_once_no_more_come_through_than_one_after_another(line, program, settings):
    settings.SERVICE_LOOKUPS_PER_MINUTE = 5

    def one(_number: int) -> str:
        try:
            return look_up(program, line)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(one, range(16)))
    assert (said.count("customer_not_found"), said.count(lookups.REASON)) == (5, 11)


def test_a_look_up_that_is_undone_tells_nothing_and_counts_nothing(line, program, settings, monkeypatch):
    """Count and answer stand in one transaction: who breaks it off gets no answer for free."""
    from callwarden.flows import people

    def broken(*_arguments, **_named):
        raise OSError("no ledger")

    monkeypatch.setattr(people.journal, "record", broken)
    with pytest.raises(OSError, match="no ledger"):
        find_by_number(program, line.client_id, "KH1", purpose=PURPOSE)
    assert not LookupCount.objects.exists()


def test_every_look_up_stands_in_the_log_found_or_not_and_refused_too(line, program, settings):
    settings.SERVICE_LOOKUPS_PER_MINUTE = 1
    before = LedgerPending.objects.count()
    look_up(program, line)
    look_up(program, line)
    bodies = [bytes(row.body) for row in LedgerPending.objects.order_by("id")][before:]
    searches = [body for body in bodies if b"disclose:record:search" in body]
    assert [b'"decision":"allow"' in body for body in searches] == [True, False]
    assert not any(b"KH404" in body for body in bodies)


def test_the_first_refusal_is_a_finding_and_the_ones_after_it_are_not_more(line, program, settings):
    settings.SERVICE_LOOKUPS_PER_MINUTE = 1
    for _each in range(5):
        look_up(program, line)
    finding = Finding.objects.get(kind="lookups-unusual")
    assert finding.where == f"principal:{program.name.removeprefix('service:')}"


def test_slow_and_steady_is_a_finding_too(line, program, settings, time):
    settings.SERVICE_LOOKUPS_PER_HOUR = 4
    for _each in range(4):
        look_up(program, line)
        time.advance(timedelta(minutes=1))
    assert not Finding.objects.filter(kind="lookups-unusual").exists()
    look_up(program, line)
    assert Finding.objects.filter(kind="lookups-unusual").count() == 1


def test_people_are_limited_at_the_console_s_search_of_customers_too(line, reviewer, settings):
    from callwarden.control.access.actions import ensure_default

    ensure_default()
    settings.LOOKUPS_PER_MINUTE = 2
    said = []
    for _each in range(3):
        try:
            find_by_identifier(reviewer, line.client_id, "13800138000", purpose=PURPOSE)
            said.append("asked")
        except CallwardenError as refused:
            said.append(refused.code)
    assert said[-1] == lookups.REASON
    assert lookups.REASON not in said[:2]


def test_an_import_looks_up_without_a_limit(line, settings):
    settings.LOOKUPS_PER_MINUTE = settings.SERVICE_LOOKUPS_PER_MINUTE = 0
    for number in range(3):
        row = customer_of({"name": "Ann Smith"}, customer_no=f"KH{number}")
        assert take_in_customer(line, row, actor="job:intake").created


def test_counts_are_forgotten_after_a_week(line, program, time):
    look_up(program, line)
    time.advance(timedelta(days=8))
    assert lookups.forget_old() == 1
    assert not LookupCount.objects.exists()
