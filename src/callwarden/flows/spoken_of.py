"""Who a call speaks of beside its parties: customers of the same client, known by numbers and addresses said in it.

They are marked while the call's words are at hand, so that erasing them reaches the call (see `mentions`). What is said
is looked up through the blind index and dropped; what nobody is known by leaves no trace. A name says too little of
whose it is: who is only named is marked by hand, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from callwarden.custody import indexes
from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Customer, IdentifierToken, Leg, Mention, PersonLink, Record
from callwarden.engines import redact as text
from callwarden.engines.seal import InvalidInput as UnusableValue
from callwarden.engines.seal.normalise import normalise_card, normalise_email, normalise_id, normalise_phone
from callwarden.kernel import clock

# What of a call says something of whoever is spoken of in it.
SPEAKING: Final = (
    Category.TRANSCRIPT_ORIGINAL,
    Category.RECORDING_ORIGINAL,
    Category.TRANSCRIPT_REDACTED,
    Category.RECORDING_REDACTED,
    Category.REDACTION_SPANS,
)
_WORDS: Final = (Category.TRANSCRIPT_ORIGINAL, Category.TRANSCRIPT_REDACTED)
# Stands for when a call was looked through whose words could not be opened: before anybody was known, so not done.
IN_VAIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ALL: Final = text.Policy()
_NORMAL: Final[dict[str, Callable[[str], str]]] = {
    "phone": normalise_phone,
    "email": normalise_email,
    "id": normalise_id,
    "card": normalise_card,
}


def heard(
    transcript: text.Transcript, known: text.KnownValues, redaction: text.Redaction | None = None
) -> text.Identifiers:
    """What was said in a call that somebody may be known by, but for what its own customer is known by.

    Args:
        redaction: of this transcript, if it removed every kind; without it the transcript is searched here.
    """
    spans = (redaction or text.redact(transcript, known, _ALL, scan=False)).spans
    return text.identifiers(transcript, spans)


def look_up(call: Call, said: text.Identifiers, known: text.KnownValues) -> set[UUID]:
    """The key holders of customers who are known by something that was said, other than who was called or calls.

    One query, however much was said. Call it inside `client_scope`.

    Args:
        known: what the call's own customer and its record say; nobody else is looked for by it.
    """
    tokens = {column: _tokens(call.client_id, column, values) for column, values in _columns(said, known).items()}
    asked = [Q(column=column, token__in=some) for column, some in tokens.items() if some]
    if not asked:
        return set()
    stored = IdentifierToken.objects.filter(_any(asked), client_id=call.client_id)
    found = stored.exclude(customer__person__in=_parties(call))
    return set(found.values_list("customer__subject", flat=True))


def mark(call: Call, subjects: Iterable[UUID]) -> int:
    """Mark what there is of this call as speaking of these. Returns how many of them that are.

    Whoever has been erased by now is not marked; whoever is being erased is waited for. Marked again nothing changes.
    Call it inside `client_scope`.
    """
    alive = _still_there(subjects)
    if not alive:
        return 0
    live = Record.objects.filter(call=call, category__in=SPEAKING).exclude(state=Record.State.DESTROYED)
    rows = list(live.values_list("id", "subject"))
    Mention.objects.bulk_create(
        [
            Mention(client_id=call.client_id, record_id=record, subject_id=subject)
            for subject in alive
            for record, own in rows
            if own != subject
        ],
        ignore_conflicts=True,
    )
    return len(alive)


def seek(call: Call, said: text.Identifiers, known: text.KnownValues) -> int:
    """Look up who was spoken of, mark them, and note that it was done. How many they are. Call it inside
    `client_scope`."""
    count = mark(call, look_up(call, said, known)) if said else 0
    Call.objects.filter(pk=call.pk).update(sought_at=clock.now())
    return count


def not_sought(client: UUID, subjects: Collection[UUID]) -> QuerySet[Call]:
    """Calls of others with words that were never looked through for what these are known by, or before they were known
    by all of it. Call it inside `client_scope`."""
    since = Coalesce("known_since", "updated_at")
    known = Customer.objects.filter(subject__in=subjects).aggregate(since=Max(since))["since"]
    words = Record.objects.filter(call=OuterRef("pk"), category__in=_WORDS).exclude(state=Record.State.DESTROYED)
    early = Q(sought_at__isnull=True) | Q(sought_at__lt=known or clock.now())
    return Call.objects.filter(early, Exists(words.exclude(subject__in=subjects)), client_id=client)


def _columns(said: text.Identifiers, known: text.KnownValues) -> dict[str, set[str]]:
    """Column of the index -> what to look for in it, normalised."""
    phones = {form for number in said.numbers for form in _phones(number)}
    wanted = {"phone": phones, "email": said.emails, "id": said.numbers, "card": said.numbers}
    own = {"phone": known.phones, "email": known.emails, "id": known.ids, "card": known.cards}
    return {column: _normal(column, some) - _normal(column, own[column]) for column, some in wanted.items()}


def _phones(number: str) -> Iterable[str]:
    """A number as it may be stored: as said, as an international one, as a North American one without its 1."""
    yield number
    yield f"+{number}"
    if len(number) == 10:
        yield f"+1{number}"


def _normal(column: str, values: Iterable[str]) -> set[str]:
    found = set()
    for value in values:
        try:
            found.add(_NORMAL[column](value))
        except UnusableValue:
            continue  # it can be none, so nobody is indexed by it
    return found


def _tokens(client: UUID, column: str, values: set[str]) -> list[bytes]:
    return (
        [token for version in indexes.ask_many(client, column, sorted(values)) for token in version] if values else []
    )


def _any(asked: list[Q]) -> Q:
    whole = asked[0]
    for one in asked[1:]:
        whole |= one
    return whole


def _parties(call: Call) -> set[UUID]:
    """The people whose call it is, as linked now."""
    legs = Leg.objects.filter(call=call).values("subject")
    linked = PersonLink.objects.filter(Q(subject__in=legs) | Q(subject__records__call=call), revoked_at__isnull=True)
    return {*linked.values_list("person", flat=True), *([call.customer.person_id] if call.customer else [])}


def _still_there(subjects: Iterable[UUID]) -> list[UUID]:
    """Those who are not erased, kept from being erased until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM custody_subject WHERE id = ANY(%s) AND destroyed_at IS NULL AND NOT erasure_due"
            " ORDER BY id FOR KEY SHARE",
            [sorted(subjects)],
        )
        return [row[0] for row in cursor.fetchall()]
