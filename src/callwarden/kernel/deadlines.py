"""Duties with a time limit: filed, or declared not applicable by two people. No deadline pauses by itself.

    deadline = deadlines.start("gdpr-33", about=("incident", incident.pk), started_at=incident.discovered_at,
                               lasts=timedelta(hours=72), roles=[Role.DPO], actor=actor)
    deadlines.file(deadline, evidence="sha256:...", actor=actor)

Those in `roles` are warned when half, three quarters and nine tenths of the time have passed, and when it is over.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import approvals, clock, journal, people, structural
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.machine import About
from callwarden.kernel.models import Approval, Deadline, User
from callwarden.kernel.notify import Template, register, send
from callwarden.kernel.roles import Role, check_roles

LEVELS: Final = (50, 75, 90, 100)
WAIVE = "deadline:waive"
State = Deadline.State

WARNING = register(
    Template(
        "deadline-warning",
        subject=_("Deadline: %(percent)s %% of the time has passed"),
        body=_("A deadline under the rule “%(rule)s” is due at %(due)s. Open it, then file it."),
        parameters=frozenset({"rule", "percent", "due"}),
    )
)


def start(
    rule: str,
    *,
    about: tuple[str, UUID],
    started_at: datetime,
    lasts: timedelta,
    actor: str,
    roles: Iterable[str] = (Role.DPO,),
    client: UUID | None = None,
) -> Deadline:
    """Start a deadline; for the same rule and matter there is only one, and starting it again returns it.

    Args:
        rule: slug of the rule.
        about: kind and id of the incident, request or hold.
        started_at: when the law says the time began, which may be in the past.
        lasts: the time allowed.

    Raises:
        InvalidInput: no time is allowed, or a role is unknown.
    """
    structural.check_all((rule, about[0]), where="rule")
    if lasts <= timedelta(0):
        raise InvalidInput("deadline_without_time", _("A deadline must leave some time. Correct the rule."))
    warned = sorted(role for one in roles for role in check_roles([one]))
    with transaction.atomic():
        deadline, created = Deadline.objects.get_or_create(
            rule=rule,
            about_kind=about[0],
            about_id=about[1],
            defaults={
                "client": client,
                "started_at": started_at,
                "due_at": started_at + lasts,
                "roles": warned,
            },
        )
        if created:
            due = deadline.due_at.isoformat(timespec="seconds")
            _record(Event.DEADLINE_STARTED, deadline, actor, due=due)
    return deadline


def recount(deadline: Deadline, due_at: datetime, *, actor: str) -> Deadline:
    """Move the end to what the law says now: time stood still for proof, was extended, or a calendar was announced.

    Raises:
        InvalidInput: the end would come before the start.
        Conflict: it has ended already.
    """
    if due_at <= deadline.started_at:
        raise InvalidInput("deadline_without_time", _("A deadline must leave some time. Correct the rule."))
    with transaction.atomic():
        held = Deadline.objects.select_for_update().get(pk=deadline.pk)
        if held.state != State.RUNNING:
            raise Conflict("deadline_ended", _("This deadline has ended already; its end cannot be moved."))
        held.due_at = due_at
        held.warned = min(held.warned, level(held, clock.now()))
        held.save(update_fields=["due_at", "warned"])
        due = due_at.isoformat(timespec="seconds")
        _record(Event.DEADLINE_RECOUNTED, held, actor, due=due)
    return held


def file(deadline: Deadline, *, evidence: str, actor: str) -> Deadline:
    """Note that the duty was done. Late is late, and recorded as that.

    Args:
        evidence: structural reference of what was filed (`sha256:...`, `message:UUID`).

    Raises:
        InvalidInput: without evidence nothing was filed.
    """
    structural.check_text(evidence, where="evidence")
    if not evidence:
        raise InvalidInput("evidence_missing", _("Filing needs evidence. Attach what was sent."))
    now = clock.now()
    late = now > deadline.due_at
    changes = {"ended_at": now, "filed_late": late, "evidence": evidence}
    about: About = {"data": {"rule": deadline.rule, "evidence": evidence, "late": late}}
    return Deadline.machine.move(deadline, State.FILED, actor=actor, changes=changes, about=about)


def ask_waiver(deadline: Deadline, *, requester: User, reason: str) -> Approval:
    """Ask to declare a deadline not applicable. Takes effect when approved and carried out (`deadline:waive`)."""
    return approvals.request(waiver(deadline), requester=requester, reason=reason, client=deadline.client)


def waiver(deadline: Deadline) -> Act:
    """The act of declaring this deadline not applicable."""
    return Act(WAIVE, {"deadline": str(deadline.pk), "rule": deadline.rule})


def _waive(execution: Execution) -> Deadline:
    deadline = Deadline.objects.get(pk=str(execution.parameters["deadline"]))
    return Deadline.machine.move(
        deadline,
        State.NOT_APPLICABLE,
        actor=execution.by.actor,
        changes={"ended_at": clock.now(), "waived_by_id": execution.approval},
        about={"approval": execution.approval, "data": {"rule": deadline.rule}},
    )


def elapsed_percent(deadline: Deadline, at: datetime) -> int:
    """How much of the time has passed, in whole percent; above 100 when overdue, never below 0."""
    share = (at - deadline.started_at) / (deadline.due_at - deadline.started_at)
    return max(0, int(share * 100))


def level(deadline: Deadline, at: datetime) -> int:
    """The highest warning level reached: 0, 50, 75, 90 or 100."""
    passed = elapsed_percent(deadline, at)
    return max((step for step in LEVELS if step <= passed), default=0)


def warn_due() -> int:
    """Warn about every running deadline that reached a new level (run by the clock); how many.

    After an outage one warning is sent, for the level now reached, not one for each level missed.
    """
    now, sent = clock.now(), 0
    running = Deadline.objects.filter(state=State.RUNNING, warned__lt=100, started_at__lte=now)
    for key in [deadline.pk for deadline in running if level(deadline, now) > deadline.warned]:
        with transaction.atomic():
            deadline = Deadline.objects.select_for_update(skip_locked=True).filter(pk=key, state=State.RUNNING).first()
            if deadline is None or level(deadline, now) <= deadline.warned:
                continue
            _warn(deadline, level(deadline, now))
            sent += 1
    return sent


def _warn(deadline: Deadline, reached: int) -> None:
    deadline.warned = reached
    deadline.save(update_fields=["warned"])
    _record(Event.DEADLINE_WARNED, deadline, "job:clock", percent=reached)
    due = deadline.due_at.isoformat(timespec="minutes")
    for person in people.holding(deadline.roles):
        send(
            WARNING,
            to=person,
            parameters={"rule": deadline.rule, "percent": reached, "due": due},
            link="/control/",
        )


def running() -> QuerySet[Deadline]:
    """What has still to be filed, the most urgent first."""
    return Deadline.objects.filter(state=State.RUNNING).order_by("due_at")


def _record(event: Event, deadline: Deadline, actor: str, **data: str | int) -> None:
    body = {"kind": "deadline", "id": str(deadline.pk), "rule": deadline.rule, **data}
    journal.record(Entry(event=event, actor=actor, client=deadline.client, data=body))


approvals.register(
    ActKind(
        WAIVE,
        title=_("Declare a deadline not applicable"),
        roles=(Role.DPO, Role.AUDITOR),
        quorum=1,
        run=_waive,
    )
)
