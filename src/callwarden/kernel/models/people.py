"""Who uses Callwarden. Every chapter refers to people, so they live beneath all chapters."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.kernel.columns import declare
from callwarden.kernel.roles import BASES, Role, separated_pairs
from callwarden.kernel.rows import Row


class OwnRole(models.Model):
    """A role that the access matrix in force has beside the shipped ones. Written with the matrix, by nothing else.

    Attributes:
        based_on: the ordinary role whose pages its holders see.
    """

    slug = models.SlugField(primary_key=True, max_length=30)
    name = models.CharField(max_length=60)
    name_zh = models.CharField(max_length=60)
    based_on = models.CharField(max_length=30)

    columns = declare(structural="slug name name_zh based_on")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(slug__in=list(Role.values)), name="own_role_is_not_shipped"),
            models.CheckConstraint(condition=Q(based_on__in=list(BASES)), name="own_role_based_on_an_ordinary_one"),
        ]


class User(AbstractUser):
    """A person who signs in.

    Attributes:
        pseudonym: the random id by which ledger, permits and entries know this person.
        roles: slugs of `Role` and of `OwnRole` (a trigger refuses any other); system, security and audit administration
            exclude each other.
        lines: ids of the lines this person works for; None means no limit by line.
        external_id: how the directory that provisions accounts knows this person; empty for accounts opened here.
        frozen_at: since when the account is frozen; then it is not active either, and one person cannot reopen it.
        opens_unfrozen: whether it becomes active again once two people unfreeze it.
    """

    class Language(models.TextChoices):
        ENGLISH = "en", "English"
        CHINESE = "zh-hans", "简体中文"

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pseudonym = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    display_name = models.CharField(pgettext_lazy("person", "name"), max_length=100, blank=True)
    roles = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    language = models.CharField(max_length=10, choices=Language, default=Language.ENGLISH)
    time_zone = models.CharField(max_length=50, default="UTC")
    lines = ArrayField(models.UUIDField(), null=True, blank=True)
    external_id = models.CharField(max_length=200, blank=True)
    frozen_at = models.DateTimeField(null=True, editable=False)
    opens_unfrozen = models.BooleanField(default=False, editable=False)

    columns = declare(
        structural=(
            "id pseudonym roles language time_zone lines last_login is_superuser is_staff is_active date_joined"
            " groups user_permissions frozen_at opens_unfrozen"
        ),
        directory="username email display_name password external_id",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["external_id"], condition=~Q(external_id=""), name="user_external_id_once"),
            models.CheckConstraint(
                condition=Q(frozen_at=None, opens_unfrozen=False) | Q(frozen_at__isnull=False, is_active=False),
                name="user_frozen_is_not_active",
            ),
            *(
                models.CheckConstraint(
                    condition=~Q(roles__contains=list(pair)),
                    name=f"user_not_{pair[0]}_and_{pair[1]}",
                    violation_error_message=_(
                        "System, security and audit administration must be different people. Choose one of these roles."
                    ),
                )
                for pair in separated_pairs()
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        """How colleagues know this person."""
        return self.display_name or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()

    @property
    def actor(self) -> str:
        """How ledger entries name this person."""
        return str(self.pseudonym)

    def has_role(self, *roles: str) -> bool:
        """Whether an active person holds at least one of the roles."""
        return self.is_active and not set(roles).isdisjoint(self.roles)


class Session(Row):
    """A person's sign-in on one device. Permits are bound to it; the keeper reads it before releasing a key.

    Attributes:
        key: keyed token of the web session's key.
        expires_at: moves with use (idle limit) but never past `ends_at` (absolute limit).
        mfa_at: when a second factor was last proved.
        demo: opened by a demonstration link, without a second factor.
        place: slug of the place it was opened from, as the site names its networks; "" when the site does not.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    key = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    mfa_at = models.DateTimeField(null=True)
    demo = models.BooleanField(default=False)
    place = models.CharField(max_length=40, blank=True, default="")

    columns = declare(
        structural="id user created_at last_seen_at expires_at ends_at revoked_at mfa_at demo place",
        token="key",
    )

    class Meta:
        indexes = [models.Index(fields=["user", "-created_at"], name="session_of_user")]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(revoked_at=None), name="session_once_per_web_session"),
            models.CheckConstraint(condition=Q(expires_at__lte=models.F("ends_at")), name="session_ends_at_its_limit"),
        ]

    def is_live(self, at: datetime) -> bool:
        """Whether the session counts at that time: neither revoked nor run out, and its person active."""
        return self.revoked_at is None and self.created_at <= at < self.expires_at and self.user.is_active


class RoleHeld(Row):
    """Since when a person holds a role, and until when they held it: posts are given for a time, not for ever.

    Attributes:
        given_by: actor who gave it.
        approval: what two people decided, where it needed that.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="roles_held")
    role = models.CharField(max_length=30)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    given_by = models.CharField(max_length=60)
    approval = models.UUIDField(null=True)

    columns = declare(structural="id user role since until given_by approval")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role"], condition=Q(until=None), name="role_held_once"),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=models.F("since")), name="role_held_until_later"
            ),
        ]
