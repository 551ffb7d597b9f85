"""The documents of the REST door: what programs send and what they are told."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, ConfigDict, Field

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,49}$", description="Slug of a line or purpose.")]
Number = Annotated[str, Field(min_length=1, max_length=100)]
Text = Annotated[str, Field(max_length=300)]
Layout = Literal["stereo:caller,agent", "stereo:agent,caller", "mono:caller", "mono:agent", "mono:mixed"]
Method = Literal["keypress", "spoken", "web", "prior"]
Key = Annotated[str, Field(pattern=r"^[0-9*#A-D]?$")]
Milliseconds = Annotated[int, Field(ge=0, le=86_400_000)]


class Document(Schema):
    """A document a program sends: unknown fields are refused, so that no misspelt one is lost silently."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class NoticeIn(Document):
    """The notice that was played to the caller."""

    version: Annotated[str, Field(min_length=1, max_length=20)]
    language: Annotated[str, Field(min_length=2, max_length=20)]
    played_at: AwareDatetime


class AnswerIn(Document):
    """What the caller answered when asked for consent."""

    purpose: Slug
    state: Literal["given", "refused"]
    method: Method
    key: Key = ""
    at: AwareDatetime


class CallRecordIn(Document):
    """A call as its telephone system recorded it. Times are ISO 8601 with an offset."""

    call_id: Number
    line: Slug | None = Field(None, description="May be left out where the service key speaks for one line.")
    direction: Literal["inbound", "outbound"]
    caller: Annotated[str, Field(max_length=100)] = ""
    callee: Annotated[str, Field(max_length=100)] = ""
    agent: Annotated[str, Field(max_length=100)] = ""
    started_at: AwareDatetime
    answered_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    recordings: list[Annotated[str, Field(min_length=1, max_length=255)]] = Field(default=[], max_length=20)
    layouts: list[Layout] = Field(default=[], max_length=20)
    notice: NoticeIn | None = None
    consents: list[AnswerIn] = Field(default=[], max_length=50)
    customer_no: Number | None = None
    payment_windows: list[Annotated[list[Milliseconds], Field(min_length=2, max_length=2)]] = Field(
        default=[], max_length=100, description="Stretches in which card data were taken, [start, end] in milliseconds."
    )


class CallRecordsIn(Document):
    """Several call records; each is taken or refused on its own."""

    rows: list[dict[str, Any]] = Field(min_length=1, max_length=1000)


class IntervalIn(Document):
    """Where in the call's recording it was said."""

    start_ms: Milliseconds
    end_ms: Milliseconds
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = Field(
        "", description="Digest of the interval's samples (16-bit PCM, legs interleaved), if you know it."
    )


class ConsentIn(Document):
    """What a person said about one purpose: in a call (`call_id`) or outside any (`customer_no`)."""

    call_id: Number | None = None
    customer_no: Number | None = None
    line: Slug | None = None
    purpose: Slug
    recipient: Slug | None = Field(None, description="Who the data would go to; left out, it stays with us.")
    state: Literal["requested", "given", "refused", "withdrawn"]
    method: Literal["keypress", "spoken", "web", "prior", "api"] = "api"
    key: Key = ""
    by: Literal["subject", "guardian", "authorised"] = "subject"
    apart: bool = Field(False, description="Asked about by itself: a box of its own in a form.")
    at: AwareDatetime
    expires_at: AwareDatetime | None = None
    notice: Annotated[str, Field(max_length=20)] = Field("", description="Version they were told, published by then.")
    script: Annotated[str, Field(max_length=20)] = Field("", description="Version of the script or the form.")
    audio: IntervalIn | None = None


Dialled = Annotated[str, Field(min_length=1, max_length=40)]


class DialIn(Document):
    """Numbers a dialler is about to call. None of them is repeated in the answer."""

    line: Slug | None = Field(None, description="May be left out where the service key speaks for one line.")
    numbers: list[Dialled] = Field(min_length=1, max_length=500)
    purpose: Slug | None = Field(None, description="What the calls are for; else what the line calls out for.")
    at: AwareDatetime | None = Field(None, description="When the calls shall be made; now where it is left out.")


class AboutIn(Document):
    """Whose data: a customer, a call (its caller is meant) or a record. Exactly one of them."""

    customer_no: Number | None = None
    call_id: Number | None = None
    record: UUID | None = None


