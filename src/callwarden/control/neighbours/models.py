"""Neighbouring systems, what arrived from them, and the acts in it. Names and numbers in these are keyed tokens.

What an entry says as it was received lies under a commitment: a digest over its parts and a random salt, of which the
digest of the batch in the operation log is made. Whoever changes an entry later is found out; whoever is erased loses
the salt with the rest, and what stays in the log joins to nobody.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.custody.models._owned import ClientOwned
from callwarden.kernel.columns import declare
from callwarden.kernel.events import Event
from callwarden.kernel.machine import Machine, Stated, Step


class Neighbour(Stated):
    """One system beside ours.

    Attributes:
        quiet_minutes: so long it may say nothing before somebody should look; 0 sets no limit.
        mapping: which part of its lines is what (engines/neighbours).
        named_by: what its names of people are compared with here.
        way: how its lines come. `program` is the purpose of the service keys that may bring them by HTTP;
            `certificates` are SHA-256 digests (hex) of those that may bring them by syslog; on this machine alone the
            slug, as the name of the application in a message, is enough.
        heard_at: when the last line arrived that could be read, meant for us or not.
        taken, repeated, left_out, refused: lines since it was connected; of those refused, how many by which reason.
        skew_s: the least age of a line in the last batch, in seconds; below 0 its clock is ahead of ours.
    """

    class State(models.TextChoices):
        CONNECTED = "connected", pgettext_lazy("neighbour", "Connected")
        PAUSED = "paused", pgettext_lazy("neighbour", "Paused")
        ENDED = "ended", pgettext_lazy("neighbour", "Disconnected")

    class Kind(models.TextChoices):
        CUSTOMER_SYSTEM = "crm", _("Customer system")
        TELEPHONY = "telephony", _("Telephone system")
        RECORDER = "recorder", _("Recorder")
        DATABASE = "database", pgettext_lazy("neighbour", "Database")

    class Way(models.TextChoices):
        SYSLOG = "syslog", _("Syslog over TLS, with a certificate")
        LOCAL = "local", _("Syslog on this machine")
        HTTP = "http", _("HTTP, with a service key")

    class NamedBy(models.TextChoices):
        LOGIN = "login", _("Login at the telephone system")
        ACCOUNT = "account", _("Account name here")

    machine: ClassVar[Machine] = Machine(
        "neighbour",
        states=State,
        initial=State.CONNECTED,
        transitions={
            (State.CONNECTED, State.PAUSED): Step(Event.NEIGHBOUR_PAUSED),
            (State.PAUSED, State.CONNECTED): Step(Event.NEIGHBOUR_RESUMED),
            (State.CONNECTED, State.ENDED): Step(Event.NEIGHBOUR_ENDED),
            (State.PAUSED, State.ENDED): Step(Event.NEIGHBOUR_ENDED),
        },
    )

    state = models.CharField(max_length=10, choices=State, default=State.CONNECTED)
    client = models.ForeignKey("custody.Client", on_delete=models.PROTECT, related_name="+")
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    name_zh = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind)
    owner = models.ForeignKey("kernel.User", on_delete=models.PROTECT, related_name="+")
    quiet_minutes = models.PositiveIntegerField(default=60)
    mapping = models.JSONField()
    named_by = models.CharField(max_length=10, choices=NamedBy, default=NamedBy.LOGIN)
    way = models.CharField(max_length=10, choices=Way)
    program = models.SlugField(blank=True)
    certificates = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    created_at = models.DateTimeField()
    heard_at = models.DateTimeField(null=True)
    taken = models.PositiveBigIntegerField(default=0)
    repeated = models.PositiveBigIntegerField(default=0)
    left_out = models.PositiveBigIntegerField(default=0)
    refused = models.JSONField(default=dict)
    skew_s = models.IntegerField(default=0)

    columns = declare(
        structural=(
            "id state client slug name name_zh kind owner quiet_minutes mapping named_by way program certificates"
            " created_at heard_at taken repeated left_out refused skew_s"
        )
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(way="http") | ~Q(program=""), name="neighbour_by_http_has_a_program"),
            models.CheckConstraint(
                condition=~Q(way="syslog") | ~Q(certificates=[]), name="neighbour_by_syslog_has_a_certificate"
            ),
        ]


class NeighbourBatch(ClientOwned):
    """Lines that arrived together.

    Attributes:
        digest: SHA-256 over the commitments of its entries, in order; the operation log holds it in `entry`.
        refused: reason -> how many.
    """

    neighbour = models.ForeignKey(Neighbour, on_delete=models.PROTECT, related_name="batches")
    way = models.CharField(max_length=10, choices=Neighbour.Way)
    received_at = models.DateTimeField()
    taken = models.PositiveIntegerField()
    repeated = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    refused = models.JSONField(default=dict)
    skew_s = models.IntegerField(default=0)
    digest = models.CharField(max_length=64)
    entry = models.UUIDField()

    columns = declare(
        structural="id client neighbour way received_at taken repeated left_out refused skew_s digest entry"
    )

    class Meta:
        indexes = [models.Index(fields=["neighbour", "-received_at"], name="batch_of_neighbour")]


class NeighbourEntry(ClientOwned):
    """One act in another system, as it was received; and what it was found to belong to here.

    Attributes:
        number: place in its batch.
        mark: keyed digest of the line as it came: the same line again is a repeat.
        who, person_token: keyed tokens of how the other system names the person who acted and the data subject.
        calls: keyed tokens of the call's number, one of 32 octets for each line of the client.
        commitment, salt: see above. The salt goes when a person is erased.
        user, subject, call: whose account, key holder and call this was found to be.
        inside: done by the application itself, not by a person around it; None when not known.
        link: what explains the act, once somebody looked (`judged_at`): call, ticket, campaign, request, or "".
        judged_in: the entry of the operation log that says so.
    """

    batch = models.ForeignKey(NeighbourBatch, on_delete=models.CASCADE, related_name="entries")
    neighbour = models.ForeignKey(Neighbour, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    mark = models.BinaryField(max_length=32)
    at = models.DateTimeField()
    act = models.CharField(max_length=16)
    rows = models.PositiveIntegerField(null=True)
    inside = models.BooleanField(null=True)
    who = models.BinaryField(max_length=32)
    person_token = models.BinaryField(max_length=32, null=True)
    calls = models.BinaryField(max_length=3200, null=True)
    commitment = models.CharField(max_length=64)
    salt = models.BinaryField(max_length=32, null=True)
    user = models.ForeignKey("kernel.User", null=True, on_delete=models.SET_NULL, related_name="+")
    subject = models.UUIDField(null=True)
    call = models.UUIDField(null=True)
    link = models.CharField(max_length=10, blank=True)
    judged_at = models.DateTimeField(null=True)
    judged_in = models.UUIDField(null=True)
    erased_at = models.DateTimeField(null=True)

    columns = declare(
        structural=(
            "id client batch neighbour number at act rows inside commitment user subject call link judged_at judged_in"
            " erased_at"
        ),
        token="mark who person_token calls salt",
    )

    class Meta:
        indexes = [
            models.Index(fields=["client", "-at"], name="neighbour_entry_by_time"),
            models.Index(fields=["user", "-at"], name="neighbour_entry_of_user"),
            models.Index(fields=["subject", "-at"], name="neighbour_entry_of_subject"),
            models.Index(fields=["call", "-at"], name="neighbour_entry_of_call"),
            models.Index(fields=["at"], condition=Q(judged_at=None), name="neighbour_entry_unjudged"),
            models.Index(fields=["judged_in"], name="neighbour_entry_judged_in"),
        ]
        constraints = [models.UniqueConstraint(fields=["neighbour", "mark"], name="neighbour_line_once")]
