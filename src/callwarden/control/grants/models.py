"""Grants of access: what exactly, for whom, for how long, and what was opened by them."""

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
from callwarden.kernel.rows import Row


class AccessGrant(Stated):
    """Leave for one person to do one thing with a fixed set of records, for one purpose, for a while.

    It opens nothing by itself: it is a fact the policy looks at, at every decision anew.

    Attributes:
        scope, target: what was asked for; the rows themselves are frozen in `GrantedRecord`.
        call, ticket: the call or the ticket it is needed for.
        records_digest: SHA-256 over the frozen rows, as the approvers saw it.
        minutes, max_uses: how long it runs once begun, and how often something may be opened by it.
        approval: the two-person decision it rests on.
        policy: digest of the access policy in force when it was asked for.
        why_ended: slug (`time`, `used_up`, `revoked`, `given_back`, `leaver`, `roles_changed`, ...).
    """

    class State(models.TextChoices):
        ASKED = "asked", pgettext_lazy("grant", "Waits for approval")
        LIVE = "live", pgettext_lazy("grant", "Runs")
        ENDED = "ended", pgettext_lazy("grant", "Ended")
        DROPPED = "dropped", pgettext_lazy("grant", "Not given")

    class Scope(models.TextChoices):
        RECORDS = "records", _("Named records")
        CALL = "call", _("All of one call")
        CUSTOMER = "customer", _("All of one customer")
        SELECTION = "selection", _("Chosen calls")

    machine = Machine(
        "grant",
        states=State,
        initial=State.ASKED,
        transitions={
            (State.ASKED, State.LIVE): Step(Event.GRANT_BEGUN),
            (State.ASKED, State.DROPPED): Step(Event.GRANT_DROPPED),
            (State.LIVE, State.ENDED): Step(Event.GRANT_ENDED),
        },
    )

    state = models.CharField(max_length=10, choices=State, default=State.ASKED, db_index=True)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="access_grants")
    client = models.UUIDField()
    action = models.SlugField()
    purpose = models.SlugField()
    scope = models.CharField(max_length=10, choices=Scope)
    target = models.UUIDField(null=True)
    call = models.UUIDField(null=True)
    ticket = models.CharField(max_length=40, blank=True)
    records_digest = models.CharField(max_length=64)
    count = models.PositiveIntegerField()
    subjects = models.PositiveIntegerField()
    minutes = models.PositiveSmallIntegerField()
    max_uses = models.PositiveIntegerField()
    uses = models.PositiveIntegerField(default=0)
    policy = models.CharField(max_length=80)
    approval = models.UUIDField(unique=True)
    entry = models.UUIDField()
    asked_at = models.DateTimeField()
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    why_ended = models.CharField(max_length=40, blank=True)

    columns = declare(
        structural="id state person client action purpose scope target call ticket records_digest count subjects"
        " minutes max_uses uses policy approval entry asked_at starts_at ends_at ended_at why_ended"
    )

    class Meta:
        indexes = [models.Index(fields=["person", "action"], condition=Q(state="live"), name="grant_live_of_person")]
        constraints = [
            models.CheckConstraint(condition=Q(uses__lte=F("max_uses")), name="grant_used_no_more_than_given"),
            models.CheckConstraint(
                condition=Q(count__gte=1, minutes__gte=1, max_uses__gte=1), name="grant_of_something"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "dropped"], starts_at=None, ends_at=None)
                | Q(state__in=["live", "ended"], starts_at__isnull=False, ends_at__gt=F("starts_at")),
                name="grant_begun_has_an_end",
            ),
        ]


class GrantedRecord(Row):
    """One record of a grant. `fields` empty: every field the purpose needs, and the whole of a recording."""

    grant = models.ForeignKey(AccessGrant, on_delete=models.CASCADE, related_name="records")
    record = models.UUIDField()
    subject = models.UUIDField(db_index=True)
    fields = ArrayField(models.CharField(max_length=40), default=list)

    columns = declare(structural="id grant record subject fields")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["grant", "record"], name="grant_record_once")]


class GrantUse(Row):
    """One opening by a grant: its permit, which ends with the grant, and the ledger entry."""

    grant = models.ForeignKey(AccessGrant, on_delete=models.CASCADE, related_name="openings")
    permit = models.UUIDField()
    entry = models.UUIDField()
    at = models.DateTimeField()

    columns = declare(structural="id grant permit entry at")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["grant", "permit"], name="grant_permit_once")]
