"""For each Sigma file that raises something: entries that it must see, and some that come close and are no case of it.

Entries go through the export as a security system gets them (OCSF), and back into fields as docs/sigma/README.md says.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import yaml

from callwarden.control.siem.sending import Leaf, told
from callwarden.engines.watch import KINDS

FOLDER: Final = Path(__file__).parents[3] / "docs" / "sigma"
JUDGE: Final = Path(__file__).parent / "sigma_judge.py"
BEGIN: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
Body = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """`title` of the rule; times of entries are minutes since the begin of the day."""

    title: str
    seen: Sequence[Body]
    unseen: Sequence[Body]


def _id(number: int) -> str:
    return str(UUID(int=number + 1))


def entry(event: str, minute: float, actor: int = 0, **more: Any) -> Body:
    at = (BEGIN + timedelta(minutes=minute)).isoformat(timespec="milliseconds")
    return {"v": 1, "id": _id(10**6), "at": at, "event": event, "actor": _id(actor), **more}


def looks(times: int, apart: float, event: str = "disclose:record:view_masked", **more: Any) -> list[Body]:
    """So many records opened, each of somebody else, so many minutes apart."""
    given = {"decision": "allow", "count": 1, **more}
    return [entry(event, apart * number, **{"subject": _id(100 + number), **given}) for number in range(times)]


def _by(actors: int, apart: float, **more: Any) -> list[Body]:
    return [entry("disclose:record:view_masked", apart * one, one, **more) for one in range(actors)]


def _exports(times: int, apart: float, **more: Any) -> list[Body]:
    return [entry("disclose:record:export", apart * one, **{"decision": "allow", **more}) for one in range(times)]


def _role(minute: float) -> Body:
    data = {"person": _id(0), "before": ["agent"], "after": ["agent", "team_leader"]}
    return entry("people:roles:changed", minute, 7, data=data)


def _opened(*regions: str, apart: float) -> list[Body]:
    return [entry("people:session:opened", apart * n, data={"region": one}) for n, one in enumerate(regions)]


def _failed(count: int, *, person: int | None = None, network: str = "lan-1") -> list[Body]:
    return [
        entry(
            "people:sign_in:failed",
            0.3 * n,
            9,
            data={"person": _id(n if person is None else person), "network": network},
        )
        for n in range(count)
    ]


_CALL = {"call": _id(5)}
_REFUSED = {"decision": "refuse", "reasons": ["no_grant"]}
CASES: Final = (
    Case("Many people opened without a call within ten minutes", looks(8, 1), looks(7, 1)),
    Case(
        "People opened faster than work is done",
        looks(30, 0.3, **_CALL),
        looks(29, 0.3) + looks(30, 0.3, subject=_id(100)),
    ),
    Case(
        "A few people a day without a call, over a week", looks(25, 60 * 6), looks(25, 60 * 6, **_CALL) + looks(24, 300)
    ),
    Case("Many colleagues looked at the same person", _by(4, 1440, subject=_id(3)), _by(3, 1, subject=_id(3))),
    Case(
        "Many searches that found nobody",
        [entry("disclose:record:search", one, count=0) for one in range(8)],
        [entry("disclose:record:search", one, count=1) for one in range(9)],
    ),
    Case("Taken out again and again", _exports(5, 200), [*_exports(4, 10), *_exports(5, 10, **_REFUSED)]),
    Case("Many records taken out at once", _exports(1, 1, count=500), _exports(4, 1, count=499)),
    Case(
        "Many values revealed or originals played",
        looks(60, 5, "disclose:record:reveal"),
        looks(59, 5, "disclose:record:reveal") + looks(60, 5),
    ),
    Case(
        "Tried to decide on their own request",
        [entry("kernel:approval:own_tried", 0)],
        [entry("kernel:approval:decided", 0)],
    ),
    Case("Roles of a person changed", [_role(0)], [entry("people:sign_in:failed", 0)]),
    Case(
        "A new role, and at once somebody opened without a call",
        [_role(0), entry("disclose:record:reveal", 60, subject=_id(3))],
        [entry("disclose:record:reveal", 0, subject=_id(3)), _role(60), entry("disclose:record:reveal", 70, 4)],
    ),
    Case("Passwords of an account are guessed", _failed(20, person=1), _failed(19, person=1)),
    Case(
        "Passwords of many accounts are guessed from one place",
        _failed(6),
        [*_failed(5), *_failed(9, person=1), *_failed(6, person=2, network="lan-2")],
    ),
    Case("In two places at once", _opened("north", "south", apart=30), _opened("north", "north", "south", apart=70)),
    Case(
        "Refused again and again",
        looks(10, 30, "disclose:record:reveal", **_REFUSED),
        looks(9, 30, "disclose:record:reveal", **_REFUSED) + looks(10, 1),
    ),
    Case("Emergency access was taken", [entry("control:emergency:begun", 0)], [entry("control:emergency:ended", 0)]),
    Case(
        "Emergency access as a habit",
        [entry("control:emergency:begun", day * 1440) for day in (0, 9, 20)],
        [entry("control:emergency:begun", day * 1440) for day in (0, 15, 30)],
    ),
    Case(
        "An emergency access that nobody reviewed",
        [entry("control:emergency:overdue", 0)],
        [entry("control:emergency:reviewed", 0)],
    ),
)


# Kind of alert -> the rule that looks for it in entries; every other kind has a rule that reads the alert.
EXPRESSED: Final[Mapping[str, str]] = {
    "bulk_unexplained": "Many people opened without a call within ten minutes",
    "too_fast": "People opened faster than work is done",
    "slow_unexplained": "A few people a day without a call, over a week",
    "many_at_one_subject": "Many colleagues looked at the same person",
    "searches_unexplained": "Many searches that found nobody",
    "export_spike": "Taken out again and again",
    "deep_spike": "Many values revealed or originals played",
    "own_approval_tried": "Tried to decide on their own request",
    "new_role_bulk": "A new role, and at once somebody opened without a call",
    "emergency_overused": "Emergency access as a habit",
    "two_places": "In two places at once",
    "guessing": "Passwords of an account are guessed",
    "probing": "Refused again and again",
    "emergency_taken": "Emergency access was taken",
    "emergency_unreviewed": "An emergency access that nobody reviewed",
}


def raised(kind: str) -> Body:
    data = {"kind": "alert", "id": _id(8), "detector": KINDS[kind][0], "alert_kind": kind, "person": _id(0)}
    return entry("control:alert:raised", 0, 99, data={**data, "severity": "high"}, count=2)


def of_alerts() -> dict[str, str]:
    """Kind of alert -> title of the rule that reads the alert itself."""
    kinds = {}
    for rule in rules():
        kind = rule.get("detection", {}).get("raised", {}).get("data.alert_kind")
        if kind:
            kinds[kind] = rule["title"]
    return kinds


def cases() -> list[Case]:
    """Those written here, and one for each rule that reads an alert; any other kind of alert is none of its."""
    theirs = [
        Case(title, [raised(kind)], [raised(other) for other in KINDS if other != kind])
        for kind, title in of_alerts().items()
    ]
    return [*CASES, *theirs]


def rules() -> Iterator[dict[str, Any]]:
    for path in sorted(FOLDER.glob("*.yml")):
        yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def raising() -> dict[str, str]:
    """Title -> id of whatever raises something by itself: no rule that is only counted by a correlation."""
    found = list(rules())
    counted = {name for rule in found for name in rule.get("correlation", {}).get("rules", ())}
    return {rule["title"]: rule["id"] for rule in found if rule.get("name") not in counted}


def exported(bodies: Sequence[Body]) -> list[dict[str, Any]]:
    """As a security system lays out what it gets: the fields that Sigma rules name, from OCSF."""
    return [_fields(number, body) for number, body in enumerate(bodies)]


def _fields(number: int, body: Body) -> dict[str, Any]:
    got = told(Leaf(number, datetime.fromisoformat(body["at"]), body), "ocsf", "callwarden.local/1")
    assert isinstance(got, dict)
    got = json.loads(json.dumps(got))  # as it travels
    rest: Mapping[str, Any] = got.get("unmapped", {})
    found = {
        "number": got["metadata"]["sequence"],
        "timestamp": datetime.fromtimestamp(got["time"] / 1000, UTC).isoformat(),
        "event": got["metadata"]["event_code"],
        "actor": got["actor"]["user"]["uid"] if "actor" in got else rest.get("actor"),
        **{name: value for name, value in rest.items() if name not in ("data", "actor")},
        **{f"data.{name}": value for name, value in rest.get("data", {}).items()},
    }
    return {name: json.dumps(value) if isinstance(value, list | dict) else value for name, value in found.items()}


def judged(python: str) -> dict[str, Any]:
    """What pySigma says of the files, and what each found in the entries of each case."""
    logs = {f"{case.title}/{which}": exported(bodies) for case in cases()
            for which, bodies in (("seen", case.seen), ("unseen", case.unseen))}  # fmt: skip
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.yml"))}
    asked = json.dumps({"files": files, "logs": logs})
    ran = subprocess.run([python, str(JUDGE)], input=asked, capture_output=True, text=True, timeout=300)
    if ran.returncode:
        raise RuntimeError(ran.stderr[-2000:])
    said: dict[str, Any] = json.loads(ran.stdout)
    return said


def wrong(said: Mapping[str, Any]) -> list[str]:
    """What pySigma objects to, and each case that was not seen, or seen where there is none."""
    found, ids = list(said["faults"]), raising()
    for case in cases():
        hits = said["seen"][f"{case.title}/seen"][ids[case.title]]
        if hits != list(range(len(case.seen))):
            found.append(f"{case.title}: saw {hits} of {len(case.seen)}")
        if near := said["seen"][f"{case.title}/unseen"][ids[case.title]]:
            found.append(f"{case.title}: saw {near} where there is none")
    return found
