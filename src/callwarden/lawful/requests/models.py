"""A data subject's request, what is to be done for it wherever their data lies, and how they proved who they are."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.custody.models import Call, Customer, Line, Person, Record
from callwarden.custody.models._owned import ClientOwned
from callwarden.kernel.columns import declare
from callwarden.kernel.errors import Refused
from callwarden.kernel.events import Event
from callwarden.kernel.machine import Machine, Stated, Step
from callwarden.lawful.requests.kinds import Channel, Kind, RejectionReason

# What proves that a yes was given stays as structure without any value (PIPL art. 69; GDPR art. 5(2), 7(1)).
PROOF_PROVISION: Final = "pipl:69,gdpr:5.2,gdpr:7.1"


def _known_who_asks(request: SubjectRequest, *, person: UUID | None = None, **_facts: Any) -> None:
    """Nothing is decided about somebody's data before it is known that they ask (PIPL art. 50; GDPR art. 12(6))."""
    if request.verified_at is None or (request.person_id or person) is None:
        raise Refused("not_verified", _("It is not known yet who asks. Verify the person first."))


def _with_a_reason(request: SubjectRequest, *, reason: str = "", **_facts: Any) -> None:
    if reason not in RejectionReason.values:
        raise Refused("rejection_without_reason", _("A request is rejected for a reason of the list only. Choose one."))


def _nothing_done_yet(request: SubjectRequest, *, reason: str = "", **facts: Any) -> None:
    _with_a_reason(request, reason=reason, **facts)
    if not Kind(request.kind).undone_until_answered:
        raise Refused("done_already", _("This has been carried out, at least in part. It can only be answered."))


def _nothing_open(request: SubjectRequest, **_facts: Any) -> None:
    if request.tasks.exclude(state__in=RequestTask.SETTLED).exists():
        raise Refused("tasks_open", _("Something is still to be done for this request. Finish it before answering."))


def _something_waits(request: SubjectRequest, *, until: datetime | None = None, **_facts: Any) -> None:
    if until is None and not request.tasks.filter(state=RequestTask.State.HELD).exists():
        raise Refused("nothing_waits", _("Nothing of this request waits for a hold or a legal period."))


def _certified_where_destroyed(request: SubjectRequest, *, certificate: UUID | None = None, **_facts: Any) -> None:
    _nothing_open(request)
    if Kind(request.kind).destroys and certificate is None:
        raise Refused("no_certificate", _("An erasure is answered with its certificate. Let the scan run first."))


