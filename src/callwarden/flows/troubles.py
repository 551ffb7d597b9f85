"""What goes wrong while calls are taken in and kept, as findings: one list for people, whatever noticed it.

Two of them are opened where they happen (`redaction_failed`); the others by a look every few minutes, which also checks
what somebody says has been put right. Whoever remedied a finding is never the one whose check closes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from callwarden.control.alerts import queries as alerts
from callwarden.control.neighbours import queries as neighbours
from callwarden.control.siem import actions as siem
from callwarden.custody.ledger.health import heads_stay_here, health, sinks
from callwarden.custody.models import Call, IntakeItem, Line, SequencerState
from callwarden.custody.scope import client_scope
from callwarden.flows.mentioned import left
from callwarden.kernel import clock, findings
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Finding, Outcome, Severity

State, Kind = IntakeItem.State, IntakeItem.Kind
ACTOR: Final = "job:watch"
LEDGER: Final = "site:ledger"
SIEM: Final = "siem"
WATCH: Final = "site:watch"
NEIGHBOURS: Final = "neighbours"
# The processes of a site begin within this time of each other, and take up what waited.
STARTING: Final = timedelta(minutes=2)

REDACTION = findings.register(
    FindingKind(
        "redaction-failed",
        title=_("Calls could not be redacted and stay restricted"),
        remedy=_("Deliver usable words for these calls, or let the originals go when their time ends."),
    )
)
NO_RECORDING = findings.register(
    FindingKind(
        "recording-missing",
        title=_("Call records wait for a recording that has not come"),
        remedy=_("Deliver the recordings again, or correct how the mapping names them."),
    )
)
NO_RECORD = findings.register(
    FindingKind(
        "call-record-missing",
        title=_("Recordings wait for a call record that has not come"),
        remedy=_("Deliver the call records again, or correct how the mapping names the recordings."),
    )
)
SET_ASIDE = findings.register(
    FindingKind(
        "files-set-aside",
        title=_("Files were set aside because they cannot be used"),
        remedy=_("Open the list of files that were set aside; each says what to do."),
    )
)
REFUSALS = findings.register(
    FindingKind(
        "refusal-rate-high",
        title=_("The gate refuses many calls of one line, so its deletion timers stand still"),
        remedy=_(
            "Check whether the telephone system still plays the notice and reports consent for this line. Until this is"
            " remedied and checked, nothing of the line is deleted by time alone; what is due stays closed."
        ),
    )
)
MENTION_LEFT = findings.register(
    FindingKind(
        "mention-left",
        title=_("Somebody who was erased still appears in calls of others"),
        remedy=_("Release the holds that keep these calls, then have the erasure carried out again."),
    )
)
NO_SINK = findings.register(
    FindingKind(
        "checkpoint-sink-missing",
        title=_("Signed heads of the operation log do not leave this host"),
        remedy=_("Set CALLWARDEN_LEDGER_SINKS to a folder that is a mount of another host."),
    )
)
SINK_FAILING = findings.register(
    FindingKind(
        "checkpoint-sink-failing",
        title=_("A place that signed heads go to takes none"),
        remedy=_(
            "See on the page “Audit” which one and why; the others go on. Mend it, or take it out of the settings."
        ),
    )
)
SINK_REFUSES = findings.register(
    FindingKind(
        "checkpoint-refused",
        title=_("A witness refuses the signed head of the operation log"),
        remedy=_(
            "Keep everything as it is and verify the log: a witness refuses what does not continue what it has seen."
        ),
    )
)
BEHIND = findings.register(
    FindingKind(
        "ledger-behind",
        title=_("The operation log is behind; only masked views are shown"),
        remedy=_("See whether the sequencer runs (logs/sequencer.log) and whether the database has room."),
    )
)
DAMAGED = findings.register(
    FindingKind(
        "ledger-damaged",
        title=_("The operation log does not hold, so its sequencer does not start"),
        remedy=_(
            "Keep everything as it is, open an incident, and compare with a head kept elsewhere. Restore the log from "
            "a copy; the sequencer tries again by itself."
        ),
    )
)


SIEM_SILENT = findings.register(
    FindingKind(
        "siem-silent",
        title=_("A security system takes no entries of the operation log"),
        remedy=_("See on the page “Security systems” which one, and why. What it misses waits for it."),
    )
)
SIEM_GONE = findings.register(
    FindingKind(
        "siem-taken-away",
        title=_("A security system is gone from the settings, and no two people decided it"),
        remedy=_(
            "Put it back into the file of receivers. If it is to go, have two people take it out of use on the page "
            "“Security systems” first."
        ),
    )
)
NEIGHBOUR_SILENT = findings.register(
    FindingKind(
        "neighbour-silent",
        title=_("A neighbouring system has not sent its log for longer than it may be quiet"),
        remedy=_(
            "See on the page “Neighbouring systems” which one. What its people do meanwhile is not seen here: look "
            "whether it still sends, or set a longer quiet time."
        ),
    )
)


UNWATCHED = findings.register(
    FindingKind(
        "watch-behind",
        title=_("The log is not watched for misuse, or the watch is behind"),
        remedy=_(
            "See whether the process “watch” runs (logs/watch.log). It goes on where it stopped; nothing is lost."
        ),
    )
)


@dataclass(frozen=True)
class Sight:
    """What one look at one place saw: how many, and which. None seen means it is right now."""

    kind: FindingKind
    severity: Severity
    where: str
    count: int
    line: Line | None = None


def look() -> list[Finding]:
    """Look at everything once: report what is wrong, and check what is said to have been put right."""
    sights = [*(see(line) for line in Line.objects.select_related("client") for see in _OF_A_LINE), *_of_the_ledger()]
    sights += [*_security_systems(), _neighbours(), _watch()]
    for sight in sights:
        if not sight.count:
            _check_remedied(sight)
    return [_report(sight) for sight in sights if sight.count]


def see_again(finding: Finding) -> int | None:
    """How many of what a finding is about there are at this moment; None where no program can tell."""
    if finding.where == LEDGER:
        return {sight.kind.name: sight.count for sight in _of_the_ledger()}.get(finding.kind)
    if finding.where == SIEM:
        return {sight.kind.name: sight.count for sight in _security_systems()}.get(finding.kind)
    if finding.where == WATCH:
        return _watch().count
    if finding.where == NEIGHBOURS:
        return _neighbours().count
    see = {kind.name: see for kind, see in _BY_KIND}.get(finding.kind)
    place, _colon, key = finding.where.partition(":")
    if see is None or place != "line":
        return None
    line = Line.objects.select_related("client").filter(pk=key).first()
    return see(line).count if line else None


def redaction_failed(line: Line) -> Finding:
    """A call of this line has just been left unredacted."""
    return _report(_unredacted(line))


def files_set_aside(line: Line) -> Finding:
    """Something of this line has just been set aside."""
    return _report(_set_aside(line))


def _report(sight: Sight) -> Finding:
    line = sight.line
    return findings.report(
        sight.kind.name,
        severity=sight.severity,
        actor=ACTOR,
        where=sight.where,
        client=line.client_id if line else None,
        data={"count": sight.count} | ({"line": line.slug} if line else {}),
    )


def _check_remedied(sight: Sight) -> None:
    """A later look that sees nothing is the passing check; it is this job's, never that of whoever remedied."""
    waiting = Finding.objects.filter(kind=sight.kind.name, where=sight.where, state=Finding.State.VERIFYING)
    for finding in waiting:
        findings.check(finding, outcome=Outcome.PASS, actor=ACTOR, evidence="seen:0")


