"""What can be reviewed. Each sort of right says where it is found and how it is taken back.

Rights of other chapters are registered where chapters meet (`flows.reviewing`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from callwarden.control.accounts import queries, rules
from callwarden.control.reviews.doubts import Doubts
from callwarden.control.training import queries as training
from callwarden.control.training.rules import Standing
from callwarden.kernel import clock, people
from callwarden.kernel.errors import Refused
from callwarden.kernel.models import RoleHeld, User
from callwarden.kernel.roles import SENSITIVE
from callwarden.kernel.structural import Value


@dataclass(frozen=True)
class Right:
    """One right of one person, with the facts a reviewer needs."""

    person: UUID
    target: str
    facts: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Thing:
    """A sort of right.

    Args:
        find: the rights of these people; told which roles are reviewed (empty: all).
        revoke: takes one back from a person, by an actor; False when it was gone already.
    """

    kind: str
    find: Callable[[list[User], list[str]], Iterable[Right]]
    revoke: Callable[[User, str, str], bool]


_things: dict[str, Thing] = {}


def register(thing: Thing) -> Thing:
    """Make a sort of right known; the same name for another is a fault of the program."""
    if _things.setdefault(thing.kind, thing) != thing:
        raise ValueError(f"Two sorts of rights are called {thing.kind!r}.")
    return thing


def all_things() -> list[Thing]:
    return [_things[kind] for kind in sorted(_things)]


def thing_of(kind: str) -> Thing:
    return _things[kind]


def _roles(persons: list[User], roles: list[str]) -> Iterable[Right]:
    now = clock.now()
    seen = {one.pk: one.seen_at for one in queries.accounts()}  # type: ignore[attr-defined]
    held = {(one.user_id, one.role): one.since for one in RoleHeld.objects.filter(user__in=persons, until=None)}
    over = {(person, one.role) for person, all_of in queries.tenures().items() for one in all_of if one.ends <= now}
    doubts, trained = Doubts(persons), training.trained(person.pk for person in persons)
    for person in persons:
        last, taught = seen.get(person.pk), trained[person.pk]
        for role in person.roles:
            if roles and role not in roles:
                continue
            since = held.get((person.pk, role), person.date_joined)
            opened = doubts.opened_last(person, role)
            yield Right(
                person.pk,
                role,
                {
                    "opened": opened.isoformat() if opened else "",
                    **dict.fromkeys(doubts.of(person, role, since=since), True),
                    "since": since.isoformat(timespec="seconds"),
                    "seen": last.isoformat(timespec="seconds") if last else "",
                    # What the log says was opened is use, also where the sign-in is not remembered any more.
                    "never_used": (last is None or last < since) and (opened is None or opened < since.date()),
                    "dormant": rules.is_dormant(last_seen=last, opened=person.date_joined, now=now),
                    "post_over": (person.pk, role) in over,
                    "training": str(taught.standing),
                    "trained_until": taught.until.isoformat() if taught.until else "",
                    # Training that lapsed speaks against any role; that there is none, against sensitive ones.
                    "training_not_current": taught.standing is Standing.LAPSED
                    or (role in SENSITIVE and training.required() and taught.standing is Standing.NONE),
                    "lines": ["all"] if person.lines is None else [str(line) for line in person.lines],
                },
            )


def _take_role(person: User, role: str, actor: str) -> bool:
    found = User.objects.select_for_update().get(pk=person.pk)
    if role not in found.roles:
        return False
    others = User.objects.filter(is_active=True, roles__contains=[role]).exclude(pk=found.pk).count()
    try:
        rules.refuse_last(loses=[role], others=others)
    except Refused:
        if found.is_active:
            raise
    people.set_roles(found, set(found.roles) - {role}, actor=actor)
    return True


ROLE = register(Thing("role", _roles, _take_role))
