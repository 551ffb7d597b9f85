"""Retention rules, the events that start them, and runs that compute due dates anew."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from callwarden.custody.categories import Category
from callwarden.custody.jurisdictions import Jurisdiction
from callwarden.custody.models import Client, Customer, Line
from callwarden.custody.models._owned import ClientOwned
from callwarden.kernel.columns import declare
from callwarden.kernel.rows import Row
from callwarden.lawful.purposes.models import Purpose

# A retention bucket spans a week: what must be kept and what may be kept lie at least so far apart.
BUCKET_DAYS = 7


class Trigger(models.TextChoices):
    """What a period counts from. All but the first arrive as events of a customer."""

    CALL_END = "call_end", _("End of the call")
    CONTRACT_END = "contract_end", _("End of the contract")
    COMPLAINT_CLOSED = "complaint_closed", _("Complaint closed")
    CONSENT_WITHDRAWN = "consent_withdrawn", _("Consent withdrawn")
    ACCOUNT_CLOSED = "account_closed", _("Account closed")
    LAST_CONTACT = "last_contact", _("Last contact")


class RetentionRule(models.Model):
    """Days a category may (ceiling) and must (floor) be kept for one purpose, counted from its trigger.

    A rule is one line's, or holds for every line of a jurisdiction that has none of its own for the same category and
    purpose.

    Attributes:
        jurisdiction: of a rule for every line; "" where `line` is set, whose jurisdiction then counts.
        floor_provision, ceiling_provision: slug of `statutes`, or how the site calls its reason.

    Source: PIPL art. 19, 47; GDPR art. 5(1)(e); control map A7, A8.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey(Line, null=True, blank=True, on_delete=models.CASCADE, related_name="retention")
    jurisdiction = models.CharField(max_length=10, choices=Jurisdiction, blank=True, default="")
    category = models.CharField(max_length=30, choices=Category)
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+")
    trigger = models.CharField(max_length=20, choices=Trigger, default=Trigger.CALL_END)
    floor_days = models.PositiveIntegerField(default=0)
    floor_provision = models.CharField(max_length=60, blank=True, default="")
    ceiling_days = models.PositiveIntegerField()
    ceiling_provision = models.CharField(max_length=60, blank=True, default="")

    columns = declare(
        structural="id line jurisdiction category purpose trigger floor_days floor_provision ceiling_days"
        " ceiling_provision"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "category", "purpose"], name="retention_rule_once"),
            models.UniqueConstraint(
                fields=["jurisdiction", "category", "purpose"],
                condition=Q(line__isnull=True),
                name="retention_default_once",
            ),
            models.CheckConstraint(
                condition=Q(line__isnull=False, jurisdiction="") | (Q(line__isnull=True) & ~Q(jurisdiction="")),
                name="retention_rule_of_a_line_or_jurisdiction",
            ),
            models.CheckConstraint(
                condition=Q(floor_days=0) | Q(floor_days__lte=F("ceiling_days") - BUCKET_DAYS),
                name="floor_a_bucket_below_ceiling",
            ),
        ]


class RetentionEvent(ClientOwned):
    """That something happened to a customer from which periods count. Never changed; told twice, it is one."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="retention_events")
    trigger = models.CharField(max_length=20, choices=Trigger)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.CharField(max_length=60)

    columns = declare(structural="id client customer trigger at recorded_at actor")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "trigger", "at"], name="retention_event_once")]


class RetentionRun(Row):
    """Due dates computed anew for the records of a client: first the dates, page by page, then the buckets.

    Attributes:
        cause: slug: why ("rule", "events", "last_contact").
        step: "dates", "buckets" or "ended"; `page` is the next page of the table of records, `after` the last record
            whose bucket was looked at.
        changed: dates changed in this pass over the table; a pass that changes none ends the step.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    cause = models.CharField(max_length=20)
    actor = models.CharField(max_length=60)
    step = models.CharField(max_length=10, default="dates")
    page = models.BigIntegerField(default=0)
    after = models.UUIDField(default=uuid.UUID(int=0))
    total = models.BigIntegerField(default=0)
    looked_at = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    dates_changed = models.BigIntegerField(default=0)
    moved = models.BigIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    columns = declare(
        structural="id client cause actor step page after total looked_at changed dates_changed moved started_at"
        " finished_at"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client"], condition=Q(finished_at__isnull=True), name="one_retention_run_per_client"
            )
        ]
        indexes = [models.Index(fields=["-started_at"], name="retention_run_latest")]
