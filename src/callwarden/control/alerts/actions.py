"""Raising alerts, working them, and what is set about them. Each is one transaction with its entry in the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.control.alerts.models import Alert, Canary, Suppression, Tuning
from callwarden.control.alerts.rules import ALWAYS, EVERY, LEAST, MOST, severity_of, tunable
from callwarden.engines import watch
from callwarden.kernel import approvals, clock, frozen, incidents, journal, notify, people, sessions
from callwarden.kernel.errors import Conflict, InvalidInput, NotFound, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import Approval, Incident, Severity, User, Vote
from callwarden.kernel.notify import Template
from callwarden.kernel.roles import Role

ACTOR: Final = "job:alerts"
ROLES: Final = (Role.SECURITY_ADMIN, Role.DPO)
LONGEST_SUPPRESSION: Final = timedelta(days=90)
# For how long, and how often, one person alone keeps alerts of a kind from being shown.
ALONE: Final = timedelta(hours=4)
ALONE_EVERY: Final = timedelta(hours=24)
RAISED = notify.register(
    Template(
        "alert-raised",
        subject=_("Possible misuse of access"),
        body=_(
            "The watch noticed possible misuse, severity “%(severity)s”. Look at it now; it says why and with what."
        ),
        parameters=frozenset({"severity"}),
    )
)
SILENCED = notify.register(
    Template(
        "alerts-silenced",
        subject=_("Alerts are silenced"),
        body=_("Somebody alone silenced alerts of the kind “%(kind)s” for four hours. Look whether that is right."),
        parameters=frozenset({"kind"}),
    )
)
State = Alert.State


def raise_alert(told: watch.Alert, *, committed_at: datetime) -> Alert:
    """Keep an alert the watch raised, in the caller's transaction, and tell whoever has to know.

    Args:
        committed_at: time of the happening's entry, from which the lag is counted.
    """
    now = clock.now()
    silent = suppression_of(told.kind, told.actor, now)
    alert = Alert.objects.create(
        detector=told.detector,
        kind=told.kind,
        severity=severity_of(told.kind),
        actor=told.actor,
        at=_time(told.at),
        since=_time(told.since),
        raised_at=now,
        lag_ms=max(0, min(2**31 - 1, round((now - committed_at).total_seconds() * 1000))),
        facts=dict(told.facts),
        evidence=list(told.evidence),
    )
    journal.record(
        Entry(
            event=Event.ALERT_RAISED,
            actor=ACTOR,
            count=len(told.evidence),
            data={
                "kind": "alert",
                "id": str(alert.pk),
                "detector": told.detector,
                "alert_kind": told.kind,
                "person": told.actor,
                "severity": str(alert.severity),
            },
        )
    )
    if silent is not None:
        Alert.machine.move(alert, State.SUPPRESSED, actor=ACTOR, changes={"suppression": silent, "closed_at": now})
        return alert
    if told.kind in ALWAYS:
        return alert  # the act that it tells of told them
    accused = User.objects.filter(pseudonym=told.actor).first() if _is_uuid(told.actor) else None
    notify.tell(
        RAISED, roles=ROLES, parameters={"severity": str(alert.severity)}, link=f"/alerts/{alert.pk}/", but=accused
    )
    return alert


def acknowledge(alert: Alert, *, by: User, session: UUID | None = None) -> Alert:
    """Somebody looks at it.

    Raises:
        Conflict: it is not open any more.
        Refused: it is about them.
    """
    return Alert.machine.move(alert, State.ACKNOWLEDGED, actor=by.actor, about={"session": session})


def suspect(alert: Alert, *, by: User, session: UUID | None = None) -> Alert:
    """Whoever looked suspects misuse."""
    return Alert.machine.move(alert, State.SUSPECTED, actor=by.actor, about={"session": session})


def close(alert: Alert, *, misuse: bool, by: User, reason: str, session: UUID | None = None) -> Alert:
    """Say what it was. The marks are what thresholds learn from.

    Args:
        reason: in words; kept sealed beside the log.

    Raises:
        InvalidInput: no reason.
    """
    if not reason.strip():
        raise InvalidInput("reason_missing", _("Say what you found, so that others can follow it."))
    return Alert.machine.move(
        alert,
        State.TRUE if misuse else State.FALSE,
        actor=by.actor,
        changes={"closed_at": clock.now()},
        about={"session": session, "detail": {"reason": reason.strip()}},
    )


def end_sessions(alert: Alert, *, by: User, session: UUID | None = None) -> int:
    """End every session of the person an alert is about, at once. How many there were.

    Raises:
        Refused: it is about them; or about no person.
    """
    with transaction.atomic():
        user = _accused(alert, by)
        _acted(alert, by, "sessions_ended", session)
        return sessions.revoke_all(user, actor=by.actor, reason="incident")


def freeze(alert: Alert, *, by: User, reason: str, session: UUID | None = None) -> User:
    """Freeze the account of the person an alert is about; two people unfreeze it.

    Raises:
        Refused, Conflict: see `people.freeze_account`.
    """
    with transaction.atomic():
        user = _accused(alert, by)
        _acted(alert, by, "account_frozen", session)
        return people.freeze_account(user, actor=by.actor, reason="alert", detail=reason, session=session)


def key_ended(alert: Alert, *, by: User, session: UUID | None = None) -> None:
    """Note, in the caller's transaction, that the key of the program an alert is about was ended because of it."""
    _acted(alert, by, "key_ended", session)