def _of_line(kind: FindingKind, severity: Severity, line: Line, count: int) -> Sight:
    return Sight(kind, severity, f"line:{line.id}", count, line)


def _unredacted(line: Line) -> Sight:
    with client_scope(line.client_id):
        count = Call.objects.filter(line=line, redaction=Call.Redaction.FAILED).count()
    return _of_line(REDACTION, Severity.HIGH, line, count)


def _without_recording(line: Line) -> Sight:
    late = IntakeItem.objects.filter(line=line, kind=Kind.ROW, state=State.WAITING, reason="recording_missing")
    return _of_line(NO_RECORDING, Severity.MEDIUM, line, late.count())


def _without_record(line: Line) -> Sight:
    late = IntakeItem.objects.filter(line=line, kind=Kind.AUDIO, state=State.WAITING, reason="cdr_missing")
    return _of_line(NO_RECORD, Severity.MEDIUM, line, late.count())


def _set_aside(line: Line) -> Sight:
    aside = IntakeItem.objects.filter(line=line, state=State.SET_ASIDE)
    return _of_line(SET_ASIDE, Severity.MEDIUM, line, aside.count())


def refusals(line: Line) -> int:
    """How many of the last hour's calls were refused, when that is more than `REFUSAL_SHARE` of them and at least
    `REFUSALS_AT_LEAST`; else none.
    """
    since = clock.now() - timedelta(hours=1)
    judged = IntakeItem.objects.filter(line=line, kind=Kind.ROW, arrived_at__gte=since)
    refused = judged.filter(state=State.QUARANTINED).count()
    admitted = judged.filter(state=State.ADMITTED).count()
    many = refused >= settings.REFUSALS_AT_LEAST and refused > settings.REFUSAL_SHARE * (refused + admitted)
    return refused if many else 0


