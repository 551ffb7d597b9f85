"""What ends with an account. Whoever hands a person something that outlives a request registers how it is taken back.

    endings.register("service_keys", _end_keys)         # when Django starts (`AppConfig.ready`)

`people.close_account` calls every one of them in its own transaction, with the person locked: an account is closed and
everything is taken back, or nothing has happened. What could be handed out meanwhile must be handed out under
`people.lock_active`, so that it either comes before, and is taken back, or after, and is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from callwarden.kernel.models import User

# Called with the locked person, the actor and the reason (a slug); answers how much was taken back.
End = Callable[[User, str, str], int]


@dataclass(frozen=True)
class Ending:
    """One thing that ends.

    Attributes:
        with_rights: it ends as well when a role or a line is taken from a person who stays.
    """

    name: str
    end: End
    with_rights: bool = False


_endings: dict[str, Ending] = {}


def register(name: str, end: End, *, with_rights: bool = False) -> Ending:
    """Make something known that ends with an account; the same name for another is a fault of the program."""
    ending = Ending(name, end, with_rights)
    if _endings.setdefault(name, ending) != ending:
        raise ValueError(f"Two endings are called {name!r}.")
    return ending


def end_all(person: User, *, actor: str, reason: str) -> list[str]:
    """Take back everything, in the caller's transaction; what and how much, as `name:count`."""
    return _end(list(_endings.values()), person, actor, reason)


def end_what_rights_gave(person: User, *, actor: str, reason: str) -> list[str]:
    """Take back what rests on rights that this person has just lost."""
    return _end([one for one in _endings.values() if one.with_rights], person, actor, reason)


def names() -> list[str]:
    """What is known to end with an account."""
    return sorted(_endings)


def _end(endings: list[Ending], person: User, actor: str, reason: str) -> list[str]:
    counts = [(one.name, one.end(person, actor, reason)) for one in sorted(endings, key=lambda one: one.name)]
    return [f"{name}:{count}" for name, count in counts if count]