class SubjectRequest(ClientOwned, Stated):
    """One request of one person, from its arrival to its answer. What they wrote lies sealed in `statement`.

    Attributes:
        code: what the person quotes when they ask about it; random.
        due_at: computed from kind, jurisdiction and arrival; never typed.
        provisional: a calendar in it has not been announced yet.
        claimed: whom the identifiers given would mean, until somebody has proved to be that customer.
        paused_s: whole seconds in which a proof waited for the person; `asked_proof_at`: since when one does.
        purposes: what a withdrawal or objection is about; empty means all.
        waits_until: when what a legal period keeps may go, while the request is restricted.
        call: the call it was made in, if any.
        reference: id under which whoever sent it knows it, so that one sent twice is one request.
        follow_up: keyed token of number and code by which the person asks how it stands.
        lifted_at: when the restriction it asked for was lifted by two people.
        corrected: names of the fields that were corrected for it, never values; `corrections`: by which entries of
            the log.
        told: names of configured webhooks that hear when it moves.
    """

    class State(models.TextChoices):
        RECEIVED = "received", pgettext_lazy("request", "Received")
        VERIFYING = "verifying", _("Waiting for proof")
        ACCEPTED = "accepted", pgettext_lazy("request", "Accepted")
        PLANNED = "planned", pgettext_lazy("request", "Planned")
        EXECUTING = "executing", _("Being carried out")
        RESTRICTED = "restricted", _("Restricted: something must wait")
        ANSWERED = "answered", _("Answered")
        CLOSED = "closed", pgettext_lazy("request", "Closed")
        REJECTED = "rejected", pgettext_lazy("request", "Rejected")

    machine = Machine(
        "request",
        states=State,
        initial=State.RECEIVED,
        transitions={
            (State.RECEIVED, State.VERIFYING): Step(Event.REQUEST_MOVED),
            (State.RECEIVED, State.ACCEPTED): Step(Event.REQUEST_MOVED, _known_who_asks),
            (State.RECEIVED, State.REJECTED): Step(Event.REQUEST_MOVED, _with_a_reason),
            (State.VERIFYING, State.ACCEPTED): Step(Event.REQUEST_MOVED, _known_who_asks),
            (State.VERIFYING, State.REJECTED): Step(Event.REQUEST_MOVED, _with_a_reason),
            (State.ACCEPTED, State.PLANNED): Step(Event.REQUEST_MOVED, _known_who_asks),
            (State.ACCEPTED, State.REJECTED): Step(Event.REQUEST_MOVED, _with_a_reason),
            (State.PLANNED, State.REJECTED): Step(Event.REQUEST_MOVED, _with_a_reason),
            (State.PLANNED, State.EXECUTING): Step(Event.REQUEST_MOVED, _known_who_asks),
            (State.EXECUTING, State.RESTRICTED): Step(Event.REQUEST_MOVED, _something_waits),
            (State.RESTRICTED, State.EXECUTING): Step(Event.REQUEST_MOVED),
            (State.EXECUTING, State.REJECTED): Step(Event.REQUEST_MOVED, _nothing_done_yet),
            (State.EXECUTING, State.ANSWERED): Step(Event.REQUEST_ANSWERED, _certified_where_destroyed),
            (State.ANSWERED, State.CLOSED): Step(Event.REQUEST_MOVED),
            (State.REJECTED, State.CLOSED): Step(Event.REQUEST_MOVED),
        },
    )

    code = models.CharField(max_length=12, unique=True)
    kind = models.CharField(max_length=20, choices=Kind)
    channel = models.CharField(max_length=10, choices=Channel)
    state = models.CharField(max_length=12, choices=State, default=State.RECEIVED)
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+")
    jurisdiction = models.CharField(max_length=10)
    language = models.CharField(max_length=10, default="en")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="requests")
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="requests")
    claimed = models.ForeignKey(Customer, null=True, on_delete=models.SET_NULL, related_name="+")
    call = models.ForeignKey(Call, null=True, on_delete=models.SET_NULL, related_name="requests")
    statement = models.ForeignKey(Record, null=True, on_delete=models.SET_NULL, related_name="+")
    purposes = ArrayField(models.SlugField(), default=list, blank=True)
    reference = models.UUIDField(null=True)
    follow_up = models.BinaryField(max_length=32, null=True)
    told = ArrayField(models.SlugField(), default=list, blank=True)
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    provisional = models.BooleanField(default=False)
    provision = models.CharField(max_length=100)
    extended_at = models.DateTimeField(null=True)
    asked_proof_at = models.DateTimeField(null=True)
    paused_s = models.PositiveIntegerField(default=0)
    verified_at = models.DateTimeField(null=True)
    verified_how = models.CharField(max_length=20, blank=True)
    waits_until = models.DateTimeField(null=True)
    rejected_for = models.CharField(max_length=30, choices=RejectionReason, blank=True)
    certificate = models.UUIDField(null=True)
    approval = models.UUIDField(null=True)
    owner = models.ForeignKey("kernel.User", null=True, on_delete=models.SET_NULL, related_name="+")
    actor = models.CharField(max_length=60)
    answered_at = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)
    corrected = ArrayField(models.SlugField(), default=list, blank=True, db_default=[])
    corrections = ArrayField(models.UUIDField(), default=list, blank=True, db_default=[])
    closed_at = models.DateTimeField(null=True)

    columns = declare(
        structural=(
            "id client code kind channel state line jurisdiction language person customer claimed call statement"
            " purposes reference told received_at due_at provisional provision extended_at asked_proof_at paused_s"
            " verified_at verified_how waits_until rejected_for certificate approval owner actor answered_at lifted_at"
            " corrected corrections closed_at"
        ),
        token="follow_up",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "reference"], name="request_reference_once"),
            models.CheckConstraint(condition=Q(due_at__gt=F("received_at")), name="request_due_after_arrival"),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "planned", "executing", "restricted", "answered"])
                | Q(verified_at__isnull=False, person__isnull=False),
                name="request_goes_on_only_when_verified",
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | ~Q(rejected_for=""), name="request_rejected_for_a_reason"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["erasure", "account_closing"], state="answered") | Q(certificate__isnull=False),
                name="request_erasure_answered_with_certificate",
            ),
        ]
        indexes = [models.Index(fields=["client", "state", "due_at"], name="request_by_due")]


