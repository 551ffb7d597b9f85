"""Campaigns of review, and each right that is reviewed."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.kernel.columns import declare
from callwarden.kernel.events import Event
from callwarden.kernel.machine import Machine, Stated, Step
from callwarden.kernel.models import User
from callwarden.kernel.roles import Role
from callwarden.kernel.rows import Row


class Campaign(Stated):
    """One review of rights: which, by when, and what came of it.

    Attributes:
        reference: slug by which people call it ("2026-h2").
        roles: roles whose holders are reviewed; empty means all.
        lines: the team by its lines; None means everybody.
        body, digest, entry: the report in canonical JSON, its SHA-256, and the log's entry that carries the digest.
    """

    class State(models.TextChoices):
        RUNNING = "running", pgettext_lazy("review", "Running")
        CLOSED = "closed", pgettext_lazy("review", "Closed")

    machine = Machine(
        "review",
        states=State,
        initial=State.RUNNING,
        transitions={(State.RUNNING, State.CLOSED): Step(Event.REVIEW_CLOSED)},
    )

    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    reference = models.SlugField(unique=True)
    roles = ArrayField(models.CharField(max_length=30, choices=Role), default=list)
    lines = ArrayField(models.UUIDField(), null=True)
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    body = models.BinaryField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    entry = models.UUIDField(null=True)

    columns = declare(
        structural="id state reference roles lines started_by started_at due_at closed_at body digest entry"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(due_at__gt=F("started_at")), name="review_due_later"),
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(closed_at__isnull=False, entry__isnull=False),
                name="review_closed_with_a_report",
            ),
        ]


class Item(Row):
    """One right of one person, and what the reviewer said. Said once.

    Attributes:
        kind: what sort of right (`role`, `service_key`); `target` says which.
        facts: what there was to know when the campaign began; structural.
        reviewer: never the person; when they have left, a data protection officer decides.
        silent: nobody decided in time.
        outcome: what carrying it out came to: `kept`, `revoked`, `gone`, or `refused`.
        entry: the ledger entry whose sealed detail holds the reason.
    """

    class Decision(models.TextChoices):
        KEEP = "keep", _("Keep")
        REVOKE = "revoke", _("Revoke")

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="items")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kind = models.SlugField()
    target = models.CharField(max_length=60)
    facts = models.JSONField(default=dict)
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    seen_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)
    silent = models.BooleanField(default=False)
    outcome = models.SlugField(blank=True)
    entry = models.UUIDField(null=True)

    columns = declare(
        structural="id campaign person kind target facts reviewer seen_by seen_at decision decided_by decided_at silent"
        " outcome entry"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "person", "kind", "target"], name="review_item_once"),
            models.CheckConstraint(condition=~Q(person=F("reviewer")), name="review_never_of_oneself"),
            models.CheckConstraint(
                condition=Q(decision="", outcome="", entry=None) | (~Q(decision="") & Q(entry__isnull=False)),
                name="review_decided_with_an_entry",
            ),
        ]
        indexes = [models.Index(fields=["campaign", "decision"], name="review_item_open")]