class UseIn(Document):
    """A use that is about to be made of what is known of somebody. Nothing of it is repeated in the answer."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {"line": "service-zh", "use": "ai_processing", "about": [{"call_id": "C-20260301-0007"}]},
                {
                    "line": "service-zh",
                    "use": "sharing",
                    "recipient": "repair-partner",
                    "about": [{"customer_no": "A1"}, {"record": "00000000-0000-4000-8000-000000000001"}],
                },
            ]
        },
    )

    line: Slug | None = Field(None, description="May be left out where the service key speaks for one line.")
    use: Literal["analytics", "quality_review", "ai_processing", "marketing", "sharing"]
    recipient: Slug | None = Field(None, description="Who the data would go to; left out, it stays with us.")
    about: list[AboutIn] = Field(min_length=1, max_length=500)


class SpokenIn(Document):
    """One turn of what would be sent to a language model."""

    speaker: Annotated[str, Field(max_length=50)] = Field("", description="agent, customer, or any label.")
    text: Annotated[str, Field(max_length=200_000)]


Vault = Annotated[str, Field(max_length=6_000_000, description="As it was received. Of use here only.")]


class PseudonymiseIn(Document):
    """Words that would go to a language model, and whose they are. Nothing of them is kept here."""

    line: Slug | None = Field(None, description="May be left out where the service key speaks for one line.")
    about: AboutIn
    turns: list[SpokenIn] = Field(min_length=1, max_length=500)
    vault: Vault = Field("", description="Of the same conversation, to go on with its tokens.")
    minutes: int = Field(60, ge=1, le=1440, description="How long the new vault can be opened.")


class RestoreIn(Document):
    """What a language model wrote, and the vault of what it was sent."""

    line: Slug | None = Field(None, description="May be left out where the service key speaks for one line.")
    vault: Annotated[Vault, Field(min_length=1)]
    texts: list[Annotated[str, Field(max_length=200_000)]] = Field(min_length=1, max_length=500)
    more: bool = Field(False, description="The last text goes on; put `held` before what follows.")


class NoCallsIn(Document):
    """Numbers that nobody calls any more."""

    numbers: list[Dialled] = Field(min_length=1, max_length=500)


class RetentionEventIn(Document):
    """That something happened to a customer from which retention periods count."""

    customer_no: Number
    event: Literal["contract_end", "complaint_closed", "consent_withdrawn", "account_closed", "last_contact"]
    at: AwareDatetime


class RetentionEventsIn(Document):
    """Several events; each is taken or refused on its own."""

    rows: list[RetentionEventIn] = Field(min_length=1, max_length=1000)


class HoldIn(Document):
    """Records to keep for a matter. `target` names a call, customer or person; a `query` uses the fields after it."""

    label: Annotated[str, Field(min_length=1, max_length=40, description="File number; no names.")]
    ground: Literal["litigation", "authority", "complaint", "investigation", "subject"]
    scope: Literal["call", "customer", "person", "query"]
    target: UUID | None = None
    line: Slug | None = None
    categories: list[Slug] = Field(default=[], max_length=20)
    since: date | None = None
    until: date | None = None
    review_on: date
    reason: Annotated[str, Field(min_length=4, max_length=1000, description="Kept sealed.")]


class SubjectIdentityIn(Document):
    """One thing a person is known by. It is compared and not kept."""

    identity_type: Literal["phone_number", "email", "controller_customer_id"]
    identity_value: Annotated[str, Field(min_length=1, max_length=260)]
    identity_format: Literal["raw"] = "raw"


class SubjectRequestIn(Document):
    """What a person asks about their own data, whom the sending system has verified itself (OpenDSR 2.0)."""

    regulation: Annotated[str, Field(max_length=20, description="pipl, gdpr, uk_gdpr or ccpa; that of the line.")]
    subject_request_id: Annotated[UUID, Field(description="Made up by the sender; the same id is the same request.")]
    subject_request_type: Annotated[
        str,
        Field(
            max_length=30,
            description="access, portability, correction (or rectification), erasure, restriction, withdrawal, "
            "objection, explanation or account_closing.",
        ),
    ]
    submitted_time: Annotated[AwareDatetime, Field(description="When the person asked: the time to answer counts on.")]
    subject_identities: list[SubjectIdentityIn] = Field(min_length=1, max_length=10)
    status_callback_urls: list[Annotated[str, Field(max_length=300)]] = Field(
        default=[], max_length=5, description="Addresses of webhooks configured on this site; signed as all of them."
    )
    line: Slug | None = None
    purposes: list[Slug] = Field(
        default=[], max_length=50, description="What a withdrawal or objection is about; left out, all it may be."
    )
    statement: Annotated[
        str, Field(max_length=2000, description="What is wrong and what is right; what is to be explained.")
    ] = ""
    language: Annotated[Literal["en", "zh-hans"], Field(description="The answer is written in it.")] = "en"
    api_version: Annotated[str, Field(max_length=10)] = ""


class OrderIn(Document):
    order_no: Number
    placed_at: AwareDatetime
    product: Annotated[str, Field(max_length=200)]
    amount: Annotated[str, Field(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,4})?$")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    status: Literal["placed", "paid", "shipped", "delivered", "returned", "refunded", "cancelled"]


class CustomerIn(Document):
    """A customer as they are now. What stood in the record before and is not here any more is destroyed."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    phones: list[Annotated[str, Field(min_length=1, max_length=40)]] = Field(default=[], max_length=20)
    emails: list[Annotated[str, Field(min_length=3, max_length=260)]] = Field(default=[], max_length=20)
    id_number: Annotated[str, Field(max_length=40)] = ""
    card_numbers: list[Annotated[str, Field(min_length=12, max_length=40)]] = Field(default=[], max_length=20)
    address: Text = ""
    plate: Annotated[str, Field(max_length=20)] = ""
    birth_date: Annotated[str, Field(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")] = ""
    language: Annotated[str, Field(max_length=20)] = ""
    vip: bool = False
    orders: list[OrderIn] = Field(default=[], max_length=1000)


class ItemOut(Schema):
    """Something that was sealed. `duplicate`: the same content had arrived on this line before."""

    id: UUID
    kind: Literal["audio", "cdr", "row", "words", "customers", "orders"]
    duplicate: bool


class ReceivedOut(Schema):
    """What was taken in. With a batch, its progress is found at `/intake/batches/{batch}`."""

    items: list[ItemOut]
    batch: UUID | None = None


class FieldErrorOut(Schema):
    at: str
    code: str
    message: str


class RowProblemOut(FieldErrorOut):
    row: int = Field(description="Place in the list that was sent, counted from 0.")


class RowsOut(Schema):
    """What became of call records that were sent as a list."""

    taken: int
    duplicates: int
    problems: list[RowProblemOut]


class HeardOut(Schema):
    """A consent event. `judged_again`: arrivals that left quarantine to be judged with it."""

    event: UUID
    call: UUID | None
    judged_again: int


class DialOut(Schema):
    """Whether one number may be called. `place` counts from 0 in the list that was sent."""

    place: int
    allowed: bool
    reasons: list[str] = Field(
        description="not_a_number, do_not_call, consent_unknown, consent_refused, consent_withdrawn, consent_expired,"
        " consent_invalidated, consent_bundled, guardian_needed, no_contract, ground_ended, condition_unmet,"
        " no_purpose, rest_hours"
    )
    again_at: AwareDatetime | None = Field(description="When calling becomes possible, if only the hour is against it.")


class DialsOut(Schema):
    """One verdict a number, in the order they were sent."""

    allowed: int
    verdicts: list[DialOut]


class GroundOut(Schema):
    """A purpose the use may be made for, and the lawful ground it rests on."""

    purpose: str
    ground: str


class UseOut(Schema):
    """Whether one thing may be used. `place` counts from 0 in the list that was sent."""

    place: int
    allowed: bool
    purposes: list[GroundOut] = Field(description="What it may be used for; nothing else is covered.")
    until: AwareDatetime | None = Field(description="When the first of the consents behind it ends by itself.")
    reasons: list[str] = Field(
        description="customer_unknown, call_unknown, record_unknown, record_restricted, unknown_recipient, no_purpose,"
        " no_transfer, consent_unknown, consent_refused, consent_withdrawn, consent_expired, consent_invalidated,"
        " consent_bundled, guardian_needed, no_contract, ground_ended, condition_unmet, ground_not_for_callers"
    )
    message: str = Field(description="The first reason in the language asked for; empty where it may be used.")


class PseudonymisedOut(Schema):
    """The turns with tokens for values, and the sealed vault. `counts`: tokens of each kind in the vault."""

    texts: list[str]
    vault: str
    until: AwareDatetime
    counts: dict[str, int]


class RestoredOut(Schema):
    """The texts with values. `held`: of a text that goes on, the end that may be the beginning of a token."""

    texts: list[str]
    count: int
    held: str


class UsesOut(Schema):
    """One decision for each that was asked about, in the order they were sent."""

    allowed: int
    decisions: list[UseOut]


class NoCallsOut(Schema):
    """How many numbers are new on the list, and how many could not be read as numbers."""

    added: int
    unreadable: int


class HoldOut(Schema):
    """A matter. `deferred`: erasures that wait for its release."""

    id: UUID
    state: Literal["asked", "provisional", "held", "released", "dropped"]
    held: int
    deferred: int
    review_on: date


class SubjectResultOut(Schema):
    """What was done in one place the person's data lay. `kept_on`: why what is left stays."""

    place: str
    state: Literal["pending", "held", "done", "failed", "excepted"]
    found: int
    left: int | None
    kept_on: str


class SubjectRequestOut(Schema):
    """Where a request stands. `reason`: why it was not met. `certificate`: that of an erasure."""

    subject_request_id: UUID
    request_status: Literal["pending", "in_progress", "completed", "cancelled"]
    request_number: str
    received_time: AwareDatetime
    expected_completion_time: AwareDatetime | None
    completed_time: AwareDatetime | None
    reason: str
    certificate: UUID | None
    results: list[SubjectResultOut]


class CustomerKeptOut(Schema):
    created: bool
    orders: int


class SamePersonIn(Document):
    """That two customer records are of one person, or not (any more)."""

    other: Number | None = None
    joined: bool
    reason: Annotated[str, Field(min_length=1, max_length=300)]


class SamePersonOut(Schema):
    """Attributes: consents_ended: consents that have to be asked for again, since the other record says no."""

    joined: bool
    consents_ended: int


class ShownOut(Schema):
    """A value as it may be seen for this purpose."""

    name: str
    category: str
    shown: str


class CustomerOut(Schema):
    """A customer, masked. `withheld`: categories that this purpose does not need."""

    purpose: str
    language: str
    vip: bool
    fields: list[ShownOut]
    orders: list[list[ShownOut]]
    withheld: list[str]


class CallStateOut(Schema):
    """Where a call stands, and why it is not further."""

    state: Literal["received", "quarantined", "set_aside", "admitted", "redacted", "destroyed"]
    reason: str
    call: UUID | None


class ListProblemOut(Schema):
    source: str
    line: int
    field: str
    code: str
    message: str


class BatchOut(Schema):
    """How far a batch has come."""

    id: UUID
    line: str
    started_at: AwareDatetime
    finished_at: AwareDatetime | None
    settled: bool
    files: int
    lists_unread: int
    pending: int
    calls: dict[str, int]
    quarantined: dict[str, int]
    set_aside: dict[str, int]
    missing_recordings: int
    recordings_without_record: int
    orders_waiting: int
    problems: list[ListProblemOut]


class ProblemOut(Schema):
    """A refusal (RFC 9457). `message` is in the language asked for and says what to do."""

    type: str
    title: str
    status: int
    code: str
    message: str
    data: dict[str, Any] | None = None
    errors: list[FieldErrorOut] | None = None


def _names(*models: type[Document]) -> frozenset[str]:
    return frozenset(name for model in models for name in model.model_fields)


# Every name that may stand in the path of an error.
_ASKED = (DialIn, NoCallsIn, IntervalIn, UseIn, AboutIn)
NAMES = _names(
    CallRecordIn,
    CallRecordsIn,
    NoticeIn,
    AnswerIn,
    ConsentIn,
    CustomerIn,
    OrderIn,
    HoldIn,
    SubjectIdentityIn,
    SubjectRequestIn,
    RetentionEventIn,
    RetentionEventsIn,
    *_ASKED,
) | {
    "cdr",
    "words",
    "audio",
    "customer_no",
    "call_id",
    "line",
    "purpose",
    "batch",
    "events",
    "slug",
}


class TicketIn(Document):
    """A ticket of the customer system. Agents are named by their login at the telephone system."""

    ticket: Number
    state: Literal["open", "closed"] = "open"
    customer_no: Annotated[str, Field(max_length=100)] = ""
    agents: list[Number] = Field(default=[], max_length=50)
    until: AwareDatetime | None = Field(None, description="Ends by itself then; within 30 days.")


class CampaignIn(Document):
    """A campaign of the dialler: who calls whom, for which purpose."""

    campaign: Number
    state: Literal["open", "closed"] = "open"
    purpose: Slug = "outbound_service"
    agents: list[Number] = Field(default=[], max_length=500)
    customers: list[Number] = Field(default=[], max_length=2000)
    until: AwareDatetime | None = Field(None, description="Ends by itself then; within 90 days.")


class ShiftIn(Document):
    """One shift of one agent, in times with an offset."""

    agent: Number
    starts: AwareDatetime
    ends: AwareDatetime
    cancelled: bool = False


class ShiftsIn(Document):
    shifts: list[ShiftIn] = Field(min_length=1, max_length=1000)


class WorkOut(Schema):
    """What was understood: how many of those named are known here."""

    open: bool
    ended: bool = False
    agents: int = 0
    unknown_agents: int = 0
    customers: int = 0
    unknown_customers: int = 0


class NeighbourEventsIn(Document):
    """What a neighbouring system tells: OCSF events, or objects that its mapping here reads."""

    events: list[dict[str, Any]] = Field(min_length=1, max_length=500)


class NeighbourEventsOut(Schema):
    """What became of the events. `refused` counts by reason; such events are not kept."""

    taken: int
    repeated: int
    left_out: int
    refused: dict[str, int]
