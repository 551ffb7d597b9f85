"""Lifting a restriction: by two people, after the person was told, and never what waits to be erased.

Source: GDPR art. 18(3); PIPL art. 47 last paragraph. After a restore from a copy that is older it stands again: the
side on which a restore may err. A finding names it then (`flows.replay_lost`), and people lift it once more.
"""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from callwarden.custody.destroy import NAMED
from callwarden.custody.models import Record
from callwarden.custody.restrict import lift
from callwarden.custody.scope import client_scope
from callwarden.flows import stored_only
from callwarden.flows.requests import found
from callwarden.kernel import approvals, clock, journal
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.models import Approval, User
from callwarden.kernel.roles import Role
from callwarden.kernel.structural import Value
from callwarden.lawful.requests.models import SubjectRequest

LIFT: Final = "lawful:restriction:lift"


def act(request: SubjectRequest, *, told_on: date) -> Act:
    """The act of lifting what this request restricted, and with it every other that this person asked for: what is kept
    of them is used again only when none stands. Call it inside `client_scope`.

    Raises:
        Conflict: it restricts nothing now, or another restriction of theirs is being carried out.
        InvalidInput: the person has not been told yet.
    """
    standing = stored_only.standing(request.person_id) if request.person_id else SubjectRequest.objects.none()
    states = dict(standing.order_by("pk").values_list("pk", "state"))
    if request.pk not in states:
        raise Conflict("nothing_restricted", _("This request restricts nothing now. Look at it again."))
    if SubjectRequest.State.EXECUTING in states.values():
        raise Conflict(
            "restriction_under_way",
            _("A restriction this person asked for is still being carried out. Wait until it is, then look again."),
        )
    if told_on > timezone.localdate(clock.now()):
        raise InvalidInput("told_in_the_future", _("The person has to be told before. Enter the day they were told."))
    given: dict[str, Value] = {"request": str(request.pk), "client": str(request.client_id)}
    return Act(LIFT, given | {"told_on": told_on.isoformat(), "standing": sorted(map(str, states))})


def ask(request: SubjectRequest, *, told_on: date, by: User, reason: str, session: UUID | None = None) -> Approval:
    """Ask for leave to lift it. Call it inside `client_scope`."""
    wanted = act(request, told_on=told_on)
    return approvals.request(wanted, requester=by, reason=reason, client=request.client_id, session=session)


def _lift(execution: Execution) -> int:
    given = execution.parameters
    with client_scope(UUID(str(given["client"]))):
        request = SubjectRequest.objects.select_for_update().get(pk=str(given["request"]))
        assert request.person_id is not None
        stored_only.hold(request.person_id)
        now = act(request, told_on=date.fromisoformat(str(given["told_on"])))
        if now.parameters != given:
            raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
        lifted = 0
        for subject in found.subjects_of(request.person_id):
            ids = lift(Record.objects.filter(subject=subject))
            lifted += len(ids)
            journal.record(
                journal.Entry(
                    event=Event.RECORD_UNRESTRICTED,
                    actor=execution.by.actor,
                    client=request.client_id,
                    subject=subject.id,
                    records=tuple(ids[:NAMED]),
                    count=len(ids),
                    approval=execution.approval,
                    reasons=("restriction_lifted",),
                    data={"request": str(request.pk), "told_on": str(given["told_on"])},
                )
            )
        named = now.parameters["standing"]
        assert isinstance(named, list)
        SubjectRequest.objects.filter(pk__in=named).update(lifted_at=clock.now())
        return lifted


approvals.register(
    ActKind(
        LIFT,
        title=_("Lift a restriction"),
        roles=(Role.DPO, Role.SECURITY_ADMIN),
        quorum=1,
        run=_lift,
    )
)
