"""What to look for: gathered before an erasure through the door, kept in the memory of the job, written nowhere."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef

from callwarden.custody import objects
from callwarden.custody.categories import Category
from callwarden.custody.models import Customer, Hold, IdentifierToken, Record, SealedField, Subject
from callwarden.custody.open import open_fields, open_record
from callwarden.custody.permits import Grant
from callwarden.custody.scope import client_scope
from callwarden.engines.residue import SHORTEST, Mark
from callwarden.flows.actors import Actor
from callwarden.flows.disclose import Ask, disclose
from callwarden.kernel.errors import CallwardenError
from callwarden.lawful.notices.models import Notice

JOB: Final = Actor.job("erasure")
PURPOSE: Final = "subject_request"
# Fields that say of whom they are. What many share (a product, a state, a currency, a date) would be found everywhere.
IDENTIFYING: Final = frozenset(
    {"name", "phone", "id_number", "card_number", "email", "address", "plate", "caller", "callee", "customer_no",
     "order_no"}
)  # fmt: skip
SHORTEST_NUMBER: Final = 8
AT_ONCE: Final = 50
MOST_RECORDS: Final = 500
TURNS: Final = 20
SLICE: Final = 48


@dataclass(frozen=True)
class Marks:
    """What one search looks for.

    Attributes:
        known: whether the values themselves are among it, of all of them.
        records: ids of what was destroyed, with the names of their objects.
        unread: records whose content could not be had, by why.
        held: records that are kept by a hold, and so are not looked for.
    """

    client: UUID
    subjects: tuple[UUID, ...]
    known: bool
    marks: tuple[Mark, ...]
    records: Mapping[UUID, str]
    unread: Mapping[str, int]
    held: int = 0

    def counts(self) -> dict[str, int]:
        return dict(Counter(mark.label for mark in self.marks))

    def without_values(self) -> Marks:
        """As it is after the values have gone."""
        return replace(self, known=False, marks=tuple(mark for mark in self.marks if mark.label == "id"))


def gather(client: UUID, subjects: Iterable[UUID], *, values: bool = True) -> Marks:
    """What is known of these subjects now: values through the door (on record), keyed tokens, ciphertext, random ids.

    Args:
        values: open their records too, for as long as these can be opened.
    """
    chosen = tuple(subjects)
    with client_scope(client):
        held = Exists(Hold.objects.filter(record=OuterRef("pk"), released_at__isnull=True))
        every = Record.objects.filter(subject__in=chosen)
        kept = every.filter(held).count()
        records = list(every.exclude(held).select_related("subject").order_by("created_at"))
        tokens = list(_tokens(chosen))
        gone = Subject.objects.filter(pk__in=chosen, destroyed_at__isnull=False).exists()
        sealed = _ciphertexts([record.id for record in records])
    live = [record for record in records if record.state != Record.State.DESTROYED]
    said: list[Mark] = []
    unread: Counter[str] = Counter()
    if values:
        said, unread = _values(client, live)
    sealed += [mark for record in live if record.object_key and (mark := _head(record.object_key))]
    return Marks(
        client=client,
        subjects=chosen,
        # What some of them said is no answer for those whose values went before.
        known=values and bool(said) and not gone,
        marks=tuple(dict.fromkeys([*said, *tokens, *sealed, *_ids(chosen, records)])),
        records={record.id: record.object_key for record in records},
        unread=unread,
        held=kept,
    )


def _ids(subjects: Iterable[UUID], records: Iterable[Record]) -> Iterator[Mark]:
    for one in (*subjects, *(record.id for record in records)):
        yield Mark("id", one.bytes)
        yield Mark("id", str(one))


def _tokens(subjects: tuple[UUID, ...]) -> Iterator[Mark]:
    """Keyed tokens that are theirs alone: one that another customer has as well stays with that customer."""
    theirs = IdentifierToken.objects.filter(customer__subject__in=subjects)
    others = IdentifierToken.objects.filter(column=OuterRef("column"), token=OuterRef("token")).exclude(
        customer__subject__in=subjects
    )
    for token in theirs.exclude(Exists(others)).values_list("token", flat=True):
        yield Mark("token", bytes(token))
    # Whoever has records on hold keeps their number until these are let go.
    held = Hold.objects.filter(record__subject=OuterRef("subject"), released_at__isnull=True)
    living = Customer.objects.filter(subject__in=subjects, subject__destroyed_at__isnull=True).exclude(Exists(held))
    for number in living.values_list("number", flat=True):
        yield Mark("token", bytes(number))


def _ciphertexts(records: list[UUID]) -> list[Mark]:
    """The part of each sealed value that is random: salt and commitment."""
    blobs = SealedField.objects.filter(record__in=records).values_list("blob", flat=True)[: MOST_RECORDS * 10]
    return [Mark("ciphertext", bytes(blob)[3:SLICE]) for blob in blobs]


def _head(key: str) -> Mark | None:
    """Salt and commitment of a sealed object."""
    try:
        return Mark("ciphertext", objects.ObjectRange(key, 74).read_at(10, SLICE))
    except CallwardenError:
        return None


def _values(client: UUID, records: list[Record]) -> tuple[list[Mark], Counter[str]]:
    marks: list[Mark] = []
    unread: Counter[str] = Counter()
    if len(records) > MOST_RECORDS:
        unread["too_many"] = len(records) - MOST_RECORDS
    # What is known of a person before what they said: of a large set this is never what is left out.
    chosen = sorted(records, key=lambda record: bool(record.object_key))[:MOST_RECORDS]
    for start in range(0, len(chosen), AT_ONCE):
        batch = chosen[start : start + AT_ONCE]
        try:
            grant = disclose(_ask(client, batch))
        except CallwardenError as error:
            unread[error.code] += len(batch)
            continue
        for record in batch:
            try:
                marks += _of(grant, record)
            except (CallwardenError, ValueError) as error:
                unread[error.code if isinstance(error, CallwardenError) else "unreadable"] += 1
    return marks, unread


def _ask(client: UUID, records: list[Record]) -> Ask:
    return Ask(
        actor=JOB,
        client=client,
        action="erase",
        purpose=PURPOSE,
        records={record.id: () for record in records},
        lasts=timedelta(minutes=15),
        max_uses=2,
    )


def _of(grant: Grant, record: Record) -> list[Mark]:
    if not record.object_key:
        with client_scope(record.client_id):
            fields = open_fields(grant, record)
        told = [value for name in IDENTIFYING & fields.keys() for value in fields[name]]
        return [Mark("value", value) for value in told if _tells(value)]
    reader = open_record(grant, record)
    if record.category in (Category.RECORDING_ORIGINAL, Category.RECORDING_REDACTED):
        return _of_sound(reader.readall())
    if record.category in (Category.TRANSCRIPT_ORIGINAL, Category.TRANSCRIPT_REDACTED):
        return _of_words(json.loads(reader.readall()))
    return []


def _tells(value: str) -> bool:
    if value.isdigit():
        return len(value) >= SHORTEST_NUMBER
    return len(value.encode()) >= SHORTEST


def _of_sound(plain: bytes) -> list[Mark]:
    """Three places of the file, past its header, which every such file begins with."""
    places = (len(plain) // 4, len(plain) // 2, len(plain) * 3 // 4)
    slices = {plain[at : at + SLICE] for at in places}
    # Silence looks the same in every recording.
    return [Mark("sound", piece) for piece in slices if len(piece) == SLICE and len(set(piece)) > SLICE // 3]


def _of_words(document: object) -> list[Mark]:
    """The longest turns: short ones (a greeting) are in many calls, and the notice is in the open."""
    turns = document.get("turns", []) if isinstance(document, dict) else []
    texts = {_text_of(turn) for turn in turns if isinstance(turn, dict)}
    public = "\n".join(chain.from_iterable(Notice.objects.values_list("text_en", "text_zh", "script_en", "script_zh")))
    own = (text for text in texts if len(text.encode()) >= SLICE and text not in public)
    return [Mark("speech", text) for text in sorted(own, key=len, reverse=True)[:TURNS]]


def _text_of(turn: Mapping[str, object]) -> str:
    words = turn.get("words")
    spoken = words if isinstance(words, list) else []
    said = " ".join(str(word.get("text", "")) for word in spoken if isinstance(word, dict))
    return str(turn.get("text") or said).strip()
