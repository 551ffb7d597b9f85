"""Acts on many findings: say whose they are, by when they must be right, a comment, and closing what is right by now.

Nothing here can be done to many that could not be done to one. Closing asks again what the regular look asks, finding
by finding; what people alone can check is left to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.control.alerts import reports
from callwarden.flows import holding, transfers, troubles
from callwarden.kernel import bulk, clock, findings
from callwarden.kernel.bulk import BulkKind, Doing, Found, mark_of, one_by_one
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.models import Finding, Outcome, User
from callwarden.kernel.roles import Role
from callwarden.kernel.structural import Value

State = Finding.State
# Who moves findings one by one moves them together.
ROLES: Final = (
    Role.TEAM_LEADER,
    Role.DPO,
    Role.SECURITY_ADMIN,
    Role.SYSTEM_ADMIN,
    Role.AUDITOR,
    Role.PARTNER_MANAGER,
)
ASSIGN: Final = "finding:many:assign"
SCHEDULE: Final = "finding:many:schedule"
COMMENT: Final = "finding:many:comment"
CLOSE: Final = "finding:many:close"
FILTERS: Final = ("state", "severity", "kind")
REASONS: Final = {
    "closed": _("It is closed."),
    "finding_closed": _("It is closed."),
    "theirs_already": _("It is theirs already."),
    "due_already": _("It is due that day already."),
    "due_too_late": _("Its severity allows no more time."),
    "due_in_the_past": _("The day has come meanwhile."),
    "not_remedied": _("Nobody has said that it is remedied."),
    "checked_by_people": _("No program can check it; a person must."),
    "still_wrong": _("The check just made still finds it wrong."),
    "owner_left": _("Whoever was to answer for it cannot any more."),
}


def matching(filters: Mapping[str, Value], chosen: Sequence[str] = ()) -> QuerySet[Finding]:
    """The findings of a list with these filters, or those of them that were chosen."""
    found = Finding.objects.order_by("pk")
    state = filters.get("state")
    if state == "unsettled":
        found = found.exclude(state__in=(State.CLOSED, State.ACCEPTED))
    elif state:
        found = found.filter(state=state)
    for name in ("severity", "kind"):
        if value := filters.get(name):
            found = found.filter(**{name: value})
    return found.filter(pk__in=chosen) if chosen else found


def _rows(doing: Doing, ids: Sequence[UUID] | None) -> QuerySet[Finding]:
    if ids is not None:
        return Finding.objects.filter(pk__in=ids)
    return matching(doing.parameters, doing.chosen)[: bulk.limit() + 1]


def _found(finding: Finding, why: str) -> Found:
    mark = mark_of(finding.state, finding.owner_id, finding.severity, finding.due_at.isoformat())
    return Found(finding.pk, finding.severity, mark, why)


def _owner(doing: Doing) -> User:
    owner = User.objects.filter(pk=str(doing.parameters["owner"])).first()
    if owner is None or not owner.has_role(*ROLES):
        raise InvalidInput("owner_left", _("Choose somebody who has business with findings."))
    return owner


def _to_assign(doing: Doing, ids: Sequence[UUID] | None) -> Iterable[Found]:
    if ids is None:
        _owner(doing)
    owner = str(doing.parameters["owner"])
    for one in _rows(doing, ids):
        why = "closed" if one.state == State.CLOSED else "theirs_already" if str(one.owner_id) == owner else ""
        yield _found(one, why)


def _assign(doing: Doing, found: Found) -> None:
    findings.assign(Finding.objects.get(pk=found.target), owner=_owner(doing), actor=doing.by.actor)


def _due(doing: Doing) -> datetime:
    return datetime.fromisoformat(str(doing.parameters["due"]))


def _to_schedule(doing: Doing, ids: Sequence[UUID] | None) -> Iterable[Found]:
    due = _due(doing)
    if ids is None and due <= clock.now():
        raise InvalidInput("due_in_the_past", _("Choose a day in the future."))
    for one in _rows(doing, ids):
        late = due > findings.latest_due(one)
        told = "closed" if one.state == State.CLOSED else "due_too_late" if late else ""
        yield _found(one, told or ("due_already" if one.due_at == due else ""))


def _schedule(doing: Doing, found: Found) -> None:
    findings.schedule(Finding.objects.get(pk=found.target), due=_due(doing), actor=doing.by.actor)


def _to_comment(doing: Doing, ids: Sequence[UUID] | None) -> Iterable[Found]:
    # A comment says nothing that depends on the state of a finding, so that nothing of it can have changed.
    return (Found(one.pk, one.severity, mark_of(one.pk)) for one in _rows(doing, ids))


def _comment(doing: Doing, found: Found) -> None:
    entry = doing.act.entry if doing.act else None
    if entry is None:
        raise InvalidInput("words_missing", _("Write what is to be noted."))
    findings.note(Finding.objects.get(pk=found.target), entry=entry, actor=doing.by.actor)


def _see_again(finding: Finding) -> int | None:
    for seen in (holding.still_late, reports.still_waiting, transfers.still_ending):
        if (left := seen(finding)) is not None:
            return left
    return troubles.see_again(finding)


def _to_close(doing: Doing, ids: Sequence[UUID] | None) -> Iterable[Found]:
    for one in _rows(doing, ids):
        why = "closed" if one.state == State.CLOSED else "not_remedied" if one.state != State.VERIFYING else ""
        yield _found(one, why or ("checked_by_people" if _see_again(one) is None else ""))


def _close(doing: Doing, found: Found) -> str:
    finding = Finding.objects.select_for_update().get(pk=found.target)
    seen = _see_again(finding)
    if seen is None:
        return "checked_by_people"
    outcome = Outcome.FAIL if seen else Outcome.PASS
    # The check is the program's, so that it is never that of whoever put it right.
    findings.check(finding, outcome=outcome, actor=troubles.ACTOR, evidence=f"seen:{seen}")
    return "still_wrong" if seen else ""


bulk.register(
    BulkKind(
        ASSIGN,
        title=_("Say who answers for findings"),
        roles=ROLES,
        find=_to_assign,
        apply=one_by_one(_assign),
        reasons=REASONS,
    )
)
bulk.register(
    BulkKind(
        SCHEDULE,
        title=_("Say by when findings must be right"),
        roles=ROLES,
        find=_to_schedule,
        apply=one_by_one(_schedule),
        reasons=REASONS,
    )
)
bulk.register(
    BulkKind(
        COMMENT,
        title=_("Comment on findings"),
        roles=ROLES,
        find=_to_comment,
        apply=one_by_one(_comment),
        words=True,
        reasons=REASONS,
    )
)
bulk.register(
    BulkKind(
        CLOSE,
        title=_("Close findings that are right by now"),
        roles=ROLES,
        find=_to_close,
        apply=one_by_one(_close),
        reasons=REASONS,
    )
)
