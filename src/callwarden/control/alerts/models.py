"""Alerts and what surrounds them. Who is meant stands as a pseudonym; what they looked at, as entries of the log."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import clock
from callwarden.kernel.columns import declare
from callwarden.kernel.errors import Refused
from callwarden.kernel.events import Event
from callwarden.kernel.machine import Machine, Stated, Step
from callwarden.kernel.models import Incident, Severity, User
from callwarden.kernel.rows import Row


def _not_about_oneself(alert: Alert, *, actor: str, **_facts: Any) -> None:
    if actor == alert.actor:
        raise Refused("own_alert", _("This alert is about you. Somebody else has to look at it."))


class Suppression(Row):
    """That alerts of a kind, perhaps about one person only, are kept but shown to nobody for a time.

    Attributes:
        actor: pseudonym; empty for everybody.
        entry: the ledger entry whose sealed detail says why.
    """

    kind = models.CharField(max_length=40)
    actor = models.CharField(max_length=60, blank=True)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    entry = models.UUIDField()

    columns = declare(structural="id kind actor owner created_at expires_at ended_at entry")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("created_at")), name="suppression_expires")
        ]

    @property
    def in_force(self) -> bool:
        return self.ended_at is None and clock.now() < self.expires_at


class Alert(Stated):
    """One alert.

    Attributes:
        actor: whom it is about: a person's pseudonym, `service:UUID`, or a partner's id.
        at, since: of the happening that raised it, and the begin of the window it stands for.
        facts: numbers that explain it, by name.
        evidence: leaf indices of the operation log, the latest last.
        lag_ms: from the commit of that happening to the commit of the alert.
        suppression: by which it is shown to nobody.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACKNOWLEDGED = "acknowledged", _("Being looked at")
        SUSPECTED = "suspected", _("Misuse suspected")
        TRUE = "closed_true", _("Closed: misuse")
        FALSE = "closed_false", _("Closed: false alert")
        SUPPRESSED = "suppressed", _("Suppressed")

    machine = Machine(
        "alert",
        states=State,
        initial=State.OPEN,
        transitions={
            (State.OPEN, State.ACKNOWLEDGED): Step(Event.ALERT_ACKNOWLEDGED, _not_about_oneself),
            (State.OPEN, State.SUSPECTED): Step(Event.ALERT_SUSPECTED, _not_about_oneself),
            (State.OPEN, State.TRUE): Step(Event.ALERT_CLOSED, _not_about_oneself),
            (State.OPEN, State.FALSE): Step(Event.ALERT_CLOSED, _not_about_oneself),
            (State.OPEN, State.SUPPRESSED): Step(Event.ALERT_SUPPRESSED),
            (State.ACKNOWLEDGED, State.SUSPECTED): Step(Event.ALERT_SUSPECTED, _not_about_oneself),
            (State.ACKNOWLEDGED, State.TRUE): Step(Event.ALERT_CLOSED, _not_about_oneself),
            (State.ACKNOWLEDGED, State.FALSE): Step(Event.ALERT_CLOSED, _not_about_oneself),
            (State.SUSPECTED, State.TRUE): Step(Event.ALERT_CLOSED, _not_about_oneself),
            (State.SUSPECTED, State.FALSE): Step(Event.ALERT_CLOSED, _not_about_oneself),
        },
    )

    state = models.CharField(max_length=14, choices=State, default=State.OPEN, db_index=True)
    detector = models.CharField(max_length=4)
    kind = models.CharField(max_length=40)
    severity = models.CharField(max_length=10, choices=Severity)
    actor = models.CharField(max_length=60, db_index=True)
    at = models.DateTimeField()
    since = models.DateTimeField()
    raised_at = models.DateTimeField(db_index=True)
    lag_ms = models.PositiveIntegerField(default=0)
    facts = models.JSONField()
    evidence = ArrayField(models.BigIntegerField())
    closed_at = models.DateTimeField(null=True)
    incident = models.ForeignKey(Incident, null=True, on_delete=models.PROTECT, related_name="+")
    suppression = models.ForeignKey(Suppression, null=True, on_delete=models.PROTECT, related_name="alerts")

    columns = declare(
        structural=(
            "id state detector kind severity actor at since raised_at lag_ms facts evidence closed_at incident"
            " suppression"
        )
    )

    class Meta:
        indexes = [models.Index(fields=["kind", "-raised_at"], name="alert_by_kind")]


