"""Who was erased and still appears in records of others."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Hold, Leg, Mention, Record, Subject

# Why a version without somebody is made, and a record that a hold keeps waits for it, stored only.
REASON: Final = "mention_erased"
_WORDS: Final = (Category.TRANSCRIPT_ORIGINAL, Category.TRANSCRIPT_REDACTED)


def left(client: UUID) -> QuerySet[Record]:
    """Live records that somebody who was erased still appears in. Call it inside `client_scope`.

    Seen by the mention, and by the legs of the call, should a mention be missing.
    """
    gone = Subject.objects.filter(Q(destroyed_at__isnull=False) | Q(erasure_due=True), client_id=client)
    live = Record.objects.filter(client_id=client).exclude(state=Record.State.DESTROYED)
    mentioned = Exists(Mention.objects.filter(record=OuterRef("pk"), subject__in=gone))
    transcripts = live.filter(category__in=[Category.TRANSCRIPT_ORIGINAL, Category.TRANSCRIPT_REDACTED])
    missed: set[UUID] = set()
    parties = Leg.objects.filter(client_id=client, subject__in=gone, party=Leg.Party.AGENT)
    for record in transcripts.filter(call__in=parties.values("call")).exclude(subject__in=gone):
        erased = set(parties.filter(call=record.call_id).values_list("subject_id", flat=True))
        if not {str(one) for one in erased} <= set(record.media.get("without", ())):
            missed.add(record.id)
    return live.filter(Q(mentioned) | Q(pk__in=missed))


def still_in(record: Record) -> QuerySet[Subject]:
    """Who was erased and still appears in this record. Call it inside `client_scope`."""
    gone = Subject.objects.filter(Q(destroyed_at__isnull=False) | Q(erasure_due=True), client_id=record.client_id)
    spoke = Leg.objects.filter(call=record.call_id, party=Leg.Party.AGENT)
    if record.category not in _WORDS:
        spoke = spoke.none()
    speak = spoke.exclude(subject__in=record.media.get("without", ()))
    return gone.filter(Q(mentions__record=record) | Q(id__in=speak.values("subject"))).distinct()


def to_go_over(client: UUID) -> dict[Call, list[Subject]]:
    """Calls that were left because a hold lay on them, with those to be taken out of them: not where one lies still and
    all of it is stored only already, nor what goes by itself on its day. Call it inside `client_scope`.
    """
    waiting = left(client).filter(call__isnull=False, erase_at__isnull=True)
    held = Exists(Hold.objects.filter(record__call=OuterRef("call"), released_at__isnull=True))
    calls = waiting.filter(~held | Q(state=Record.State.STORED)).values("call")
    gone = Subject.objects.filter(Q(destroyed_at__isnull=False) | Q(erasure_due=True), client_id=client)
    found: dict[Call, list[Subject]] = {}
    for call in Call.objects.filter(id__in=calls).order_by("id"):
        parties = Leg.objects.filter(call=call, party=Leg.Party.AGENT).values("subject")
        found[call] = list(gone.filter(Q(mentions__record__call=call) | Q(id__in=parties)).distinct().order_by("id"))
    return found
