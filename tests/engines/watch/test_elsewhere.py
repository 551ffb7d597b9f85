"""Acts in other systems: told when nothing explains them or somebody reads around the application, and else quiet."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable

import pytest

from callwarden.engines.watch import Access, Alert, Elsewhere, Settings, Watch

DAY, HOUR = 86_400.0, 3_600.0
START = 1_780_000_000.0 // DAY * DAY
DAYS = 40


def act(number: int, at: float, actor: str = "a1", **further: object) -> Elsewhere:
    told = {"peers": "agent/x", "act": "read", "subject": f"s{number}", **further}
    return Elsewhere(index=number, at=at, actor=actor, **told)


def fed(watch: Watch, happenings: Iterable[object]) -> list[Alert]:
    return [alert for one in happenings for alert in watch.feed(one)]


def work(agents: int, seed: int) -> list[Elsewhere]:
    """Days of a customer system: forty look-ups an agent, of which one in fifty belongs to nothing."""
    chance = random.Random(seed)
    found = []
    for day in range(DAYS):
        for agent in range(agents):
            for _look in range(40):
                link = "" if chance.random() < 0.02 else "call"
                at = START + day * DAY + (9 + 8 * chance.random()) * HOUR
                found.append((at, f"a{agent}", f"s{chance.randrange(50_000)}", link))
    found.sort()
    return [act(n, at, who, subject=subject, link=link) for n, (at, who, subject, link) in enumerate(found)]


@pytest.fixture(scope="module")
def learned() -> str:
    watch = Watch()
    watch.learn(one for one in work(20, 1) if one.at < START + 21 * DAY)
    return json.dumps(watch.save())


def test_usual_work_is_quiet(learned: str) -> None:
    for seed in (2, 3):
        watch = Watch(Settings(), json.loads(learned))
        later = [one for one in work(20, seed) if one.at >= START + 21 * DAY]
        told = fed(watch, (act(n + 10**6, one.at, one.actor, subject=one.subject, link=one.link)
                           for n, one in enumerate(later)))  # fmt: skip
        assert len(told) <= 19 * 20 / 100  # at most one for a hundred agents a day


def test_customers_nothing_led_to_are_told(learned: str) -> None:
    watch = Watch(Settings(), json.loads(learned))
    at = START + 22 * DAY + 10 * HOUR
    (told,) = fed(watch, [act(10**6 + n, at + 60 * n, "a3") for n in range(14)])
    assert (told.detector, told.kind, told.actor) == ("D12", "unexplained_elsewhere", "a3")
    assert set(told.evidence) <= set(range(10**6, 10**6 + 14))


def test_what_a_call_explains_is_not(learned: str) -> None:
    watch = Watch(Settings(), json.loads(learned))
    at = START + 22 * DAY + 10 * HOUR
    assert not fed(watch, [act(10**6 + n, at + 60 * n, "a3", link="call") for n in range(60)])


def test_reading_around_the_application_is_told_by_rows_however_they_are_spread() -> None:
    one, many = Watch(), Watch()
    (told,) = fed(one, [act(1, START, "elsewhere:ab", subject="", rows=5_000, outside=True)])
    assert (told.kind, dict(told.facts)["seen"]) == ("read_outside", 5_000)
    spread = [act(n, START + n, "elsewhere:ab", subject="", rows=3, outside=True) for n in range(70)]
    assert [alert.kind for alert in fed(many, spread)] == ["read_outside"]


def test_little_or_by_the_application_is_not() -> None:
    watch = Watch()
    assert not fed(watch, [act(n, START + 1_800 * n, subject="", rows=20, outside=True) for n in range(40)])
    assert not fed(watch, [act(100 + n, START + n, "app", subject="", rows=9_000) for n in range(40)])


def test_acts_of_one_entry_count_each_and_once() -> None:
    watch = Watch()
    acts = [act(7, START + n, subject="", rows=60, outside=True, part=n) for n in range(4)]
    assert len(fed(watch, acts)) == 1
    assert not fed(watch, acts)
    again = Watch(Settings(), json.loads(json.dumps(watch.save())))
    assert not fed(again, acts)


def test_a_canary_is_told_wherever_it_is_touched() -> None:
    (told,) = fed(Watch(), [act(1, START, link="call", canary=True)])
    assert told.kind == "canary"


def test_what_neighbours_tell_changes_no_alert_of_ours(learned: str) -> None:
    looks = [
        Access(index=10**6 + n, at=START + 22 * DAY + 10 * HOUR + 20 * n, actor="a3", peers="agent/x",
               action="view_masked", subject=f"t{n}")
        for n in range(12)
    ]  # fmt: skip
    alone = fed(Watch(Settings(), json.loads(learned)), looks)
    beside = Watch(Settings(), json.loads(learned))
    mixed: list[object] = []
    for n, look in enumerate(looks):
        mixed += [act(2 * 10**6 + n, look.at - 1, "a3", subject=look.subject), look]
    told = [alert for alert in fed(beside, mixed) if alert.detector != "D12"]
    assert [(one.kind, one.evidence) for one in told] == [(one.kind, one.evidence) for one in alone]
