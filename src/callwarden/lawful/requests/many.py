"""Requests of data subjects, many at once: say who works on them, let them take longer, refuse them for one reason,
close what is answered, and carry out what two people approved one by one.

What destroys is decided on request by request: an approval binds one plan. Carrying out several of those that are
approved spares the second click, never the second person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.custody.scope import client_scope
from callwarden.kernel import approvals, bulk, clock
from callwarden.kernel.bulk import BulkKind, Doing, Found, mark_of, one_by_one
from callwarden.kernel.bulk.kinds import Apply, Find
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.models import Approval, User
from callwarden.kernel.roles import Role
from callwarden.lawful.requests import actions, acts, limits, queries
from callwarden.lawful.requests.kinds import Kind, RejectionReason
from callwarden.lawful.requests.models import SubjectRequest

State = SubjectRequest.State
ASSIGN: Final = "lawful:request:assign_many"
CARRY_OUT: Final = "lawful:request:carry_out_many"
EXTEND: Final = "lawful:request:extend_many"
REJECT: Final = "lawful:request:reject_many"
CLOSE: Final = "lawful:request:close_many"
WORK: Final = (Role.DPO, Role.TEAM_LEADER)
REASONS: Final = {
    "answered": _("It is answered already."),
    "not_answered": _("It is not answered yet."),
    "done_already": _("It has been carried out, at least in part."),
    "no_extension": _("The law that applies to it knows no longer time."),
    "extended_before": _("It was extended once already."),
    "too_late_to_extend": _("Its time is over."),
    "theirs_already": _("It is theirs already."),
    "owner_left": _("Whoever was to answer for it cannot any more."),
    "not_your_line": _("It is of a line you do not work for."),
    "not_approved": _("Nobody has approved it, or it was carried out."),
    "approval_expired": _("Its approval has expired."),
    "approval_not_waiting": _("Nobody has approved it, or it was carried out."),
    "approvers_changed": _("Whoever approved may not do so any more."),
    "act_changed": _("What was found of the person has changed since it was approved."),
}


def _client(doing: Doing) -> UUID:
    if doing.client is None:
        raise InvalidInput("no_client", _("Choose a client first."))
    return doing.client


def matching(doing: Doing) -> QuerySet[SubjectRequest]:
    """The requests of a list with these filters. Call it inside `client_scope`."""
    found = SubjectRequest.objects.order_by("pk")
    for name in ("state", "kind"):
        if value := doing.parameters.get(name):
            found = found.filter(**{name: value})
    return found.filter(pk__in=doing.chosen) if doing.chosen else found


def owner_of(doing: Doing) -> User:
    """Whoever is to work on them; asked again for every request."""
    owner = User.objects.filter(pk=str(doing.parameters["owner"])).first()
    if owner is None or not owner.has_role(*WORK):
        raise InvalidInput("owner_left", _("Choose somebody who works on requests."))
    return owner


def _to_assign(doing: Doing, ids: Sequence[UUID] | None) -> Iterable[Found]:
    owner = str(doing.parameters["owner"])
    if ids is None:
        owner_of(doing)
    with client_scope(_client(doing)):
        wanted = matching(doing) if ids is None else SubjectRequest.objects.filter(pk__in=ids)
        found = list(wanted[: bulk.limit() + 1])
    for one in found:
        yield Found(one.pk, one.kind, mark_of(one.state, one.owner_id), _why(doing, one, owner))


def _why(doing: Doing, one: SubjectRequest, owner: str) -> str:
    lines = doing.by.lines
    if lines is not None and one.line_id not in lines:
        return "not_your_line"
    if one.state not in queries.OPEN:
        return "answered"
    return "theirs_already" if str(one.owner_id) == owner else ""


def _assign(doing: Doing, found: Found) -> None:
    with client_scope(_client(doing)):
        actions.assign(SubjectRequest.objects.get(pk=found.target), owner=owner_of(doing), actor=doing.by.actor)


def to_move(why: Callable[[SubjectRequest], str]) -> Find:
    """Finds the requests of a filter for a step that some of them cannot take: `why` says which, and why not."""

    def find(doing: Doing, ids: Sequence[UUID] | None) -> Iterable[Found]:
        with client_scope(_client(doing)):
            wanted = matching(doing) if ids is None else SubjectRequest.objects.filter(pk__in=ids)
            found = list(wanted.select_related("line")[: bulk.limit() + 1])
        lines = doing.by.lines
        for one in found:
            strange = lines is not None and one.line_id not in lines
            yield Found(one.pk, one.kind, mark_of(one.state, one.due_at), "not_your_line" if strange else why(one))

    return find


def moving(step: Callable[[SubjectRequest, Doing], object]) -> Apply:
    """Takes a step with each request, locked."""

    def apply(doing: Doing, found: Found) -> None:
        with client_scope(_client(doing)):
            step(SubjectRequest.objects.select_for_update(of=("self",)).get(pk=found.target), doing)

    return one_by_one(apply)


def _not_longer(one: SubjectRequest) -> str:
    if one.state not in queries.OPEN:
        return "answered"
    if not limits.may_extend(Kind(one.kind), one.jurisdiction):
        return "no_extension"
    if one.extended_at is not None:
        return "extended_before"
    return "too_late_to_extend" if clock.now() > one.due_at else ""


def _not_refused(one: SubjectRequest) -> str:
    if one.state in {State.RECEIVED, State.VERIFYING, State.ACCEPTED, State.PLANNED}:
        return ""
    if one.state == State.EXECUTING:
        return "" if Kind(one.kind).undone_until_answered else "done_already"
    return "answered" if one.state not in queries.OPEN else "done_already"


def _not_closed(one: SubjectRequest) -> str:
    return "" if one.state in {State.ANSWERED, State.REJECTED} else "not_answered"


def reason_of(doing: Doing) -> RejectionReason:
    """Why they are not met."""
    try:
        return RejectionReason(str(doing.parameters["reason"]))
    except (KeyError, ValueError):
        raise InvalidInput("rejection_without_reason", _("Choose a reason of the list.")) from None


def _to_reject(doing: Doing, ids: Sequence[UUID] | None) -> Iterable[Found]:
    reason_of(doing)
    return to_move(_not_refused)(doing, ids)


def _to_carry_out(doing: Doing, ids: Sequence[UUID] | None) -> Iterable[Found]:
    """Approvals of single requests: each binds what was found of one person."""
    found = Approval.objects.filter(kind=acts.CARRY_OUT, client=_client(doing)).order_by("pk")
    if ids is not None:
        found = found.filter(pk__in=ids)
    else:
        found = found.filter(state=Approval.State.APPROVED, expires_at__gt=clock.now())
    for one in found[: bulk.limit() + 1]:
        ready = one.state == Approval.State.APPROVED
        yield Found(one.pk, str(one.parameters["kind"]), mark_of(one.digest), "" if ready else "not_approved")


def _carry_out(doing: Doing, found: Found) -> None:
    asked = Approval.objects.get(pk=found.target)
    approvals.execute(asked.pk, approvals.act_of(asked), by=doing.by)


bulk.register(
    BulkKind(
        ASSIGN,
        title=_("Say who works on requests"),
        roles=WORK,
        find=_to_assign,
        apply=one_by_one(_assign),
        reasons=REASONS,
    )
)
bulk.register(
    BulkKind(
        CARRY_OUT,
        title=_("Carry out the requests that are approved"),
        roles=(Role.DPO,),
        find=_to_carry_out,
        apply=one_by_one(_carry_out),
        reasons=REASONS,
    )
)
bulk.register(
    BulkKind(
        EXTEND,
        title=_("Let requests take longer"),
        roles=(Role.DPO,),
        find=to_move(_not_longer),
        apply=moving(lambda one, doing: actions.extend(one, actor=doing.by.actor)),
        words=True,
        reasons=REASONS,
    )
)
bulk.register(
    BulkKind(
        REJECT,
        title=_("Do not meet requests"),
        roles=(Role.DPO,),
        find=_to_reject,
        apply=moving(lambda one, doing: actions.reject(one, reason=reason_of(doing), actor=doing.by.actor)),
        deciders=(Role.SECURITY_ADMIN, Role.AUDITOR, Role.DPO),
        words=True,
        reasons=REASONS,
    )
)
bulk.register(
    BulkKind(
        CLOSE,
        title=_("Close requests that are answered"),
        roles=(Role.DPO,),
        find=to_move(_not_closed),
        apply=moving(lambda one, doing: actions.close(one, actor=doing.by.actor)),
        reasons=REASONS,
    )
)
