"""The registry: purposes, the ground of each per jurisdiction, kinds of data, recipients, and what each line serves."""

from __future__ import annotations

import uuid
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from callwarden.custody.jurisdictions import Jurisdiction
from callwarden.custody.models import Client, Line
from callwarden.kernel import clock
from callwarden.kernel.columns import declare
from callwarden.kernel.events import Event
from callwarden.kernel.machine import Machine, Stated, Step
from callwarden.lawful.purposes import terms
from callwarden.lawful.purposes.rules import is_abroad, needs_separate_consent
from callwarden.lawful.purposes.terms import Certainty, Condition, Ending, Method, Role, Use, Whose

# Uses that always call for an assessment before they begin. Source: PIPL art. 55(2), 55(3); GDPR art. 35.
ASSESSED_USES: Final = (Use.AI_PROCESSING.value, Use.SHARING.value)


class Purpose(Stated):
    """One purpose of use, by our own slug with its Data Privacy Vocabulary term.

    Attributes:
        method: slugs of `terms.Method`: how data is handled for it.
        concerns: whose data (`terms.Whose`).
        sensitive, abroad: it handles sensitive data; it sends data out of the jurisdiction.
        assessment: the approved impact assessment it rests on. An active purpose that needs one has one (the database
            refuses anything else).

    Source: PIPL art. 6, 55; GDPR art. 5(1)(b), 35; DPV 2.3.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        RETIRED = "retired", _("Retired")

    machine = Machine(
        "purpose",
        states=State,
        initial=State.DRAFT,
        transitions={
            (State.DRAFT, State.ACTIVE): Step(Event.PURPOSE_ACTIVATED),
            (State.DRAFT, State.RETIRED): Step(Event.PURPOSE_RETIRED),
            (State.ACTIVE, State.RETIRED): Step(Event.PURPOSE_RETIRED),
        },
    )

    id = None  # type: ignore[assignment]
    slug = models.SlugField(primary_key=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    name = models.CharField(max_length=100)
    name_zh = models.CharField(max_length=100)
    description_en = models.TextField(blank=True)
    description_zh = models.TextField(blank=True)
    dpv = models.CharField(max_length=100, blank=True)
    use = models.CharField(max_length=20, choices=Use, default=Use.COLLECTION)
    method = ArrayField(models.CharField(max_length=20, choices=Method), default=list, blank=True)
    concerns = ArrayField(models.CharField(max_length=20, choices=Whose), default=list, blank=True)
    sensitive = models.BooleanField(default=False)
    separate_consent = models.BooleanField(default=False)
    abroad = models.BooleanField(default=False)
    assessment = models.ForeignKey("lawful.Assessment", null=True, on_delete=models.PROTECT, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)

    columns = declare(
        structural="slug state name name_zh description_en description_zh dpv use method concerns sensitive"
        " separate_consent abroad assessment retired_at"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="active")
                | Q(assessment__isnull=False)
                | (Q(sensitive=False, abroad=False) & ~Q(use__in=ASSESSED_USES)),
                name="purpose_assessed_before_active",
            ),
            models.CheckConstraint(
                condition=Q(state="retired", retired_at__isnull=False)
                | (~Q(state="retired") & Q(retired_at__isnull=True)),
                name="purpose_retired_at_some_time",
            ),
        ]


class PurposeGround(models.Model):
    """On which lawful ground a purpose rests in one jurisdiction, on what condition, and what ends it.

    Attributes:
        reference, recorded_on: of what shows that the condition holds: the balancing of interests, the workplace rules.
        valid_until: last day on which the provision of a legal duty is in force; None where no end is known.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.ForeignKey(Purpose, on_delete=models.CASCADE, related_name="grounds")
    jurisdiction = models.CharField(max_length=10, choices=Jurisdiction)
    ground = models.CharField(max_length=20, choices=terms.Ground)
    provision = models.CharField(max_length=100, blank=True)
    condition = models.CharField(max_length=20, choices=Condition, default=Condition.NONE, blank=True)
    ends_with = models.CharField(max_length=20, choices=Ending)
    certainty = models.CharField(max_length=12, choices=Certainty, default=Certainty.UNCERTAIN)
    reference = models.CharField(max_length=100, blank=True)
    recorded_on = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)

    columns = declare(
        structural="id purpose jurisdiction ground provision condition ends_with certainty reference recorded_on"
        " valid_until"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "jurisdiction"], name="purpose_ground_once_per_jurisdiction"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(ground="legal_obligation"),
                name="only_a_legal_duty_has_a_last_day",
            ),
            # There is no such ground in Chinese law (PIPL art. 13 lists them all).
            models.CheckConstraint(
                condition=~Q(jurisdiction="cn", ground="legitimate_interest"), name="no_legitimate_interest_in_cn"
            ),
        ]


