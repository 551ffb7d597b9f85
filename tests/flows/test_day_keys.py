"""The day keys of taking in: a private half lives as long as something sealed to it is needed, and not a day longer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction

from callwarden.custody import intake
from callwarden.custody.keeper import client as keeper_client
from callwarden.custody.keeper.client import KeeperUnavailable
from callwarden.custody.models import IntakeItem, IntakeKey
from callwarden.flows import timers
from callwarden.kernel import clock
from tests.work import do_all


def today_becomes_yesterday() -> IntakeKey:
    """As if midnight had passed: the key so far is yesterday's, and today has one of its own. Returns the former."""
    key = IntakeKey.objects.get(day=clock.now().date())
    for later in IntakeKey.objects.order_by("day"):
        later.day -= timedelta(days=1)
        later.expires_at -= timedelta(days=1)
        later.save(update_fields=["day", "expires_at"])
    intake.ensure_day_keys()
    key.refresh_from_db()
    return key


def elsewhere(act):
    """Done by another process, as it were: on a connection of its own, committed by itself."""

    def run():
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(timeout=20)


def private_half(keeper, key: IntakeKey) -> list[str]:
    return sorted(path.name for path in (keeper.keys / "intake").glob(f"{key.id}*"))


def key_of_today() -> IntakeKey:
    return IntakeKey.objects.get(day=clock.now().date(), destroyed_at__isnull=True)


def test_a_day_key_goes_with_the_last_arrival_of_its_day_and_those_of_other_days_stay(exchange, keeper):
    exchange.call("C1")
    exchange.settle()
    assert exchange.states() == [("admitted", "")]
    spent = today_becomes_yesterday()
    assert timers.end_day_keys() == 1
    assert private_half(keeper, spent) == []
    assert private_half(keeper, key_of_today()) != []
    exchange.call("C2", audio=b"RIFF other", words=b"{}")
    exchange.look()
    assert {item.key_id for item in IntakeItem.objects.filter(state="sealed")} == {key_of_today().id}


@pytest.mark.parametrize("state", ["sealed", "waiting", "quarantined", "set_aside"])
def test_it_stays_while_anything_of_its_day_may_still_be_opened(exchange, keeper, state):
    exchange.call("C1")
    exchange.look()
    IntakeItem.objects.filter(kind="audio").update(state=state)
    IntakeItem.objects.exclude(kind="audio").update(state="admitted")
    needed = today_becomes_yesterday()
    assert timers.end_day_keys() == 0
    assert len(private_half(keeper, needed)) == 2


def test_the_keeper_does_not_take_the_row_s_word_while_something_waits(exchange, keeper):
    exchange.call("C1")
    exchange.look()
    needed = today_becomes_yesterday()
    IntakeKey.objects.filter(pk=needed.pk).update(destroyed_at=clock.now())
    with pytest.raises(KeeperUnavailable):
        keeper_client.destroy_intake_key(needed.id)
    assert keeper_client.sweep_intake_keys() == 0
    assert len(private_half(keeper, needed)) == 2


def test_today_s_key_stays_although_nothing_is_sealed_to_it(line, keeper):
    assert timers.end_day_keys() == 0
    assert len(private_half(keeper, key_of_today())) == 2


def test_without_a_later_key_the_old_one_goes_on_sealing(line, keeper):
    key = today_becomes_yesterday()
    IntakeKey.objects.exclude(pk=key.pk).delete()
    assert timers.end_day_keys() == 0


def test_after_its_limit_it_goes_whatever_still_waits(exchange, keeper):
    exchange.call("C1")
    exchange.look()
    key = key_of_today()
    IntakeKey.objects.filter(pk=key.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    assert timers.end_day_keys() == 1
    assert private_half(keeper, key) == []


def test_what_is_being_received_while_its_day_key_ends_is_sealed_to_another_and_opens(exchange, keeper, monkeypatch):
    """A file so large that midnight passes while it is written."""
    keep = intake._keep
    ended = []

    def after_midnight(*arguments):
        if not ended:
            ended.append(elsewhere(today_becomes_yesterday))
            assert elsewhere(timers.end_day_keys) == 1
        return keep(*arguments)

    monkeypatch.setattr(intake, "_keep", after_midnight)
    exchange.call("C1")
    exchange.look()
    assert private_half(keeper, ended[0]) == []
    assert not IntakeItem.objects.filter(key=ended[0]).exists()
    do_all()
    assert exchange.states() == [("admitted", "")]


def test_a_day_key_cannot_end_between_an_arrival_s_check_and_its_commit(exchange, keeper, monkeypatch):
    """The row is locked from the check on, so the end waits for the commit and then sees the arrival."""
    key = key_of_today()
    seen = []

    def may_be_locked() -> bool:
        try:
            with transaction.atomic():
                return IntakeKey.objects.select_for_update(nowait=True).filter(pk=key.pk).exists()
        except OperationalError:
            return False

    assert elsewhere(may_be_locked)
    monkeypatch.setattr(intake, "_replace_set_aside", lambda item: seen.append(elsewhere(may_be_locked)))
    exchange.drop("C1.wav", b"RIFF")
    exchange.look()
    assert seen == [False]
    assert IntakeItem.objects.get().key_id == key.id


def test_what_a_crash_or_a_stopped_keeper_leaves_of_an_ended_key_goes_with_the_next_look(exchange, keeper):
    exchange.call("C1")
    exchange.settle()
    spent = today_becomes_yesterday()
    keeper.stop()
    try:
        with pytest.raises(KeeperUnavailable):
            timers.end_day_keys()
        assert len(private_half(keeper, spent)) == 2
    finally:
        keeper.start()
    timers.end_day_keys()
    assert private_half(keeper, spent) == []


def test_with_the_keeper_stopped_for_days_taking_in_goes_on(exchange, keeper):
    keeper.stop()
    try:
        for days in range(7):
            with clock.frozen(clock.now() + timedelta(days=days)):
                exchange.drop(f"C{days}.wav", b"RIFF" + bytes([days]))
                assert exchange.look().sealed == 1
    finally:
        keeper.start()
    assert IntakeItem.objects.filter(kind="audio").count() == 7


def test_litter_of_other_names_in_the_folder_of_day_keys_stops_nothing(line, keeper):
    (keeper.keys / "intake" / "notes.txt").write_text("x")
    keeper_client.sweep_intake_keys()