def ask_to_unfreeze(alert: Alert, *, by: User, reason: str, session: UUID | None = None) -> Approval:
    """Ask for leave to unfreeze the account of the person an alert is about; somebody else approves.

    Raises:
        Conflict: it is not frozen.
        Refused, InvalidInput: see `approvals.request`.
    """
    user = _accused(alert, by)
    return approvals.request(frozen.act(user), requester=by, reason=reason, session=session)


def open_incident(alert: Alert, *, by: User, summary: str, session: UUID | None = None) -> Incident:
    """Open an incident with the alert's evidence; legal clocks run from when the alert was raised.

    Raises:
        Conflict: it has one already.
        InvalidInput: no summary.
    """
    with transaction.atomic():
        locked = Alert.objects.select_for_update().get(pk=alert.pk)
        if locked.actor == by.actor:
            raise Refused("own_alert", _("This alert is about you. Somebody else has to look at it."))
        if locked.incident_id is not None:
            raise Conflict("incident_open", _("There is an incident for this alert already. Go on there."))
        leaves = ", ".join(f"#{index}" for index in locked.evidence)
        opened = incidents.open(
            "misuse",
            severity=Severity(locked.severity),
            actor=by.actor,
            session=session,
            summary=f"{summary.strip()}\n\n{locked.detector} {locked.kind}: {leaves}" if summary.strip() else "",
            discovered_at=locked.raised_at,
        )
        Alert.objects.filter(pk=locked.pk).update(incident=opened)
        _acted(locked, by, "incident_opened", session, incident=str(opened.pk))
    alert.incident = opened
    return opened


def check_suppression(kind: str, *, person: str, until: datetime, owner: User, reason: str) -> None:
    """Whether such a suppression can be at all, by however many people.

    Raises:
        InvalidInput: no reason, an unknown kind, or longer than 90 days.
        Refused: for oneself; or for canaries.
    """
    now = clock.now()
    if kind not in EVERY:
        raise InvalidInput("unknown_kind", _("There is no such kind of alert. Choose from the list."))
    if not reason.strip():
        raise InvalidInput("reason_missing", _("Say why these alerts need nobody's attention."))
    if not now < until <= now + LONGEST_SUPPRESSION:
        raise InvalidInput("expiry_out_of_range", _("A suppression lasts at most 90 days. Choose a nearer day."))
    if kind in watch.FIXED or kind in ALWAYS:
        raise Refused("never_suppressed", _("Alerts of this kind are never suppressed."))
    if person == owner.actor:
        raise Refused("own_alert", _("Nobody suppresses alerts about themselves."))


