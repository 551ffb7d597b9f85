"""What the watch promises, whatever it is fed."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines.watch import KINDS, Access, Alert, Delivery, Happening, Privilege, Settings, Watch
from tests.engines.watch.centre import DAY, HOUR, START, Centre, look, mixed, number

LEARNED_DAYS = 21
BEGIN = START + LEARNED_DAYS * DAY


@pytest.fixture(scope="module")
def usual() -> list[Access]:
    return Centre(days=LEARNED_DAYS + 14).usual()


@pytest.fixture(scope="module")
def learned(usual: list[Access]) -> str:
    watch = Watch()
    watch.learn(one for one in usual if one.at < BEGIN)
    return json.dumps(watch.save())


@pytest.fixture(scope="module")
def later(usual: list[Access]) -> list[Access]:
    return [one for one in usual if one.at >= BEGIN]


def fed(watch: Watch, happenings: Iterable[Happening]) -> list[Alert]:
    return [alert for one in happenings for alert in watch.feed(replace(one, index=one.index + 1_000_000))]


def at(day: int, hour: float) -> float:
    return BEGIN + day * DAY + hour * HOUR


def strangers(actor: str, times: Iterable[float], **further: object) -> list[Access]:
    chance = random.Random(7)
    return [look(actor, when, f"c{chance.randrange(20_000)}", **further) for when in times]


def bulk(actor: str) -> list[Access]:
    return strangers(actor, [at(1, 11) + 45 * i for i in range(12)])


def slow(actor: str) -> list[Access]:
    return strangers(actor, [at(day, 10 + hour) for day in (0, 1, 2, 3, 4) for hour in (0.2, 2.1, 4.3)])


def numbers(actor: str) -> list[Access]:
    return [look(actor, at(1, 11) + 60 * i, f"c{4_000 + i}", order=4_000 + i) for i in range(8)]


def failed_numbers(actor: str) -> list[Access]:
    first = at(1, 11)
    return [look(actor, first + 60 * i, "", order=90_000 + i, action="search", subjects=0) for i in range(8)]


MISUSE: dict[str, Callable[[str], list[Access]]] = {
    "bulk_unexplained": bulk,
    "slow_unexplained": slow,
    "sequence": numbers,
    "vip_unexplained": lambda who: strangers(who, [at(1, 11), at(1, 12.5)], vip=True),
    "close_record": lambda who: strangers(who, [at(1, 11)], close=True),
    "outside_shift": lambda who: strangers(who, [at(1, 22) + 600 * i for i in range(4)], on_shift=False),
    "wrong_subject_in_call": lambda who: strangers(
        who, [at(day, 11 + hour) for day in (0, 1, 2) for hour in (0, 1, 2)], caller="c1"
    ),
    "one_subject_again": lambda who: [look(who, at(day, 11), "c777") for day in (0, 2, 4)],
    "deep_spike": lambda who: strangers(
        who, [at(1, 10) + 600 * i for i in range(14)], linked=True, action="play_original"
    ),
    "too_many_explained": lambda who: [
        replace(one, link="ticket")
        for one in strangers(who, [at(day, 10) + 400 * i for day in (0, 1) for i in range(30)])
    ],
    "too_fast": lambda who: strangers(who, [at(1, 10) + 12 * i for i in range(40)], linked=True),
    "searches_unexplained": lambda who: [
        look(who, at(1, 10) + 120 * i, "", action="search", subjects=0) for i in range(40)
    ],
    "canary": lambda who: strangers(who, [at(1, 11)], linked=True, canary=True),
    "probing": lambda who: strangers(who, [at(1, 10) + 60 * i for i in range(20)], linked=True, allowed=False),
}


@pytest.mark.parametrize("kind", sorted(MISUSE))
def test_each_kind_of_misuse_is_told_among_usual_work(kind: str, learned: str, later: list[Access]) -> None:
    alerts = fed(Watch(Settings(), json.loads(learned)), mixed(later, MISUSE[kind]("agent3")))
    told = [alert for alert in alerts if alert.actor == "agent3"]
    assert kind in {alert.kind for alert in told}
    for alert in told:
        assert alert.detector == KINDS[alert.kind][0]
        assert alert.since <= alert.at
        assert 1 <= len(alert.evidence) <= 100
    # A cause is told a few times, not for each of its acts.
    assert max(Counter(alert.kind for alert in told).values()) <= 4


def test_failed_searches_one_after_the_other_are_a_sequence(learned: str) -> None:
    alerts = fed(Watch(Settings(), json.loads(learned)), number(failed_numbers("agent3")))
    assert "sequence" in {alert.kind for alert in alerts}


def test_usual_work_is_rarely_told(learned: str, later: list[Access]) -> None:
    alerts = fed(Watch(Settings(), json.loads(learned)), later)
    assert len(alerts) <= 4, "two weeks of twenty people: one alert for a hundred people a day would be three"


def test_an_outage_of_what_explains_accesses_is_no_misuse_of_everybody(learned: str, later: list[Access]) -> None:
    def unlinked(one: Access) -> Access:
        return replace(one, link="") if at(1, 10) <= one.at < at(1, 15) else one

    alerts = fed(Watch(Settings(), json.loads(learned)), map(unlinked, later))
    assert len({alert.actor for alert in alerts}) <= 4


def test_many_who_look_at_one_person_are_all_told_of(learned: str) -> None:
    looks = [look(f"agent{i}", at(1, 10) + 900 * i, "c99") for i in range(6)]
    alerts = fed(Watch(Settings(), json.loads(learned)), number(looks))
    assert {alert.actor for alert in alerts if alert.kind == "many_at_one_subject"} == {f"agent{i}" for i in range(6)}


def test_who_had_the_person_on_the_line_is_no_stranger_to_them_the_day_after(learned: str) -> None:
    looks = [look("agent3", at(1, 10) + 60 * i, f"c{i}", linked=True) for i in range(20)]
    looks += [look("agent3", at(2, 9) + 20 * i, f"c{i}") for i in range(20)]
    kinds = {alert.kind for alert in fed(Watch(Settings(), json.loads(learned)), number(looks))}
    assert not kinds & {"bulk_unexplained", "slow_unexplained"}


def test_a_slow_beginning_does_not_make_misuse_usual(learned: str) -> None:
    """Ten days of three strangers a day, more than the fourteen days later: the second spell is told like the first."""
    watch = Watch(Settings(), json.loads(learned))
    first = strangers("agent3", [at(day, 10 + hour) for day in range(10) for hour in (0, 2, 4)])
    second = strangers("agent3", [at(day, 10 + hour) for day in range(60, 66) for hour in (0, 2, 4)])
    work = [look("agent3", at(day, 9) + 900 * i, f"w{day}.{i}", linked=True) for day in range(67) for i in range(15)]
    alerts = fed(watch, mixed(work, [*first, *second]))
    assert any(alert.kind == "slow_unexplained" and alert.at > at(60, 0) for alert in alerts)


def test_exports_are_judged_by_those_who_do_the_same_work() -> None:
    watch, chance = Watch(), random.Random(2)
    usual = [
        look(f"{peers}{who}", START + day * DAY + 10 * HOUR, "", peers=peers, action="export", subjects=size)
        for day in range(15)
        for peers, about in (("agent", 30), ("analyst", 5_000))
        for who in range(5)
        for size in [round(about * chance.uniform(0.7, 1.4))]
    ]
    watch.learn(number(usual))
    large = look("agent1", START + 16 * DAY, "", action="export", subjects=2_000)
    same = look("analyst1", START + 16 * DAY, "", peers="analyst", action="export", subjects=6_000)
    assert [alert.actor for alert in fed(watch, number([large, same], 500))] == ["agent1"]


def power(what: str, when: float, actor: str = "agent3", **further: Any) -> Privilege:
    return Privilege(index=round(when * 10) % 10_000_000, at=when, actor=actor, what=what, **further)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "acts"),
    [
        ("own_approval_tried", [power("own_approval_tried", at(1, 9))]),
        ("dormant_account", [power("signed_in", at(1, 9), idle_days=120.0)]),
        ("two_places", [power("signed_in", at(1, 9), region="a"), power("signed_in", at(1, 9.3), region="b")]),
        ("emergency_overused", [power("emergency_opened", at(1, 9 + hour)) for hour in range(4)]),
        ("guessing", [*(power("sign_in_failed", at(1, 9) + i) for i in range(9)), power("signed_in", at(1, 9.1))]),
        ("guessing", [power("sign_in_failed", at(1, 9) + i, f"agent{i}", where="w") for i in range(8)]),
        ("new_role_bulk", [power("role_given", at(1, 9), about="agent3")]),
        ("probing", [power("refused", at(1, 9) + 30 * i) for i in range(20)]),
    ],
)
def test_what_misuse_of_rights_begins_with_is_told(kind: str, acts: list[Privilege], learned: str) -> None:
    assert kind in {alert.kind for alert in fed(Watch(Settings(), json.loads(learned)), acts)}


def test_a_new_role_and_then_strangers_is_told_before_strangers_alone_would_be(learned: str) -> None:
    given = power("role_given", at(1, 9), "lead", about="agent3")
    looks = number(strangers("agent3", [at(1, 10) + 1_800 * i for i in range(5)]), 7)
    alerts = fed(Watch(Settings(), json.loads(learned)), [given, *looks])
    assert "new_role_bulk" in {alert.kind for alert in alerts}


def test_who_often_changes_between_two_places_is_not_told_of(learned: str) -> None:
    watch = Watch(Settings(), json.loads(learned))
    ways = [
        power("signed_in", at(day, 9 + hour), region=region)
        for day in range(5)
        for hour, region in ((0, "a"), (0.5, "b"))
    ]
    watch.learn(ways)
    assert not fed(watch, [power("signed_in", at(6, 9), region="a"), power("signed_in", at(6, 9.4), region="b")])


def test_a_partner_that_gets_much_more_or_another_field_is_told_of() -> None:
    watch, usual = Watch(), frozenset({"phone", "order"})
    chance = random.Random(3)
    watch.learn(Delivery(day, START + day * DAY, "p1", chance.randint(80, 130), usual) for day in range(20))
    assert not watch.feed(Delivery(100, START + 21 * DAY, "p1", 140, usual))
    more = watch.feed(Delivery(101, START + 22 * DAY, "p1", 900, usual))
    other = watch.feed(Delivery(102, START + 23 * DAY, "p1", 100, usual | {"id_number"}))
    assert [(one.kind, one.actor) for one in (*more, *other)] == [("partner_volume", "p1"), ("partner_field", "p1")]


def test_strictness_is_bounded_and_some_rules_are_not_to_be_softened() -> None:
    for wrong in ({"slow_unexplained": 2.5}, {"slow_unexplained": -1.5}, {"canary": 1.0}, {"nothing": 0.0}):
        with pytest.raises(ValueError, match="strictness"):
            Settings(strictness=wrong)


ODD = st.builds(
    Access,
    index=st.integers(0, 60),
    at=st.floats(-5 * DAY, 40 * DAY).map(lambda away: BEGIN + away),
    actor=st.sampled_from(["a", "b", "c"]),
    peers=st.sampled_from(["agent", "lead", ""]),
    action=st.sampled_from(["view_masked", "reveal", "play_original", "search", "export"]),
    subject=st.sampled_from(["", *(f"s{i}" for i in range(12))]),
    subjects=st.sampled_from([0, 1, 3, 5_000]),
    allowed=st.booleans(),
    link=st.sampled_from(["", "", "call", "ticket", "campaign"]),
    caller=st.sampled_from(["", "s1", "s2"]),
    order=st.none() | st.integers(0, 40),
    vip=st.booleans(),
    canary=st.booleans(),
    close=st.booleans(),
    on_shift=st.sampled_from([None, True, False]),
)
RIGHTS = st.builds(
    Privilege,
    index=st.integers(61, 90),
    at=st.floats(-5 * DAY, 40 * DAY).map(lambda away: BEGIN + away),
    actor=st.sampled_from(["a", "b"]),
    what=st.sampled_from(
        ["own_approval_tried", "role_given", "emergency_opened", "signed_in", "sign_in_failed", "refused", "other"]
    ),
    about=st.sampled_from(["", "a", "b"]),
    where=st.sampled_from(["", "x"]),
    region=st.sampled_from(["", "r1", "r2"]),
    idle_days=st.sampled_from([None, 1.0, 40.0, 90.0]),
)
STREAM = st.lists(ODD | RIGHTS, max_size=80)


@settings(max_examples=60, deadline=None)
@given(STREAM, st.integers(0, 80))
def test_saved_and_loaded_anywhere_it_raises_the_same(stream: list[Happening], cut: int) -> None:
    through = Watch()
    alerts = [alert for one in stream for alert in through.feed(one)]
    before = Watch()
    first = [alert for one in stream[:cut] for alert in before.feed(one)]
    after = Watch(Settings(), json.loads(json.dumps(before.save())))
    assert first + [alert for one in stream[cut:] for alert in after.feed(one)] == alerts
    assert after.save() == through.save()


@settings(max_examples=30, deadline=None)
@given(STREAM)
def test_the_parts_that_changed_are_all_there_is_to_save(stream: list[Happening]) -> None:
    watch, kept = Watch(), dict[str, Any]()
    for one in [*stream, None]:
        if one is not None:
            watch.feed(one)
        for key, part in json.loads(json.dumps(watch.changes())).items():
            kept.pop(key, None)
            if part is not None:
                kept[key] = part
    assert kept == json.loads(json.dumps(watch.save()))


@settings(max_examples=30, deadline=None)
@given(STREAM, st.randoms())
def test_what_is_fed_twice_counts_once(stream: list[Happening], chance: random.Random) -> None:
    unique = list({one.index: one for one in stream}.values())
    doubled = [again for i, one in enumerate(unique) for again in (one, *chance.sample(unique[: i + 1], min(i, 2)))]
    once, twice = Watch(), Watch()
    assert [a for one in doubled for a in twice.feed(one)] == [a for one in unique for a in once.feed(one)]


@pytest.mark.parametrize("away", [-400 * DAY, -3 * DAY, 4_000 * DAY])
def test_after_a_clock_that_jumped_and_came_back_misuse_is_still_told(away: float, learned: str) -> None:
    watch = Watch(Settings(), json.loads(learned))
    fed(watch, number([look("agent3", at(0, 9) + away, "c1", linked=True)]))
    work = [look("agent3", at(day, 9) + 900 * i, f"w{day}.{i}", linked=True) for day in range(3) for i in range(15)]
    alerts = fed(watch, [replace(one, index=one.index + 10) for one in mixed(work, bulk("agent3"))])  # type: ignore[type-var]
    assert "bulk_unexplained" in {alert.kind for alert in alerts}


def test_what_is_remembered_is_bounded() -> None:
    watch = Watch()
    chance = random.Random(4)

    def size(days: range) -> int:
        for day in days:
            begin = START + day * DAY + 9 * HOUR
            looks = [
                look("a", begin + 90 * i, f"c{chance.random()}", linked=i % 4 != 0, order=chance.randrange(10**9))
                for i in range(150)
            ]
            for one in number(looks, day * 1_000):
                watch.feed(one)
        return len(json.dumps(watch.save()))

    month = size(range(32))
    assert size(range(32, 70)) < 1.1 * month


def test_searches_in_a_burst_are_told_before_the_day_is_over(learned: str) -> None:
    tries = [look("agent3", at(1, 11) + 15 * i, "", action="search", subjects=0) for i in range(14)]
    assert "searches_unexplained" in {one.kind for one in fed(Watch(Settings(), json.loads(learned)), number(tries))}


def test_four_neighbours_are_enough_where_the_work_lies_far_apart(learned: str, later: list[Access]) -> None:
    run = [look("agent3", at(1, 11) + 40 * i, f"c{7_000 + i}", order=7_000 + i) for i in range(4)]
    alerts = fed(Watch(Settings(), json.loads(learned)), mixed(later, run))
    assert any(one.kind == "sequence" and one.actor == "agent3" for one in alerts)


def test_what_somebody_new_does_again_is_not_usual_because_they_are_new(learned: str) -> None:
    """Their first days are learned at once; emergency access, which nobody needs, does not thereby become usual."""
    watch = Watch(Settings(), json.loads(learned))
    work = [look("new", at(day, 9) + 900 * i, f"n{day}.{i}", linked=True) for day in range(9) for i in range(12)]
    opened = [power("emergency_opened", at(day, 11), "new") for day in (5, 6, 7)]
    stream: list[Happening] = sorted([*number(work, 5_000), *opened], key=lambda one: one.at)
    alerts = [one for happening in stream for one in watch.feed(happening)]
    assert "emergency_overused" in {one.kind for one in alerts}
