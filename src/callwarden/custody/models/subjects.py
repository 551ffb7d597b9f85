"""Key holders and people. A Subject is a key holder; a Person is a revocable set of links to Subjects.

Identifying, merging and splitting people therefore never rewraps a key (DESIGN section 1).
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models._owned import ClientOwned
from callwarden.kernel.columns import declare


class Subject(ClientOwned):
    """One holder of subject keys: an unidentified caller of one call, a customer, an agent."""

    class Kind(models.TextChoices):
        CALLER = "caller", _("Caller")
        CUSTOMER = "customer", _("Customer")
        AGENT = "agent", _("Agent")

    kind = models.CharField(max_length=10, choices=Kind)
    generation = models.PositiveIntegerField(default=1)
    user = models.ForeignKey("kernel.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)
    # Some of its records were destroyed: its next generation is due, or old copies of their wraps could be opened.
    turn_due = models.BooleanField(default=False, db_default=False)
    # Erased while records were on hold: nothing is added any more, and the last release carries the erasure out.
    erasure_due = models.BooleanField(default=False, db_default=False)

    columns = declare(structural="id client kind generation user created_at destroyed_at turn_due erasure_due")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "user"],
                condition=Q(user__isnull=False, destroyed_at__isnull=True, erasure_due=False),
                name="one_subject_per_agent",
            )
        ]
        indexes = [models.Index(fields=["client"], condition=Q(turn_due=True), name="subject_turn_due")]


class Person(ClientOwned):
    """A human being as this client knows them: nothing but the set of live links to Subjects."""

    created_at = models.DateTimeField()

    columns = declare(structural="id client created_at")


class PersonLink(ClientOwned):
    """That a Subject belongs to a Person, until revoked."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="links")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="links")
    linked_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    columns = declare(structural="id client person subject linked_at revoked_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject"], condition=Q(revoked_at__isnull=True), name="subject_linked_to_one_person"
            )
        ]


class Customer(ClientOwned):
    """A customer of the client. Everything personal lies in its records; here is only structure.

    Attributes:
        known_since: since when they are known by all they are known by: a call that was looked through before was not
            looked through for that. None: from before it was noted, and the last change stands for it.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="customers")
    subject = models.OneToOneField(Subject, on_delete=models.PROTECT, related_name="customer")
    number = models.BinaryField(max_length=32)
    # Version of the index key `number` was made under.
    number_version = models.PositiveSmallIntegerField(default=1, db_default=1)
    language = models.CharField(max_length=10, blank=True)
    vip = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    known_since = models.DateTimeField(null=True)

    columns = declare(
        structural="id client person subject number_version language vip created_at updated_at known_since",
        token="number",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "number"], name="customer_number_once_per_client")]