def suppress_alone(kind: str, *, person: str, owner: User, reason: str, session: UUID | None = None) -> Suppression:
    """Keep alerts of a kind from being shown for four hours, at once and by oneself, once a day; the others are told.

    Raises:
        InvalidInput, Refused: as `check_suppression`.
        Conflict: it was done alone within a day. Ask somebody else.
    """
    now = clock.now()
    check_suppression(kind, person=person, until=now + ALONE, owner=owner, reason=reason)
    with transaction.atomic():
        # One at a time, or two at once would each find nothing.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"suppress:{kind}"])
        lately = Suppression.objects.filter(kind=kind, created_at__gt=now - ALONE_EVERY)
        # A kind counts as a whole: person after person would silence it for everybody.
        if lately.exclude(entry__in=Approval.objects.values("entry")).exists():
            raise Conflict(
                "alone_already",
                _("Alerts of this kind were silenced by one person within a day. Now somebody else has to approve."),
            )
        made = suppress(kind, person=person, until=now + ALONE, owner=owner, reason=reason, session=session)
        notify.tell(SILENCED, roles=ROLES, parameters={"kind": kind}, link="/alerts/suppressions/", but=owner)
    return made


def suppress(
    kind: str,
    *,
    person: str,
    until: datetime,
    owner: User,
    reason: str = "",
    session: UUID | None = None,
    approval: Approval | None = None,
) -> Suppression:
    """Keep alerts of a kind from being shown, for everybody or one person, until a day. They are still kept.

    Args:
        approval: what two people decided; its entry says why. Without it, four hours is the longest.

    Raises:
        InvalidInput, Refused: as `check_suppression`; longer than one person may.
    """
    now = clock.now()
    check_suppression(kind, person=person, until=until, owner=owner, reason="approved" if approval else reason)
    if approval is None and until > now + ALONE:
        raise Refused("two_people", _("For longer than four hours somebody else has to approve."))
    key = uuid4()
    with transaction.atomic():
        entry = journal.record(
            Entry(
                event=Event.SUPPRESSION_SET,
                actor=owner.actor,
                session=session,
                approval=approval.pk if approval else None,
                data={
                    "id": str(key),
                    "alert_kind": kind,
                    "person": person,
                    "until": until.isoformat(timespec="seconds"),
                    "people": 2 if approval else 1,
                },
                detail=None if approval else {"reason": reason.strip()},
            )
        )
        return Suppression.objects.create(
            id=key,
            kind=kind,
            actor=person,
            owner=owner,
            created_at=now,
            expires_at=until,
            entry=approval.entry if approval else entry,
        )


def end_suppression(suppression: Suppression, *, by: User, session: UUID | None = None) -> Suppression:
    """Show such alerts again from now on.

    Raises:
        Conflict: it is over.
    """
    return end_again(suppression, actor=by.actor, session=session)


def end_again(suppression: Suppression, *, actor: str, session: UUID | None = None) -> Suppression:
    """The same, also in a restored store that does not know that it was ended."""
    with transaction.atomic():
        locked = Suppression.objects.select_for_update().get(pk=suppression.pk)
        if not locked.in_force:
            raise Conflict("suppression_over", _("This suppression is over already."))
        locked.ended_at = clock.now()
        locked.save(update_fields=["ended_at"])
        data = {"id": str(locked.pk), "alert_kind": locked.kind, "person": locked.actor}
        journal.record(Entry(event=Event.SUPPRESSION_ENDED, actor=actor, session=session, data=data))
    return locked


def suppression_of(kind: str, actor: str, at: datetime) -> Suppression | None:
    """What keeps such an alert from being shown at that time: nothing that the person it is about decided on, also
    where it is for everybody.
    """
    found = Suppression.objects.filter(kind=kind, actor__in=("", actor), ended_at=None, expires_at__gt=at)
    if _is_uuid(actor):
        decided = Approval.objects.filter(Q(executed_by__pseudonym=actor) | Q(pk__in=_voted(actor)))
        found = found.exclude(owner__pseudonym=actor).exclude(entry__in=decided.values("entry"))
    return found.order_by("created_at").first()


def _voted(person: str) -> QuerySet[Vote, UUID]:
    """What somebody voted on, themselves or by a deputy."""
    theirs = Vote.objects.filter(Q(voter__pseudonym=person) | Q(in_name_of__pseudonym=person))
    return theirs.values_list("approval", flat=True)