class WatchState(models.Model):
    """One row: the next leaf the watch reads, and how it does.

    Attributes:
        learn_until: entries before this are only learned from: they were there before the watch was.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    cursor = models.BigIntegerField(default=0)
    learn_until = models.DateTimeField()
    beat_at = models.DateTimeField(null=True)

    columns = declare(structural="id cursor learn_until beat_at")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_watch_state")]


class WatchPart(models.Model):
    """What the watch remembers of one actor, group, partner or shelf, as its engine wrote it: counts, times, ids."""

    key = models.CharField(max_length=200, primary_key=True)
    data = models.JSONField()

    columns = declare(structural="key data")


class AccessDay(models.Model):
    """How often somebody did something on a day, by what explained it: for coverage, timelines and usage reviews.

    Attributes:
        link: call, ticket, campaign, request; empty for what nothing explains.
    """

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    actor = models.CharField(max_length=60)
    peers = models.CharField(max_length=120, blank=True)
    action = models.CharField(max_length=20)
    link = models.CharField(max_length=10, blank=True)
    purpose = models.CharField(max_length=50, blank=True)
    count = models.PositiveIntegerField()
    refused = models.PositiveIntegerField(default=0)

    columns = declare(structural="id day actor peers action link purpose count refused")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "actor", "peers", "action", "link", "purpose"], name="access_day_once"
            )
        ]
        indexes = [models.Index(fields=["actor", "day"], name="access_day_of_actor")]


class Tuning(Row):
    """One change of how strict a kind of alert is. The latest of a kind is in force.

    Attributes:
        before, after: powers of ten; 0 as shipped, above for fewer alerts.
        why: `feedback`, `decided` or `reverted`.
        entry: the ledger entry whose sealed detail says why.
    """

    kind = models.CharField(max_length=40)
    before = models.FloatField()
    after = models.FloatField()
    why = models.CharField(max_length=10)
    at = models.DateTimeField()
    by = models.CharField(max_length=60)
    entry = models.UUIDField()

    columns = declare(structural="id kind before after why at by entry")

    class Meta:
        indexes = [models.Index(fields=["kind", "-at"], name="tuning_of_kind")]
        constraints = [
            models.CheckConstraint(condition=Q(after__gte=-1.0, after__lte=2.0), name="tuning_within_bounds")
        ]


class Canary(Row):
    """An invented customer with whom nobody has business. Which ones are canaries only those who plant them see."""

    client = models.UUIDField()
    subject = models.UUIDField()
    planted_at = models.DateTimeField()
    planted_by = models.CharField(max_length=60)
    removed_at = models.DateTimeField(null=True)

    columns = declare(structural="id client subject planted_at planted_by removed_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject"], condition=Q(removed_at=None), name="canary_planted_once")
        ]


class UsageReport(Row):
    """The usage review of one month, made when it was over, and that somebody looked at it.

    Attributes:
        month: its first day.
        body, digest, entry: the report in canonical JSON, its SHA-256 in hex, and the log's entry that carries it.
        look_entry: the entry whose sealed detail holds what they saw.
    """

    month = models.DateField(unique=True)
    made_at = models.DateTimeField()
    people = models.PositiveIntegerField()
    body = models.BinaryField()
    digest = models.CharField(max_length=64)
    entry = models.UUIDField()
    looked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    looked_at = models.DateTimeField(null=True)
    look_entry = models.UUIDField(null=True)

    columns = declare(structural="id month made_at people body digest entry looked_by looked_at look_entry")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(looked_by=None, looked_at=None, look_entry=None)
                | Q(looked_by__isnull=False, looked_at__isnull=False, look_entry__isnull=False),
                name="usage_looked_at_with_an_entry",
            )
        ]
