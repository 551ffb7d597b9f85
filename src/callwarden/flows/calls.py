"""What people see of calls: a list of structure, and one call opened as far as their purpose allows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.control.access.queries import active
from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Line, Record
from callwarden.custody.open import open_record
from callwarden.custody.scope import client_scope
from callwarden.custody.versions import newest
from callwarden.engines import policy
from callwarden.flows import search
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import Ask, foresee, leave_would_do
from callwarden.flows.glimpse import Glimpse, MaskedField, Withheld, glimpse
from callwarden.flows.searching import Asked, search_for
from callwarden.flows.take_in import call_reference
from callwarden.kernel.errors import NotFound
from callwarden.kernel.roles import only_an_agent

ABOUT_CUSTOMER = (Category.IDENTITY, Category.CONTACT, Category.GOVERNMENT_ID, Category.PAYMENT_CARD)
# What opening a call shows at once; its sound is played by a permit of its own.
_SEEN = {Category.TRANSCRIPT_REDACTED, Category.REDACTION_SPANS, Category.CALL_METADATA}


@dataclass(frozen=True)
class Filters:
    """What a list of calls is narrowed by; empty means all."""

    line: UUID | None = None
    direction: str = ""
    redaction: str = ""
    since: datetime | None = None
    until: datetime | None = None
    customer: UUID | None = None
    has_customer: bool | None = None
    language: str = ""
    agent: UUID | None = None
    ids: tuple[UUID, ...] | None = None


@dataclass(frozen=True)
class Turn:
    """One redacted turn; times in milliseconds, spans as (start, end, type) in code points of the redacted text."""

    speaker: str
    text: str
    start_ms: float | None
    end_ms: float | None


@dataclass(frozen=True)
class CallView:
    """One call as this person may see it for this purpose."""

    call: Call
    purpose: str
    turns: tuple[Turn, ...]
    sound: tuple[Mapping[str, Any], ...]
    peaks: Mapping[str, list[float]]
    fields: tuple[MaskedField, ...]
    withheld: tuple[Withheld, ...] = ()
    may_play: bool = False
    may_play_original: bool = False
    types: Mapping[str, int] = field(default_factory=dict)


def visible(actor: Actor, filters: Filters) -> QuerySet[Call]:
    """Calls on the lines this person works for; an agent sees their own. Call it inside `client_scope`."""
    calls = Call.objects.select_related("line", "agent", "customer").order_by("-started_at", "id")
    user = actor.user
    if user is not None and user.lines is not None:
        calls = calls.filter(line_id__in=user.lines)
    if user is not None and only_an_agent(user):
        calls = calls.filter(agent=user)
    wanted = Q()
    for name, value in (
        ("line_id", filters.line),
        ("direction", filters.direction),
        ("redaction", filters.redaction),
        ("started_at__gte", filters.since),
        ("started_at__lt", filters.until),
        ("customer_id", filters.customer),
        ("agent_id", filters.agent),
        ("language__istartswith", filters.language),
    ):
        if value:
            wanted &= Q(**{name: value})
    if filters.has_customer is not None:
        wanted &= Q(customer__isnull=not filters.has_customer)
    if filters.ids is not None:
        wanted &= Q(id__in=filters.ids)
    return calls.filter(wanted)


def purposes_for(actor: Actor, action: str, *categories: str) -> list[str]:
    """Purposes for which the matrix grants any of this person's roles the action on all the categories."""
    roles = set(actor.user.roles) if actor.user else {actor.name}
    law = active()
    matrix = law.matrix
    return [
        purpose
        for purpose in matrix.purposes
        if (law.live is None or purpose in law.live)
        and all(
            any(policy.Cell(role, purpose, category, action) in matrix.cells for role in roles)
            for category in categories
        )
    ]


def find_by_words(actor: Actor, client: UUID, query: str, *, purpose: str) -> tuple[UUID, ...]:
    """Ids of calls whose redacted transcript holds all words of the query. The search itself is in the ledger.

    Raises:
        AccessRefused: this person may not search for this purpose.
    """

    def find() -> list[UUID]:
        served = active().matrix.purposes.get(purpose)
        ids = search.find(client, query, restricted=served is not None and served.while_restricted)
        records = Record.objects.filter(id__in=ids, call__isnull=False)
        return [call for call in records.values_list("call_id", flat=True) if call is not None]

    asked = Asked(actor, client, (Category.TRANSCRIPT_REDACTED,), purpose, query)
    return tuple(search_for(asked, find))


