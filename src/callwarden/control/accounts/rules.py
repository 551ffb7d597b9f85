"""What may be changed about whose rights, and for how long a post is held. Pure.

Sources: GB/T 22239-2019 8.1.7.1 and 8.1.10.10 (posts, separation, approval of rights); ISO/IEC 27002:2022 5.3, 5.18 and
8.2 (segregation of duties, access rights, privileged rights); NIST SP 800-53 AC-2 and AC-5.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from callwarden.kernel.errors import Refused
from callwarden.kernel.roles import SENSITIVE, Role

# Days before a post's time is over in which a successor is to be found.
NOTICE_DAYS = 60
# Days before the end at which it becomes urgent, and everybody concerned is reminded once more.
LAST_DAYS = 7
DORMANT = timedelta(days=45)


class Post(StrEnum):
    """How long a sensitive role has been held, judged."""

    IN_TIME = "in_time"
    ENDING = "ending"
    OVER = "over"


@dataclass(frozen=True)
class Tenure:
    """A sensitive role in somebody's hands: since when, and by when somebody else should hold it."""

    role: str
    since: datetime
    ends: datetime

    def judged(self, now: datetime) -> Post:
        if now >= self.ends:
            return Post.OVER
        return Post.ENDING if now >= self.ends - timedelta(days=NOTICE_DAYS) else Post.IN_TIME


def tenure(role: str, since: datetime, *, months: int) -> Tenure | None:
    """None for roles that need no rotation, or where the site sets no limit (0 months)."""
    if role not in SENSITIVE or months < 1:
        return None
    return Tenure(role, since, after_months(since, months))


def after_months(since: datetime, months: int) -> datetime:
    """The same day so many months later, or the last day of that month."""
    year, month = divmod(since.month - 1 + months, 12)
    year, month = since.year + year, month + 1
    for day in range(since.day, 27, -1):
        try:
            return since.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    return since.replace(year=year, month=month)


def sensitive_gain(before: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """Roles of the change that two people have to give."""
    return sorted((set(wanted) - set(before)) & SENSITIVE)


def refuse_own(*, actor: str, person: str) -> None:
    """Nobody changes their own rights, whatever their role.

    Raises:
        Refused: actor and person are the same.
    """
    if actor == person:
        raise Refused("own_rights", _("Nobody changes their own rights. Another security administrator has to."))


def refuse_last(*, loses: Collection[str], others: int) -> None:
    """Somebody must be left who can administer accounts.

    Args:
        loses: roles the person would not hold any more.
        others: how many other active people are security administrators.

    Raises:
        Refused: nobody would be left.
    """
    if Role.SECURITY_ADMIN in loses and not others:
        raise Refused(
            "last_security_administrator",
            _("This is the last security administrator. Give the role to somebody else first."),
        )


def is_needed(role: str, *, left: Iterable[Collection[str]]) -> bool:
    """Whether a sensitive role has to stay where it is, or nobody could give sensitive roles any more.

    Giving one takes a security administrator who asks, and another of them or a data protection officer who decides.

    Args:
        left: roles of every active person, as they would be without this one.
    """
    if role not in {Role.SECURITY_ADMIN, Role.DPO}:
        return False
    remaining = [set(roles) for roles in left]
    administrators = sum(Role.SECURITY_ADMIN in roles for roles in remaining)
    deciders = sum(not roles.isdisjoint({Role.SECURITY_ADMIN, Role.DPO}) for roles in remaining)
    return administrators < 1 or deciders < 2


def is_dormant(*, last_seen: datetime | None, opened: datetime, now: datetime) -> bool:
    """Whether nobody has signed in by an account for so long that it is only there to be misused."""
    return now - max(last_seen or opened, opened) > DORMANT