def tune(
    kind: str, after: float, *, expected: float, why: str, by: User, reason: str, session: UUID | None = None
) -> Tuning:
    """Set how strict a kind is from the next entry of the log on.

    Args:
        expected: what whoever decides saw as the present strictness.
        why: `feedback`, `decided` or `reverted`.

    Raises:
        InvalidInput: out of bounds, a kind that is not tuned, or no reason.
        Conflict: somebody else changed it meanwhile.
    """
    if kind not in tunable() or not LEAST <= after <= MOST:
        raise InvalidInput("strictness_out_of_range", _("Choose a strictness between -1 and 2."))
    if not reason.strip():
        raise InvalidInput("reason_missing", _("Say why, so that others can follow it."))
    with transaction.atomic():
        # One at a time, so that history is one line.
        list(Tuning.objects.select_for_update().filter(kind=kind).order_by("-at")[:1])
        before = strictness().get(kind, 0.0)
        if before != expected:
            raise Conflict("changed_meanwhile", _("Somebody else changed this meanwhile. Look at it again."))
        if before == after:
            raise Conflict("nothing_changes", _("It is set so already."))
        entry = journal.record(
            Entry(
                event=Event.ALERTS_TUNED,
                actor=by.actor,
                session=session,
                data={"alert_kind": kind, "before": f"{before:g}", "after": f"{after:g}", "why": why},
                detail={"reason": reason.strip()},
            )
        )
        return Tuning.objects.create(
            kind=kind, before=before, after=after, why=why, at=clock.now(), by=by.actor, entry=entry
        )


def strictness() -> dict[str, float]:
    """Kind -> strictness in force, where it is not as shipped."""
    rows = Tuning.objects.order_by("at", "pk").values_list("kind", "after")
    return {kind: after for kind, after in dict(rows).items() if after}


def plant(client: UUID, subject: UUID, *, by: User, session: UUID | None = None) -> Canary:
    """Make a data subject a canary: any touch of it alerts. It has to be somebody invented.

    Raises:
        Conflict: it is one already.
    """
    with transaction.atomic():
        if Canary.objects.filter(subject=subject, removed_at=None).exists():
            raise Conflict("canary_planted", _("This customer is a canary already."))
        planted = Canary.objects.create(client=client, subject=subject, planted_at=clock.now(), planted_by=by.actor)
        # The subject is not named: who reads the log is not to learn which records are watched.
        data = {"id": str(planted.pk)}
        journal.record(Entry(event=Event.CANARY_PLANTED, actor=by.actor, session=session, client=client, data=data))
    return planted


def remove(canary: Canary, *, by: User, session: UUID | None = None) -> None:
    """It is an ordinary record again.

    Raises:
        NotFound: it is none any more.
    """
    with transaction.atomic():
        if not Canary.objects.filter(pk=canary.pk, removed_at=None).update(removed_at=clock.now()):
            raise NotFound("no_such_canary", _("This is no canary any more."))
        data = {"id": str(canary.pk)}
        journal.record(
            Entry(event=Event.CANARY_REMOVED, actor=by.actor, session=session, client=canary.client, data=data)
        )


def canaries(subjects: Iterable[UUID]) -> set[UUID]:
    """Which of these are canaries."""
    found = Canary.objects.filter(subject__in=list(subjects), removed_at=None)
    return set(found.values_list("subject", flat=True))


def _accused(alert: Alert, by: User) -> User:
    if alert.actor == by.actor:
        raise Refused("own_alert", _("This alert is about you. Somebody else has to look at it."))
    user = User.objects.filter(pseudonym=alert.actor).first() if _is_uuid(alert.actor) else None
    if user is None:
        raise Refused("no_person", _("This alert is about a program or partner. Revoke its key instead."))
    return user


def _acted(alert: Alert, by: User, act: str, session: UUID | None, **more: str) -> None:
    data: Mapping[str, str] = {"id": str(alert.pk), "act": act, "person": alert.actor, **more}
    journal.record(Entry(event=Event.ALERT_ACTED_ON, actor=by.actor, session=session, data=data))


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
