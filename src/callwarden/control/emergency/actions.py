"""Breaking the glass, what may be opened then, its end, its review, and what happens without one.

Source: ISO/IEC 27002:2022 8.2 f) (break glass); HIPAA 45 CFR 164.312(a)(2)(ii) (emergency access procedure).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from callwarden.control.emergency.models import EmergencyAccess, EmergencyUse
from callwarden.custody import permits
from callwarden.kernel import clock, endings, findings, incidents, journal, notify, people
from callwarden.kernel.errors import Conflict, InvalidInput, NotFound, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import Finding, Outcome, Severity, User
from callwarden.kernel.notify import Template
from callwarden.kernel.people import lock_active
from callwarden.kernel.roles import Role

State = EmergencyAccess.State
REVIEWERS: Final = (Role.DPO, Role.SECURITY_ADMIN, Role.AUDITOR)
TOLD: Final = (Role.DPO, Role.SECURITY_ADMIN)
ACTIONS: Final = ("reveal", "play_original", "play_redacted", "view_masked")
"""What an emergency opens. Nothing leaves the house by it."""

SHORTEST_REASON: Final = 10
_REVIEWABLE = (State.ENDED, State.OVERDUE)
BEGUN = notify.register(
    Template(
        "emergency-begun",
        subject=_("Emergency access was taken"),
        body=_("Somebody opened personal data without waiting for approval. Look at what and why, and review it."),
        parameters=frozenset({"minutes"}),
    )
)
TAKEN = findings.register(
    FindingKind(
        "emergency-access",
        title=_("Emergency access was taken"),
        remedy=_("Read the reason and what was opened, then say whether it was needed. Until then this stays open."),
    )
)
UNREVIEWED = findings.register(
    FindingKind(
        "emergency-unreviewed",
        title=_("An emergency access was not reviewed in time; the account is frozen"),
        remedy=_("Review it. Two people unfreeze the account once they know what happened."),
    )
)


def may_begin(person: User) -> bool:
    """Whether the site lets somebody in these roles break the glass."""
    return person.has_role(*settings.EMERGENCY_ROLES)


def begin(client: UUID, *, purpose: str, reason: str, by: User, session: UUID | None = None) -> EmergencyAccess:
    """Take emergency access, alone and at once; those who have to know are told in the same transaction.

    Args:
        reason: free text, mandatory; kept sealed beside the ledger.

    Raises:
        Refused: the role is not one of those the site names, or the account is closed.
        InvalidInput: no purpose, or a reason too short to be one.
        Conflict: one is running already.
    """
    if len(reason.strip()) < SHORTEST_REASON:
        raise InvalidInput("reason_missing", _("Say what the emergency is, in a sentence. Others will read it."))
    if not purpose:
        raise InvalidInput("purpose_missing", _("Choose a purpose."))
    now, key = clock.now(), uuid4()
    try:
        with transaction.atomic():
            person = lock_active(by.pk)
            if not may_begin(person):
                raise Refused("no_emergency_role", _("Your role has no emergency access. Ask your team leader."))
            ends = now + timedelta(minutes=settings.EMERGENCY_MINUTES)
            entry = journal.record(
                Entry(
                    event=Event.EMERGENCY_BEGUN,
                    actor=person.actor,
                    session=session,
                    client=client,
                    purpose=purpose,
                    data={"kind": "emergency", "id": str(key), "until": ends.isoformat(timespec="seconds")},
                    detail={"reason": reason.strip()},
                )
            )
            access = EmergencyAccess.objects.create(
                id=key,
                person=person,
                client=client,
                purpose=purpose,
                starts_at=now,
                ends_at=ends,
                max_subjects=settings.EMERGENCY_SUBJECTS,
                max_rows=settings.EMERGENCY_ROWS,
                review_due=now + timedelta(hours=settings.EMERGENCY_REVIEW_HOURS),
                entry=entry,
            )
            findings.report(TAKEN.name, severity=Severity.HIGH, actor=person.actor, where=f"emergency:{key}")
            notify.tell(
                BEGUN,
                roles=TOLD,
                parameters={"minutes": round(settings.EMERGENCY_MINUTES)},
                link=f"/emergency/{key}/",
                but=person,
            )
    except IntegrityError:
        raise Conflict("emergency_running", _("You have emergency access already. End that first.")) from None
    return access


def covering(
    person: User, client: UUID, action: str, purpose: str, subjects: Mapping[UUID, UUID], *, lock: bool
) -> EmergencyAccess | None:
    """The running emergency by which all of these records (record -> whose) may be opened; None when there is none,
    or they would go beyond its cap. With `lock` it is held until the transaction ends."""
    if action not in ACTIONS or not subjects:
        return None
    now = clock.now()
    running = EmergencyAccess.objects.filter(
        person=person, client=client, purpose=purpose, state=State.OPEN, starts_at__lte=now, ends_at__gt=now
    )
    access = (running.select_for_update(of=("self",)) if lock else running).first()
    if access is None:
        return None
    opened = set(access.openings.values_list("subject", flat=True))
    within = len(opened | set(subjects.values())) <= access.max_subjects
    return access if within and access.rows + len(subjects) <= access.max_rows else None


def used(access: EmergencyAccess, subjects: Mapping[UUID, UUID], *, permit: UUID, entry: UUID) -> None:
    """Note what was opened. Call it in the deciding transaction, with the row locked by `covering`."""
    access.rows += len(subjects)
    access.save(update_fields=["rows"])
    now = clock.now()
    EmergencyUse.objects.bulk_create(
        EmergencyUse(access=access, record=record, subject=subject, permit=permit, entry=entry, at=now)
        for record, subject in subjects.items()
    )


def end(access: UUID, *, by: User, session: UUID | None = None) -> EmergencyAccess:
    """End it early: one's own, or as one of those who were told.

    Raises:
        NotFound: there is none, or it is neither.
        Conflict: it has ended.
    """
    with transaction.atomic():
        found = EmergencyAccess.objects.select_for_update().filter(pk=access).first()
        if found is None or (found.person_id != by.pk and not by.has_role(*TOLD)):
            raise _none()
        reason = "given_back" if found.person_id == by.pk else "revoked"
        return _end(found, actor=by.actor, reason=reason, session=session)


def _end(access: EmergencyAccess, *, actor: str, reason: str, session: UUID | None = None) -> EmergencyAccess:
    EmergencyAccess.machine.move(
        access,
        State.ENDED,
        actor=actor,
        changes={"ended_at": clock.now(), "why_ended": reason},
        about={"purpose": access.purpose, "reasons": (reason,), "count": access.rows, "session": session},
    )
    for permit in set(access.openings.values_list("permit", flat=True)):
        permits.revoke(permit)
    return access


def review(access: UUID, *, justified: bool, note: str, by: User, session: UUID | None = None) -> EmergencyAccess:
    """Say, as somebody else, whether it was needed. What was not justified opens an incident at once.

    Args:
        note: what was looked at and why it was or was not needed; kept sealed beside the ledger.

    Raises:
        Refused: it was one's own, or the role does not review.
        InvalidInput: no note.
        Conflict: it still runs, or has been reviewed.
    """
    if not note.strip():
        raise InvalidInput("note_missing", _("Say in a sentence what you looked at and what you found."))
    with transaction.atomic():
        found = EmergencyAccess.objects.select_for_update().filter(pk=access).first()
        if found is None:
            raise _none()
        if found.person_id == by.pk:
            raise Refused("own_emergency", _("Nobody reviews their own emergency access. Somebody else has to."))
        if not by.has_role(*REVIEWERS):
            raise Refused("may_not_review", _("Your role does not review emergency access."))
        if found.state not in _REVIEWABLE:
            raise Conflict("emergency_not_waiting", _("It runs still, or has been reviewed. Look at it again."))
        incident = None if justified else _incident(found, by, note, session)
        now = clock.now()
        return EmergencyAccess.machine.move(
            found,
            State.CONFIRMED if justified else State.QUESTIONED,
            actor=by.actor,
            changes={"reviewed_at": now, "reviewed_by": by, "incident": incident},
            about={"session": session, "purpose": found.purpose, "detail": {"note": note.strip()}},
        )


def _incident(found: EmergencyAccess, by: User, note: str, session: UUID | None) -> UUID:
    opened = incidents.open(
        "misuse", severity=Severity.HIGH, actor=by.actor, summary=note, client=found.client, session=session
    )
    return opened.pk


def look() -> int:
    """End what has run out, freeze accounts whose emergency nobody reviewed in time (run by the clock); how many."""
    now, done = clock.now(), 0
    for key in list(EmergencyAccess.objects.filter(state=State.OPEN, ends_at__lte=now).values_list("pk", flat=True)):
        with transaction.atomic():
            access = EmergencyAccess.objects.select_for_update().get(pk=key)
            if access.state == State.OPEN:
                _end(access, actor="job:clock", reason="time")
                done += 1
    late = EmergencyAccess.objects.filter(state=State.ENDED, review_due__lte=now)
    for key in list(late.values_list("pk", flat=True)):
        with transaction.atomic():
            done += _overdue(key)
    _settle()
    return done


def _overdue(key: UUID) -> int:
    access = EmergencyAccess.objects.select_related("person").get(pk=key)
    # The person first and then the row, as closing an account takes them.
    person = User.objects.select_for_update().get(pk=access.person_id)
    access = EmergencyAccess.objects.select_for_update(of=("self",)).get(pk=key)
    if access.state != State.ENDED:
        return 0
    EmergencyAccess.machine.move(access, State.OVERDUE, actor="job:clock", about={"purpose": access.purpose})
    findings.report(UNREVIEWED.name, severity=Severity.CRITICAL, actor="job:clock", where=f"emergency:{key}")
    if person.frozen_at is None:
        people.freeze_account(person, actor="job:clock", reason="emergency_unreviewed")
    return 1


def _settle() -> None:
    """Findings said to be put right are so once the emergency has been reviewed."""
    waiting = Finding.objects.filter(kind__in=(TAKEN.name, UNREVIEWED.name), state=Finding.State.VERIFYING)
    for finding in waiting:
        key = finding.where.partition(":")[2]
        reviewed = EmergencyAccess.objects.filter(pk=key, reviewed_at__isnull=False).exists()
        if reviewed:
            findings.check(finding, outcome=Outcome.PASS, actor="job:watch", evidence="seen:reviewed")


def _end_of(person: User, actor: str, reason: str) -> int:
    """It ends with the account and with a role; the review is due all the same."""
    theirs = list(EmergencyAccess.objects.select_for_update().filter(person=person, state=State.OPEN))
    for access in theirs:
        _end(access, actor=actor, reason=reason)
    return len(theirs)


endings.register("emergency", _end_of, with_rights=True)


def _none() -> NotFound:
    return NotFound("no_such_emergency", _("There is no such emergency access, or it is not for you to see."))
