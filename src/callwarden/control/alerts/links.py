"""What else explains an access besides a call in hand: whoever keeps such tasks registers how to look them up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from callwarden.engines.watch import Link
from callwarden.kernel.models import User


@dataclass(frozen=True)
class Question:
    """Does a task of this person lead to this data subject at that time?

    Attributes:
        subjects: every key holder linked to the person the records are about.
        person: the linked person; None for somebody not identified.
        data: structural facts of the entry, such as `request`.
    """

    client: UUID
    user: User
    subjects: frozenset[UUID]
    person: UUID | None
    at: datetime
    data: dict[str, Any]


Explain = Callable[[Question], Link]
Shift = Callable[[User, datetime], bool | None]
Close = Callable[[UUID, User], Iterable[UUID]]

_explains: list[Explain] = []
_shifts: list[Shift] = []
_close: list[Close] = []


def explain_by(one: Explain) -> Explain:
    """Register a source of explanations. The first that knows one is heard."""
    if one not in _explains:
        _explains.append(one)
    return one


def shifts_from(one: Shift) -> Shift:
    """Register a roster. None where it does not know the person."""
    if one not in _shifts:
        _shifts.append(one)
    return one


def close_from(one: Close) -> Close:
    """Register who is close to a person: subjects of a client that are themselves, their family, or colleagues."""
    if one not in _close:
        _close.append(one)
    return one


def link_of(question: Question) -> Link:
    return next((link for explain in _explains if (link := explain(question))), "")


def on_shift(user: User, at: datetime) -> bool | None:
    known: Sequence[bool | None] = [shift(user, at) for shift in _shifts]
    return next((one for one in known if one is not None), None)


def close_to(client: UUID, user: User) -> frozenset[UUID]:
    return frozenset(subject for close in _close for subject in close(client, user))
