"""The invented centre: the same for the same seed, in order, and with the truth about every incident."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench._alerts_attacks import KINDS, Incident, Planted, plant
from bench._alerts_centre import build
from bench._alerts_heldout import HELD_OUT
from bench._alerts_judge import GRACE_S, interval, judge, quantile
from bench._alerts_world import Centre
from callwarden.engines.watch._facts import Access, Alert, Delivery, Privilege

BOTH = {**KINDS, **HELD_OUT}


@pytest.fixture(scope="module")
def centre() -> Centre:
    return build(7, agents=40, days=54)


@pytest.fixture(scope="module")
def planted(centre: Centre) -> Planted:
    return plant(centre, BOTH, seed=7, each=1)


def test_the_same_seed_makes_the_same_centre_and_the_same_attacks(centre: Centre, planted: Planted) -> None:
    again = build(7, agents=40, days=54)
    assert again.life == centre.life
    assert plant(again, BOTH, seed=7, each=1) == planted
    assert build(8, agents=10, days=20).life[:100] != centre.life[:100]


def test_everything_is_in_order_of_time_and_of_its_index(planted: Planted) -> None:
    for earlier, later in zip(planted.stream, planted.stream[1:], strict=False):
        assert earlier.at <= later.at
        assert earlier.index < later.index


def test_every_kind_is_planted_at_a_usual_intensity(planted: Planted) -> None:
    assert {incident.kind for incident in planted.incidents} == set(BOTH)
    assert all(incident.level in BOTH[incident.kind].usual for incident in planted.incidents)


def test_the_truth_names_the_very_happenings(centre: Centre, planted: Planted) -> None:
    ordinary = {each.index for each in centre.life}
    found = {each.index: each for each in planted.stream if each.index not in ordinary}
    assert sorted(found) == sorted(index for incident in planted.incidents for index in incident.indices)
    for incident in planted.incidents:
        times = [found[index].at for index in incident.indices]
        assert (incident.begin, incident.end) == (min(times), max(times))
        assert incident.begin >= centre.learn_until
        for index in incident.indices:
            happening = found[index]
            who = happening.partner if isinstance(happening, Delivery) else happening.actor
            assert who in incident.actors


def test_nobody_is_behind_two_incidents(planted: Planted) -> None:
    # An administrator may be asked for a role by two.
    agents = [
        actor
        for incident in planted.incidents
        for actor in incident.actors
        if incident.kind != "new_role_bulk" or len(incident.actors) == 1
    ]
    assert max(Counter(agents).values()) == 1


def test_ordinary_life_goes_on_beside_the_attacks(centre: Centre, planted: Planted) -> None:
    ordinary = {each.index: each for each in centre.life}
    assert [each for each in planted.stream if each.index in ordinary] == centre.life


@pytest.mark.parametrize("linkage", [0.8, 0.98])
def test_so_many_calls_are_linked_as_asked_for(linkage: float) -> None:
    calls = build(3, agents=60, days=20, linkage=linkage).calls
    known = sum(int(each.known.sum()) for each in calls)
    # Hours in which nothing is linked come on top.
    assert linkage - 0.06 < known / sum(len(each.known) for each in calls) < linkage + 0.01


def test_what_a_detector_could_not_know_is_not_told(centre: Centre) -> None:
    looks = [each for each in centre.life if isinstance(each, Access)]
    assert all(each.order is None and not each.vip and not each.close for each in looks if each.subject == "")
    assert all(each.subjects == 1 for each in looks if each.subject)
    assert {each.link for each in looks} == {"", "call", "ticket", "campaign", "request"}
    assert {each.on_shift for each in looks} == {True, False, None}
    assert {each.what for each in centre.life if isinstance(each, Privilege)} >= {"signed_in", "sign_in_failed"}
    # Nobody looks up invented customers on purpose.
    assert sum(each.canary for each in looks) <= 3


def _alert(actor: str, at: float, *, kind: str = "k", evidence: tuple[int, ...] = ()) -> Alert:
    return Alert(detector="D1", kind=kind, actor=actor, at=at, since=at, evidence=evidence)


def test_an_alert_is_true_from_the_first_happening_to_a_day_after_the_last() -> None:
    incident = Incident("k", 1, frozenset({"a", "b"}), 1000.0, 2000.0, (5, 6))
    for at, true in ((999.0, False), (1000.0, True), (2000.0 + GRACE_S, True), (2001.0 + GRACE_S, False)):
        judged = judge([_alert("b", at)], [incident])
        assert (judged.verdicts[0].after_s is not None) is true
        assert judged.false_alerts == (0 if true else 1)
    assert judge([_alert("c", 1500.0)], [incident]).false_alerts == 1


def test_the_first_true_alert_counts_and_evidence_is_looked_at_apart() -> None:
    incident = Incident("k", 1, frozenset({"a"}), 1000.0, 2000.0, (5, 6))
    (verdict,) = judge([_alert("a", 1800.0, evidence=(6,)), _alert("a", 1200.0, evidence=(7,))], [incident]).verdicts
    assert verdict.after_s == 200.0
    assert verdict.with_evidence
    assert not judge([_alert("a", 1200.0, evidence=(7,))], [incident]).verdicts[0].with_evidence


def test_the_same_false_matter_counts_once_a_day() -> None:
    alerts = [_alert("a", 1000.0), _alert("a", 2000.0), _alert("a", 1000.0, kind="other"), _alert("b", 1000.0)]
    assert judge(alerts, []).false_alerts == 3
    assert judge([*alerts, _alert("a", 1000.0 + 86_400)], []).false_alerts == 4


@given(st.integers(1, 500).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_the_interval_holds_the_share(counts: tuple[int, int]) -> None:
    low, high = interval(*counts)
    assert 0 <= low <= counts[0] / counts[1] + 1e-9
    assert counts[0] / counts[1] - 1e-9 <= high <= 1
    assert interval(40, 40)[0] == pytest.approx(0.912, abs=0.001)


def test_a_quantile_is_one_of_the_values() -> None:
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([1.0], 0.99) == 1.0
