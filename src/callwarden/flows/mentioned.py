"""Who was erased and still appears in records of others."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from callwarden.custody.categories import Category
from callwarden.custody.models import Leg, Mention, Record, Subject


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
