"""What the gate did not take: read again it is judged like anything that arrives, and destroyed only by two people."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from callwarden.custody import intake
from callwarden.custody.clients import ClientClosed
from callwarden.custody.models import Client, IntakeItem, LedgerPending
from callwarden.flows import many_arrivals, timers, turned_away
from callwarden.kernel import approvals, bulk, clock, journal
from callwarden.kernel.errors import Conflict, InvalidInput, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.models import BulkAct, User
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.holds.rules import Query
from tests.exchange import MAPPING, OTHER, Exchange, spool_files
from tests.work import do_all

State = IntakeItem.State


def person(*roles: str, **more: object) -> User:
    return User.objects.create(username=uuid4().hex, roles=list(roles), **more)


@pytest.fixture
def officer(exchange: Exchange) -> User:
    return person("data_protection_officer")


@pytest.fixture
def second(exchange: Exchange) -> User:
    return person("security_administrator")


@pytest.fixture
def too_long(exchange: Exchange, settings) -> Exchange:
    """A call that was set aside because its recording was longer than allowed then."""
    settings.INTAKE_MAX_SECONDS = 1
    exchange.call("C1")
    exchange.settle()
    assert set(exchange.states() + exchange.states("row")) == {("set_aside", "audio_too_long")}
    settings.INTAKE_MAX_SECONDS = 3600
    return exchange


def told(event: Event) -> list[dict]:
    bodies = [json.loads(bytes(row.body)) for row in LedgerPending.objects.order_by("id")]
    return [body for body in bodies if body["event"] == event]


def states() -> set[str]:
    return set(IntakeItem.objects.exclude(kind="cdr").values_list("state", flat=True))


def drawn(by: User, name: str = many_arrivals.DESTROY, **filters: object) -> BulkAct:
    return bulk.draw(name, filters, by=by)


def approved(act: BulkAct, by: User, other: User) -> UUID:
    asked = bulk.ask(act.pk, digest=act.digest, by=by, reason="A wrong line.")
    approvals.approve(asked.pk, by=other)
    return asked.pk


def carried_out(approval: UUID, by: User) -> BulkAct:
    asked = approvals.Approval.objects.get(pk=approval)
    act = approvals.execute(approval, approvals.act_of(asked), by=by)
    return bulk.carry_on(act.pk, seconds=60)


# Read again


def test_a_call_is_read_again_with_all_of_it_once_what_was_wrong_is_right(too_long, officer):
    assert turned_away.read_again(too_long.item("row").pk, actor=officer.actor) == 3
    do_all()
    assert len(too_long.calls()) == 1
    assert states() == {State.ADMITTED}
    entry, *_more = told(Event.INTAKE_READ_AGAIN)
    assert (entry["actor"], entry["reasons"], entry["data"]["was"]) == (officer.actor, ["audio_too_long"], "set_aside")


def test_one_piece_takes_the_rest_of_its_call_along_and_nothing_of_another(too_long, officer, settings):
    settings.INTAKE_MAX_SECONDS = 1
    too_long.drop("C2.wav", OTHER.audio)
    too_long.record("C2")
    settings.WORDS_GRACE_SECONDS = 0
    too_long.settle()
    settings.INTAKE_MAX_SECONDS = 3600
    mine = IntakeItem.objects.get(kind="words")
    turned_away.read_again(mine.pk, actor=officer.actor)
    do_all()
    assert len(too_long.calls()) == 1
    assert sorted(state for state, _why in too_long.states("row")) == ["admitted", "set_aside"]


def test_a_list_is_read_again_by_the_mapping_as_it_is_now(exchange, officer):
    exchange.line.cdr_mapping = "version: 1"
    exchange.line.save(update_fields=["cdr_mapping"])
    exchange.call("C1")
    exchange.settle()
    assert exchange.states("cdr") == [("set_aside", "mapping_unusable")]
    exchange.line.cdr_mapping = MAPPING
    exchange.line.save(update_fields=["cdr_mapping"])
    turned_away.read_again(exchange.item("cdr").pk, actor=officer.actor)
    do_all()
    assert len(exchange.calls()) == 1
    assert (exchange.item("cdr").state, exchange.item("cdr").problems) == (State.ADMITTED, [])


def pair(exchange: Exchange, number: int) -> set[UUID]:
    """A list of customers and one of orders, of which no row is usable."""
    before = set(IntakeItem.objects.values_list("pk", flat=True))
    exchange.drop(f"orders-{number}.csv", f"customer_no\n{number}\n".encode())
    exchange.drop(f"customers-{number}.csv", f"customer_no\nnumber {number}\n".encode())
    exchange.settle()
    return set(IntakeItem.objects.values_list("pk", flat=True)) - before


def test_two_lists_that_came_together_are_read_together(exchange, officer):
    pairs = [pair(exchange, number) for number in (1, 2)]
    assert {state for kind in ("customers", "orders") for state, _why in exchange.states(kind)} == {"set_aside"}
    for both in pairs:
        for one in IntakeItem.objects.filter(pk__in=both):
            assert set(turned_away.with_parts(one)) == both
    customers = IntakeItem.objects.filter(kind="customers").order_by("-arrived_at").first()
    assert turned_away.read_again(customers.pk, actor=officer.actor) == 2
    do_all()
    assert exchange.states("orders") == exchange.states("customers")
    assert turned_away.WAITS[0] not in {state for state, _why in exchange.states("orders")}


def test_orders_without_their_customers_are_not_read_to_wait_for_a_list_that_is_not_theirs(exchange, officer):
    pair(exchange, 1)
    IntakeItem.objects.filter(kind="customers").delete()
    with pytest.raises(Conflict, match="Send both again"):
        turned_away.read_again(exchange.item("orders").pk, actor=officer.actor)
    assert exchange.states("orders")[0][0] == State.SET_ASIDE


def test_what_is_still_wrong_comes_back_and_gains_no_time_by_that(exchange, officer):
    exchange.call("C1", consent="")
    exchange.settle()
    ends = exchange.item("row").delete_at
    for _time in range(2):
        turned_away.read_again(exchange.item("row").pk, actor=officer.actor)
        do_all()
        assert exchange.states("row") == [("quarantined", "consent_unknown")]
        assert exchange.item("row").delete_at == ends
    assert exchange.calls() == []


def test_a_call_that_was_kept_meanwhile_is_not_kept_twice(too_long, officer, settings):
    first = too_long.item("row")
    settings.WORDS_GRACE_SECONDS = 0
    too_long.drop("other.wav", OTHER.audio)
    too_long.record("C1", file="other.wav", callee="8002")
    too_long.settle()
    assert len(too_long.calls()) == 1
    turned_away.read_again(first.pk, actor=officer.actor)
    do_all()
    assert len(too_long.calls()) == 1
    first.refresh_from_db()
    assert (first.state, first.reason) == (State.DUPLICATE, "call_known")


@pytest.mark.parametrize("state", [State.SEALED, State.WAITING, State.ADMITTED, State.DUPLICATE, State.DESTROYED])
def test_nothing_else_is_read_again(too_long, officer, state):
    IntakeItem.objects.update(state=state)
    with pytest.raises(Conflict):
        turned_away.read_again(too_long.item("row").pk, actor=officer.actor)
    assert states() == {state}


def test_nothing_is_read_again_for_a_client_that_was_closed(too_long, officer):
    Client.objects.update(closed_at=clock.now())
    with pytest.raises(ClientClosed):
        turned_away.read_again(too_long.item("row").pk, actor=officer.actor)
    assert states() == {State.SET_ASIDE}


def test_all_that_match_are_read_again_and_pieces_of_one_call_are_no_change(too_long, officer):
    act = drawn(officer, many_arrivals.READ, list="set_aside")
    assert (act.total, dict(bulk.sorts_of(act))) == (3, {"audio": 1, "row": 1, "words": 1})
    bulk.start(act.pk, digest=act.digest, by=officer)
    now = bulk.carry_on(act.pk, seconds=60)
    assert (now.done, now.skipped) == (3, 0)
    assert len(told(Event.INTAKE_READ_AGAIN)) == 3
    do_all()
    assert len(too_long.calls()) == 1


# Destroyed


def test_two_people_destroy_what_was_drawn_with_keys_names_and_bytes(too_long, officer, second, settings):
    act = drawn(officer, list="set_aside")
    approval = approved(act, officer, second)
    assert states() == {State.SET_ASIDE}, "approved is not done"
    done = carried_out(approval, officer)
    assert (done.done, done.skipped) == (3, 0)
    for item in IntakeItem.objects.exclude(kind="cdr"):
        assert (item.state, bytes(item.sealed_key), bytes(item.inline), bytes(item.name_blob), item.shown) == (
            State.DESTROYED,
            b"",
            b"",
            b"",
            "",
        )
        assert not item.matches.exists()
    assert spool_files(settings.DATA_DIR) == []
    entries = told(Event.QUARANTINE_ERASED)
    assert {entry["approval"] for entry in entries} == {str(approval)}
    assert {entry["data"]["item"] for entry in entries} == {
        str(pk) for pk in IntakeItem.objects.exclude(kind="cdr").values_list("pk", flat=True)
    }


def test_whoever_asks_does_not_decide(too_long, officer):
    act = drawn(officer, list="set_aside")
    asked = bulk.ask(act.pk, digest=act.digest, by=officer, reason="A wrong line.")
    with pytest.raises(Refused):
        approvals.approve(asked.pk, by=officer)
    with pytest.raises(InvalidInput):
        bulk.start(drawn(officer, list="set_aside").pk, digest=act.digest, by=officer)
    assert states() == {State.SET_ASIDE}


def test_a_file_delivered_again_between_approval_and_act_is_kept(too_long, officer, second, settings):
    act = drawn(officer, list="set_aside", kind="audio")
    approval = approved(act, officer, second)
    settings.INTAKE_MAX_SECONDS = 1
    too_long.call("C1")
    too_long.settle()
    again = too_long.states()
    done = carried_out(approval, officer)
    assert (done.done, bulk.reasons_of(done, "skipped")) == (0, [("not_turned_away", 1)])
    assert ("set_aside", "audio_too_long") in again
    assert too_long.states() == again


def test_another_content_under_the_same_row_is_not_what_was_approved(too_long, officer, second):
    act = drawn(officer, list="set_aside", kind="audio")
    approval = approved(act, officer, second)
    IntakeItem.objects.filter(kind="audio").update(digest=b"\x01" * 32)
    done = carried_out(approval, officer)
    assert bulk.reasons_of(done, "skipped") == [("changed", 1)]
    assert states() == {State.SET_ASIDE}


def test_a_call_taken_in_between_approval_and_act_is_kept(too_long, officer, second):
    approval = approved(drawn(officer, list="set_aside"), officer, second)
    turned_away.read_again(too_long.item("row").pk, actor=officer.actor)
    do_all()
    done = carried_out(approval, officer)
    assert (done.done, bulk.reasons_of(done, "skipped")) == (0, [("not_turned_away", 3)])
    assert len(too_long.calls()) == 1
    assert states() == {State.ADMITTED}


def test_what_came_since_is_not_destroyed_with_the_set(too_long, officer, second, settings):
    approval = approved(drawn(officer, list="set_aside"), officer, second)
    settings.INTAKE_MAX_SECONDS = 1
    too_long.drop("C2.wav", OTHER.audio)
    too_long.record("C2")
    settings.WORDS_GRACE_SECONDS = 0
    too_long.settle()
    assert carried_out(approval, officer).done == 3
    assert sorted(state for state, _why in too_long.states("row")) == ["destroyed", "set_aside"]


def test_killed_before_it_is_on_record_nothing_is_destroyed(too_long, officer, second, settings, monkeypatch):
    approval = approved(drawn(officer, list="set_aside"), officer, second)
    before, record = spool_files(settings.DATA_DIR), journal.record

    def dies(entry: journal.Entry) -> UUID:
        if entry.event == Event.QUARANTINE_ERASED:
            raise KeyboardInterrupt
        return record(entry)

    with monkeypatch.context() as killed:
        killed.setattr(journal, "record", dies)
        with pytest.raises(KeyboardInterrupt):
            carried_out(approval, officer)
    assert states() == {State.SET_ASIDE}
    assert spool_files(settings.DATA_DIR) == before
    act = BulkAct.objects.get(approval=approval)
    assert bulk.carry_on(act.pk, seconds=60).done == 3
    assert len(told(Event.QUARANTINE_ERASED)) == 3


def test_killed_before_the_bytes_are_gone_they_are_without_key_and_swept(
    too_long, officer, second, settings, monkeypatch
):
    approval = approved(drawn(officer, list="set_aside"), officer, second)
    with monkeypatch.context() as killed:
        killed.setattr(intake, "discard", lambda _item: None)
        carried_out(approval, officer)
    assert len(spool_files(settings.DATA_DIR)) == 2
    assert not IntakeItem.objects.exclude(kind="cdr").exclude(sealed_key=b"").exists()
    intake.sweep_litter(older_than=timedelta(seconds=-5))
    assert spool_files(settings.DATA_DIR) == []


def matter(exchange: Exchange, owner: User, **query: object) -> Matter:
    """A matter in force over all records that fit."""
    made = Matter.objects.create(
        client=exchange.line.client,
        label="C-2026/17",
        ground="litigation",
        scope="query",
        query=Query(**query).as_data(),
        owner=owner,
        review_on=clock.now().date() + timedelta(days=90),
        opened_by="system",
        opened_at=clock.now(),
        entry=uuid4(),
    )
    return Matter.machine.move(made, Matter.State.HELD, actor="system", about={"client": made.client_id})


def test_what_a_matter_would_hold_is_left_to_time(too_long, officer, second):
    approval = approved(drawn(officer, list="set_aside"), officer, second)
    matter(too_long, officer, until=clock.now().date() - timedelta(days=1), line=too_long.line.pk)
    held = matter(too_long, officer, line=too_long.line.pk)
    assert bulk.reasons_of(carried_out(approval, officer), "skipped") == [("on_hold", 3)]
    with pytest.raises(InvalidInput):
        drawn(officer, list="set_aside")
    Matter.machine.move(held, Matter.State.RELEASED, actor="system", about={"client": held.client_id})
    assert drawn(officer, list="set_aside").total == 3
    IntakeItem.objects.update(delete_at=clock.now())
    assert timers.end_quarantine() == IntakeItem.objects.count()


def test_a_matter_that_comes_into_force_under_way_holds_what_is_left(too_long, officer, second, monkeypatch):
    approval = approved(drawn(officer, list="set_aside"), officer, second)
    found, locked = [], turned_away.locked_away

    def then_held(item):
        if len(found) == 1:
            matter(too_long, officer, line=too_long.line.pk)
        found.append(item)
        return locked(item)

    monkeypatch.setattr(turned_away, "locked_away", then_held)
    assert bulk.reasons_of(carried_out(approval, officer), "skipped") == [("on_hold", 2)]
    assert IntakeItem.objects.filter(state=State.SET_ASIDE).count() == 2


def test_a_leader_reaches_the_arrivals_of_their_own_lines_alone(too_long):
    stranger = person("team_leader", lines=[uuid4()])
    for kind in (many_arrivals.READ, many_arrivals.DESTROY):
        with pytest.raises(InvalidInput):
            drawn(stranger, kind, list="set_aside")
    with pytest.raises(Refused):
        drawn(person("agent"), many_arrivals.READ, list="set_aside")
