"""What speaks against a role that somebody holds: that nobody would give it today.

What the log records as opened counts as use, not that somebody signed in: `AccessDay` is counted from its entries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from django.db.models import Max

from callwarden.control.access.queries import active
from callwarden.control.alerts.models import AccessDay
from callwarden.engines.policy import Matrix
from callwarden.kernel import clock
from callwarden.kernel.errors import Unavailable
from callwarden.kernel.models import User
from callwarden.kernel.roles import SENSITIVE

CODES: Final = (
    *("never_used", "dormant", "post_over", "training_not_current"),
    *("nothing_opened", "no_peer", "conflicting"),
)
"""In the order in which they are shown; those of the first line are facts of accounts."""

# Acts that the count of days has; a role that may do none of them cannot be judged by it.
COUNTED: Final = frozenset({"view_masked", "reveal", "play_redacted", "play_original", "search", "export"})
# Of a smaller team nothing usual can be said.
TEAM_AT_LEAST: Final = 4

Act = tuple[str, str]


class Doubts:
    """Facts about the roles of these people, each asked for once."""

    def __init__(self, persons: Iterable[User]) -> None:
        self._everybody = list(User.objects.filter(is_active=True))
        self._matrix = _law()
        self._days: dict[str, dict[Act, date]] = defaultdict(dict)
        actors = [person.actor for person in persons]
        counted = AccessDay.objects.filter(actor__in=actors, count__gt=0).values("actor", "purpose", "action")
        for row in counted.annotate(last=Max("day")).order_by():
            self._days[row["actor"]][row["purpose"], row["action"]] = row["last"]
        first = AccessDay.objects.order_by("day").values_list("day", flat=True).first()
        self._counted_since = first

    def opened_last(self, person: User, role: str) -> date | None:
        """The last day on which the person did something that, of their roles, this one lets them do."""
        days = self._days.get(person.actor, {})
        return max((days[act] for act in self._own_acts(person, role) if act in days), default=None)

    def of(self, person: User, role: str, *, since: datetime) -> list[str]:
        """Codes of what speaks against it, beside what accounts tell."""
        found = []
        if self._nothing_opened(person, role, since):
            found.append("nothing_opened")
        if self._no_peer(person, role):
            found.append("no_peer")
        if self._matrix and any(
            role in pair and set(pair) <= set(person.roles) for pair in self._matrix.guards.incompatible
        ):
            found.append("conflicting")
        return found

    def _nothing_opened(self, person: User, role: str, since: datetime) -> bool:
        """Held and counted for a month at least, with acts of its own, and none of them done in that time."""
        if not self._own_acts(person, role) or self._counted_since is None:
            return False
        begun = max(since.date(), self._counted_since)
        today = clock.now().date()
        last = self.opened_last(person, role)
        return (today - begun).days >= 30 and (last is None or last < begun)

    def _own_acts(self, person: User, role: str) -> set[Act]:
        """What this role may do and no other role of the person; all it may do, where the others may as well."""
        if self._matrix is None:
            return set()
        acts: dict[str, set[Act]] = defaultdict(set)
        for cell in self._matrix.cells:
            if cell.role in person.roles and cell.action in COUNTED:
                acts[cell.role].add((cell.purpose, cell.action))
        others = set().union(*(acts[one] for one in person.roles if one != role))
        return acts[role] - others or acts[role]

    def _no_peer(self, person: User, role: str) -> bool:
        """Nobody else of a team of some size holds it. Of posts there are few by their nature."""
        if role in SENSITIVE or not person.lines:
            return False
        lines = set(person.lines)
        team = [one for one in self._everybody if one.pk != person.pk and one.lines and lines & set(one.lines)]
        # Who leads or checks a team is one of few there: only a second role that the team does not have is unusual.
        return len(team) >= TEAM_AT_LEAST and len(person.roles) > 1 and not any(role in one.roles for one in team)


def _law() -> Matrix | None:
    try:
        return active().matrix
    except Unavailable:
        return None