def refusals_in_hand(line: Line) -> bool:
    """Whether a finding says that the gate refuses much on this line, and nobody has put it right or accepted it."""
    found = Finding.objects.filter(kind=REFUSALS.name, where=f"line:{line.pk}")
    return found.exclude(state__in=[Finding.State.CLOSED, Finding.State.ACCEPTED]).exists()


def many_refused(line: Line) -> Finding:
    """The gate has just begun to refuse much on this line."""
    return _report(_refused(line))


def _refused(line: Line) -> Sight:
    return _of_line(REFUSALS, Severity.HIGH, line, refusals(line))


def _mentions_left(line: Line) -> Sight:
    with client_scope(line.client_id):
        count = left(line.client_id).filter(line=line).count()
    return _of_line(MENTION_LEFT, Severity.HIGH, line, count)


def _of_the_ledger() -> list[Sight]:
    """What keeps the log from being current, whole, and known outside."""
    now = health()
    silent = heads_stay_here() or now.silent_seconds > settings.LEDGER_SINK_SILENCE_SECONDS
    failing = [sink for sink in sinks() if sink.failing_since]
    long = timedelta(seconds=settings.LEDGER_SINK_SILENCE_SECONDS)
    since = [sink.failing_since for sink in failing if sink.failing_since and not sink.refused]
    down = [begun for begun in since if clock.now() - begun > long]
    return [
        Sight(NO_SINK, Severity.MEDIUM if settings.DEMO else Severity.HIGH, LEDGER, int(silent)),
        Sight(SINK_FAILING, Severity.MEDIUM, LEDGER, 0 if silent else len(down)),
        Sight(SINK_REFUSES, Severity.CRITICAL, LEDGER, sum(sink.refused for sink in failing)),
        Sight(BEHIND, Severity.HIGH, LEDGER, int(now.lag_seconds > settings.LEDGER_LAG_SECONDS)),
        Sight(DAMAGED, Severity.CRITICAL, LEDGER, int(bool(now.fault))),
    ]


def _security_systems() -> list[Sight]:
    return [
        Sight(SIEM_SILENT, Severity.MEDIUM, SIEM, siem.silent()),
        Sight(SIEM_GONE, Severity.HIGH, SIEM, siem.taken_away()),
    ]


def _watch() -> Sight:
    """Before the watch first ran there is nothing it could have missed; while the site starts, it starts too."""
    now = alerts.pulse()
    begun = SequencerState.objects.values_list("started_at", flat=True).first()
    starting = begun is not None and clock.now() - begun < STARTING
    return Sight(UNWATCHED, Severity.HIGH, WATCH, int(now.beat_at is not None and not now.keeps_up and not starting))


def _neighbours() -> Sight:
    return Sight(NEIGHBOUR_SILENT, Severity.MEDIUM, NEIGHBOURS, len(neighbours.silent()))


_BY_KIND: Final[tuple[tuple[FindingKind, Callable[[Line], Sight]], ...]] = (
    (REDACTION, _unredacted),
    (NO_RECORDING, _without_recording),
    (NO_RECORD, _without_record),
    (SET_ASIDE, _set_aside),
    (REFUSALS, _refused),
    (MENTION_LEFT, _mentions_left),
)
_OF_A_LINE: Final[tuple[Callable[[Line], Sight], ...]] = tuple(see for _kind, see in _BY_KIND)
