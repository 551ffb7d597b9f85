"""Taking in what other systems say of tickets, campaigns and shifts; declaring and ending ties.

Called inside `client_scope`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.control.work.models import Shift, Task, TaskAgent, TaskSubject, Tie
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.models import User
from callwarden.kernel.structural import Value
from callwarden.kernel.tokens import keyed

LONGEST: Final = {Task.Kind.TICKET: timedelta(days=30), Task.Kind.CAMPAIGN: timedelta(days=90)}
LONGEST_SHIFT: Final = timedelta(hours=24)


class Hours(NamedTuple):
    """One shift; `cancelled` takes it off the roster."""

    user: UUID
    starts: datetime
    ends: datetime
    cancelled: bool = False


def reference_of(client: UUID, kind: str, number: str) -> bytes:
    """The token a task is known by. Another system's number may say something of a person, so it is not kept."""
    return keyed(f"task.{client}.{kind}", number)


@transaction.atomic
def report_task(
    client: UUID,
    kind: Task.Kind,
    number: str,
    *,
    agents: Collection[UUID],
    subjects: Collection[UUID],
    until: datetime | None,
    actor: str,
    purpose: str = "",
) -> Task:
    """Open a task, or say anew who works on it and whom it concerns.

    Raises:
        InvalidInput: it would end before now, or later than tasks of its kind may.
    """
    now = clock.now()
    ends = until or now + LONGEST[kind]
    if not now < ends <= now + LONGEST[kind]:
        raise InvalidInput(
            "task_too_long",
            _("It must end after now and within %(days)s days. Report it again when it goes on."),
            data={"days": LONGEST[kind].days},
        )
    reference = reference_of(client, kind, number)
    task, made = Task.objects.select_for_update().get_or_create(
        client_id=client,
        kind=kind,
        reference=reference,
        defaults={"opened_at": now, "until": ends, "purpose": purpose},
    )
    if not made:
        task.until, task.purpose, task.ended_at = ends, purpose, None
        task.save(update_fields=["until", "purpose", "ended_at"])
        task.agents.all().delete()
        task.subjects.all().delete()
    TaskAgent.objects.bulk_create(TaskAgent(client_id=client, task=task, user_id=one) for one in sorted(set(agents)))
    TaskSubject.objects.bulk_create(
        TaskSubject(client_id=client, task=task, subject_id=one) for one in sorted(set(subjects))
    )
    _record(Event.TASK_OPENED, task, actor, agents=len(set(agents)), subjects=len(set(subjects)))
    return task


@transaction.atomic
def end_task(client: UUID, kind: Task.Kind, number: str, *, actor: str) -> bool:
    """From now on it explains nothing. False: it was not open."""
    reference = reference_of(client, kind, number)
    task = Task.objects.select_for_update().filter(kind=kind, reference=reference, ended_at=None).first()
    if task is None:
        return False
    task.ended_at = clock.now()
    task.save(update_fields=["ended_at"])
    _record(Event.TASK_ENDED, task, actor)
    return True


def _record(event: Event, task: Task, actor: str, **counts: Value) -> None:
    facts: dict[str, Value] = {"task": str(task.pk), "kind": task.kind, **counts}
    journal.record(journal.Entry(event=event, actor=actor, client=task.client_id, data=facts))


@transaction.atomic
def feed_shifts(client: UUID, hours: Iterable[Hours], *, actor: str) -> int:
    """Write shifts into the roster, or take them off it. Returns how many were written.

    Raises:
        InvalidInput: one ends before it begins, or lasts longer than a day.
    """
    written = cancelled = 0
    for one in hours:
        if not timedelta() < one.ends - one.starts <= LONGEST_SHIFT:
            raise InvalidInput("bad_shift", _("A shift ends after it begins and lasts 24 hours at most."))
        if one.cancelled:
            cancelled += Shift.objects.filter(user=one.user, starts=one.starts).delete()[0]
            continue
        Shift.objects.update_or_create(
            client_id=client, user_id=one.user, starts=one.starts, defaults={"ends": one.ends}
        )
        written += 1
    facts: dict[str, Value] = {"written": written, "cancelled": cancelled}
    journal.record(journal.Entry(event=Event.SHIFTS_FED, actor=actor, client=client, data=facts))
    return written


@transaction.atomic
def declare_tie(client: UUID, *, user: User, subject: UUID, kind: str, actor: str, session: UUID | None = None) -> Tie:
    """From now on this person opens nothing of this data subject.

    Raises:
        Conflict: it stands already.
    """
    if Tie.objects.filter(user=user, subject=subject).exclude(state=Tie.State.ENDED).exists():
        raise Conflict("tie_stands", _("This is declared already."))
    tie = Tie.objects.create(
        client_id=client, user=user, subject_id=subject, kind=kind, declared_by=actor, declared_at=clock.now()
    )
    journal.record(
        journal.Entry(
            event=Event.TIE_DECLARED,
            actor=actor,
            session=session,
            client=client,
            subject=subject,
            data={"tie": str(tie.pk), "of": str(user.pseudonym), "kind": kind},
        )
    )
    return tie


def confirm_tie(tie: Tie, *, actor: str) -> Tie:
    """Somebody else has seen that it is so."""
    return Tie.machine.move(tie, Tie.State.CONFIRMED, actor=actor, about={"subject": tie.subject_id})


def end_tie(tie: Tie, *, actor: str) -> Tie:
    """It holds no longer; only somebody else than who declared it says so."""
    return Tie.machine.move(
        tie, Tie.State.ENDED, actor=actor, changes={"ended_at": clock.now()}, about={"subject": tie.subject_id}
    )