class RequestTask(ClientOwned, Stated):
    """What has to be done for a request in one replica: one place the person's data lies.

    Attributes:
        before, after: how many things of the person were found there, and how many are left.
        not_before: when the task is tried again; set where a hold or a legal period keeps something.
        exception: the provision on which what is left stays.
    """

    class Replica(models.TextChoices):
        RECORDS = "records", _("Customer records")
        RECORDINGS = "recordings", _("Recordings")
        TRANSCRIPTS = "transcripts", _("Transcripts")
        INDEXES = "indexes", _("Look-up and search indexes")
        MENTIONS = "mentions", _("Calls of others that mention the person")
        OPEN_VIEWS = "open_views", _("Open views and permits")
        EXPORTS = "exports", _("Exports")
        RECIPIENTS = "recipients", _("Recipients outside")
        BACKUPS = "backups", pgettext_lazy("replica", "Backups")
        CONSENTS = "consents", _("Proofs of consent")

    class State(models.TextChoices):
        PENDING = "pending", _("To be done")
        HELD = "held", _("Must wait")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed: will be tried again")
        EXCEPTED = "excepted", _("Stays, on a legal ground")

    SETTLED = frozenset({State.DONE, State.EXCEPTED})

    machine = Machine(
        "request_task",
        states=State,
        initial=State.PENDING,
        transitions={
            (State.PENDING, State.DONE): Step(Event.REQUEST_TASK_MOVED),
            (State.PENDING, State.HELD): Step(Event.REQUEST_TASK_MOVED),
            (State.PENDING, State.FAILED): Step(Event.REQUEST_TASK_MOVED),
            (State.PENDING, State.EXCEPTED): Step(Event.REQUEST_TASK_MOVED),
            (State.HELD, State.PENDING): Step(Event.REQUEST_TASK_MOVED),
            (State.FAILED, State.PENDING): Step(Event.REQUEST_TASK_MOVED),
        },
    )

    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="tasks")
    replica = models.CharField(max_length=20, choices=Replica)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    before = models.PositiveIntegerField(default=0)
    after = models.PositiveIntegerField(null=True)
    method = models.CharField(max_length=40, blank=True)
    exception = models.CharField(max_length=100, blank=True)
    not_before = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    moved_at = models.DateTimeField()

    columns = declare(
        structural="id client request replica state before after method exception not_before attempts moved_at"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "replica"], name="request_task_once")]


class RequestProof(ClientOwned):
    """A one-time code that only somebody reached at a number known before can tell. Gone once used, refused or over.

    Attributes:
        way: how it reaches the person; a code of one way proves nothing by another.
        customer: whom it proves; None where nobody is known by what was given, so that the code proves nothing.
        code: keyed token of the code together with the request, so that it proves nothing elsewhere.
    """

    class Way(models.TextChoices):
        CALL_BACK = "call_back", _("Told when called back")
        MESSAGE = "message", _("Sent to a known number or address")

    request = models.ForeignKey(SubjectRequest, on_delete=models.CASCADE, related_name="proofs")
    way = models.CharField(max_length=10, choices=Way, default=Way.CALL_BACK)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="+")
    code = models.BinaryField(max_length=32)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    columns = declare(structural="id client request way customer attempts sent_at expires_at used_at", token="code")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "way"], name="request_proof_once")]
        indexes = [models.Index(fields=["expires_at"], name="proof_by_end")]
