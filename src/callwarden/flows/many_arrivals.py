"""Acts on many arrivals the gate did not take: read them again, or destroy them before their time.

Reading again gives nothing away, so one person is enough. What is destroyed cannot be told any more to whoever might
have needed it, so two people decide on exactly the rows that were drawn, also where it is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import IntakeItem
from callwarden.flows import turned_away
from callwarden.flows.turned_away import TURNED_AWAY, WAITS
from callwarden.kernel import bulk
from callwarden.kernel.bulk import BulkKind, Doing, Found, mark_of, one_by_one
from callwarden.kernel.roles import Role
from callwarden.kernel.structural import Value
from callwarden.lawful.holds import queries as holds
from callwarden.lawful.holds.rules import Query

READ: Final = "intake:many:read"
DESTROY: Final = "intake:many:destroy"
# Who looks after what comes in.
ROLES: Final = (Role.TEAM_LEADER, Role.SYSTEM_ADMIN, Role.DPO)
# A second person is the data protection officer or the security administrator, who may carry out what they approved.
DECIDE: Final = (Role.DPO, Role.SECURITY_ADMIN)
REASONS: Final = {
    "not_your_line": _("It is of a line you do not work for."),
    "not_turned_away": _("It was read again, taken in or destroyed meanwhile."),
    "client_closed": _("Its client was closed."),
    "orders_alone": _("These are orders whose customers are not here. Send both lists again."),
    "on_hold": _(
        "A matter in force covers what is stored of its line: time alone ends it, or the release of the matter."
    ),
}


def matching(filters: Mapping[str, Value], lines: Sequence[UUID] | None) -> QuerySet[IntakeItem]:
    """What lies turned away on these lines (None: every line), of a list with these filters or chosen in it."""
    found = IntakeItem.objects.filter(state__in=TURNED_AWAY).order_by("pk")
    if lines is not None:
        found = found.filter(line__in=lines)
    if isinstance(chosen := filters.get("chosen"), list):
        return found.filter(pk__in=chosen)
    if state := filters.get("list"):
        found = found.filter(state=str(state))
    for name in ("line", "kind"):
        if value := filters.get(name):
            found = found.filter(**{name: str(value)})
    return found


def _rows(doing: Doing, ids: Sequence[UUID] | None) -> list[IntakeItem]:
    if ids is not None:
        found = IntakeItem.objects.filter(pk__in=ids)
    else:
        found = matching(doing.parameters, doing.by.lines)[: bulk.limit() + 1]
    return list(found.select_related("line"))


def _to_read(doing: Doing, ids: Sequence[UUID] | None) -> Iterable[Found]:
    for one in _rows(doing, ids):
        # A part may have gone to the gate with the rest of its call, a row before: that is no change.
        there = one.state in (*TURNED_AWAY, *WAITS)
        why = _not_mine(doing, one) or ("" if there else "not_turned_away")
        yield Found(one.pk, one.kind, mark_of(bytes(one.sealed_key).hex()) if there else "", why)


def _read(doing: Doing, found: Found) -> None:
    if not IntakeItem.objects.filter(pk=found.target, state__in=WAITS).exists():
        turned_away.read_again(found.target, actor=doing.by.actor)


def _to_destroy(doing: Doing, ids: Sequence[UUID] | None) -> Iterable[Found]:
    kept: dict[UUID, list[Query]] = {}
    for one in _rows(doing, ids):
        client = one.line.client_id
        if client not in kept:
            kept[client] = holds.coming(client)
        why = "" if one.state in TURNED_AWAY else "not_turned_away"
        why = why or _not_mine(doing, one) or ("on_hold" if _covered(one, kept[client]) else "")
        yield Found(one.pk, one.kind, _mark(one), why)


def _mark(one: IntakeItem) -> str:
    """These very bytes, turned away for this reason."""
    return mark_of(one.state, one.reason, bytes(one.digest).hex(), bytes(one.sealed_key).hex())


def _covered(one: IntakeItem, queries: Iterable[Query]) -> bool:
    """Whether a matter would hold what came of it. Of what nobody has opened the kind of data is not asked."""
    came: date = one.arrived_at.date()
    return any(query.line in (None, one.line_id) and (query.until is None or query.until >= came) for query in queries)


def _not_mine(doing: Doing, one: IntakeItem) -> str:
    lines = doing.by.lines
    return "" if lines is None or one.line_id in lines else "not_your_line"


def _destroy(doing: Doing, found: Found) -> str:
    # Asked once more under the lock: it may have been read again, delivered anew or come under a matter since.
    item = turned_away.locked_away(found.target)
    if item is None:
        return "not_turned_away"
    if _mark(item) != found.mark:
        return "changed"
    if _covered(item, holds.coming(item.line.client_id)):
        return "on_hold"
    turned_away.destroy(item, actor=doing.by.actor, approval=doing.approval)
    return ""


bulk.register(
    BulkKind(
        READ,
        title=_("Read arrivals again"),
        roles=ROLES,
        find=_to_read,
        apply=one_by_one(_read),
        reasons=REASONS,
    )
)
bulk.register(
    BulkKind(
        DESTROY,
        title=_("Destroy arrivals before their time"),
        roles=(*ROLES, Role.SECURITY_ADMIN),
        deciders=DECIDE,
        find=_to_destroy,
        apply=one_by_one(_destroy),
        reasons=REASONS,
    )
)
