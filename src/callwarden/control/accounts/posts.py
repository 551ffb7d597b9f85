"""The end of sensitive posts: reminded of before, taken back on the day, and never so that nobody is left to give them.

Source: ISO/IEC 27002:2022 5.3 and 8.2; GB/T 22239-2019 8.1.7.1 (rotation of duties in key posts).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.control.accounts import queries, rules
from callwarden.control.accounts.actions import hold_still
from callwarden.control.accounts.rules import Post, Tenure
from callwarden.kernel import clock, journal, notify, people
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import User
from callwarden.kernel.notify import Template
from callwarden.kernel.roles import Role

ACTOR: Final = "job:watch"
REMINDER = notify.register(
    Template(
        "post-ending",
        subject=_("A sensitive post ends in %(days)s days"),
        body=_(
            "The time of the role “%(role)s” is over on %(ends)s. A successor is chosen, trained and given the role by"
            " two people before; on that day the role is taken back by itself."
        ),
        parameters=frozenset({"role", "ends", "days"}),
    )
)
OVER = notify.register(
    Template(
        "post-ended",
        subject=_("The time of a sensitive post is over"),
        body=_("The role “%(role)s” was taken back because its time was over. Two people may give it to a successor."),
        parameters=frozenset({"role"}),
    )
)


def end_due() -> list[tuple[User, str]]:
    """Take back every sensitive role whose time is over, but never the last ones that could give roles."""
    ended = []
    for one in held():
        if one.tenure.judged(clock.now()) is Post.OVER and (person := _end(one.person.pk, one.tenure)) is not None:
            ended.append((person, one.tenure.role))
    return ended


@transaction.atomic
def _end(pk: UUID, held: Tenure) -> User | None:
    """None: it has ended already, or has to wait for a successor."""
    hold_still()
    person = User.objects.get(pk=pk)
    if held not in queries.tenures([person.pk]).get(person.pk, ()) or waits_for_successor(person, held.role):
        return None
    facts = {"person": person.actor, "role": held.role, "since": held.since.isoformat(timespec="seconds")}
    journal.record(Entry(event=Event.POST_ENDED, actor=ACTOR, data=facts))
    people.set_roles(person, set(person.roles) - {held.role}, actor=ACTOR)
    link = f"/control/accounts/{person.pk}/"
    _tell(person, OVER, {"role": held.role}, link)
    return person


def waits_for_successor(person: User, role: str) -> bool:
    """Whether nobody could give sensitive roles any more if this one were taken from this person."""
    return _waits(person, role, _roles())


def _roles() -> dict[UUID, list[str]]:
    return dict(User.objects.filter(is_active=True).values_list("pk", "roles"))


def _waits(person: User, role: str, active: Mapping[UUID, list[str]]) -> bool:
    others = [roles for pk, roles in active.items() if pk != person.pk]
    return rules.is_needed(role, left=[*others, [one for one in person.roles if one != role]])


@dataclass(frozen=True)
class Held:
    """A sensitive post in somebody's hands; `waits`: its end waits for a successor."""

    person: User
    tenure: Tenure
    waits: bool


def held() -> list[Held]:
    """Every sensitive post that has an end, the nearest first."""
    by_person = queries.tenures()
    holders, active = User.objects.in_bulk(list(by_person)), _roles()
    found = [
        Held(holders[pk], one, _waits(holders[pk], one.role, active)) for pk, ones in by_person.items() for one in ones
    ]
    return sorted(found, key=lambda one: (one.tenure.ends, str(one.person.pk)))


@transaction.atomic
def remind(person: User, held: Tenure) -> None:
    """Tell the holder, and those who find a successor, that the end is near."""
    left = max((held.ends - clock.now()).days, 0)
    told: dict[str, str | int] = {"role": held.role, "ends": held.ends.date().isoformat(), "days": left}
    _tell(person, REMINDER, told, "/control/accounts/posts/")


def _tell(person: User, template: Template, told: dict[str, str | int], link: str) -> None:
    if person.email:
        notify.send(template, to=person, parameters=told, link=link)
    notify.tell(template, roles=(Role.SECURITY_ADMIN, Role.DPO), parameters=told, link=link, but=person)
