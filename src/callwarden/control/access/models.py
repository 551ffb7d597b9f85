"""Versions of the access matrix, and what a version in shadow would have decided otherwise."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from callwarden.control.access import rules
from callwarden.kernel.columns import declare
from callwarden.kernel.events import Event
from callwarden.kernel.machine import Machine, Stated, Step


class PolicyVersion(Stated):
    """One version of role x purpose x category x action, and whether decisions are taken by it now.

    It can be rewritten while it is a draft. A version in shadow is asked about every real decision and decides none.

    Attributes:
        digest: of the matrix alone. What it compiles to may change with a release; ledger entries name that digest.
        based_on: number of the version that the draft was made from.
        sample: of how many real decisions in a hundred a version in shadow is asked.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SHADOW = "shadow", _("In shadow")
        ACTIVE = "active", _("Active")
        SUPERSEDED = "superseded", _("Superseded")
        DROPPED = "dropped", _("Dropped")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    matrix = models.JSONField()
    digest = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    based_on = models.PositiveIntegerField(null=True)
    revised_at = models.DateTimeField(null=True)
    shadowed_at = models.DateTimeField(null=True)
    sample = models.PositiveSmallIntegerField(default=100, db_default=100)
    activated_at = models.DateTimeField(null=True)

    machine: ClassVar[Machine] = Machine(
        "policy",
        states=State,
        initial=State.DRAFT,
        transitions={
            (State.DRAFT, State.SHADOW): Step(Event.POLICY_SHADOWED, rules.is_whole),
            (State.DRAFT, State.ACTIVE): Step(Event.POLICY_ACTIVATED, rules.is_whole),
            (State.DRAFT, State.DROPPED): Step(Event.POLICY_DROPPED),
            (State.SHADOW, State.ACTIVE): Step(Event.POLICY_ACTIVATED, rules.is_whole),
            (State.SHADOW, State.DROPPED): Step(Event.POLICY_DROPPED),
            (State.ACTIVE, State.SUPERSEDED): Step(Event.POLICY_SUPERSEDED),
        },
    )
    columns = declare(
        structural="id version state matrix digest created_at based_on revised_at shadowed_at sample activated_at"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="active"), name="one_active_policy"),
            models.UniqueConstraint(fields=["state"], condition=Q(state="shadow"), name="one_policy_in_shadow"),
            models.CheckConstraint(condition=Q(sample__gte=1, sample__lte=100), name="policy_sample_is_a_share"),
        ]


class ShadowCount(models.Model):
    """How often a version in shadow decided one kind of act as the version in force did, or otherwise.

    Attributes:
        roles: roles of the actor, sorted, parted by "+".
        outcome: what the shadow made of it, compared with the decision that was taken.
        reason: the first reason that only the shadow has, or, where it opens, that only the decision had.
    """

    class Outcome(models.TextChoices):
        SAME = "same", _("The same")
        OPENS = "opens", _("Would allow what was refused")
        CLOSES = "closes", _("Would refuse what was allowed")
        REASONS = "reasons", _("Refused for other reasons")
        ERROR = "error", _("Could not be decided")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(PolicyVersion, on_delete=models.CASCADE, related_name="counts")
    outcome = models.CharField(max_length=10, choices=Outcome)
    roles = models.CharField(max_length=120)
    purpose = models.CharField(max_length=64)
    category = models.CharField(max_length=64)
    action = models.CharField(max_length=32)
    reason = models.CharField(max_length=40, blank=True)
    count = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()

    columns = declare(structural="id version outcome roles purpose category action reason count last_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "outcome", "roles", "purpose", "category", "action", "reason"],
                name="shadow_counted_once_per_kind",
            )
        ]
