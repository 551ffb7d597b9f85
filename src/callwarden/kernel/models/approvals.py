"""Two-person decisions: the exact act that was asked for, and who said what about it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from callwarden.kernel.columns import declare
from callwarden.kernel.events import Event
from callwarden.kernel.machine import Machine, Stated, Step
from callwarden.kernel.models.people import User
from callwarden.kernel.rows import Row


class Approval(Stated):
    """A request to do exactly one act, once.

    Attributes:
        kind, parameters, digest: the act; the digest is what approvers approve.
        quorum: how many people other than the requester must approve.
        roles: who may vote.
        distinct_roles: from how many different roles the approvals must come.
        policy: digest of the access policy in force when it was asked for; under another it is not carried out.
        entry: the ledger entry of the request, whose sealed detail holds the reason.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for approval")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Expired")
        EXECUTED = "executed", _("Carried out")

    machine = Machine(
        "approval",
        states=State,
        initial=State.PENDING,
        transitions={
            (State.PENDING, State.APPROVED): Step(Event.APPROVAL_APPROVED),
            (State.PENDING, State.REFUSED): Step(Event.APPROVAL_REFUSED),
            (State.PENDING, State.WITHDRAWN): Step(Event.APPROVAL_WITHDRAWN),
            (State.PENDING, State.EXPIRED): Step(Event.APPROVAL_EXPIRED),
            (State.APPROVED, State.WITHDRAWN): Step(Event.APPROVAL_WITHDRAWN),
            (State.APPROVED, State.EXPIRED): Step(Event.APPROVAL_EXPIRED),
            (State.APPROVED, State.EXECUTED): Step(Event.APPROVAL_EXECUTED),
        },
    )

    state = models.CharField(max_length=10, choices=State, default=State.PENDING, db_index=True)
    kind = models.CharField(max_length=60)
    parameters = models.JSONField()
    digest = models.CharField(max_length=64)
    client = models.UUIDField(null=True)
    requester = models.ForeignKey(User, on_delete=models.PROTECT, related_name="approvals_requested")
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    quorum = models.PositiveSmallIntegerField()
    roles = ArrayField(models.CharField(max_length=40))
    distinct_roles = models.PositiveSmallIntegerField(default=1)
    policy = models.CharField(max_length=80, blank=True)
    entry = models.UUIDField()
    decided_at = models.DateTimeField(null=True)
    executed_at = models.DateTimeField(null=True)
    executed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    columns = declare(
        structural="id state kind parameters digest client requester requested_at expires_at quorum roles"
        " distinct_roles policy entry decided_at executed_at executed_by"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quorum__gte=1), name="approval_needs_somebody_else"),
            models.CheckConstraint(
                condition=Q(distinct_roles__gte=1, distinct_roles__lte=F("quorum")), name="approval_roles_can_be_had"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("requested_at")), name="approval_expires_later"),
            models.CheckConstraint(
                condition=Q(state="executed", executed_at__isnull=False, executed_by__isnull=False)
                | (~Q(state="executed") & Q(executed_at__isnull=True, executed_by__isnull=True)),
                name="approval_executed_by_somebody",
            ),
            # Target of the composite foreign key of Vote: its copy of the requester cannot be another.
            models.UniqueConstraint(fields=["id", "requester"], name="approval_and_requester"),
        ]


class Vote(Row):
    """What one person said to one approval. Never changed, never the requester's own.

    Attributes:
        in_name_of: whose deputy the voter was, when the voter's own roles do not decide on this.
        void_at: since when it counts no more, because whoever gave it has left.
    """

    class Choice(models.TextChoices):
        APPROVE = "approve", _("Approve")
        REFUSE = "refuse", _("Refuse")

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="votes")
    requester = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    voter = models.ForeignKey(User, on_delete=models.PROTECT, related_name="votes")
    in_name_of = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    choice = models.CharField(max_length=10, choices=Choice)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    entry = models.UUIDField()
    void_at = models.DateTimeField(null=True)

    columns = declare(structural="id approval requester voter in_name_of choice digest at entry void_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["approval", "voter"], name="vote_once"),
            models.CheckConstraint(condition=~Q(voter=F("requester")), name="vote_not_on_own_request"),
            models.UniqueConstraint(
                fields=["approval", "in_name_of"], condition=Q(in_name_of__isnull=False), name="vote_once_in_a_name"
            ),
            models.CheckConstraint(
                condition=Q(in_name_of=None) | (~Q(in_name_of=F("requester")) & ~Q(in_name_of=F("voter"))),
                name="vote_not_in_the_requesters_name",
            ),
        ]
