"""Who was erased and still appears in records of others."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db.models import BooleanField, Exists, Func, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast

from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Hold, Leg, Mention, Record, Subject

# Why a version without somebody is made, and a record that a hold keeps waits for it, stored only.
REASON: Final = "mention_erased"
_WORDS: Final = (Category.TRANSCRIPT_ORIGINAL, Category.TRANSCRIPT_REDACTED)


class _TakenOut(Func):
    """Whether a version says that somebody was taken out of it; its arguments are that list and who."""

    template = "COALESCE(%(expressions)s, FALSE)"
    arg_joiner = " ? "
    output_field = BooleanField()


def left(client: UUID) -> QuerySet[Record]:
    """Live records that somebody who was erased still appears in. Call it inside `client_scope`.

    Seen by the mention, and by the legs of the call, should a mention be missing.
    """
    mentioned, spoke = _seen(client)
    return _live(client).filter(Q(pk__in=mentioned.values("pk")) | Q(pk__in=spoke.values("pk")))


def _seen(client: UUID) -> tuple[QuerySet[Record], QuerySet[Record]]:
    """By the mention, and by the legs: two look-ups, so that each begins with who is gone."""
    gone, live = _gone(client), _live(client)
    legs = Leg.objects.filter(client_id=client, subject__in=gone, party=Leg.Party.AGENT)
    still = legs.filter(
        ~Q(_TakenOut(OuterRef("media__without"), Cast("subject_id", TextField()))), call=OuterRef("call")
    )
    words = live.filter(Exists(still), category__in=_WORDS, call__in=legs.values("call"))
    return (
        live.filter(pk__in=Mention.objects.filter(subject__in=gone).values("record")),
        words.exclude(subject__in=gone),
    )


def _gone(client: UUID) -> QuerySet[Subject]:
    """Who was erased, or is with what a floor or a hold still keeps of them."""
    return Subject.objects.filter(Q(destroyed_at__isnull=False) | Q(erasure_due=True), client_id=client)


def _live(client: UUID) -> QuerySet[Record]:
    return Record.objects.filter(client_id=client).exclude(state=Record.State.DESTROYED)


def still_in(record: Record) -> QuerySet[Subject]:
    """Who was erased and still appears in this record. Call it inside `client_scope`."""
    spoke = Leg.objects.filter(call=record.call_id, party=Leg.Party.AGENT)
    if record.category not in _WORDS:
        spoke = spoke.none()
    speak = spoke.exclude(subject__in=record.media.get("without", ()))
    return _gone(record.client_id).filter(Q(mentions__record=record) | Q(id__in=speak.values("subject"))).distinct()


def with_them(subject: Subject) -> list[Record]:
    """Records of others, those that ended too, in which this agent speaks or which are marked as speaking of them: not
    the versions they were taken out of. Call it inside `client_scope`.
    """
    spoke = Leg.objects.filter(subject=subject, party=Leg.Party.AGENT).values("call")
    marked = Q(pk__in=Mention.objects.filter(subject=subject).values("record"))
    every = Record.objects.filter(Q(call__in=spoke, category__in=_WORDS) | marked).exclude(subject=subject)
    rows = every.select_related("line", "call").order_by("created_at", "id")
    return [one for one in rows if str(subject.pk) not in one.media.get("without", ())]


def waiting(client: UUID) -> bool:
    """Whether there is any call `to_go_over`. Asked every minute, in three queries at most however many
    calls there were of those who are gone. Call it inside `client_scope`."""
    return _gone(client).exists() and any(_open(records).exists() for records in _seen(client))


def to_go_over(client: UUID) -> dict[Call, list[Subject]]:
    """Calls that were left because a hold lay on them, with those to be taken out of them: not where one lies still and
    all of it is stored only already, nor what goes by itself on its day. Call it inside `client_scope`.
    """
    calls = _open(left(client)).values("call")
    found: dict[Call, list[Subject]] = {}
    for call in Call.objects.filter(id__in=calls).order_by("id"):
        parties = Leg.objects.filter(call=call, party=Leg.Party.AGENT).values("subject")
        people = _gone(client).filter(Q(mentions__record__call=call) | Q(id__in=parties))
        found[call] = list(people.distinct().order_by("id"))
    return found


def _open(records: QuerySet[Record]) -> QuerySet[Record]:
    """Of these what something can be done about now."""
    held = Exists(Hold.objects.filter(record__call=OuterRef("call"), released_at__isnull=True))
    return records.filter(~held | Q(state=Record.State.STORED), call__isnull=False, erase_at__isnull=True)
