"""Starting a review, deciding, and the end of silence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import rfc8785
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from callwarden.control.reviews import reminders
from callwarden.control.reviews.doubts import CODES
from callwarden.control.reviews.models import Campaign, Item
from callwarden.control.reviews.things import ROLE, all_things, thing_of
from callwarden.control.training import queries as training
from callwarden.control.training import watch
from callwarden.kernel import clock, findings, journal, notify
from callwarden.kernel.errors import Conflict, InvalidInput, NotFound, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import Severity, User
from callwarden.kernel.notify import Template
from callwarden.kernel.roles import SENSITIVE, Role, check_roles

JOB: Final = "job:review"
LONGEST: Final = timedelta(days=90)
Decision = Item.Decision
ASKED = notify.register(
    Template(
        "review-started",
        subject=_("Rights wait for your review"),
        body=_("The review “%(reference)s” has begun. What nobody decides on by its end is revoked."),
        parameters=frozenset({"reference"}),
    )
)
NOT_CARRIED = findings.register(
    FindingKind(
        "review-not-carried",
        title=_("A review revoked the last security administrator, which was not carried out"),
        remedy=_("Give the role to somebody else by two people, then take it from the person."),
    )
)


@transaction.atomic
def start(
    reference: str, *, roles: Iterable[str], lines: Sequence[UUID] | None, due_at: datetime, by: User
) -> Campaign:
    """Begin a review of everybody who holds one of the roles on one of the lines.

    Raises:
        InvalidInput: nothing to review, nobody to review it, or a deadline beyond 90 days.
        Conflict: there is one of this reference.
    """
    now = clock.now()
    if not now < due_at <= now + LONGEST:
        raise InvalidInput("review_due", _("A review ends within 90 days. Choose a day in the future."))
    wanted = sorted(set(roles))
    for role in wanted:
        check_roles([role])
    persons = list(User.objects.filter(is_active=True).order_by("pk"))
    if wanted:
        persons = [one for one in persons if set(wanted) & set(one.roles)]
    if lines is not None:
        persons = [one for one in persons if one.lines is not None and set(one.lines) & set(lines)]
    by_id = {person.pk: person for person in persons}
    found = [(thing.kind, right) for thing in all_things() for right in thing.find(persons, wanted)]
    if not found:
        raise InvalidInput("review_empty", _("Nobody holds such a right. Choose other roles or lines."))
    try:
        with transaction.atomic():
            campaign = Campaign.objects.create(
                reference=reference,
                roles=wanted,
                lines=None if lines is None else list(lines),
                started_by=by,
                started_at=now,
                due_at=due_at,
            )
    except IntegrityError:
        raise Conflict("review_exists", _("There is a review of this name. Choose another.")) from None
    Item.objects.bulk_create(
        [
            Item(
                campaign=campaign,
                person=by_id[right.person],
                kind=kind,
                target=right.target,
                facts=dict(right.facts),
                reviewer=reviewer_of(by_id[right.person], kind, right.target),
            )
            for kind, right in found
        ]
    )
    journal.record(
        Entry(
            event=Event.REVIEW_STARTED,
            actor=by.actor,
            count=len(found),
            data={"review": str(campaign.pk), "roles": wanted, "due": due_at.isoformat(timespec="seconds")},
        )
    )
    reminders.begun(actor=by.actor)
    told = User.objects.filter(pk__in=campaign.items.values("reviewer")).exclude(email="")
    for person in told:
        notify.send(ASKED, to=person, parameters={"reference": reference}, link=f"/control/reviews/{campaign.pk}/")
    return campaign


def reviewer_of(person: User, kind: str, target: str) -> User:
    """Who reviews a right: the leader of the person's team, else a data protection officer; never the person.

    Raises:
        InvalidInput: there is nobody but the person.
    """
    others = User.objects.filter(is_active=True).exclude(pk=person.pk).order_by("username")
    if kind == "role" and target not in SENSITIVE and person.lines:
        leaders = others.filter(roles__contains=[Role.TEAM_LEADER], lines__overlap=list(person.lines))
        if target != Role.TEAM_LEADER and (leader := leaders.first()):
            return leader
    for role in (Role.DPO, Role.SECURITY_ADMIN, Role.AUDITOR):
        if found := others.filter(roles__contains=[role]).first():
            return found
    raise InvalidInput(
        "no_reviewer", _("Nobody can review this but the person themself. Open an account for one more.")
    )


@transaction.atomic
def see(campaign: Campaign, person: UUID, *, by: User) -> None:
    """Note that a reviewer has looked at all rights of one person; only then they may keep them together."""
    mine = Item.objects.filter(campaign=campaign, person=person, decision="").exclude(person=by)
    if not by.has_role(Role.DPO):
        mine = mine.filter(reviewer=by)
    mine.filter(seen_by=None).update(seen_by=by, seen_at=clock.now())
    mine.exclude(seen_by=by).update(seen_by=by, seen_at=clock.now())


@transaction.atomic
def decide(item: UUID, decision: str, *, by: User, reason: str, session: UUID | None = None) -> Item:
    """Say of one right whether it is still needed. Revoking takes it back at once.

    Raises:
        Refused: one's own right, or somebody else's to review; or a sensitive role would be kept by somebody whose
            training is not current.
        InvalidInput: no reason.
        Conflict: decided already, or the review is over.
    """
    if decision not in Decision.values or not reason.strip():
        raise InvalidInput("reason_missing", _("Say why, so that the report can be understood later."))
    locked = _locked(item)
    if locked.campaign.state != Campaign.State.RUNNING or clock.now() >= locked.campaign.due_at:
        raise Conflict("review_over", _("This review is over. Look at its report."))
    if locked.decision:
        raise Conflict("reviewed_already", _("This has been decided already."))
    _may_decide(locked, by)
    if decision == Decision.KEEP and locked.kind == ROLE.kind:
        training.refuse_untrained(locked.person, [locked.target])
    return _write(locked, decision, actor=by.actor, reason=reason.strip(), session=session)


@transaction.atomic
def keep_all(campaign: Campaign, person: UUID, *, by: User, reason: str, session: UUID | None = None) -> int:
    """Keep every right of one person that this reviewer has looked at and nobody has decided on; how many.

    Raises:
        Refused: the reviewer has not looked at this person's rights.
    """
    open_items = Item.objects.filter(campaign=campaign, person=person, decision="", seen_by=by)
    keys = list(open_items.order_by("pk").values_list("pk", flat=True))
    if not keys:
        raise Refused("not_seen", _("Look at the rights of this person first."))
    for key in keys:
        decide(key, Decision.KEEP, by=by, reason=reason, session=session)
    return len(keys)


def end_due() -> int:
    """Revoke what nobody decided on by the deadline, then close the review and sign its report; how many were closed.

    May be killed and run again: each right is decided on in a transaction of its own, once.
    """
    ended = 0
    for campaign in list(Campaign.objects.filter(state=Campaign.State.RUNNING, due_at__lte=clock.now())):
        for key in list(campaign.items.filter(decision="").order_by("pk").values_list("pk", flat=True)):
            with transaction.atomic():
                item = _locked(key)
                if not item.decision:
                    _write(item, Decision.REVOKE, actor=JOB, reason="", silent=True)
        ended += _close(campaign, actor=JOB)
    return ended


def close_decided(campaign: Campaign, *, actor: str) -> bool:
    """Close a review before its deadline when everything is decided."""
    return not campaign.items.filter(decision="").exists() and bool(_close(campaign, actor=actor))


def _locked(item: UUID) -> Item:
    found = Item.objects.select_for_update(of=("self",)).select_related("campaign", "person").filter(pk=item).first()
    if found is None:
        raise NotFound("no_such_item", _("There is no such right in this review. Go back to it."))
    return found


def _may_decide(item: Item, by: User) -> None:
    if by.pk == item.person_id:
        raise Refused("own_review", _("Nobody reviews their own rights. Somebody else has to."))
    if not by.is_active or (by.pk != item.reviewer_id and not by.has_role(Role.DPO)):
        raise Refused("not_reviewer", _("Somebody else reviews this."))


def _write(
    item: Item, decision: str, *, actor: str, reason: str, silent: bool = False, session: UUID | None = None
) -> Item:
    outcome = "kept" if decision == Decision.KEEP else _revoke(item, actor)
    item.entry = journal.record(
        Entry(
            event=Event.REVIEW_DECIDED,
            actor=actor,
            session=session,
            data={
                "review": str(item.campaign_id),
                "person": item.person.actor,
                "kind": item.kind,
                "target": item.target,
                "decision": str(decision),
                "outcome": outcome,
                "silent": silent,
            },
            detail={"reason": reason} if reason else None,
        )
    )
    item.decision, item.decided_by, item.decided_at = decision, actor, clock.now()
    item.silent, item.outcome = silent, outcome
    watch.settle(item.person, actor=actor)
    item.save(update_fields=["decision", "decided_by", "decided_at", "silent", "outcome", "entry"])
    return item


def _revoke(item: Item, actor: str) -> str:
    try:
        with transaction.atomic():
            return "revoked" if thing_of(item.kind).revoke(item.person, item.target, actor) else "gone"
    except Refused:
        findings.report(
            NOT_CARRIED.name,
            severity=Severity.HIGH,
            actor=JOB,
            where=f"person:{item.person.actor}",
            data={"review": str(item.campaign_id)},
        )
        return "refused"


@transaction.atomic
def _close(campaign: Campaign, *, actor: str) -> int:
    locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if locked.state != Campaign.State.RUNNING or locked.items.filter(decision="").exists():
        return 0
    now = clock.now()
    body = rfc8785.dumps(report(locked, at=now))
    digest = hashlib.sha256(body).hexdigest()
    entry = journal.record(
        Entry(
            event=Event.REVIEW_REPORTED,
            actor=actor,
            count=locked.items.count(),
            data={"certificate": str(locked.pk), "digest": digest, "kind": "access_review"},
        )
    )
    changes = {"closed_at": now, "body": body, "digest": digest, "entry": entry}
    Campaign.machine.move(locked, Campaign.State.CLOSED, actor=actor, changes=changes)
    reminders.ended(locked, actor=actor)
    return 1


def report(campaign: Campaign, *, at: datetime) -> dict[str, Any]:
    """What was decided, by pseudonyms: strings, whole numbers and truth values only."""
    items = campaign.items.select_related("person", "reviewer").order_by("person__pseudonym", "kind", "target")
    return {
        "v": 1,
        "id": str(campaign.pk),
        "kind": "access_review",
        "reference": campaign.reference,
        "issued_at": at.isoformat(timespec="seconds"),
        "started_at": campaign.started_at.isoformat(timespec="seconds"),
        "due_at": campaign.due_at.isoformat(timespec="seconds"),
        "started_by": campaign.started_by.actor,
        "roles": list(campaign.roles),
        "lines": None if campaign.lines is None else [str(line) for line in campaign.lines],
        "items": [
            {
                "person": item.person.actor,
                "kind": item.kind,
                "target": item.target,
                "reviewer": item.reviewer.actor,
                "decision": item.decision,
                "by": item.decided_by,
                "at": item.decided_at.isoformat(timespec="seconds") if item.decided_at else None,
                "silent": item.silent,
                "outcome": item.outcome,
                "notable": [code for code in CODES if item.facts.get(code)],
                "entry": str(item.entry),
            }
            for item in items
        ],
    }