class CategoryRule(models.Model):
    """How a kind of data counts in one jurisdiction: its level (1 low to 4 highest), sensitive, never to be stored.

    Source: DSL art. 21; PIPL art. 28, 51(2); GB/T 45574-2025; PCI DSS 4.0.1 3.3.1.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    category = models.CharField(max_length=30, choices=list(terms.CATEGORIES.items()))
    jurisdiction = models.CharField(max_length=10, choices=Jurisdiction)
    level = models.PositiveSmallIntegerField()
    sensitive = models.BooleanField(default=False)
    never_store = models.BooleanField(default=False)
    provision = models.CharField(max_length=100, blank=True)
    certainty = models.CharField(max_length=12, choices=Certainty, default=Certainty.UNCERTAIN)

    columns = declare(structural="id category jurisdiction level sensitive never_store provision certainty")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["category", "jurisdiction"], name="category_rule_once_per_jurisdiction"),
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=4), name="category_level_1_to_4"),
        ]


class PurposeCategory(models.Model):
    """That a purpose handles a kind of data."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.ForeignKey(Purpose, on_delete=models.CASCADE, related_name="categories")
    category = models.CharField(max_length=30, choices=list(terms.CATEGORIES.items()))

    columns = declare(structural="id purpose category")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purpose", "category"], name="purpose_category_once")]


class PurposeRevision(models.Model):
    """A version of a purpose as a whole, as it was asked for and put into force. Never changed.

    Attributes:
        content: the purpose in the shape of the registry file.
        digest: SHA-256 of the content in canonical JSON; what approvers approve.
        applied_at: since when it holds; None while it waits for a second person, or was never put into force.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.ForeignKey(Purpose, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)

    columns = declare(structural="id purpose number content digest by made_at applied_at")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purpose", "number"], name="purpose_revision_once")]


class LinePurpose(models.Model):
    """That a line serves a purpose, and on which lawful ground: the one the registry allows in its jurisdiction."""

    Ground = terms.Ground

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="purposes")
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+")
    ground = models.CharField(max_length=20, choices=terms.Ground, default=terms.Ground.CONSENT)
    core = models.BooleanField(default=False)

    columns = declare(structural="id line purpose ground core")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "purpose"], name="line_purpose_once")]


class Recipient(models.Model):
    """Somebody outside who is given data, for which purposes, and where they are.

    Attributes:
        country: ISO 3166-1 alpha-2.
        ended_at: since when nothing is given to them any more.

    Source: PIPL art. 20, 21, 23, 39; GDPR art. 13(1)(e), 28, 30(1)(d).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="recipients")
    slug = models.SlugField()
    name = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=12, choices=Role)
    country = models.CharField(max_length=2)
    contact = models.CharField(max_length=200, blank=True)
    purposes = models.ManyToManyField(Purpose, related_name="recipients", blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    columns = declare(structural="id client slug name name_zh role country contact purposes ended_at")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "slug"], name="recipient_slug_once_per_client")]

    @property
    def key(self) -> str:
        """As the registry file names it. Needs `client` to be loaded."""
        return f"{self.client.slug}/{self.slug}"

    def abroad_from(self, jurisdiction: str) -> bool:
        """Whether giving data to them takes it out of this jurisdiction."""
        return is_abroad(jurisdiction, self.country)

    def separate_consent_in(self, jurisdiction: str) -> bool:
        """Whether the person must have consented to this recipient by itself."""
        return needs_separate_consent(jurisdiction, self.role, self.country)

    @property
    def separate_consent(self) -> bool:
        return self.separate_consent_in(Jurisdiction.CN)


class Transfer(models.Model):
    """A transfer abroad to one recipient, and the mechanism that allows it. Ended, never deleted.

    Attributes:
        reference: number of the filing, certificate or contract.
        valid_until: last day; None where the mechanism has no end.
        registered_at: since when it counts; None while it waits for a second person.

    Source: PIPL art. 38-40; NDSR art. 35; GDPR art. 44-49.
    """

    class Mechanism(models.TextChoices):
        SECURITY_ASSESSMENT = "security_assessment", _("Security assessment by the authority")
        STANDARD_CONTRACT = "standard_contract", _("Standard contract, filed")
        CERTIFICATION = "certification", _("Certification")
        EXEMPTED = "exempted", _("Exempted by rule")
        ADEQUACY = "adequacy", _("Adequacy decision")
        CLAUSES = "clauses", _("Standard contractual clauses")
        BINDING_RULES = "binding_rules", _("Binding corporate rules")
        DEROGATION = "derogation", _("Derogation in a single case")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="transfers")
    jurisdiction = models.CharField(max_length=10, choices=Jurisdiction)
    mechanism = models.CharField(max_length=20, choices=Mechanism)
    provision = models.CharField(max_length=100)
    certainty = models.CharField(max_length=12, choices=Certainty, default=Certainty.UNCERTAIN)
    reference = models.CharField(max_length=100)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    proposed_at = models.DateTimeField(default=clock.now)
    registered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    columns = declare(
        structural="id recipient jurisdiction mechanism provision certainty reference valid_from valid_until"
        " proposed_at registered_at ended_at"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "jurisdiction"],
                condition=Q(ended_at__isnull=True, registered_at__isnull=False),
                name="one_open_transfer_per_recipient",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=models.F("valid_from")),
                name="transfer_valid_forwards",
            ),
        ]
