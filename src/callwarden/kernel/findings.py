"""What is wrong, until it is right. Scanners, assessments, audits and jobs all report here; there is one list.

    findings.register(FindingKind("tls-expiring", title=_("A certificate is about to expire"),
                                  remedy=_("Renew the certificate, then run the check again.")))

    finding = findings.report("tls-expiring", where="host:web", severity=Severity.HIGH, actor="job:posture")
    findings.triage(finding, owner=person, actor=...)
    findings.start(finding, actor=...)
    findings.remedied(finding, actor=...)
    findings.check(finding, outcome=Outcome.PASS, evidence="sha256:...", actor="job:posture")    # closes it

A finding closes only on a passing check that is later than the remedy and made by somebody else. Days until it is due
come from its severity (`CALLWARDEN_FINDING_DAYS`), counted from first sight; seeing it again never gives more time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import rfc8785
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import approvals, clock, journal, notify, structural
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Conflict, InvalidInput, NotFound, Translatable
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.machine import About
from callwarden.kernel.models import Approval, Check, Finding, Note, Outcome, Severity, User
from callwarden.kernel.notify import Template
from callwarden.kernel.roles import Role
from callwarden.kernel.structural import Value

# Days from first sight. Not from a law: a site's own agreement, so a setting.
DAYS: Final[Mapping[str, int]] = {
    Severity.CRITICAL: 3,
    Severity.HIGH: 14,
    Severity.MEDIUM: 30,
    Severity.LOW: 90,
}
State = Finding.State
ACCEPT = "finding:accept"


@dataclass(frozen=True)
class FindingKind:
    """A kind of trouble, in words. `remedy` says what to do."""

    name: str
    title: Translatable
    remedy: Translatable


# Who is told at once of what is urgent; the rest is found in the list.
TOLD: Final = (Role.DPO, Role.SECURITY_ADMIN, Role.SYSTEM_ADMIN)
OPENED = notify.register(
    Template(
        "finding-opened",
        subject=_("Something urgent was found"),
        body=_("A finding “%(kind)s” of severity “%(severity)s” was opened. It says what to do and by when."),
        parameters=frozenset({"kind", "severity"}),
    )
)

_kinds: dict[str, FindingKind] = {}


def register(kind: FindingKind) -> FindingKind:
    """Make a kind known; the same name twice for different kinds is a fault of the program."""
    if _kinds.setdefault(kind.name, kind) != kind:
        raise ValueError(f"Two findings are called {kind.name!r}.")
    return kind


def kind_of(name: str) -> FindingKind:
    """The registered kind.

    Raises:
        InvalidInput: there is none of this name.
    """
    try:
        return _kinds[name]
    except KeyError:
        raise InvalidInput(
            "unknown_finding", _("This kind of finding is not known here."), data={"kind": name}
        ) from None


def fingerprint(kind: str, where: str, key: Mapping[str, Value], client: UUID | None) -> str:
    """SHA-256, in hex, over what makes two sightings the same trouble."""
    body = {"kind": kind, "where": where, "key": dict(key), "client": str(client) if client else None}
    return hashlib.sha256(rfc8785.dumps(body)).hexdigest()


def report(
    kind: str,
    *,
    severity: Severity,
    actor: str,
    where: str = "",
    key: Mapping[str, Value] | None = None,
    data: Mapping[str, Value] | None = None,
    client: UUID | None = None,
    detail: Mapping[str, object] | None = None,
) -> Finding:
    """Open a finding, or note that a known one was seen again.

    Args:
        where: structural reference of the thing concerned (`line:UUID`, `host:web`).
        key: what else tells this trouble from others of its kind there.
        data: structural facts for display.
        detail: free text, sealed beside the ledger.

    Returns:
        The finding. One that waited for a check goes back to being remedied; a rise in severity shortens its time;
        one that had been closed is opened anew and points to the earlier.
    """
    kind_of(kind)
    structural.check_text(where, where="where")
    structural.check_mapping(data or {}, where="data")
    structural.check_mapping(key or {}, where="key")
    print_ = fingerprint(kind, where, key or {}, client)
    with transaction.atomic():
        known = Finding.objects.select_for_update().filter(fingerprint=print_).exclude(state=State.CLOSED).first()
        if known is not None:
            return _seen_again(known, severity, actor, data or {}, detail)
        now = clock.now()
        try:
            with transaction.atomic():
                finding = Finding.objects.create(
                    kind=kind,
                    fingerprint=print_,
                    severity=severity,
                    client=client,
                    where=where,
                    data=dict(data or {}),
                    first_seen_at=now,
                    last_seen_at=now,
                    due_at=now + _time_for(severity),
                    recurs=Finding.objects.filter(fingerprint=print_).order_by("-closed_at").first(),
                )
        except IntegrityError:  # another process reported the same a moment ago
            known = Finding.objects.select_for_update().exclude(state=State.CLOSED).get(fingerprint=print_)
            return _seen_again(known, severity, actor, data or {}, detail)
        _record(Event.FINDING_OPENED, finding, actor, detail, severity=str(severity), finding_kind=kind)
        if severity.rank >= Severity.HIGH.rank:
            told = {"kind": kind, "severity": str(severity)}
            notify.tell(OPENED, roles=TOLD, parameters=told, link=f"/findings/{finding.pk}/")
        return finding


def _seen_again(
    finding: Finding, severity: Severity, actor: str, data: Mapping[str, Value], detail: Mapping[str, object] | None
) -> Finding:
    finding.last_seen_at = clock.now()
    finding.times_seen += 1
    finding.data = {**finding.data, **data}
    if severity.rank > Severity(finding.severity).rank:
        finding.severity = severity
        finding.due_at = min(finding.due_at, finding.first_seen_at + _time_for(severity))
    finding.save(update_fields=["last_seen_at", "times_seen", "data", "severity", "due_at"])
    if finding.state == State.VERIFYING:
        return Finding.machine.move(finding, State.REMEDIATING, actor=actor, changes=_UNREMEDIED)
    # A nightly scan that sees the same again is no news: the row counts it, the ledger holds the first sight.
    if detail:
        _record(Event.FINDING_SEEN, finding, actor, detail, times=finding.times_seen)
    return finding


def triage(finding: Finding, *, actor: str, owner: User | None = None) -> Finding:
    """Somebody has looked and says whose it is."""
    return Finding.machine.move(finding, State.TRIAGED, actor=actor, changes={"owner": owner})


def assign(finding: Finding, *, owner: User, actor: str) -> Finding:
    """Say whose it is from now on, wherever it stands; one that is new has been looked at thereby.

    Raises:
        Conflict: it is closed.
    """
    if finding.state == State.OPEN:
        return triage(finding, owner=owner, actor=actor)
    with transaction.atomic():
        locked = _open_still(finding)
        locked.owner = owner
        locked.save(update_fields=["owner"])
        _record(Event.FINDING_ASSIGNED, locked, actor, owner=owner.actor)
    return locked


def latest_due(finding: Finding) -> datetime:
    """The latest day its severity allows, counted from first sight."""
    return finding.first_seen_at + _time_for(finding.severity)


def schedule(finding: Finding, *, due: datetime, actor: str) -> Finding:
    """Say by when it is to be right: never later than its severity allows, for which two people accept it for a time.

    Raises:
        InvalidInput: later than that, or not in the future.
        Conflict: it is closed.
    """
    if due <= clock.now():
        raise InvalidInput("due_in_the_past", _("Choose a day in the future."))
    with transaction.atomic():
        locked = _open_still(finding)
        if due > latest_due(locked):
            raise InvalidInput(
                "due_too_late", _("Its severity allows no more time. Two people may accept it for a time instead.")
            )
        locked.due_at = due
        locked.save(update_fields=["due_at"])
        _record(Event.FINDING_SCHEDULED, locked, actor, due=due.isoformat(timespec="seconds"))
    return locked


def comment(finding: Finding, *, words: str, actor: str) -> Note:
    """Note something; the words are sealed beside the ledger entry.

    Raises:
        InvalidInput: no words.
    """
    if not words.strip():
        raise InvalidInput("words_missing", _("Write what is to be noted."))
    with transaction.atomic():
        entry = _record(Event.FINDING_COMMENTED, finding, actor, {"comment": words.strip()})
        return note(finding, entry=entry, actor=actor)


def note(finding: Finding, *, entry: UUID, actor: str) -> Note:
    """A comment whose words lie beside `entry` already, because they are said of many findings at once."""
    made, _created = Note.objects.get_or_create(finding=finding, entry=entry, defaults={"by": actor, "at": clock.now()})
    return made


def _open_still(finding: Finding) -> Finding:
    locked = Finding.objects.select_for_update().filter(pk=finding.pk).first()
    if locked is None:
        raise NotFound("gone", _("This no longer exists. Go back to the list."), data={"kind": "finding"})
    if locked.state == State.CLOSED:
        raise Conflict("finding_closed", _("This finding is closed. If it is back, report it again."))
    return locked


def start(finding: Finding, *, actor: str) -> Finding:
    """Work on the remedy begins."""
    return Finding.machine.move(finding, State.REMEDIATING, actor=actor, changes=_UNREMEDIED)


def remedied(finding: Finding, *, actor: str, detail: Mapping[str, object] | None = None) -> Finding:
    """The remedy is in place, says whoever put it there; now somebody else checks."""
    about: About = {"detail": detail} if detail else {}
    changes = {"remediated_at": clock.now(), "remediated_by": actor}
    return Finding.machine.move(finding, State.VERIFYING, actor=actor, changes=changes, about=about)


def put_right(finding: Finding, *, actor: str) -> Finding:
    """The act just done removes the cause: from wherever it stands it now waits for a check by somebody else."""
    if finding.state == State.OPEN:
        finding = triage(finding, actor=actor)
    if finding.state == State.TRIAGED:
        finding = start(finding, actor=actor)
    return remedied(finding, actor=actor) if finding.state == State.REMEDIATING else finding


def check(finding: Finding, *, outcome: Outcome, actor: str, evidence: str = "") -> Finding:
    """Note a check. A passing one closes a remedied finding, a failing one sends it back to be remedied.

    Args:
        evidence: structural reference of what proves it (`sha256:...`, `report:UUID`); a pass needs one.

    Raises:
        InvalidInput: a pass without evidence.
        Refused: whoever remedied it checks it.
        Conflict: the finding is closed.
    """
    structural.check_text(evidence, where="evidence")
    if outcome == Outcome.PASS and not evidence:
        raise InvalidInput("evidence_missing", _("A passing check needs evidence. Attach the report."))
    with transaction.atomic():
        locked = Finding.objects.select_for_update().filter(pk=finding.pk).first()
        if locked is None:
            raise NotFound("gone", _("This no longer exists. Go back to the list."), data={"kind": "finding"})
        if locked.state == State.CLOSED:
            raise Conflict("finding_closed", _("This finding is closed. If it is back, report it again."))
        entry = _record(Event.FINDING_CHECKED, locked, actor, outcome=str(outcome), evidence=evidence)
        made = Check.objects.create(
            finding=locked, outcome=outcome, by=actor, at=clock.now(), evidence=evidence, entry=entry
        )
        if locked.state == State.VERIFYING and outcome == Outcome.PASS:
            changes = {"closed_at": made.at, "closed_by_check": made}
            return Finding.machine.move(locked, State.CLOSED, actor=actor, changes=changes, check=made)
        if locked.state == State.VERIFYING and outcome == Outcome.FAIL:
            return Finding.machine.move(locked, State.REMEDIATING, actor=actor, changes=_UNREMEDIED)
        return locked


def ask_acceptance(finding: Finding, *, until: datetime, requester: User, reason: str) -> Approval:
    """Ask to live with the risk until a date. Takes effect when approved and carried out (`finding:accept`)."""
    return approvals.request(
        acceptance(finding, until=until), requester=requester, reason=reason, client=finding.client
    )


def acceptance(finding: Finding, *, until: datetime) -> Act:
    """The act of accepting this finding as it now is."""
    return Act(
        ACCEPT, {"finding": str(finding.pk), "severity": finding.severity, "until": until.isoformat(timespec="seconds")}
    )


def _accept(execution: Execution) -> Finding:
    finding = Finding.objects.get(pk=str(execution.parameters["finding"]))
    if finding.severity != execution.parameters["severity"]:
        raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
    until = datetime.fromisoformat(str(execution.parameters["until"]))
    return Finding.machine.move(
        finding,
        State.ACCEPTED,
        actor=execution.by.actor,
        changes={"accepted_until": until, "accepted_by_id": execution.approval},
        about={"approval": execution.approval},
        until=until,
        at=clock.now(),
    )


def lapse_acceptances() -> int:
    """Open accepted findings whose date has come (run by the clock); how many."""
    lapsed = 0
    for key in list(
        Finding.objects.filter(state=State.ACCEPTED, accepted_until__lte=clock.now()).values_list("pk", flat=True)
    ):
        with transaction.atomic():
            finding = Finding.objects.select_for_update(skip_locked=True).filter(pk=key, state=State.ACCEPTED).first()
            if finding is not None:
                Finding.machine.move(finding, State.OPEN, actor="job:clock")
                lapsed += 1
    return lapsed


def unsettled() -> QuerySet[Finding]:
    """Everything not closed and not accepted, the most urgent first."""
    return Finding.objects.exclude(state__in=(State.CLOSED, State.ACCEPTED)).order_by("due_at")


def overdue(at: datetime | None = None) -> QuerySet[Finding]:
    """What should have been right by now."""
    return unsettled().filter(due_at__lt=at or clock.now())


_UNREMEDIED: Final[Mapping[str, object]] = {"remediated_at": None, "remediated_by": ""}


def _time_for(severity: str) -> timedelta:
    days: Mapping[str, int] = {**DAYS, **getattr(settings, "CALLWARDEN_FINDING_DAYS", {})}
    return timedelta(days=days[severity])


def _record(
    event: Event, finding: Finding, actor: str, detail: Mapping[str, object] | None = None, **data: Value
) -> UUID:
    body = {"kind": "finding", "id": str(finding.pk), **data}
    return journal.record(Entry(event=event, actor=actor, client=finding.client, data=body, detail=detail))


approvals.register(
    ActKind(
        ACCEPT,
        title=_("Accept a finding for a time"),
        roles=(Role.DPO, Role.SECURITY_ADMIN),
        quorum=1,
        run=_accept,
    )
)
