"""Consent as append-only events, the proof behind each, and what stands now: one row a subject, purpose and recipient.

Events are only ever added. What stands is kept by a trigger of the database, so that no code can forget it and no order
of arrival changes it (migration `consent_states`).
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Call, Line, Record, Subject
from callwarden.custody.models._owned import ClientOwned
from callwarden.kernel.columns import declare
from callwarden.lawful.notices.models import Notice


class ConsentEvidence(ClientOwned):
    """What shows that it was said. Never changed; only the copy of the sound may come, once, and go with its time.

    Attributes:
        source: the record the interval was taken from; it may be gone by now.
        start_ms, end_ms: the interval within the recording, in milliseconds from its start.
        claimed: SHA-256 of the interval's 16-bit PCM samples, legs interleaved, as whoever reported it knew it.
        digest: the same as computed from the recording; of sound, never of words.
        record: the sealed copy of the interval, with a retention of its own.
        mismatch: the digest that was handed in is not the digest of that interval, so the proof proves nothing.
        script: version of the text that was read out, or of the form that was filled in.
        attested_by: who attests it: a pseudonym, `service:…`, `job:…`.

    Source: GDPR art. 7(1); ISO/IEC TS 27560 (expression method); research/telephony.md (evidence of the call).
    """

    class Kind(models.TextChoices):
        AUDIO = "audio_interval", _("Sound of the call")
        KEYPRESS = "keypress", _("Key pressed")
        ATTESTATION = "attestation", _("Attested by the agent")
        WEB_FORM = "web_form", _("Web form")
        IMPORTED = "imported", _("Taken over from another system")

    kind = models.CharField(max_length=15, choices=Kind)
    source = models.UUIDField(null=True)
    start_ms = models.PositiveIntegerField(null=True)
    end_ms = models.PositiveIntegerField(null=True)
    claimed = models.BinaryField(max_length=32, default=bytes)
    digest = models.BinaryField(max_length=32, default=bytes)
    record = models.ForeignKey(Record, null=True, on_delete=models.SET_NULL, related_name="+")
    mismatch = models.BooleanField(default=False)
    script = models.CharField(max_length=20, blank=True)
    attested_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    columns = declare(
        structural="id client kind source start_ms end_ms claimed digest record mismatch script attested_by made_at"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="audio_interval") | Q(start_ms__isnull=False, end_ms__gt=models.F("start_ms")),
                name="consent_audio_has_interval",
            )
        ]


class ConsentEvent(ClientOwned):
    """Something a caller (or the telephone menu for them) said about one purpose. Never updated, never deleted early.

    Attributes:
        reference: what it hangs on: the keyed token of the call's own number, or of the person where it was said
            outside a call.
        scope: "call": said in a call and of it; "person": said outside a call and good until something else is said.
        recipient: slug of whoever the data would go to; "" is ourselves.
        reason: why it was invalidated or expired, as a code.
        expires_at: when a yes ends by itself.
        apart: the sender says that this purpose was asked about by itself (a box of its own in a form).
        by: who said it: the subject, their guardian, or somebody they authorised.

    Source: PIPL art. 14-16, 23, 29, 31; GDPR art. 7, 8; ISO/IEC TS 27560.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("Asked")
        GIVEN = "given", _("Given")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Ended")
        INVALIDATED = "invalidated", _("Must be asked for again")

    class Method(models.TextChoices):
        KEYPRESS = "keypress", _("Key pressed")
        SPOKEN = "spoken", _("Spoken, confirmed by the agent")
        WEB = "web", _("Web form")
        PRIOR = "prior", _("Given before the call")
        API = "api", _("Reported by another system")
        SYSTEM = "system", _("By rule")
        WRITING = "writing", _("In writing")

    class Scope(models.TextChoices):
        CALL = "call", _("In a call")
        PERSON = "person", _("Outside a call")

    class By(models.TextChoices):
        SUBJECT = "subject", _("The person themselves")
        GUARDIAN = "guardian", _("Parent or guardian")
        AGENT = "authorised", _("Somebody they authorised")

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+")
    reference = models.BinaryField(max_length=32)
    scope = models.CharField(max_length=6, choices=Scope, default=Scope.CALL, db_default="call")
    call = models.ForeignKey(Call, null=True, on_delete=models.SET_NULL, related_name="consents")
    subject = models.ForeignKey(Subject, null=True, on_delete=models.SET_NULL, related_name="consents")
    purpose = models.SlugField()
    recipient = models.SlugField(blank=True, default="", db_default="")
    state = models.CharField(max_length=11, choices=State)
    method = models.CharField(max_length=10, choices=Method)
    key = models.CharField(max_length=4, blank=True)
    by = models.CharField(max_length=10, choices=By, default=By.SUBJECT, db_default="subject")
    apart = models.BooleanField(default=False, db_default=False)
    notice = models.ForeignKey(Notice, null=True, on_delete=models.PROTECT, related_name="+")
    script_version = models.CharField(max_length=20, blank=True, default="", db_default="")
    reason = models.SlugField(max_length=40, blank=True, default="", db_default="")
    evidence = models.ForeignKey(ConsentEvidence, null=True, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    columns = declare(
        structural=(
            "id client line scope call subject purpose recipient state method key by apart notice script_version reason"
            " evidence at expires_at recorded_at"
        ),
        token="reference",
    )

    class Meta:
        indexes = [
            models.Index(fields=["line", "reference", "purpose", "at"]),
            models.Index(fields=["subject", "-at"], name="consent_of_subject"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "reference", "purpose", "recipient", "state", "at"], name="consent_event_once"
            )
        ]


