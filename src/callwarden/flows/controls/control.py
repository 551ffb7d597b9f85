"""Chapter 3, looked at: who may do what, decided by two, on a record that cannot be changed unseen."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Count, F, Q
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from callwarden.control.access.models import PolicyVersion
from callwarden.control.access.queries import active
from callwarden.control.alerts import queries as alerts
from callwarden.control.reviews.models import Campaign, Item
from callwarden.control.training import queries as training_register
from callwarden.custody.ledger.health import heads_stay_here, health, sinks
from callwarden.custody.models import Checkpoint
from callwarden.flows import verification
from callwarden.flows.controls.reading import Fact, Reading, failed, not_applicable, passed, unmeasured
from callwarden.flows.controls.runs import last_run
from callwarden.kernel import approvals, clock, deadlines, findings
from callwarden.kernel.errors import Unavailable
from callwarden.kernel.models import Approval, Deadline, Finding, Incident, User, Vote
from callwarden.kernel.roles import SEPARATED, Role

VERIFIED_FRESH = timedelta(hours=48)
REVIEWED = timedelta(days=190)
WATCH_LATE = timedelta(minutes=15)


def matrix() -> Reading:
    """Decisions are taken by a matrix that compiles and is what its digest says."""
    try:
        law = active()
    except Unavailable as error:
        return failed(error.message)
    row = PolicyVersion.objects.get(state=PolicyVersion.State.ACTIVE)
    facts = (
        Fact(_("Version"), row.version),
        Fact(_("In force since"), row.activated_at),
        Fact(_("Grants"), len(law.matrix.cells)),
        Fact(_("Digest"), row.digest),
    )
    return passed(_("The access matrix in force is the one that was activated."), *facts)


def separation() -> Reading:
    """System, security and audit administration are different people, and each is somebody."""
    people = User.objects.filter(is_active=True)
    holders = {role: people.filter(roles__contains=[role]).count() for role in sorted(SEPARATED)}
    facts = tuple(Fact(Role(role).label, count) for role, count in holders.items())
    joined = [person for person in people if len(SEPARATED & set(person.roles)) > 1]
    if joined:
        return failed(_("Somebody holds two administrations. Take one of the roles away."), *facts)
    if not people.exists():
        return unmeasured(_("There is no account yet."), *facts)
    if not all(holders.values()):
        return failed(_("An administration has no holder. Give the role to somebody."), *facts)
    return passed(_("Each administration is held, and nobody holds two."), *facts)


def two_people() -> Reading:
    """Whatever needs two people was carried out with as many votes of others as it asked for."""
    voted = Count("votes", filter=Q(votes__choice=Vote.Choice.APPROVE, votes__digest=F("digest")))
    done = Approval.objects.filter(state=Approval.State.EXECUTED)
    short = done.annotate(voted=voted).filter(voted__lt=F("quorum")).count()
    waiting = Approval.objects.filter(state=Approval.State.PENDING, expires_at__gt=clock.now()).count()
    facts = (
        Fact(_("Acts that need it"), len(approvals.kinds())),
        Fact(_("Waiting"), waiting),
        Fact(_("Carried out"), done.count()),
        Fact(_("Carried out with too few votes"), short),
    )
    if short:
        return failed(_("An act was carried out without enough votes. Report an incident."), *facts)
    if not Approval.objects.exists():
        return unmeasured(_("No act has needed two people yet."), *facts)
    return passed(_("Every act that needs two people had them."), *facts)


def reviews() -> Reading:
    """Twice a year somebody else says of every right whether it is still needed."""
    closed = Campaign.objects.filter(state=Campaign.State.CLOSED).order_by("-closed_at").first()
    running = Campaign.objects.filter(state=Campaign.State.RUNNING)
    facts = (
        Fact(_("Ended last"), closed.closed_at if closed else None),
        Fact(_("Running"), running.count()),
        Fact(_("Rights not decided on"), Item.objects.filter(campaign__in=running, decision="").count()),
    )
    if closed is None and not running.exists():
        return unmeasured(
            _("Rights have not been reviewed yet. Begin a review on the page “Reviews of rights”."), *facts
        )
    if closed is not None and closed.closed_at and clock.now() - closed.closed_at > REVIEWED and not running.exists():
        return failed(_("The last review of rights is more than half a year ago. Begin the next one."), *facts)
    return passed(_("Rights are reviewed; what nobody decides on is revoked."), *facts)


def training() -> Reading:
    """Who holds a sensitive role was trained in security, and it counts still."""
    lapsed = training_register.holders_untrained()
    facts = (
        Fact(_("Trainings on record"), training_register.counted().count()),
        Fact(_("Sensitive roles held without current training"), len(lapsed)),
    )
    if not training_register.counted().exists():
        return unmeasured(_("No training is on record yet. Enter who completed which course, and when."), *facts)
    if lapsed:
        return failed(_("Somebody holds a sensitive role untrained. Train them, or take it back."), *facts)
    return passed(_("Whoever holds a sensitive role has current training in security."), *facts)


def watch() -> Reading:
    """Somebody notices when a protection fails: the look every few minutes runs."""
    ran = last_run("clock.watch")
    facts = (Fact(_("Looked last"), ran), Fact(_("Findings on record"), Finding.objects.count()))
    if ran is None:
        return unmeasured(
            _("The look for failures has not run yet. It does every five minutes while a clock worker runs."), *facts
        )
    if clock.now() - ran > WATCH_LATE:
        return failed(_("The look for failures stands still. Start a clock worker."), *facts)
    return passed(_("Failures are looked for every five minutes."), *facts)


def misuse() -> Reading:
    """Misuse is noticed within seconds: the watch reads the log, and keeps up with it."""
    now = alerts.pulse()
    facts = (
        Fact(_("Looked last"), now.beat_at),
        Fact(_("Entries waiting"), now.waiting),
        Fact(_("Oldest entry waiting, in seconds"), round(now.lag_s)),
        Fact(_("Alerts not settled"), alerts.unsettled().count()),
    )
    if now.beat_at is None:
        return unmeasured(_("Nobody has watched the log for misuse yet; the process “watch” does."), *facts)
    if not now.beats:
        return failed(_("Nobody watches the log for misuse. See whether the process “watch” runs."), *facts)
    if not now.keeps_up:
        return failed(_("The watch for misuse is behind the log. See logs/watch.log and the database."), *facts)
    return passed(_("The log is watched for misuse as it is written."), *facts)


def open_findings() -> Reading:
    """What is wrong is put right in its time."""
    unsettled, overdue = findings.unsettled().count(), findings.overdue().count()
    facts = (Fact(_("Open"), unsettled), Fact(_("Overdue"), overdue))
    if overdue:
        return failed(format_lazy(_("{count} findings are overdue. Work on these first."), count=overdue), *facts)
    if not Finding.objects.exists() and last_run("clock.watch") is None:
        return unmeasured(_("Nothing has looked for findings yet."), *facts)
    return passed(_("No finding is overdue."), *facts)


def clocks() -> Reading:
    """What the law gives a time for is filed within it."""
    late = deadlines.running().filter(due_at__lt=clock.now()).count()
    missed = Deadline.objects.filter(filed_late=True).count()
    facts = (
        Fact(_("Incidents not closed"), Incident.objects.exclude(state=Incident.State.CLOSED).count()),
        Fact(_("Deadlines running"), deadlines.running().count()),
        Fact(_("Overdue"), late),
        Fact(_("Filed late"), missed),
    )
    if late:
        return failed(format_lazy(_("{count} deadlines have passed. File them now."), count=late), *facts)
    if not Deadline.objects.exists():
        return not_applicable(_("No incident and no request has started a deadline."), *facts)
    return passed(_("No deadline has passed unfiled."), *facts)


def ledger_current() -> Reading:
    """Every entry has its place in the tree, under a signed head, within a minute."""
    now = health()
    facts = (
        Fact(_("Entries under a signed head"), now.size),
        Fact(_("Signed at"), now.signed_at),
        Fact(_("Oldest entry waiting, in seconds"), round(now.lag_seconds)),
    )
    if now.fault:
        return failed(
            _("The operation log does not hold; only masked views are shown. Keep everything as it is."), *facts
        )
    if now.lag_seconds > settings.LEDGER_LAG_SECONDS:
        return failed(
            _("The operation log is behind; only masked views are shown. Look whether the sequencer runs."), *facts
        )
    if now.signed_at is None:
        return unmeasured(_("No head has been signed yet."), *facts)
    return passed(_("The operation log is up to date."), *facts)


def ledger_verified() -> Reading:
    """The whole log was checked against its signed head, by code that shares nothing with its writer."""
    newest = verification.latest()
    if newest is None:
        return unmeasured(_("The log has not been verified yet. Verify it on the page “Audit”."))
    facts = (
        Fact(_("Verified at"), newest.at),
        Fact(_("Entries checked"), newest.size),
        Fact(_("Root"), newest.root),
    )
    if not newest.holds:
        says = _("The log does not hold: {faults}. Keep everything as it is and report an incident.")
        return failed(format_lazy(says, faults=newest.told), *facts)
    if clock.now() - newest.at > VERIFIED_FRESH:
        return unmeasured(_("The last check is more than two days old. Verify the log again."), *facts)
    return passed(_("The whole log was checked and holds."), *facts)


def ledger_exported() -> Reading:
    """Signed heads leave this host; only then would its administrator be found out."""
    now = health()
    facts = (
        Fact(_("Places they go to"), len(settings.LEDGER_SINKS)),
        Fact(_("Of these, working"), sum(sink.size > 0 and not sink.failures for sink in sinks())),
        Fact(_("Left this host last"), now.exported_at),
        Fact(_("Heads signed"), Checkpoint.objects.count()),
    )
    if now.silent_seconds > settings.LEDGER_SINK_SILENCE_SECONDS:
        return failed(_("Signed heads have stopped leaving this host. Look at the places they go to."), *facts)
    if heads_stay_here():
        says = _("Signed heads do not leave this host. Set CALLWARDEN_LEDGER_SINKS to a folder on another host.")
        return unmeasured(says, *facts) if settings.DEMO else failed(says, *facts)
    if now.exported_at is None:
        return unmeasured(_("No signed head has left this host yet."), *facts)
    if refused := sum(sink.refused for sink in sinks()):
        says = _("{count} witnesses refuse the signed head. Keep everything as it is and verify the log.")
        return failed(format_lazy(says, count=refused), *facts)
    return passed(_("The newest signed head has left this host."), *facts)
