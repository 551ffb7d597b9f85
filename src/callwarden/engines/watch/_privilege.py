"""D9: rights used or got in ways that misuse begins with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ._facts import Alert, Privilege
from ._scene import Scene
from ._settings import DAY, HOUR

_BURST_S = 900.0


def look(privilege: Privilege, scene: Scene) -> Iterator[Alert | None]:
    """Acts upon rights, and sign-ins. Of the scene's access only time and index mean something here."""
    told = _LOOKS.get(privilege.what)
    if told is not None:
        yield from told(privilege, scene)


def look_at_access(scene: Scene) -> Iterator[Alert | None]:
    """What somebody does with a new role, after a long absence, or against refusals."""
    access, actor = scene.access, scene.actor
    if not access.allowed:
        actor.counts["refused"] = actor.counts.get("refused", 0) + 1
        actor.leave("refused", access.at, access.index)
        yield scene.over("probing", "refused", windows=(1, 3, 7), least=6, excess=1.5)
    given = actor.marks.get("role_given")
    if given is not None and 0 <= access.at - given[0] <= DAY:
        yield _new_role(scene, given)
    woken = actor.marks.get("woken")
    if woken is not None and 0 <= access.at - woken[0] <= DAY and scene.fresh:
        strangers = sum(1 for one in actor.recent if one[0] >= woken[0])
        if strangers >= 2:
            yield scene.tell(
                "dormant_account",
                since=woken[0],
                evidence=(int(woken[1]), *actor.evidence("strangers", woken[0])),
                size=strangers + 1,
                mute_s=DAY,
                days=woken[2],
                seen=strangers,
            )


def _new_role(scene: Scene, given: list[float]) -> Alert | None:
    """Many strangers, or many people at once, within a day of a new role."""
    access, actor, since = scene.access, scene.actor, given[0]
    strangers = len(actor.evidence("strangers", since))
    many = access.subjects >= 50 and not access.link
    if not many and not (scene.fresh and strangers >= 4 * scene.settings.stricter("new_role_bulk")):
        return None
    if not many:
        return scene.over("new_role_bulk", "strangers", windows=(1,), least=4)
    return scene.tell(
        "new_role_bulk",
        since=since,
        evidence=(int(given[1]), access.index),
        size=access.subjects,
        seen=access.subjects,
        hours=(access.at - since) / HOUR,
    )


def _own_approval(privilege: Privilege, scene: Scene) -> Iterator[Alert | None]:
    scene.actor.leave("own_approval", privilege.at, privilege.index)
    evidence = scene.actor.evidence("own_approval", privilege.at - DAY)
    tried = len(evidence)
    yield scene.tell("own_approval_tried", since=privilege.at, evidence=evidence, size=tried, seen=tried)


def _role_given(privilege: Privilege, scene: Scene) -> Iterator[Alert | None]:
    about = privilege.about or privilege.actor
    scene.memory.actor(about).marks["role_given"] = [privilege.at, privilege.index]
    if about == privilege.actor and privilege.about:
        yield scene.tell("new_role_bulk", since=privilege.at, evidence=(privilege.index,), size=1, own=1)


def _emergency(privilege: Privilege, scene: Scene) -> Iterator[Alert | None]:
    actor = scene.actor
    actor.counts["emergency"] = actor.counts.get("emergency", 0) + 1
    actor.leave("emergency", privilege.at, privilege.index)
    yield scene.over("emergency_overused", "emergency", windows=(1, 3, 7, 14, 28), least=2, excess=1.5)


def _signed_in(privilege: Privilege, scene: Scene) -> Iterator[Alert | None]:
    marks = scene.actor.marks
    idle = privilege.idle_days
    dormant = scene.settings.dormant_days * scene.settings.stricter("dormant_account")
    if idle is not None and idle >= dormant / 2:
        marks["woken"] = [privilege.at, privilege.index, idle]
        if idle >= dormant:
            yield scene.tell(
                "dormant_account", since=privilege.at, evidence=(privilege.index,), size=1, mute_s=DAY, days=idle
            )
    failed = [one for one in marks.pop("failed", []) if 0 <= privilege.at - one[0] <= _BURST_S]
    if len(failed) >= 8 * scene.settings.stricter("guessing"):
        evidence = (*(int(one[1]) for one in failed), privilege.index)
        yield scene.tell("guessing", since=failed[0][0], evidence=evidence, size=len(failed), failed=len(failed))
    yield _two_places(privilege, scene)
    if privilege.region:
        marks["place"] = [privilege.at, privilege.region, privilege.index]


def _two_places(privilege: Privilege, scene: Scene) -> Alert | None:
    """Signed in from two regions at once. A pair of regions somebody often changes between is their way to work."""
    actor, here = scene.actor, privilege.region
    last = actor.marks.get("place")
    if not here or last is None or last[1] == here:
        return None
    if abs(privilege.at - last[0]) > scene.settings.two_places_s / scene.settings.stricter("two_places"):
        return None
    pair = "|".join(sorted((here, last[1])))
    ways = actor.marks.setdefault("ways", {})
    days = [one for one in ways.pop(pair, []) if one != actor.day]
    ways[pair] = [*days, actor.day][-5:]
    while len(ways) > 20:
        del ways[next(iter(ways))]
    if len(days) >= 3:
        return None
    return scene.tell(
        "two_places",
        since=last[0],
        evidence=(int(last[2]), privilege.index),
        size=1,
        minutes=abs(privilege.at - last[0]) / 60,
    )


def _failed(privilege: Privilege, scene: Scene) -> Iterator[Alert | None]:
    marks = scene.actor.marks
    failed = [one for one in marks.get("failed", []) if 0 <= privilege.at - one[0] <= _BURST_S]
    failed.append([privilege.at, privilege.index])
    marks["failed"] = failed[-50:]
    wanted = scene.settings.stricter("guessing")
    if len(failed) >= 20 * wanted:
        evidence = tuple(int(one[1]) for one in failed)
        yield scene.tell("guessing", since=failed[0][0], evidence=evidence, size=len(failed), failed=len(failed))
    if privilege.where:
        by = scene.memory.shelf("places").note(privilege.where, scene.name, privilege.at, privilege.index, _BURST_S)
        if len(by) >= 6 * wanted:
            evidence = tuple(sorted(int(told[1]) for told in by.values()))
            since = min(told[0] for told in by.values())
            yield scene.tell("guessing", since=since, evidence=evidence, size=len(by), accounts=len(by))


def _refused(privilege: Privilege, scene: Scene) -> Iterator[Alert | None]:
    actor = scene.actor
    actor.counts["refused"] = actor.counts.get("refused", 0) + 1
    actor.leave("refused", privilege.at, privilege.index)
    yield scene.over("probing", "refused", windows=(1, 3, 7), least=6, excess=1.5)


_LOOKS: Mapping[str, Callable[[Privilege, Scene], Iterator[Alert | None]]] = {
    "own_approval_tried": _own_approval,
    "role_given": _role_given,
    "emergency_opened": _emergency,
    "signed_in": _signed_in,
    "sign_in_failed": _failed,
    "refused": _refused,
}
