"""Keys of programs. People sign in at the console; programs bring a key, and neither can do the other's."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from callwarden.kernel.columns import declare
from callwarden.kernel.rows import Row

LONGEST = timedelta(days=90)


class ServiceKey(Row):
    """A credential of one program.

    Attributes:
        prefix: the part of the key that may be shown; finds the row.
        secret: SHA-256 of the secret part. A digest without a salt is enough: the secret has 256 random bits.
        owner: the person who answers for it; when their account closes, the key ends.
        purpose: slug that says what the program does.
        lines: ids of the lines it may speak for; None means every line of its client.
        networks: CIDR blocks it may come from; empty means anywhere.
        ended_for: slug that says why it was revoked (`idle`, `leaver`, `leaked`).

    A program is a purpose at a client; it has two live keys at most, so that one can be replaced without an outage.
    """

    class Scope(models.TextChoices):
        INTAKE = "intake", _("Hand in calls, recordings, words and call records")
        CONSENT = "consent", _("Report consent")
        CUSTOMERS = "customers", _("Keep customer records up to date and look customers up, masked")
        CALLS = "calls", _("Ask how far a call has come")
        DIALLER = "dialler", _("Ask who may be called, and say who wants no calls")
        DECIDE = "decide", _("Ask whether what is known of somebody may be used")
        GATEWAY = "gateway", _("Send words to a language model with tokens for values, and have the values put back")
        RETENTION = "retention", _("Report what starts a retention period; hold records provisionally")
        REQUESTS = "requests", _("Hand in requests of data subjects and ask how they stand")
        WORK = "work", _("Report tickets, campaigns and shifts")
        NEIGHBOURS = "neighbours", _("Bring the log of a neighbouring system")
        PROVISION = "provision", _("Open, change and close accounts of people (SCIM)")

    prefix = models.CharField(max_length=12, unique=True)
    secret = models.BinaryField(max_length=32)
    owner = models.ForeignKey("kernel.User", on_delete=models.PROTECT, related_name="service_keys")
    purpose = models.SlugField()
    scopes = ArrayField(models.CharField(max_length=12, choices=Scope))
    client = models.ForeignKey("custody.Client", on_delete=models.PROTECT, related_name="+")
    lines = ArrayField(models.UUIDField(), null=True, blank=True)
    networks = ArrayField(models.CharField(max_length=43), default=list, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    ended_for = models.SlugField(blank=True)

    columns = declare(
        structural=(
            "id prefix owner purpose scopes client lines networks created_at expires_at last_used_at revoked_at"
            " ended_for"
        ),
        token="secret",
    )

    class Meta:
        indexes = [models.Index(fields=["client", "-created_at"], name="service_key_of_client")]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at"), expires_at__lte=F("created_at") + LONGEST),
                name="service_key_ends_within_90_days",
            ),
            models.CheckConstraint(
                condition=Q(
                    scopes__contained_by=[
                        "intake",
                        "consent",
                        "customers",
                        "calls",
                        "retention",
                        "dialler",
                        "requests",
                        "decide",
                        "provision",
                        "work",
                        "neighbours",
                        "gateway",
                    ]
                )
                & ~Q(scopes=[]),
                name="service_key_scopes_known",
            ),
        ]

    @property
    def actor(self) -> str:
        """How ledger entries and permits name this program."""
        return f"service:{self.id}"

    def is_live(self, at: datetime) -> bool:
        """Whether the key counts at that time: neither revoked nor run out, and its owner still active."""
        return self.revoked_at is None and self.created_at <= at < self.expires_at and self.owner.is_active


class PasswordChange(Row):
    """One setting of somebody's password. The newest row tells of the present one.

    Attributes:
        given: an administrator chose it, so its person changes it at the next sign-in.
        former: sealed hash of the password that ended here; only where the profile keeps a history.
    """

    user = models.ForeignKey("kernel.User", on_delete=models.CASCADE, related_name="password_changes")
    at = models.DateTimeField()
    given = models.BooleanField(default=False)
    former = models.BinaryField(null=True)

    columns = declare(structural="id user at given", sealed="former")

    class Meta:
        indexes = [models.Index(fields=["user", "-at"], name="password_change_newest")]


class KnownDevice(Row):
    """A browser somebody has signed in from; `token` is the keyed token of its cookie."""

    user = models.ForeignKey("kernel.User", on_delete=models.CASCADE, related_name="known_devices")
    token = models.BinaryField(max_length=32)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    columns = declare(structural="id user first_at last_at", token="token")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "token"], name="known_device_once")]


class Identity(Row):
    """Somebody at an identity provider; `subject` is the keyed token of issuer and subject."""

    class How(models.TextChoices):
        ADMINISTRATOR = "administrator", _("By an administrator")
        EMAIL = "email", _("By a verified address, at the first sign-in")

    user = models.ForeignKey("kernel.User", on_delete=models.CASCADE, related_name="identities")
    provider = models.CharField(max_length=40)
    subject = models.BinaryField(max_length=32)
    how = models.CharField(max_length=13, choices=How)
    linked_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    columns = declare(structural="id user provider how linked_at used_at", token="subject")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "subject"], name="identity_of_one_person"),
            models.UniqueConstraint(fields=["user", "provider"], name="identity_once_per_provider"),
        ]


class SpentAnswer(Row):
    """An answer of an identity provider that was used; `token` is the keyed token of issuer and id."""

    token = models.BinaryField(max_length=32, unique=True)
    until = models.DateTimeField(db_index=True)

    columns = declare(structural="id until", token="token")


class SamlKey(Row):
    """A key pair of this site towards SAML providers.

    Attributes:
        use: what for; a key that signs opens nothing, and the other way round.
        certificate: PEM, self-signed; what providers are told.
        private: sealed PKCS #8.
        until: a newer one is there; this one counts until then, and is destroyed after. None: it is the newest.
    """

    class Use(models.TextChoices):
        SIGNING = "signing", _("Signs what is sent to providers")
        ENCRYPTION = "encryption", _("Opens what providers encrypt for this site")

    use = models.CharField(max_length=10, choices=Use)
    certificate = models.TextField()
    private = models.BinaryField()
    made_at = models.DateTimeField()
    until = models.DateTimeField(null=True, db_index=True)

    columns = declare(structural="id use certificate made_at until", sealed="private")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["use"], condition=Q(until=None), name="saml_key_newest_once")]


class Arrival(Row):
    """A session at an identity provider by which one here began, so that either can end the other.

    Attributes:
        subject, index: keyed tokens of who the provider says it is, and of its session; b"" where it names none.
        told: sealed; what the provider wants to hear when its session is to end. Empty once it was said.
        asked: keyed token of the wish that the provider has to answer.
    """

    session = models.OneToOneField("kernel.Session", on_delete=models.CASCADE, related_name="+")
    provider = models.CharField(max_length=40)
    subject = models.BinaryField(max_length=32)
    index = models.BinaryField(max_length=32)
    told = models.BinaryField()
    asked = models.BinaryField(max_length=32, default=bytes)
    asked_at = models.DateTimeField(null=True)

    columns = declare(structural="id session provider asked_at", token="subject index asked", sealed="told")

    class Meta:
        indexes = [
            models.Index(fields=["provider", "subject"], name="arrival_of_subject"),
            models.Index(fields=["provider", "index"], name="arrival_of_index"),
            models.Index(fields=["provider", "asked"], name="arrival_asked"),
        ]