def find_by_number(actor: Actor, client: UUID, number: str, *, purpose: str) -> tuple[UUID, ...]:
    """Ids of calls that the telephone system gave exactly this number, on whichever line this person sees.

    The number is compared as keyed tokens; it is in no address, and in the ledger only sealed.

    Raises:
        AccessRefused: this person may not search calls for this purpose.
        TooManyLookups: they have looked up too many within a minute.
    """

    def find() -> list[UUID]:
        lines = Line.objects.filter(client_id=client)
        references = [call_reference(line, number.strip()) for line in lines]
        return list(visible(actor, Filters()).filter(reference__in=references).values_list("id", flat=True))

    asked = Asked(actor, client, (Category.CALL_METADATA,), purpose, number)
    return tuple(search_for(asked, find, by_identifier=True))


def find_call(actor: Actor, client: UUID, call_id: UUID) -> Call:
    """A call on this person's lines.

    Raises:
        NotFound: no such call, or not theirs to see.
    """
    with client_scope(client):
        call = visible(actor, Filters(ids=(call_id,))).first()
    if call is None:
        raise NotFound("call_not_found", _("This call does not exist, has been erased, or is not on your lines."))
    return call


def open_call(actor: Actor, call: Call, *, purpose: str) -> CallView:
    """Open the redacted transcript and the masked details of a call, each as far as it is allowed.

    What may not be seen is listed with the reason, and what was opened stands in the ledger as one entry.
    """
    with client_scope(call.client_id):
        records = newest(
            Record.objects.filter(call=call).exclude(state=Record.State.DESTROYED).exclude(customer__isnull=False)
        )
        of_customer = list(
            Record.objects.filter(customer=call.customer_id, category__in=ABOUT_CUSTOMER).exclude(
                state=Record.State.DESTROYED
            )
            if call.customer_id
            else []
        )
    seen = [record for record in records if record.category in _SEEN]
    looked = glimpse(actor, call.client_id, [*seen, *of_customer], purpose=purpose, call=call.id)
    document = _document(looked, Category.TRANSCRIPT_REDACTED)
    marks = _document(looked, Category.REDACTION_SPANS)
    with client_scope(call.client_id):
        redacted = _to_play(actor, call, _of(records, Category.RECORDING_REDACTED), "play_redacted", purpose)
        unredacted = _to_play(actor, call, _of(records, Category.RECORDING_ORIGINAL), "play_original", purpose)
        play, original = _foresee_play(redacted, records), _foresee_play(unredacted, records)
        # Somebody else could give leave to hear it: then asking is offered (control/grants).
        leave = bool(original) and leave_would_do(foresee(unredacted, with_grant=True))
    counted: dict[str, int] = {}
    for span in marks.get("spans", []):
        counted[span["type"]] = counted.get(span["type"], 0) + 1
    return CallView(
        call=call,
        purpose=purpose,
        turns=tuple(
            Turn(turn["speaker"], turn["text"], turn.get("start_ms"), turn.get("end_ms"))
            for turn in document.get("turns", [])
        ),
        sound=tuple(marks.get("sound", [])),
        peaks=marks.get("peaks", {}),
        fields=looked.fields,
        withheld=(*looked.withheld, *play, *original),
        may_play=not play and bool(_of(records, Category.RECORDING_REDACTED)),
        may_play_original=(not original or leave) and bool(_of(records, Category.RECORDING_ORIGINAL)),
        types=counted,
    )


def _of(records: list[Record], category: Category) -> list[Record]:
    return [record for record in records if record.category == category]


def _document(looked: Glimpse, category: Category) -> dict[str, Any]:
    """A sealed JSON document among what was opened; nothing where it was not."""
    found = [record for record in looked.allowed if record.category == category]
    if not found or looked.grant is None:
        return {}
    document: dict[str, Any] = json.loads(open_record(looked.grant, found[0]).readall())
    return document


def _to_play(actor: Actor, call: Call, records: list[Record], action: str, purpose: str) -> Ask:
    return Ask(
        actor=actor,
        client=call.client_id,
        action=action,
        purpose=purpose,
        records={record.id: () for record in records},
        reason="asked",
        call=call.id,
    )


def _foresee_play(ask: Ask, records: list[Record]) -> tuple[Withheld, ...]:
    """Why the legs could not be played now; nothing where they could."""
    why = tuple(dict.fromkeys(reason for reasons in foresee(ask).values() for reason in reasons))
    return (Withheld(next(one.category for one in records if one.id in ask.records), why),) if why else ()
