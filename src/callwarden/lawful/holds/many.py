"""Holding everything that matches, and releasing several matters: the same two people, over a set that was drawn.

A set is held by one matter. What is held are the rows that were drawn; a record that is stored later is none of them,
but of a customer or call that is held everything is kept, as where one alone is held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.custody import holds as custody
from callwarden.custody.models import Call, Customer, Hold, Record
from callwarden.custody.scope import client_scope
from callwarden.kernel import approvals, bulk, clock
from callwarden.kernel.bulk import BulkKind, Doing, Found, mark_of, one_by_one
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.roles import Role
from callwarden.kernel.structural import Value
from callwarden.lawful.holds import actions, queries, rules
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.holds.rules import Query, Wish

SET: Final = "lawful:hold:set_many"
RELEASE: Final = "lawful:hold:release_many"
THINGS: Final = ("records", "calls", "customers")
DECIDE: Final = (Role.DPO, Role.SECURITY_ADMIN)
REASONS: Final = {
    "not_your_line": _("It is of a line you do not work for."),
    "key_ended": _("Its time has ended; what is left of it waits to be cleared away."),
    "not_in_force": _("It holds nothing."),
    "gone": _("Nothing of it is left to hold."),
}


def parameters_of(wish: Wish, of: str, *, provisional: bool, chosen: Sequence[UUID | str] = ()) -> dict[str, Value]:
    """What a set to be held is drawn with.

    Args:
        chosen: some of what matches, by id; none named: all.

    Raises:
        InvalidInput: see `rules.check`; there are no such things.
    """
    _check(wish, chosen)
    if of not in THINGS:
        raise InvalidInput("scope_unclear", _("Say which call, customer or person, or which records this is about."))
    about: dict[str, Value] = {
        "of": of,
        "label": wish.label,
        "ground": wish.ground,
        "review_on": wish.review_on.isoformat(),
        "provisional": provisional,
        **(wish.query or Query()).as_data(),
    }
    return about | ({"chosen": sorted(map(str, chosen))} if chosen else {})


def _check(wish: Wish, chosen: Sequence[object]) -> None:
    """What was chosen one by one needs no filter that narrows it."""
    named = replace(wish, scope=Matter.Scope.SET, target=wish.client, query=None)
    rules.check(named if chosen else wish, today=clock.now().date())


def _wish(doing: Doing) -> Wish:
    given = doing.parameters
    return Wish(
        client=_client(doing),
        label=str(given["label"]),
        ground=str(given["ground"]),
        scope=Matter.Scope.QUERY,
        review_on=date.fromisoformat(str(given["review_on"])),
        query=Query.of(given),
    )


def _client(doing: Doing) -> UUID:
    if doing.client is None:
        raise InvalidInput("scope_unclear", _("Say which call, customer or person, or which records this is about."))
    return doing.client


def _to_hold(doing: Doing, ids: Sequence[UUID] | None) -> Iterable[Found]:
    of = str(doing.parameters["of"])
    if ids is None:
        _check(_wish(doing), doing.chosen)
    with client_scope(_client(doing)):
        yield from list(_FIND[of](doing, ids))


def _matching(doing: Doing, ids: Sequence[UUID] | None, of: str) -> QuerySet[Record]:
    """Live records of these things, or those that match."""
    if ids is not None:
        return queries.of_things(of, ids)
    live = Record.objects.exclude(state=Record.State.DESTROYED)
    return queries.matching(live, Query.of(doing.parameters))


def _chosen(doing: Doing) -> dict[str, object]:
    return {"pk__in": doing.chosen} if doing.chosen else {}


def _records(doing: Doing, ids: Sequence[UUID] | None) -> Iterable[Found]:
    found = _matching(doing, ids, "records").filter(**_chosen(doing) if ids is None else {})
    for pk, line, category in found.order_by("pk").values_list("pk", "line", "category")[: bulk.limit() + 1]:
        yield Found(pk, category, mark_of(line, category), _why(doing, line))


def _calls(doing: Doing, ids: Sequence[UUID] | None) -> Iterable[Found]:
    records = _matching(doing, ids, "calls").filter(call=OuterRef("pk"))
    found = Call.objects.filter(Exists(records), **_chosen(doing) if ids is None else {})
    for pk, line, slug in found.order_by("pk").values_list("pk", "line", "line__slug")[: bulk.limit() + 1]:
        yield Found(pk, slug[:40], mark_of(line), _why(doing, line))


def _customers(doing: Doing, ids: Sequence[UUID] | None) -> Iterable[Found]:
    found = Customer.objects.filter(pk__in=ids) if ids is not None else _customers_matching(doing)
    if doing.by.lines is None:
        theirs = found.values_list("pk", flat=True)
    else:
        of_lines = Record.objects.filter(line__in=doing.by.lines)
        theirs = found.filter(
            Exists(of_lines.filter(customer=OuterRef("pk"))) | Exists(of_lines.filter(call__customer=OuterRef("pk")))
        ).values_list("pk", flat=True)
    mine = set(theirs)
    for pk in found.order_by("pk").values_list("pk", flat=True)[: bulk.limit() + 1]:
        yield Found(pk, "customer", mark_of(pk), "" if pk in mine else "not_your_line")


def _customers_matching(doing: Doing) -> QuerySet[Customer]:
    records = _matching(doing, None, "customers")
    return Customer.objects.filter(
        Exists(records.filter(customer=OuterRef("pk"))) | Exists(records.filter(call__customer=OuterRef("pk"))),
        **_chosen(doing),
    )


_FIND: Final = {"records": _records, "calls": _calls, "customers": _customers}


def _why(doing: Doing, line: UUID) -> str:
    lines = doing.by.lines
    return "" if lines is None or line in lines else "not_your_line"


def _open_matter(doing: Doing) -> None:
    if doing.act is not None:
        actions.open_for_set(
            _wish(doing), doing.act, by=doing.by, provisional=bool(doing.parameters.get("provisional"))
        )


def _put_into_force(doing: Doing) -> None:
    if doing.approval is not None:
        actions.confirm(_matter(doing), actor=doing.by.actor, approval=doing.approval)


def _matter(doing: Doing) -> Matter:
    return Matter.objects.get(scope=Matter.Scope.SET, target=doing.act.pk if doing.act else None)


def _hold(doing: Doing, found: Sequence[Found]) -> Mapping[UUID, str]:
    """Mark what the rows of a batch have; a row of which nothing could be marked is skipped."""
    of, matter = str(doing.parameters["of"]), _matter(doing)
    with client_scope(_client(doing)):
        theirs = {one.target: _live_of(of, one.target) for one in found} if of == "customers" else _by_thing(of, found)
        records = list({record.pk: record for some in theirs.values() for record in some}.values())
        for start in range(0, len(records), actions.BATCH):
            custody.mark(records[start : start + actions.BATCH], matter=matter.pk, actor=doing.by.actor)
        lie = Hold.objects.filter(matter=matter.pk, released_at=None, record__in=[record.pk for record in records])
        held = set(lie.values_list("record", flat=True))
    return {one.target: _outcome([record.pk for record in theirs[one.target]], held) for one in found}


def _live_of(of: str, target: UUID) -> list[Record]:
    return list(queries.of_things(of, [target]).distinct())


def _by_thing(of: str, found: Sequence[Found]) -> dict[UUID, list[Record]]:
    theirs: dict[UUID, list[Record]] = defaultdict(list)
    for record in queries.of_things(of, [one.target for one in found]):
        theirs[(record.pk if of == "records" else record.call_id) or record.pk].append(record)
    return theirs


def _outcome(records: Sequence[UUID], held: set[UUID]) -> str:
    if not records:
        return "gone"
    return "" if any(record in held for record in records) else "key_ended"


def _to_release(doing: Doing, ids: Sequence[UUID] | None) -> Iterable[Found]:
    found = Matter.objects.order_by("pk")
    if ids is not None:
        found = found.filter(pk__in=ids)
    else:
        state = doing.parameters.get("state")
        found = found.filter(state__in=queries.IN_FORCE if state in (None, "", "in_force") else [str(state)])
        if ground := doing.parameters.get("ground"):
            found = found.filter(ground=str(ground))
        if doing.chosen:
            found = found.filter(pk__in=doing.chosen)
    for one in found:
        yield Found(one.pk, one.ground, mark_of(one.state), "" if one.state in queries.IN_FORCE else "not_in_force")


def _release(doing: Doing, found: Found) -> None:
    actions.release(Matter.objects.get(pk=found.target), actor=doing.by.actor, approval=doing.approval)


bulk.register(
    BulkKind(
        SET,
        title=_("Put everything of a set on hold"),
        roles=(*DECIDE, Role.TEAM_LEADER),
        deciders=DECIDE,
        find=_to_hold,
        apply=_hold,
        asked=_open_matter,
        begun=_put_into_force,
        reasons=REASONS,
        lasts=approvals.LONGEST,
    )
)
bulk.register(
    BulkKind(
        RELEASE,
        title=_("Release several holds"),
        roles=DECIDE,
        deciders=DECIDE,
        find=_to_release,
        apply=one_by_one(_release),
        reasons=REASONS,
    )
)
