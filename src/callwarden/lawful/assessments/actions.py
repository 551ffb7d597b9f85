"""Writing, approving, renewing and ending assessments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import clock, findings, journal
from callwarden.kernel.errors import Conflict, InvalidInput, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Severity
from callwarden.lawful.assessments import rules
from callwarden.lawful.assessments.models import Assessment
from callwarden.lawful.purposes.actions import content_of
from callwarden.lawful.purposes.entries import PurposeEntry
from callwarden.lawful.purposes.models import Purpose, PurposeRevision
from callwarden.lawful.purposes.queries import entry_of

State = Assessment.State
ACTOR: Final = "job:clock"
LAPSED = findings.register(
    FindingKind(
        "assessment-lapsed",
        title=_("A purpose goes on after its impact assessment has lapsed"),
        remedy=_("Make a new assessment of the purpose, or retire it."),
    )
)


@transaction.atomic
def start(
    purpose: Purpose, *, actor: str, revision: PurposeRevision | None = None, due_on: date | None = None
) -> Assessment:
    """Begin an assessment of a purpose as it is, or as a proposed revision would have it.

    Raises:
        Conflict: one is under way, or the purpose is retired.
    """
    purpose = Purpose.objects.select_for_update().get(pk=purpose.pk)
    if purpose.state == Purpose.State.RETIRED:
        raise Conflict("purpose_retired", _("This purpose was retired. Choose another."))
    if purpose.assessments.filter(state=State.DRAFT).exists():
        raise Conflict("assessment_open", _("An assessment of this purpose is under way. Go on with that one."))
    entry = content_of(revision) if revision is not None else entry_of(purpose)
    last = purpose.assessments.order_by("-number").first()
    made = Assessment.objects.create(
        purpose=purpose,
        number=(purpose.assessments.aggregate(last=Max("number"))["last"] or 0) + 1,
        jurisdictions=sorted(entry.grounds),
        covers=entry.digest,
        # Whoever looks again begins with what was thought before.
        answers=dict(last.answers) if last else {},
        risks=list(last.risks) if last else [],
        due_on=due_on,
        started_by=actor,
        started_at=clock.now(),
    )
    _record(Event.ASSESSMENT_STARTED, made, actor)
    return made


@transaction.atomic
def write(
    assessment: Assessment,
    *,
    answers: Mapping[str, str] | None = None,
    risks: Sequence[rules.Risk] | None = None,
    consulted: str | None = None,
    review_months: int | None = None,
) -> Assessment:
    """Keep what was filled in. An approval of what stood before does not cover it.

    Raises:
        Conflict: it is no draft.
        InvalidInput: an answer is too long, or a weight or term is out of range.
    """
    assessment = Assessment.objects.select_for_update().get(pk=assessment.pk)
    if assessment.state != State.DRAFT:
        raise Conflict("assessment_not_draft", _("This assessment is closed. Begin a new one."))
    for slug, text in (answers or {}).items():
        if slug not in rules.QUESTIONS or len(text) > rules.LONGEST_ANSWER:
            raise InvalidInput("answer_unusable", _("An answer is too long or belongs to no question."))
        assessment.answers[slug] = text
    if risks is not None:
        for risk in risks:
            weights = (risk.likelihood, risk.severity, risk.likelihood_after, risk.severity_after)
            if risk.risk not in rules.RISKS or not set(weights) <= {1, 2, 3}:
                raise InvalidInput("risk_unusable", _("Weigh each risk from 1 (low) to 3 (high)."))
        assessment.risks = [asdict(risk) for risk in risks]
    if consulted is not None:
        assessment.consulted = consulted[:100]
    if review_months is not None:
        if review_months not in rules.REVIEW_MONTHS:
            raise InvalidInput("review_out_of_range", _("Choose one of the terms of review."))
        assessment.review_months = review_months
    assessment.save()
    return assessment


@transaction.atomic
def bring_up_to_date(assessment: Assessment, entry: PurposeEntry) -> Assessment:
    """Let a draft cover the purpose as it is now; whoever approves sees that."""
    assessment = Assessment.objects.select_for_update().get(pk=assessment.pk)
    if assessment.state != State.DRAFT:
        raise Conflict("assessment_not_draft", _("This assessment is closed. Begin a new one."))
    assessment.covers, assessment.jurisdictions = entry.digest, sorted(entry.grounds)
    assessment.save(update_fields=["covers", "jurisdictions"])
    return assessment


def require_complete(assessment: Assessment) -> None:
    """Refuse what is not ready to be decided on.

    Raises:
        Refused: something is not answered.
    """
    risks = rules.risks_of(assessment.risks)
    if missing := rules.missing(assessment.answers, risks, assessment.consulted, assessment.jurisdictions):
        raise Refused(
            "assessment_incomplete",
            _("%(count)s things are not answered yet. The last step lists them."),
            data={"count": len(missing)},
        )


@transaction.atomic
def approve(assessment: Assessment, *, approvers: Sequence[str], actor: str, approval: UUID | None) -> Assessment:
    """Let an assessment count. One that was approved before is replaced; the purpose in force rests on this one.

    Args:
        approvers: pseudonyms of the people who approved; two at least.

    Raises:
        Refused: it is incomplete, or fewer than two people approved.
        Conflict: it is no draft.
    """
    require_complete(assessment)
    if len(set(approvers)) < 2:
        raise Refused("two_approvers", _("Two people have to approve an impact assessment."))
    purpose = Purpose.objects.select_for_update().get(pk=assessment.purpose_id)
    now = clock.now()
    ends = _months_later(now, assessment.review_months)
    about = {"approval": approval, "purpose": purpose.slug, "data": {"purpose": purpose.slug}}
    for old in purpose.assessments.filter(state__in=(State.APPROVED, State.LAPSED)):
        Assessment.machine.move(old, State.REPLACED, actor=actor, about={"purpose": purpose.slug})
    changes = {
        "approved_by": sorted(set(approvers)),
        "approved_at": now,
        "approval": approval,
        "valid_until": ends,
        "keep_until": _months_later(ends, 12 * rules.KEEP_YEARS),
    }
    done = Assessment.machine.move(assessment, State.APPROVED, actor=actor, changes=changes, about=about)  # type: ignore[arg-type]
    if purpose.state == Purpose.State.ACTIVE and done.covers == entry_of(purpose).digest:
        purpose.assessment = done
        purpose.save(update_fields=["assessment"])
    return done


def abandon(assessment: Assessment, *, actor: str) -> Assessment:
    """Give up a draft."""
    return Assessment.machine.move(assessment, State.ABANDONED, actor=actor)


def lapse_due() -> int:
    """Let assessments whose time of review has passed lapse (run by the clock). Returns how many.

    A purpose that goes on without one is a finding; it is not stopped, for that would be a breach of its own (calls
    that law or contract ask to be recorded).
    """
    lapsed = 0
    for one in Assessment.objects.filter(state=State.APPROVED, valid_until__lte=clock.now()).select_related("purpose"):
        with transaction.atomic():
            Assessment.machine.move(one, State.LAPSED, actor=ACTOR, about={"purpose": one.purpose_id})
            if one.purpose.state == Purpose.State.ACTIVE:
                where = f"purpose:{one.purpose_id}"
                findings.report(LAPSED.name, where=where, severity=Severity.HIGH, actor="job:watch")
            lapsed += 1
    return lapsed


@transaction.atomic
def destroy(assessment: Assessment, *, actor: str) -> None:
    """Remove an assessment at the end of its time.

    Raises:
        Refused: it has to be kept still, or a purpose rests on it.
    """
    assessment = Assessment.objects.select_for_update().get(pk=assessment.pk)
    if assessment.keep_until is not None and clock.now() < assessment.keep_until:
        raise Refused(
            "assessment_kept",
            _("Impact assessments are kept for three years (PIPL art. 56): until %(until)s."),
            data={"until": assessment.keep_until.date().isoformat()},
        )
    if Purpose.objects.filter(assessment=assessment).exists():
        raise Refused("assessment_in_use", _("A purpose rests on this assessment."))
    _record(Event.ASSESSMENT_DESTROYED, assessment, actor)
    assessment.delete()


def _months_later(at: datetime, months: int) -> datetime:
    """The same day of a later month, or its last day."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    for day in (at.day, 30, 29, 28):
        try:
            return at.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has a 28th day")


def _record(event: Event, assessment: Assessment, actor: str) -> None:
    data = {"assessment": str(assessment.pk), "purpose": assessment.purpose_id, "covers": assessment.covers}
    journal.record(journal.Entry(event=event, actor=actor, purpose=assessment.purpose_id, data=data))