class ConsentState(ClientOwned):
    """What stands now for one subject, purpose and recipient: the one newest answer. Written by the database alone.

    Attributes:
        state: of the newest answer; "requested" while there is none.
        said_at: when it was said, never later than it was recorded.
        rank: which of two answers of the same moment holds: a no before a yes.
        asked_at, refused_at: the last question and the last refusal, for the time in which nobody asks again.
    """

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    purpose = models.SlugField()
    recipient = models.SlugField(blank=True)
    state = models.CharField(max_length=11, choices=ConsentEvent.State)
    scope = models.CharField(max_length=6, choices=ConsentEvent.Scope)
    event = models.ForeignKey(ConsentEvent, on_delete=models.CASCADE, related_name="+")
    said_at = models.DateTimeField()
    rank = models.PositiveSmallIntegerField()
    expires_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)

    columns = declare(
        structural="id client subject purpose recipient state scope event said_at rank expires_at asked_at refused_at"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "subject", "purpose", "recipient"], name="one_consent_stands_per_purpose"
            )
        ]
        indexes = [
            models.Index(fields=["subject"], name="consent_state_subject"),
            models.Index(fields=["expires_at"], condition=Q(state="given"), name="consent_state_ends"),
        ]


class Minor(ClientOwned):
    """That somebody is under the age at which they consent for themselves: until then a guardian does.

    Attributes:
        until: first day of the year after the one in which they reach that age; the day itself is nobody's business.

    Source: PIPL art. 31 (14 years); GDPR art. 8 (16 years, 13 where a member state says so).
    """

    subject = models.OneToOneField(Subject, on_delete=models.CASCADE, related_name="+")
    until = models.DateField()

    columns = declare(structural="id client subject until")


class ConsentProposal(ClientOwned):
    """That words of a call sound like consent, a refusal or a withdrawal. Nothing holds by it until the agent confirms.

    Attributes:
        turn, start_ms, end_ms: where in the redacted transcript it was heard.
        rule: the rule that heard it, as a code; never the words.
    """

    class Answer(models.TextChoices):
        GIVEN = "given", _("Sounds like a yes")
        REFUSED = "refused", _("Sounds like a no")
        WITHDRAWN = "withdrawn", _("Sounds like taking it back")

    class State(models.TextChoices):
        OPEN = "open", _("To be confirmed")
        CONFIRMED = "confirmed", _("Confirmed")
        DISMISSED = "dismissed", _("Not meant so")

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="consent_proposals")
    purpose = models.SlugField()
    answer = models.CharField(max_length=11, choices=Answer)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    turn = models.PositiveIntegerField()
    start_ms = models.PositiveIntegerField(null=True)
    end_ms = models.PositiveIntegerField(null=True)
    rule = models.SlugField(max_length=40)
    made_at = models.DateTimeField()
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)

    columns = declare(
        structural=("id client call purpose answer state turn start_ms end_ms rule made_at decided_by decided_at")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "purpose", "answer", "turn"], name="consent_proposal_once")
        ]
