"""What may be ended by time now: nothing before the date that the rules in force at that moment give it.

The date that is written may be older than the rules: a run writes it anew after they changed, or after something was
told from which periods count. So whoever ends something by time asks here, under the rules' lock, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC
from functools import cached_property
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Q

from callwarden.custody.destroy import HELD, buckets_over
from callwarden.custody.models import Bucket, Leg, Line, Record, Subject
from callwarden.custody.restrict import restrict
from callwarden.kernel import clock
from callwarden.lawful.retention import dates, runs
from callwarden.lawful.retention.models import RetentionRun, Trigger
from callwarden.lawful.retention.queries import Floors, hold_rules

ACTOR: Final = "job:retention"


class Due:
    """What of a client may be ended by time, by the rules as they are until the transaction ends. Make it inside
    `client_scope`, before any row is locked.

    Args:
        still: lines whose timers stand still: time alone ends nothing of theirs. What only waits for its floor was
            asked for by a person, and is no timer.

    Attributes:
        late: whether something was found whose written date is before the one it has.
    """

    def __init__(self, client: UUID, still: Collection[UUID]) -> None:
        if not connection.in_atomic_block:
            raise RuntimeError("retention ends things inside client_scope")
        hold_rules()
        self.client = client
        self.late = False
        self._still = still
        self._floors = Floors()
        # Of a record whose period is over, in a bucket that has not ended.
        self.by_time = Q(due_at__lte=clock.now(), bucket__in=Bucket.objects.filter(hold=False, destroyed_at=None))

    @cached_property
    def _terms(self) -> dates.Terms:
        return dates.line_rules(Line.objects.filter(client=self.client))

    def after_floors(self, most: int) -> list[Record]:
        """What was only waiting for its floor, now that its day has come, without what is on hold. Where the floor has
        grown since that day was said, it goes on waiting: by a rule, by an event that starts it, or because a version
        took the day over from what it was made of.
        """
        waiting = Record.objects.filter(client_id=self.client, erase_at__lte=clock.now()).exclude(HELD)
        waiting = waiting.exclude(state=Record.State.DESTROYED).select_related("line", "call")
        return [record for record in waiting.order_by("erase_at", "pk")[:most] if not self._put_off(record)]

    def buckets(self) -> list[UUID]:
        """Buckets whose week has come and in which nothing has still to wait."""
        over = buckets_over(self.client, today=clock.now().astimezone(UTC).date(), still=self._still)
        wait = dates.waited_for(self.client, self._terms, over, now=clock.now()) if over else set[UUID]()
        self.late = self.late or bool(wait)
        return [bucket for bucket in over if bucket not in wait]

    def records(self, most: int, *, besides: Collection[UUID]) -> list[Record]:
        """What is over, without what is on hold or ends with one of the buckets `besides`. What waits for its floor
        ends after that (`after_floors`).
        """
        over = Record.objects.filter(self.by_time, client_id=self.client, erase_at__isnull=True).exclude(HELD)
        over = over.exclude(state=Record.State.DESTROYED).exclude(line__in=self._still).exclude(bucket__in=besides)
        chosen = list(over.select_related("bucket").order_by("due_at", "pk")[:most])
        ids = [record.pk for record in chosen]
        wait = dates.later(self.client, self._terms, ids, now=clock.now()) if ids else set[UUID]()
        self.late = self.late or bool(wait)
        return [record for record in chosen if record.pk not in wait]

    def released(self, record: UUID) -> None:
        """Write the date, or the day its floor ends, of one record that is about to leave its hold: while it was on
        hold nothing could end it, so they may be older than the rules.
        """
        found = Record.objects.select_related("line", "call").get(pk=record)
        Subject.objects.select_for_update().get(pk=found.subject_id)
        dates.write_these(self.client, self._terms, [record])
        if found.erase_at is not None:
            self._put_off(found)

    def _put_off(self, record: Record) -> bool:
        floor = self._floors.of(record)
        if floor is None or floor.until <= clock.now():
            return False
        reason = record.erase_reason or "erased"
        return restrict(record, until=floor.until, provision=floor.provision, actor=ACTOR, reason=reason)


def catch_up(client: UUID, *, actor: str) -> None:
    """Have dates written that were found to be late, unless that is under way. Call it outside other transactions."""
    if not RetentionRun.objects.filter(client=client, finished_at=None).exists():
        runs.start(client, cause="late", actor=actor)


def taken_back(client: UUID, people: Collection[UUID], *, ended: bool = False) -> int:
    """Give what is kept of these people its dates, now that they took something back. Call it inside `client_scope`.
    Returns how many changed.

    Args:
        people: every key holder of theirs.
        ended: nobody said no, a consent came to its end: only periods that count from that begin.
    """
    terms = dates.line_rules(Line.objects.filter(client=client)) if people else dates.Terms((), ())
    if not any(rule.trigger == Trigger.CONSENT_WITHDRAWN or (rule.refusable and not ended) for rule in terms.rules):
        return 0
    calls = Leg.objects.filter(subject__in=people).exclude(party=Leg.Party.AGENT).values("call")
    theirs = Record.objects.filter(Q(subject__in=people) | Q(call__in=calls)).exclude(state=Record.State.DESTROYED)
    kept = dict(theirs.values_list("pk", "subject"))
    # Subject before record, as everybody who locks both: an agent's side of a call lies under the agent's keys.
    list(Subject.objects.select_for_update(no_key=True).filter(pk__in=set(kept.values())).order_by("pk"))
    return dates.write_these(client, terms, list(kept)) if kept else 0
